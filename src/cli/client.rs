//! The cluster of a command that starts none: the local one, or one that was named.

use std::path::PathBuf;

use miette::Diagnostic;

use super::exit::Failure;
use crate::cluster;
use crate::cluster::context::{Context, Named};
use crate::cluster::local::{self, Options};
use crate::cluster::state::SHARED;

/// Which cluster. Without any of these: the one that `cluster up` made.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ClientArgs {
    /// Another kubeconfig; its current context, unless --context names one
    #[arg(long, value_name = "PATH")]
    kubeconfig: Option<PathBuf>,
    /// A context of the kubeconfig
    #[arg(long, value_name = "NAME", conflicts_with = "current_context")]
    context: Option<String>,
    /// The kubeconfig's current context
    #[arg(long)]
    current_context: bool,
}

/// Nothing says which cluster.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("no local cluster is up, and no other cluster was named")]
#[diagnostic(
    code(firedrill::client::no_cluster),
    help(
        "firedrill cluster up starts the local one; --current-context, --context NAME or \
         --kubeconfig PATH name another"
    )
)]
struct NoCluster;

/// A kubeconfig alone is no word to break something with it.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("--kubeconfig names a file, but not which of its contexts is to be broken")]
#[diagnostic(code(firedrill::client::which_context), help("add --context NAME, or --current-context"))]
struct WhichContext;

impl ClientArgs {
    /// A client of the cluster that was named, once it has answered; else of the local one.
    pub async fn client(&self) -> Result<kube::Client, Failure> {
        let Some(named) = self.named() else { return local_client().await };
        find(named)?.client().await.map_err(Failure::environment)
    }

    /// The context to be broken, where one was named. A kubeconfig alone names none.
    pub fn context(&self) -> Result<Option<Context>, Failure> {
        if self.kubeconfig.is_some() && self.context.is_none() && !self.current_context {
            return Err(Failure::usage(WhichContext));
        }
        self.named().map(find).transpose()
    }

    fn named(&self) -> Option<Named> {
        let named = self.kubeconfig.is_some() || self.context.is_some() || self.current_context;
        named.then(|| Named { kubeconfig: self.kubeconfig.clone(), context: self.context.clone() })
    }
}

/// A name that no context has is a slip of the caller.
fn find(named: Named) -> Result<Context, Failure> {
    named.find().map_err(|error| match error {
        cluster::Error::NoContext { .. } | cluster::Error::NoCurrentContext { .. } => Failure::usage(error),
        other => Failure::environment(other),
    })
}

/// A client of the cluster that `cluster up` made. A proxy has no say there.
async fn local_client() -> Result<kube::Client, Failure> {
    let options = Options::from_env(None, None).map_err(Failure::environment)?;
    match local::find(&options, SHARED).await {
        Ok(access) => access.client().map_err(Failure::environment),
        Err(cluster::Error::Down { .. }) => Err(Failure::environment(NoCluster)),
        Err(other) => Err(Failure::environment(other)),
    }
}
