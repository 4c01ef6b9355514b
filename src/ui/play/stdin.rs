//! Lines on stdin, waited for with a deadline, so that whoever reads them can end.

use std::io::{self, ErrorKind, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The longest line that is read; the rest of it is another one.
const LONGEST: usize = 256;

/// stdin, line by line.
#[derive(Debug, Default)]
pub(super) struct Lines {
    unread: Vec<u8>,
    ended: bool,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came {
    Line(String),
    Nothing,
    End,
}

impl Lines {
    /// Whether a person types.
    pub fn are_typed() -> bool {
        io::stdin().is_terminal()
    }

    /// The next line, if one comes within this time.
    pub fn next(&mut self, within: Duration) -> Came {
        if let Some(line) = self.take() {
            return Came::Line(line);
        }
        if self.ended {
            std::thread::park_timeout(within);
            return Came::End;
        }
        match self.read(within) {
            Ok(0) => self.ended = true,
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(_) => self.ended = true,
        }
        self.take().map_or(Came::Nothing, Came::Line)
    }

    fn read(&mut self, within: Duration) -> io::Result<usize> {
        let stdin = io::stdin();
        let within = Timespec::try_from(within).map_err(|_| ErrorKind::InvalidInput)?;
        let mut asked = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::IN)];
        if poll(&mut asked, Some(&within))? == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let mut bytes = [0; LONGEST];
        let read = rustix::io::read(stdin.as_fd(), &mut bytes)?;
        self.unread.extend_from_slice(&bytes[..read]);
        Ok(read)
    }

    fn take(&mut self) -> Option<String> {
        let end = self.unread.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let last = || (self.ended || self.unread.len() >= LONGEST).then_some(self.unread.len());
        let end = end.or_else(last).filter(|end| *end > 0)?;
        let line: Vec<u8> = self.unread.drain(..end).collect();
        Some(String::from_utf8_lossy(&line).trim().to_owned())
    }
}
