//! Results on stdout, as text for people or JSON for programs.

use std::io::{ErrorKind, Write as _};

use serde::Serialize;

use super::exit::{Exit, Failure, Outcome};

/// The form of a result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Writes a result to stdout. That its reader has gone (`| head`) is no failure.
pub fn print(text: &str) -> Outcome {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::environment(NoStdout { source }))
        }
        _ => Ok(Exit::Passed),
    }
}

/// Writes a result to stdout as indented JSON.
pub fn print_json(value: &impl Serialize) -> Outcome {
    let text = serde_json::to_string_pretty(value)
        .map_err(|source| Failure::environment(NoStdout { source: source.into() }))?;
    print(&format!("{text}\n"))
}

/// The result could not be written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("cannot write the result: {source}")]
#[diagnostic(code(firedrill::stdout), help("is the disk full that stdout is redirected to?"))]
struct NoStdout {
    source: std::io::Error,
}
