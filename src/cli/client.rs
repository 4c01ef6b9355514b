//! The cluster of a command that starts none: the local one, or one that was named.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use miette::Diagnostic;

use super::exit::Failure;
use crate::cluster;
use crate::cluster::local::{self, Options};
use crate::cluster::state::SHARED;

/// How long a connection may take to be made.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Which cluster. Without any of these: the one that `cluster up` made.
#[derive(Debug, Clone, clap::Args)]
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

/// Why there is no client.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub(super) enum NoClient {
    /// Nothing says which cluster.
    #[error("no local cluster is up, and no other cluster was named")]
    #[diagnostic(
        code(firedrill::client::no_cluster),
        help(
            "firedrill cluster up starts the local one; --current-context, --context NAME or \
             --kubeconfig PATH name another"
        )
    )]
    NoCluster,
    /// The kubeconfig does not lead to a cluster.
    #[error("cannot use the kubeconfig: {source}")]
    #[diagnostic(code(firedrill::client::kubeconfig), help("kubectl config get-contexts lists the contexts"))]
    Kubeconfig { source: kube::config::KubeconfigError },
    /// No client can be made of it.
    #[error("cannot connect: {source}")]
    #[diagnostic(
        code(firedrill::client::connect),
        help("kubectl get --raw /readyz with the same kubeconfig says more")
    )]
    Client { source: kube::Error },
}

impl ClientArgs {
    /// A client of the cluster that was named, else of the local one.
    pub async fn client(&self) -> Result<kube::Client, Failure> {
        let named = self.kubeconfig.is_some() || self.context.is_some() || self.current_context;
        let path = if named { self.kubeconfig.clone() } else { Some(local_cluster()?) };
        of(path, self.context.clone(), !named).await.map_err(Failure::environment)
    }
}

/// A client of a kubeconfig's context. Without a path, of what the environment names; without a
/// context, of the current one. On `loopback`, where the local cluster is, a proxy has no say.
pub(super) async fn of(
    path: Option<PathBuf>,
    context: Option<String>,
    loopback: bool,
) -> Result<kube::Client, NoClient> {
    let options = KubeConfigOptions { context, ..KubeConfigOptions::default() };
    let loading = async {
        let kubeconfig = path.map_or_else(Kubeconfig::read, Kubeconfig::read_from)?;
        kube::Config::from_custom_kubeconfig(kubeconfig, &options).await
    };
    let mut config = loading.await.map_err(|source| NoClient::Kubeconfig { source })?;
    if loopback {
        config.proxy_url = None;
    }
    config.connect_timeout.get_or_insert(CONNECT_WITHIN);
    kube::Client::try_from(config).map_err(|source| NoClient::Client { source })
}

/// The kubeconfig of the cluster that `cluster up` made.
fn local_cluster() -> Result<PathBuf, Failure> {
    let options = Options::from_env(None).map_err(Failure::environment)?;
    local::kubeconfig(&options, SHARED).map_err(|error| match error {
        cluster::Error::Down { .. } => Failure::environment(NoClient::NoCluster),
        other => Failure::environment(other),
    })
}
