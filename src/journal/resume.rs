//! Going on with the journal of a writer that died.

use std::fs::OpenOptions;
use std::io::{BufReader, Write as _};
use std::path::Path;

use miette::Diagnostic;

use super::write::{self, Journal};
use super::{Event, read};

/// Why nobody can go on with a journal.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// What is in it cannot be read, or is no beginning of a run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Read(#[from] read::Error),
    /// It cannot be written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Write(#[from] write::Error),
}

impl Journal {
    /// Opens the journal of a writer that is dead; `seen` gets each of its events. A last line
    /// that was cut off is dropped, and the numbers go on without a hole.
    ///
    /// # Errors
    /// Where the file cannot be read or written, or holds no event: a run that had not begun has
    /// nothing to go on with.
    pub fn resume(path: &Path, seen: &mut dyn FnMut(Event)) -> Result<Self, Error> {
        let failed = |source| write::Error::of(path, source);
        let mut file = OpenOptions::new().read(true).append(true).open(path).map_err(failed)?;
        let scan = read::scan(BufReader::new(&file), &path.display().to_string(), seen)?;
        file.set_len(scan.bytes).map_err(failed)?;
        if scan.unended {
            file.write_all(b"\n").map_err(failed)?;
        }
        Ok(Self::on(file, path, scan.events))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Stopwatch;
    use crate::journal::{Kind, Phase};
    use crate::report::samples;

    /// The lines of a run that was killed, and `cut` bytes less.
    fn killed(folder: &Path, cut: usize) -> (std::path::PathBuf, usize) {
        let path = folder.join("run.jsonl");
        let mut text = Vec::new();
        for event in &samples::passed().events[..20] {
            serde_json::to_writer(&mut text, event).unwrap();
            text.push(b'\n');
        }
        std::fs::write(&path, &text[..text.len() - cut]).unwrap();
        (path, 20)
    }

    #[test]
    fn a_cut_off_line_goes_and_the_numbers_go_on() {
        for (cut, lost) in [(0, 0), (1, 0), (2, 1), (30, 1)] {
            let folder = tempfile::tempdir().unwrap();
            let (path, count) = killed(folder.path(), cut);
            let mut seen = 0;
            let mut journal = Journal::resume(&path, &mut |_| seen += 1).unwrap();
            assert_eq!(seen, count - lost, "{cut} bytes less");
            let kind = Kind::Phase { phase: Phase::Undoing };
            let event = journal.append(Stopwatch::start().stamp(), kind).unwrap();
            assert_eq!(event.seq, seen as u64);
            let reading = read::read(&path).unwrap();
            assert_eq!((reading.events.len(), reading.truncated), (seen + 1, false));
        }
    }

    #[test]
    fn what_has_not_begun_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        for text in ["", "{\"seq\":0,"] {
            std::fs::write(&path, text).unwrap();
            Journal::resume(&path, &mut |_| ()).unwrap_err();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        Journal::resume(&folder.path().join("none"), &mut |_| ()).unwrap_err();
    }
}
