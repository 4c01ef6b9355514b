//! `firedrill run`.

use super::exit::{Exit, Outcome};

/// Arguments of `firedrill run`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Not written yet.
pub async fn run(_args: Args) -> Outcome {
    Ok(Exit::Environment)
}
