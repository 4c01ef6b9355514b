//! A mirror on loopback that serves what a test tells it to, one request at a time.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use sha2::{Digest as _, Sha256};

/// How a path is answered; what is not listed is a 404.
#[derive(Clone)]
pub enum Reply {
    /// The whole file.
    File(Vec<u8>),
    /// Half of the file, then the connection is closed.
    CutOff(Vec<u8>),
    /// Half of the file, then silence until the client goes.
    Stall(Vec<u8>),
    /// A status without a body.
    Status(u16),
}

/// Serves until it is dropped.
pub struct Mirror {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Mirror {
    pub fn serve(replies: BTreeMap<String, Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let stop = Arc::<AtomicBool>::default();
        let (seen, stopped) = (Arc::clone(&requests), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(SeqCst) {
                    break;
                }
                answer(&stream.unwrap(), &replies, &seen);
            }
        });
        Self { address, requests, stop, thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The paths asked for, in order.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.stop.store(true, SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

fn answer(stream: &TcpStream, replies: &BTreeMap<String, Reply>, seen: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream).lines();
    let Some(Ok(first)) = lines.next() else { return };
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let path = first.split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
    let reply = replies.get(&path).cloned().unwrap_or(Reply::Status(404));
    seen.lock().unwrap().push(path);
    // The client may hang up at any time; that is its right.
    let _ = match reply {
        Reply::File(body) => send(stream, 200, &body, body.len()),
        Reply::CutOff(body) => send(stream, 200, &body, body.len() / 2),
        Reply::Stall(body) => {
            send(stream, 200, &body, body.len() / 2).and_then(|()| (&*stream).read(&mut [0]).map(|_| ()))
        }
        Reply::Status(status) => send(stream, status, &[], 0),
    };
    let _ = stream.shutdown(Shutdown::Both);
}

fn send(mut stream: &TcpStream, status: u16, body: &[u8], upto: usize) -> std::io::Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n")?;
    stream.write_all(&body[..upto])
}

/// An address where nobody listens.
pub fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |sum, byte| sum + &format!("{byte:02x}"))
}
