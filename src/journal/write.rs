//! Writing a journal: one JSON line an event, on disk before the run goes on where undo or a
//! report could not do without it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use miette::Diagnostic;

#[cfg(debug_assertions)]
use super::crash::{Crash, Moment};
use super::{Event, Kind};
use crate::clock::Stamp;

/// The journal of one run, open for appending.
///
/// A line that could not be written stays in memory and is tried again before the next one, so
/// that a disk which has room again gets a journal without holes.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    next: u64,
    pending: Vec<u8>,
    #[cfg(debug_assertions)]
    crash: Option<Crash>,
}

impl Journal {
    /// Makes a new file, readable by its owner alone, and the folders above it. An existing
    /// file is never touched.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|source| Error::of(folder, source))?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|source| Error::of(path, source))?;
        // Without this a power cut could lose the file's name, and with it the records in it.
        File::open(folder).and_then(|f| f.sync_all()).map_err(|source| Error::of(folder, source))?;
        let journal = Self::on(file, path, 0);
        #[cfg(debug_assertions)]
        let journal = journal.crashing();
        Ok(journal)
    }

    #[cfg(debug_assertions)]
    fn crashing(mut self) -> Self {
        self.crash = Crash::from_env();
        self
    }

    /// The journal in an open file, whose next event has this number.
    pub(super) fn on(file: File, path: &Path, next: u64) -> Self {
        Self {
            path: path.to_owned(),
            file,
            next,
            pending: Vec::new(),
            #[cfg(debug_assertions)]
            crash: None,
        }
    }

    /// Where the journal is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Numbers the event and writes it. When this returns, an event of a durable kind
    /// ([`Kind::is_durable`]) is on disk, with all before it; any other
    /// is with the operating system, where a killed runner cannot lose it.
    ///
    /// After an error the event is kept, and written as soon as there is room again.
    pub fn append(&mut self, stamp: Stamp, kind: Kind) -> Result<Event, Error> {
        let (event, written) = self.take(stamp, kind);
        written.map(|()| event)
    }

    /// The same, and the event also where it could not be written: for whoever tells views, which
    /// should see what the file could not take.
    pub fn take(&mut self, stamp: Stamp, kind: Kind) -> (Event, Result<(), Error>) {
        #[cfg(debug_assertions)]
        let crash = self.crash.as_mut().and_then(|crash| crash.wanted(&kind));
        #[cfg(debug_assertions)]
        Moment::Before.die_if(crash);
        let event = Event { seq: self.next, stamp, kind };
        let written = self.write(&event);
        #[cfg(debug_assertions)]
        Moment::After.die_if(crash);
        (event, written)
    }

    fn write(&mut self, event: &Event) -> Result<(), Error> {
        let line = serde_json::to_vec(event).map_err(|e| Error::of(&self.path, e.into()))?;
        self.pending.extend_from_slice(&line);
        self.pending.push(b'\n');
        self.next += 1;
        if event.kind.is_durable() { self.sync() } else { self.flush() }
    }

    /// Hands everything to the operating system.
    pub fn flush(&mut self) -> Result<(), Error> {
        while !self.pending.is_empty() {
            match self.file.write(&self.pending) {
                Ok(0) => return Err(Error::of(&self.path, io::ErrorKind::WriteZero.into())),
                Ok(written) => drop(self.pending.drain(..written)),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(Error::of(&self.path, e)),
            }
        }
        Ok(())
    }

    /// Everything is on disk when this returns.
    pub fn sync(&mut self) -> Result<(), Error> {
        self.flush()?;
        self.file.sync_data().map_err(|source| Error::of(&self.path, source))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Nobody is left to tell; what had to be durable already is.
        let _ = self.flush();
    }
}

/// Why a journal could not be written.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The file is there already.
    #[error("the journal {} exists already", .path.display())]
    #[diagnostic(
        code(firedrill::journal::exists),
        help("a journal is never overwritten: give --journal another name, or move this one away")
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// No room is left.
    #[error("no room is left for the journal {} (ENOSPC)", .path.display())]
    #[diagnostic(
        code(firedrill::journal::full),
        help(
            "nothing is changed that the journal cannot record first; free space there (df -h), or name another disk with --journal FILE or XDG_STATE_HOME"
        )
    )]
    Full {
        /// The file or folder.
        path: PathBuf,
    },
    /// Writing failed for another reason.
    #[error("cannot write the journal {}: {reason}", .path.display())]
    #[diagnostic(
        code(firedrill::journal::write),
        help(
            "see that the folder exists and is writable, or name another place with --journal FILE or XDG_STATE_HOME"
        )
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
}

impl Error {
    pub(super) fn of(path: &Path, reason: io::Error) -> Self {
        let path = path.to_owned();
        match reason.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Write { path, reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::clock::Stopwatch;
    use crate::drill::SignalState;
    use crate::journal::Phase;

    fn endpoints() -> Kind {
        let signal = "endpoints".to_owned();
        Kind::Endpoints { signal, usable: 0, total: 3, state: SignalState::Out }
    }

    fn append(journal: &mut Journal, kind: Kind) -> Result<Event, Error> {
        journal.append(Stopwatch::start().stamp(), kind)
    }

    #[test]
    fn every_event_is_in_the_file_when_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/runs/one.jsonl");
        let mut journal = Journal::create(&path).unwrap();
        let lines = || std::fs::read_to_string(&path).unwrap().lines().count();

        assert_eq!(append(&mut journal, endpoints()).unwrap().seq, 0);
        assert_eq!(lines(), 1, "a killed runner loses no observation");
        let second = append(&mut journal, Kind::Phase { phase: Phase::Injecting }).unwrap();
        assert_eq!((second.seq, lines()), (1, 2));
    }

    #[test]
    fn the_file_is_its_owners_alone_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.jsonl");
        let journal = Journal::create(&path).unwrap();
        let mode = std::fs::metadata(journal.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(matches!(Journal::create(&path), Err(Error::Exists { .. })));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_said_and_loses_nothing() {
        let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut journal = Journal::on(full(), Path::new("/state/one.jsonl"), 0);
        append(&mut journal, endpoints()).unwrap_err();
        let error = append(&mut journal, Kind::RunEnded).unwrap_err();
        assert_eq!(error.to_string(), "no room is left for the journal /state/one.jsonl (ENOSPC)");

        let room = tempfile::NamedTempFile::new().unwrap();
        journal.file = room.reopen().unwrap();
        append(&mut journal, Kind::RunEnded).unwrap();
        assert_eq!(std::fs::read_to_string(room.path()).unwrap().lines().count(), 3);
    }
}
