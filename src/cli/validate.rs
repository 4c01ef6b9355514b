//! `firedrill validate`.

use std::fmt::Write as _;

use super::exit::{Failure, Outcome};
use super::output;
use crate::drill::{DrillError, Loaded, load};
use crate::ui::terminal;

/// Arguments of `firedrill validate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Built-in names, files, or folders with a drill.yaml
    #[arg(required = true, value_name = "DRILL")]
    drills: Vec<String>,
}

/// Checks every drill: a line for each that is sound, then all that is wrong with the others.
pub fn run(args: &Args) -> Outcome {
    let mut sound = String::new();
    let mut errors = Vec::new();
    for reference in &args.drills {
        match load(reference) {
            Ok(loaded) => {
                warn(&loaded);
                let _ = writeln!(sound, "ok  {}  ({})", loaded.drill.metadata.name.value, loaded.origin);
            }
            Err(error) => errors.push(error),
        }
    }
    let outcome = output::print(&sound)?;
    match DrillError::join(errors) {
        Some(error) => Err(Failure::usage(error)),
        None => Ok(outcome),
    }
}

/// Warnings are for people, so they go to stderr.
fn warn(loaded: &Loaded) {
    for warning in &loaded.warnings {
        terminal::diagnostic(warning);
    }
}
