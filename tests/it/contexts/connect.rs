//! A proxy on loopback that connects to the shared cluster, whatever host it is asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What the proxy does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Connects whoever has this login, or anybody.
    Connects(Option<&'static str>),
    /// Answers with this status.
    Refuses(u16),
    /// Hangs up.
    Closes,
}

#[derive(Default)]
struct Count {
    asked: AtomicUsize,
    bytes: AtomicUsize,
}

/// A CONNECT proxy. Ends with its handle.
pub struct Proxy {
    pub address: String,
    count: Arc<Count>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub async fn that(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let count = Arc::new(Count::default());
        let task = tokio::spawn(serve(listener, does, Arc::clone(&count)));
        Self { address, count, task }
    }

    /// How often it was asked to connect.
    pub fn asked(&self) -> usize {
        self.count.asked.load(Relaxed)
    }

    /// How many bytes went through it.
    pub fn bytes(&self) -> usize {
        self.count.bytes.load(Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, does: Does, count: Arc<Count>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let count = Arc::clone(&count);
        connections.spawn(async move {
            // One that breaks off is its client's to notice.
            let _ = connection(stream, does, &count).await;
        });
    }
}

async fn connection(mut client: TcpStream, does: Does, count: &Count) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    assert!(head.starts_with("CONNECT "), "{head}");
    count.asked.fetch_add(1, Relaxed);
    let login = |wanted: &str| head.contains(&format!("Proxy-Authorization: Basic {wanted}\r\n"));
    let status = match does {
        Does::Closes => return Ok(()),
        Does::Refuses(status) => status,
        Does::Connects(Some(wanted)) if !login(wanted) => 407,
        Does::Connects(_) => 200,
    };
    client.write_all(format!("HTTP/1.1 {status} Said\r\n\r\n").as_bytes()).await?;
    if status != 200 {
        return Ok(());
    }
    let server = super::someone::server();
    let mut upstream = TcpStream::connect(server.trim_start_matches("https://")).await?;
    let (up, down) = tokio::io::copy_bidirectional(&mut client, &mut upstream).await?;
    count.bytes.fetch_add(usize::try_from(up + down).unwrap(), Relaxed);
    Ok(())
}
