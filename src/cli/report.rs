//! `firedrill report`: prints the report of a journal again, a week later or on another machine.
//!
//! Printing is all that the command does: it ends with 0 when the report is printed, whatever
//! the report's verdict is. The exit code of the run was the run's own.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use miette::Diagnostic;

use super::exit::{Exit, Failure, Outcome};
use crate::journal::{place, read};
use crate::report::{fold, json, text};

/// Arguments of `firedrill report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run's journal, or `last` for the newest run's (a file of that name is `./last`)
    #[arg(value_name = "JOURNAL|last")]
    journal: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

/// The forms of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// For people
    Text,
    /// For machines
    Json,
}

/// Folds the journal and prints the report.
pub fn run(args: &Args) -> Outcome {
    let path = match args.journal.as_os_str() == OsStr::new("last") {
        true => place::runs_from_env().and_then(|runs| place::newest(&runs)).map_err(Failure::usage)?,
        false => args.journal.clone(),
    };
    let reading = read::read(&path).map_err(Failure::usage)?;
    if reading.truncated {
        // That stderr may be closed is no failure.
        let _ = writeln!(io::stderr(), "the last line of {} is cut off and left out", path.display());
    }
    let report = fold(&reading.events);
    print(&match args.output {
        Output::Text => text(&report, Some(&shown(&path))),
        Output::Json => json(&report),
    })?;
    Ok(Exit::Passed)
}

/// The path that another folder's shell can use, too.
fn shown(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// Writes a result to stdout. A reader that has seen enough (`| head`) is no failure.
pub fn print(result: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(result.as_bytes()).and_then(|()| stdout.flush()) {
        Err(reason) if reason.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::environment(NotPrinted { reason }))
        }
        _ => Ok(()),
    }
}

/// The result did not get out.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot write the result to stdout: {reason}")]
#[diagnostic(
    code(firedrill::stdout),
    help("the journal is whole: `firedrill report last` prints the report again")
)]
struct NotPrinted {
    reason: io::Error,
}
