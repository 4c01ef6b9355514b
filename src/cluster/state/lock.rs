//! The lock on a cluster's name: whoever starts or removes the cluster holds it.

use std::fs::{self, File, TryLockError};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use super::{Home, at};
use crate::cluster::Error;

/// How often a lock that is taken is tried again: a lock of the operating system cannot be
/// awaited without a thread that nothing could stop.
const TRY_EVERY: Duration = Duration::from_millis(50);

/// A lock that is held; it ends with the process at the latest.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock, waiting at most `within` for whoever holds it.
    pub async fn take(home: &Home, within: Duration) -> Result<Self, Error> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(lock) = Self::try_take(home)? {
                return Ok(lock);
            }
            if Instant::now() >= deadline {
                return Err(Error::Busy { name: home.name().to_owned(), waited: within });
            }
            tokio::time::sleep(TRY_EVERY).await;
        }
    }

    /// Takes the lock where nobody holds it.
    pub fn try_take(home: &Home) -> Result<Option<Self>, Error> {
        let path = home.path().with_extension("lock");
        loop {
            let file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)
                .map_err(at("make", &path))?;
            match file.try_lock() {
                // Whoever held it may have removed the file meanwhile; then this lock is worth
                // nothing.
                Ok(()) if same(&file, &path) => return Ok(Some(Self { file, path })),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(at("lock", &path)(error)),
            }
        }
    }

    /// A descriptor that holds the lock, too: it is given back when every such one is closed. For
    /// a child process.
    pub fn share(&self) -> Result<OwnedFd, Error> {
        self.file.try_clone().map(OwnedFd::from).map_err(at("share", &self.path))
    }

    /// Gives the lock back and removes its file: for a cluster that is gone.
    pub fn remove(self) {
        self.remove_file();
        drop(self.file);
    }

    /// Removes its file. Whoever takes the lock from now on takes another one.
    pub fn remove_file(&self) {
        // A file that stays is taken again next time.
        let _ = fs::remove_file(&self.path);
    }
}

fn same(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(named)) => (held.dev(), held.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}
