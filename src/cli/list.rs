//! `firedrill list`.

use super::exit::{Exit, Outcome};

/// Arguments of `firedrill list`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Not written yet.
pub fn run(_args: &Args) -> Outcome {
    Ok(Exit::Environment)
}
