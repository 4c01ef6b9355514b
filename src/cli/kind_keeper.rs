//! `firedrill kind-keeper`: the process that makes a run's kind cluster and removes it when the run
//! is gone. firedrill starts it; nobody else.

use std::path::PathBuf;

use miette::Diagnostic;

use super::exit::{Exit, Failure, Outcome};
use super::guard::deafen;
use crate::cluster::kind::keeper::{self, Order};

/// Arguments of `firedrill kind-keeper`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The cluster's folder
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// kind
    #[arg(long, value_name = "FILE")]
    kind: PathBuf,
    /// The container engine
    #[arg(long, value_name = "FILE")]
    engine: PathBuf,
    /// The node's image
    #[arg(long, value_name = "IMAGE")]
    node_image: Option<String>,
}

/// Makes the cluster and keeps it until its run is gone.
pub async fn run(args: Args) -> Outcome {
    deafen().map_err(|source| Failure::environment(Deaf { source }))?;
    let Args { home, kind, engine, node_image } = args;
    keeper::run(Order { home, kind, engine, image: node_image }).await.map_err(Failure::environment)?;
    Ok(Exit::Passed)
}

/// The process cannot outlive its runner.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot keep a kind cluster: {source}")]
#[diagnostic(code(firedrill::kind_keeper), help("only `firedrill run` starts this command"))]
struct Deaf {
    source: std::io::Error,
}
