//! A socket pair between a process and a child that outlives it if need be. Each end closes with
//! its process, however that ends.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;

use tokio::net::UnixStream;

/// The parent's end, and the one that becomes the child's stdout.
pub(super) fn pair() -> io::Result<(UnixStream, OwnedFd)> {
    let (ours, theirs) = StdUnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((UnixStream::from_std(ours)?, OwnedFd::from(theirs)))
}

/// The child's end: its stdout.
#[expect(clippy::disallowed_methods, reason = "stdout is a socket to the parent here; nothing is shown")]
pub(super) fn stdout_end() -> io::Result<UnixStream> {
    let link = StdUnixStream::from(io::stdout().as_fd().try_clone_to_owned()?);
    link.set_nonblocking(true)?;
    UnixStream::from_std(link)
}
