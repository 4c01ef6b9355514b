//! A web server on loopback that does what the test says, the bad things too.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// A good answer, on a connection that could be kept.
pub const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// What the server does with a connection.
#[derive(Clone, Copy)]
pub enum Does {
    /// Reads a request and writes this, for as long as there are requests.
    Answers(&'static str),
    /// Reads a request, writes this and closes.
    AnswersAndCloses(&'static str),
    /// Writes this without being asked, and keeps the connection open.
    SaysFirst(&'static str),
    /// Reads a request and writes the first; then the second again and again, with a pause.
    GoesOn(&'static str, &'static str, Duration),
    /// Reads a request and resets the connection.
    Resets,
    /// Never says anything.
    IsSilent,
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

/// The server; it ends with its handle.
pub struct Web {
    address: SocketAddr,
    does: Arc<Mutex<Does>>,
    counts: Arc<Counts>,
    server: AbortHandle,
}

impl Web {
    pub async fn that(does: Does) -> Self {
        Self::behind(TcpListener::bind("127.0.0.1:0").await.unwrap(), does)
    }

    /// At a port that a Service could have as its node port.
    pub async fn at_a_node_port(does: Does) -> Self {
        for port in 30_100..32_700 {
            if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
                return Self::behind(listener, does);
            }
        }
        panic!("no port is free");
    }

    fn behind(listener: TcpListener, does: Does) -> Self {
        let address = listener.local_addr().unwrap();
        let (does, counts) = (Arc::new(Mutex::new(does)), Arc::<Counts>::default());
        let server = serve(listener, Arc::clone(&does), Arc::clone(&counts));
        Self { address, does, counts, server: tokio::spawn(server).abort_handle() }
    }

    pub fn now(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    /// `127.0.0.1:PORT`
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    /// How many were open at once, at most.
    pub fn most_open(&self) -> usize {
        self.counts.most_open.load(Ordering::SeqCst)
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, does: Arc<Mutex<Does>>, counts: Arc<Counts>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (does, counts) = (*does.lock().unwrap(), Arc::clone(&counts));
        counts.connections.fetch_add(1, Ordering::SeqCst);
        let open = counts.open.fetch_add(1, Ordering::SeqCst) + 1;
        counts.most_open.fetch_max(open, Ordering::SeqCst);
        connections.spawn(async move {
            // A client that goes away ends it, and that is all.
            let _ = connection(stream, does).await;
            counts.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

async fn connection(mut stream: TcpStream, does: Does) -> std::io::Result<()> {
    match does {
        Does::Answers(text) => {
            while request(&mut stream).await? {
                stream.write_all(text.as_bytes()).await?;
            }
        }
        Does::AnswersAndCloses(text) => {
            request(&mut stream).await?;
            stream.write_all(text.as_bytes()).await?;
        }
        Does::SaysFirst(text) => {
            stream.write_all(text.as_bytes()).await?;
            while request(&mut stream).await? {}
        }
        Does::GoesOn(first, then, pause) => {
            request(&mut stream).await?;
            stream.write_all(first.as_bytes()).await?;
            loop {
                stream.write_all(then.as_bytes()).await?;
                tokio::time::sleep(pause).await;
            }
        }
        Does::Resets => {
            request(&mut stream).await?;
            stream.set_zero_linger()?;
        }
        Does::IsSilent => while request(&mut stream).await? {},
    }
    Ok(())
}

/// Reads a request; false at the end of the connection.
async fn request(stream: &mut TcpStream) -> std::io::Result<bool> {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}
