//! How a run talks to its cluster.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};

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
    /// Whether it is firedrill's own, on loopback, where a proxy has no say.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.facts.provider == Provider::Local.name()
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
    let mut config =
        kube::Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.map_err(failed)?;
    config.proxy_url = None;
    config.connect_timeout = Some(Duration::from_secs(2));
    Ok(config)
}
