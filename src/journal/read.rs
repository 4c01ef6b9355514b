//! Reading a journal back: tolerant of a killed writer and of a newer firedrill, strict about
//! everything else. A report from half-understood lines would be a wrong report.
//!
//! New kinds and new fields are compatible changes of the format. New values in old fields are
//! too where the type has an `Unknown`; anything else needs a new [`SCHEMA`].

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Event, SCHEMA};

/// No line of a journal is longer: a before-image is at most what etcd takes (1.5 MiB), and
/// JSON makes no more than six bytes of one.
pub const MAX_LINE: u64 = 16 * 1024 * 1024;

/// What a journal holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// In the order of the file.
    pub events: Vec<Event>,
    /// Whether the last line was cut off and left out: its writer was killed.
    pub truncated: bool,
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Reading, Error> {
    read_from(open(path)?, &path.display().to_string())
}

/// Reads the events of a file one by one.
pub fn each(path: &Path, seen: &mut dyn FnMut(Event)) -> Result<(), Error> {
    scan(open(path)?, &path.display().to_string(), seen).map(drop)
}

fn open(path: &Path) -> Result<BufReader<File>, Error> {
    let name = || path.display().to_string();
    let failed = |reason: io::Error| match reason.kind() {
        io::ErrorKind::NotFound => Error::Missing { path: path.to_owned() },
        _ => Error::Unreadable { name: name(), reason },
    };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    Ok(BufReader::new(file))
}

/// Reads lines from anywhere; errors call it by this name.
pub fn read_from(lines: impl BufRead, name: &str) -> Result<Reading, Error> {
    let mut events = Vec::new();
    let scan = scan(lines, name, &mut |event| events.push(event))?;
    Ok(Reading { events, truncated: scan.truncated })
}

/// What a journal's lines were, beside the events in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scan {
    /// How many events there are.
    pub events: u64,
    /// How many bytes they take.
    pub bytes: u64,
    /// Whether a last line that was cut off follows them.
    pub truncated: bool,
    /// Whether the last event is whole, but for the end of its line.
    pub unended: bool,
}

/// Reads events one by one, for who needs only a few of many.
pub(super) fn scan(mut lines: impl BufRead, name: &str, seen: &mut dyn FnMut(Event)) -> Result<Scan, Error> {
    let mut scan = Scan { events: 0, bytes: 0, truncated: false, unended: false };
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let length = (&mut lines)
            .take(MAX_LINE + 1)
            .read_until(b'\n', &mut line)
            .map_err(|reason| Error::Unreadable { name: name.to_owned(), reason })?;
        if length == 0 {
            break;
        }
        if line.len() as u64 > MAX_LINE {
            return Err(Error::LongLine { name: name.to_owned(), line: number });
        }
        let ended = line.ends_with(b"\n");
        // A first line that was cut off says nothing; one that only lacks its end does.
        if number == 1 && (ended || serde_json::from_slice::<IgnoredAny>(&line).is_ok()) {
            check_schema(&line, name)?;
        }
        match serde_json::from_slice::<Event>(&line) {
            Ok(event) => {
                seen(check_order(event, number, name)?);
                scan.events = number;
                scan.bytes += line.len() as u64;
                scan.unended = !ended;
            }
            Err(_) if !ended => scan.truncated = true,
            Err(reason) => return Err(Error::BadLine { name: name.to_owned(), line: number, reason }),
        }
    }
    match (scan.events, scan.truncated) {
        (0, true) => Err(Error::NotAJournal { name: name.to_owned() }),
        (0, false) => Err(Error::Empty { name: name.to_owned() }),
        _ => Ok(scan),
    }
}

/// The first line says what the rest is; it is looked at before anything is understood.
fn check_schema(line: &[u8], name: &str) -> Result<(), Error> {
    let first: Value = serde_json::from_slice(line).unwrap_or_default();
    match first.get("schema").and_then(Value::as_str) {
        Some(SCHEMA) => Ok(()),
        Some(other) if other.starts_with("firedrill.dev/journal/") => {
            Err(Error::OtherSchema { name: name.to_owned(), found: other.to_owned() })
        }
        _ => Err(Error::NotAJournal { name: name.to_owned() }),
    }
}

/// A line that is missing or double would make a report that looks right and is not.
fn check_order(event: Event, line: u64, name: &str) -> Result<Event, Error> {
    if event.seq == line - 1 {
        return Ok(event);
    }
    Err(Error::Order { name: name.to_owned(), line, found: event.seq, expected: line - 1 })
}

/// Why a journal cannot be read.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// No such file.
    #[error("there is no journal {}", .path.display())]
    #[diagnostic(code(firedrill::journal::missing), help("`firedrill report last` takes the newest run's"))]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read the journal {name}: {reason}")]
    #[diagnostic(
        code(firedrill::journal::unreadable),
        help("a journal is a file that its writer's user can read")
    )]
    Unreadable {
        /// The file.
        name: String,
        /// What the operating system said.
        reason: io::Error,
    },
    /// The file has no line.
    #[error("{name} is empty")]
    #[diagnostic(
        code(firedrill::journal::empty),
        help("its run ended before it began: nothing was changed, and there is nothing to report")
    )]
    Empty {
        /// The file.
        name: String,
    },
    /// The first line is no beginning of a run.
    #[error("{name} is not a firedrill journal")]
    #[diagnostic(
        code(firedrill::journal::foreign),
        help(
            "a journal is a .jsonl file whose first line is the event run-started, with \"schema\":\"firedrill.dev/journal/v1\""
        )
    )]
    NotAJournal {
        /// The file.
        name: String,
    },
    /// The format is another one.
    #[error("{name} is written in {found}; this firedrill reads {SCHEMA}")]
    #[diagnostic(code(firedrill::journal::schema), help("read it with the firedrill that wrote it"))]
    OtherSchema {
        /// The file.
        name: String,
        /// Its format.
        found: String,
    },
    /// A line is no event.
    #[error("{name}, line {line}: {reason}")]
    #[diagnostic(
        code(firedrill::journal::line),
        help(
            "the journal was changed after it was written, or its disk failed; only a last line may be cut off"
        )
    )]
    BadLine {
        /// The file.
        name: String,
        /// Counts from 1.
        line: u64,
        /// What is wrong.
        reason: serde_json::Error,
    },
    /// A line is longer than any event.
    #[error("{name}, line {line}: longer than {MAX_LINE} bytes")]
    #[diagnostic(code(firedrill::journal::line), help("no event is that long; this is not a journal"))]
    LongLine {
        /// The file.
        name: String,
        /// Counts from 1.
        line: u64,
    },
    /// Lines are missing, double or moved.
    #[error("{name}, line {line}: event {found} where event {expected} belongs")]
    #[diagnostic(
        code(firedrill::journal::order),
        help("lines were removed, doubled or moved after the journal was written")
    )]
    Order {
        /// The file.
        name: String,
        /// Counts from 1.
        line: u64,
        /// The number that the event bears.
        found: u64,
        /// The number that it should.
        expected: u64,
    },
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
