//! How a run talks to its cluster.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};

use super::{Connection, Error};
use crate::drill::Provider;
use crate::journal;

/// A cluster that answers, and what is known of it.
#[derive(Debug, Clone)]
pub struct Access {
    /// What its clients are made of.
    pub connection: Connection,
    /// What the journal and the report say of the cluster.
    pub facts: journal::Cluster,
    /// For people and their tools; nothing for `$KUBECONFIG`, else `~/.kube/config`.
    pub kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context; nothing for its current one.
    pub context: Option<String>,
    /// Where node ports are reached from here.
    pub node_ports: NodePorts,
}

/// Where the node ports of a cluster are reached from this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum NodePorts {
    /// Nowhere: there are no nodes, or nobody said how to reach one.
    #[default]
    Unreachable,
    /// At a node, by its name or IP address: each port under its own number.
    At(String),
    /// Those that are mapped to addresses of this machine, and no others.
    Mapped(BTreeMap<u16, SocketAddr>),
}

impl NodePorts {
    /// `HOST:PORT` to dial for a node port; nothing where it cannot be reached.
    #[must_use]
    pub fn address(&self, port: u16) -> Option<String> {
        match self {
            Self::Unreachable => None,
            Self::At(host) if host.contains(':') => Some(format!("[{host}]:{port}")),
            Self::At(host) => Some(format!("{host}:{port}")),
            Self::Mapped(mapped) => mapped.get(&port).map(ToString::to_string),
        }
    }
}

impl Access {
    /// Whether it is on loopback, found without the user's kubeconfig: a proxy has no say there.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.facts.provider != Provider::Context.name() && is_loopback(&self.connection.config)
    }

    /// The name of the kind cluster, where it is one that was found by its name.
    #[must_use]
    pub fn kind_cluster(&self) -> Option<&str> {
        (self.facts.provider == Provider::Kind.name()).then_some(self.facts.name.as_str())
    }

    /// A client for control calls: it repeats requests that were answered 429, 503 or 504.
    ///
    /// kube sets no read timeout: wrap each call that is no watch in [`tokio::time::timeout`].
    pub fn client(&self) -> Result<kube::Client, Error> {
        self.connection.client(self.kubeconfig.as_deref())
    }

    /// A client for measurements: every answer is given as it came, 503 too.
    pub fn probe_client(&self) -> Result<kube::Client, Error> {
        self.connection.probe_client(self.kubeconfig.as_deref())
    }
}

/// Reads a local cluster's kubeconfig. Proxy variables have no say: the cluster is on loopback.
pub(super) async fn local_config(kubeconfig: &Path) -> Result<kube::Config, Error> {
    let failed = |source| Error::Kubeconfig { kubeconfig: kubeconfig.to_owned(), source: Box::new(source) };
    let read = Kubeconfig::read_from(kubeconfig).map_err(failed)?;
    direct_config(read).await.map_err(failed)
}

/// A configuration for a cluster of this machine: no proxy, unless it is somewhere else after all.
pub(super) async fn direct_config(kubeconfig: Kubeconfig) -> Result<kube::Config, KubeconfigError> {
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    if is_loopback(&config) {
        config.proxy_url = None;
    }
    config.connect_timeout = Some(Duration::from_secs(2));
    Ok(config)
}

/// Whether the API server is on this machine.
fn is_loopback(config: &kube::Config) -> bool {
    let Some(host) = config.cluster_url.host() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    // `0.0.0.0` is what a server that listens everywhere may be called.
    address.map_or(host == "localhost", |address| address.is_loopback() || address.is_unspecified())
}

/// What lies at the bottom of it: `Connection refused`.
pub(super) fn deepest(error: &dyn std::error::Error) -> String {
    let mut why = error;
    while let Some(deeper) = why.source() {
        why = deeper;
    }
    why.to_string()
}
