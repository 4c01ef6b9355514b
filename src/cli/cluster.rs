//! `firedrill cluster`.

use super::exit::{Exit, Outcome};

/// Arguments of `firedrill cluster`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Not written yet.
pub async fn run(_args: Args) -> Outcome {
    Ok(Exit::Environment)
}
