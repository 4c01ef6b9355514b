//! `firedrill report`: prints the report of a journal again, a week later or on another machine.
//!
//! Printing is all that the command does: it ends with 0 when the report is printed, whatever
//! the report's verdict is. The exit code of the run was the run's own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::exit::{Failure, Outcome};
use super::output::{Format, print, print_json_text};
use crate::journal::{place, read};
use crate::report::{fold, json, text};
use crate::ui::terminal::say;

/// Arguments of `firedrill report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run's journal, or `last` for the newest run's (a file of that name is `./last`)
    #[arg(value_name = "JOURNAL|last")]
    journal: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

/// Folds the journal and prints the report.
pub fn run(args: &Args) -> Outcome {
    let path = if args.journal.as_os_str() == OsStr::new("last") {
        place::runs_from_env().and_then(|runs| place::newest(&runs)).map_err(Failure::usage)?
    } else {
        args.journal.clone()
    };
    let reading = read::read(&path).map_err(Failure::usage)?;
    if reading.truncated {
        say(&format!("the last line of {} is cut off and left out", path.display()));
    }
    let report = fold(&reading.events);
    match args.output {
        Format::Text => print(&text(&report, Some(&shown(&path)))),
        Format::Json => print_json_text(&json(&report)),
    }
}

/// The path that another folder's shell can use, too.
fn shown(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
