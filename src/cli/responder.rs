//! `firedrill responder`: the process beside a local cluster. firedrill starts it; nobody else.

use std::path::PathBuf;

use super::exit::{Exit, Failure, Outcome};
use crate::cluster::responder;

/// Arguments of `firedrill responder`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The cluster's folder
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// Remove the cluster when stdin closes
    #[arg(long)]
    until_stdin_closes: bool,
}

/// Serves until the cluster is gone or its owner is.
pub async fn run(args: Args) -> Outcome {
    responder::run(&args.home, args.until_stdin_closes).await.map_err(Failure::environment)?;
    Ok(Exit::Passed)
}
