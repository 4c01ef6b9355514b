//! A client that knows nothing of firedrill: a thread that asks an address again and again, each time
//! by a connection of its own, and remembers when it was served.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The time between two requests.
const EVERY: Duration = Duration::from_millis(10);
/// As long as the drill waits for an answer.
const TIMEOUT: Duration = Duration::from_secs(1);
/// It ends by itself.
const AT_MOST: Duration = Duration::from_secs(120);

/// What it saw.
#[derive(Debug)]
pub struct Outside {
    /// From the sending of the first failed request to that of the first good one after it, summed
    /// up; what came before the first good one does not count.
    pub downtime_ms: f64,
    /// The time between two requests.
    pub every_ms: f64,
}

/// The client.
pub struct Client {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<(Duration, bool)>>,
}

impl Client {
    /// Asks from now on.
    pub fn asking(address: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        Self { stop, thread: std::thread::spawn(move || ask(address, &told)) }
    }

    /// Stops asking.
    pub fn end(self) -> Outside {
        self.stop.store(true, Ordering::Relaxed);
        let mut asked = self.thread.join().unwrap();
        asked.sort_unstable();
        let (mut downtime, mut out_since) = (Duration::ZERO, None);
        let served = asked.iter().skip_while(|(_, good)| !good);
        for (sent, good) in served {
            match (good, out_since) {
                (false, None) => out_since = Some(*sent),
                (true, Some(since)) => {
                    downtime += *sent - since;
                    out_since = None;
                }
                _ => {}
            }
        }
        Outside { downtime_ms: downtime.as_secs_f64() * 1e3, every_ms: EVERY.as_secs_f64() * 1e3 }
    }
}

/// One thread a request, so that none waits for the one before.
fn ask(address: SocketAddr, stop: &AtomicBool) -> Vec<(Duration, bool)> {
    let began = Instant::now();
    let mut asked = Vec::new();
    let mut next = began;
    while !stop.load(Ordering::Relaxed) && began.elapsed() < AT_MOST {
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        next += EVERY;
        let sent = began.elapsed();
        asked.push(std::thread::spawn(move || (sent, is_served(address))));
    }
    asked.into_iter().map(|request| request.join().unwrap()).collect()
}

fn is_served(address: SocketAddr) -> bool {
    let deadline = Instant::now() + TIMEOUT;
    let served = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_read_timeout(Some(
            deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1)),
        ))?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer == *b"HTTP/1.1 200")
    };
    served().unwrap_or(false) && Instant::now() <= deadline
}
