//! `firedrill schema`.

use super::exit::Outcome;
use super::output;
use crate::drill::schema;

/// Arguments of `firedrill schema`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Prints the JSON Schema of drill files.
pub fn run(_args: &Args) -> Outcome {
    output::print_json(&schema::schema())
}
