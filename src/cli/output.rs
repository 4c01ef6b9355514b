//! Results on stdout, as text for people or JSON for programs.

use std::io::{self, ErrorKind};

use serde::Serialize;

use super::exit::{Exit, Failure, Outcome};
use crate::ui::terminal;

/// The form of a result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Writes a result for people to stdout. That its reader has gone (`| head`) is no failure.
pub fn print(text: &str) -> Outcome {
    outcome(terminal::result(text))
}

/// Writes what a program or a shell reads, such as YAML: every byte as it is, but on a terminal.
pub fn print_exact(text: &str) -> Outcome {
    outcome(terminal::exact(text))
}

/// Writes JSON that is text already.
pub fn print_json_text(text: &str) -> Outcome {
    outcome(terminal::json(text))
}

/// Writes a result to stdout as indented JSON.
pub fn print_json(value: &impl Serialize) -> Outcome {
    let text = serde_json::to_string_pretty(value)
        .map_err(|source| Failure::environment(NoStdout { source: source.into() }))?;
    print_json_text(&format!("{text}\n"))
}

fn outcome(written: io::Result<()>) -> Outcome {
    match written {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::environment(NoStdout { source }))
        }
        _ => Ok(Exit::Passed),
    }
}

/// The result could not be written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("cannot write the result: {source}")]
#[diagnostic(code(firedrill::stdout), help("is the disk full that stdout is redirected to?"))]
struct NoStdout {
    source: std::io::Error,
}
