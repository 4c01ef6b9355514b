//! What a guard hears of its runner: a word, or the end of the pipe.

use std::io;
use std::os::fd::AsFd as _;

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;

use super::DISMISSED;

/// How the pipe ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The runner needs no guard any more.
    Dismissed,
    /// The runner is gone and has not said so.
    RunnerDied,
}

/// The pipe from the runner, which alone holds its other end.
#[derive(Debug)]
pub(super) struct Hearing {
    pipe: pipe::Receiver,
    heard: Vec<u8>,
}

impl Hearing {
    /// Listens at stdin.
    pub fn open() -> io::Result<Self> {
        let pipe = pipe::Receiver::from_owned_fd(io::stdin().as_fd().try_clone_to_owned()?)?;
        Ok(Self { pipe, heard: Vec::new() })
    }

    /// Waits for the end. A caller that stops waiting loses nothing of what was heard.
    pub async fn end(&mut self) -> End {
        let mut bytes = [0; 64];
        loop {
            match self.pipe.read(&mut bytes).await {
                Ok(0) | Err(_) => return End::RunnerDied,
                Ok(read) => self.heard.extend_from_slice(&bytes[..read]),
            }
            // Half a word is none: the runner died while it spoke.
            let mut lines = self.heard.split_inclusive(|byte| *byte == b'\n');
            if lines.any(|line| line.strip_suffix(b"\n") == Some(DISMISSED.as_bytes())) {
                return End::Dismissed;
            }
        }
    }
}
