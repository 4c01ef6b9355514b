//! firedrill's cache of binaries: `bin/<component>-<version>-<os>-<arch>/NAME`.
//!
//! A binary appears there whole, by a rename, or not at all. Whoever adds to the cache holds its
//! lock; whoever only reads needs none. Work in progress is in `bin/.tmp-*`; what a firedrill
//! that was killed left there is removed by the next one that holds the lock.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::find::{absolute, is_executable};
use super::wanted::{Binary, Platform};
use super::{Error, Progress, Tell};

/// Longer than all builds together on a slow machine.
const LOCK_DEADLINE: Duration = Duration::from_secs(2 * 60 * 60);

/// How often a lock that somebody else holds is tried again.
const LOCK_EVERY: Duration = Duration::from_millis(100);

const SCRATCH: &str = ".tmp-";

/// The cache folder. Nothing is made on disk before the lock is asked for.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
    bin: PathBuf,
    platform: Platform,
}

/// The right to change the cache, until the last copy is gone.
pub(super) type Lock = Arc<File>;

/// What asking for the lock ends with.
pub(super) enum Turn {
    /// The lock is ours.
    Ours(Lock),
    /// Another firedrill finished the work while this one waited.
    Done,
}

impl Cache {
    /// The cache in `folder`, which is firedrill's own.
    pub(super) fn new(folder: &Path, platform: Platform) -> Self {
        let folder = absolute(folder);
        Self { bin: folder.join("bin"), folder, platform }
    }

    /// Where a binary is kept.
    fn place(&self, binary: Binary) -> PathBuf {
        let Platform { os, arch } = self.platform;
        let component = binary.component();
        let folder = format!("{}-{}-{os}-{arch}", component.name(), component.version());
        self.bin.join(folder).join(binary.name())
    }

    /// Where the binary is, if it is there.
    pub(super) fn get(&self, binary: Binary) -> Option<PathBuf> {
        Some(self.place(binary)).filter(|path| is_executable(path))
    }

    /// The folder of the binaries, for messages.
    pub(super) fn bin(&self) -> &Path {
        &self.bin
    }

    /// Waits for the lock, or for everything that is `missing` to appear.
    pub(super) async fn lock(&self, missing: &[Binary], tell: Tell<'_>) -> Result<Turn, Error> {
        fs::create_dir_all(&self.bin).map_err(|error| self.error(error))?;
        let path = self.bin.join(".lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| self.error(error))?;
        let since = Instant::now();
        let mut said = None;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Turn::Ours(Arc::new(file))),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(self.error(error)),
            }
            if missing.iter().all(|binary| self.get(*binary).is_some()) {
                return Ok(Turn::Done);
            }
            let elapsed = since.elapsed();
            if elapsed > LOCK_DEADLINE {
                return Err(Error::Locked { lock: path, waited: elapsed });
            }
            if said != Some(elapsed.as_secs()) {
                said = Some(elapsed.as_secs());
                tell(Progress::Waiting { elapsed });
            }
            tokio::time::sleep(LOCK_EVERY).await;
        }
    }

    /// Removes what killed firedrills left half done. The lock is held: nobody works there.
    pub(super) fn sweep(&self) {
        for entry in fs::read_dir(&self.bin).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(SCRATCH) {
                // What cannot be removed now is in nobody's way, and the next one tries again.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// A folder for work in progress, on the same file system; removed when dropped.
    pub(super) fn scratch(&self) -> Result<TempDir, Error> {
        let made = tempfile::Builder::new().prefix(SCRATCH).tempdir_in(&self.bin);
        made.map_err(|error| self.error(error))
    }

    /// Moves a finished file to its place: durable and executable first, then visible.
    pub(super) fn keep(&self, binary: Binary, file: &Path) -> Result<PathBuf, Error> {
        let place = self.place(binary);
        self.rename(file, &place).map_err(|error| self.error(error))?;
        Ok(place)
    }

    fn rename(&self, file: &Path, place: &Path) -> std::io::Result<()> {
        fs::set_permissions(file, Permissions::from_mode(0o755))?;
        File::open(file)?.sync_all()?;
        let folder = place.parent().unwrap_or(&self.bin);
        fs::create_dir_all(folder)?;
        fs::rename(file, place)?;
        File::open(folder)?.sync_all()
    }

    /// What the file system said about this cache.
    pub(super) fn error(&self, source: std::io::Error) -> Error {
        Error::cache(&self.folder, source)
    }
}
