//! `firedrill validate`.

use super::exit::{Exit, Outcome};

/// Arguments of `firedrill validate`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Not written yet.
pub fn run(_args: &Args) -> Outcome {
    Ok(Exit::Environment)
}
