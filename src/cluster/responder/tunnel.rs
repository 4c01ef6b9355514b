//! The API server's way to a pod: `CONNECT ADDRESS:PORT HTTP/1.1` over the socket, an answer, and
//! then whatever the pod would be sent.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::answer;
use super::log::note;
use super::pods::Pods;

/// As long as a CONNECT may be, bytes; the API server's has about 70.
const HEAD: usize = 4096;
/// How long the API server may take to say where it wants to go.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// After an accept that failed: it was for want of file descriptors, and others must be closed
/// first.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
// The API server passes the status on, in `error trying to reach service`.
const NOT_THERE: &[u8] =
    b"HTTP/1.1 502 no Ready pod declares this address and port\r\nContent-Length: 0\r\n\r\n";
const BAD: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

/// Accepts connections for as long as the process lives.
pub(super) async fn serve(listener: UnixListener, pods: Arc<Pods>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&pods)));
                }
                Err(error) => {
                    note(&format!("no connection: {error}"));
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
            },
            // A connection that broke concerns its two ends only.
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(mut stream: UnixStream, pods: Arc<Pods>) -> io::Result<()> {
    let head = tokio::time::timeout(HEAD_WITHIN, read_head(&mut stream)).await??;
    let Some(address) = target(&head) else { return stream.write_all(BAD).await };
    if pods.at(address).is_none() {
        return stream.write_all(NOT_THERE).await;
    }
    stream.write_all(ESTABLISHED).await?;
    answer::serve(stream, address, pods).await;
    Ok(())
}

/// Reads up to the empty line and nothing beyond: what follows is for the pod.
async fn read_head(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut chunk = [0; 512];
    while !head.ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut chunk).await?;
        // The API server waits for the answer before it sends more.
        if read == 0 || head.len() + read > HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend_from_slice(&chunk[..read]);
    }
    Ok(head)
}

/// Where a CONNECT wants to go.
fn target(head: &[u8]) -> Option<SocketAddr> {
    let line = str::from_utf8(head).ok()?.lines().next()?;
    let mut words = line.split(' ');
    let address = match (words.next(), words.next(), words.next(), words.next()) {
        (Some("CONNECT"), Some(address), Some(version), None) if version.starts_with("HTTP/1.") => address,
        _ => return None,
    };
    address.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_connect_wants_to_go() {
        let head = |line: &str| target(format!("{line}\r\nHost: 127.0.0.1\r\n\r\n").as_bytes());
        assert_eq!(head("CONNECT 10.0.0.1:80 HTTP/1.1"), "10.0.0.1:80".parse().ok());
        assert_eq!(head("CONNECT [fd00::1]:80 HTTP/1.1"), "[fd00::1]:80".parse().ok());
        for bad in ["GET / HTTP/1.1", "CONNECT host:80 HTTP/1.1", "CONNECT 10.0.0.1:80", ""] {
            assert_eq!(head(bad), None, "{bad:?}");
        }
        assert_eq!(target(b"CONNECT \xff HTTP/1.1\r\n\r\n"), None);
    }

    #[tokio::test]
    async fn what_is_no_connect_is_refused() {
        let (mut client, server) = UnixStream::pair().unwrap();
        let pods = Arc::new(Pods::default());
        let serving = tokio::spawn(connection(server, pods));
        client.write_all(b"CONNECT 10.0.0.1:80 HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut said = String::new();
        client.read_to_string(&mut said).await.unwrap();
        assert!(said.starts_with("HTTP/1.1 502 no Ready pod"), "{said}");
        serving.await.unwrap().unwrap();
    }
}
