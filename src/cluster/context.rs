//! A cluster that is not firedrill's own: a context of a kubeconfig.

use std::path::PathBuf;
use std::time::Duration;

use http::Uri;
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::time::timeout;

use super::credentials::{self, Credential};
use super::distribution::distribution;
use super::nodes::Nodes;
use super::proxy::{Proxy, proxy_for};
use super::reach::{Asked, Identity, ReachError};
use super::{Access, Connection, Error, NodePorts};
use crate::drill::Provider;
use crate::journal;

/// How long a connection may take to be made.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long the API server may take to say its version.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The version of an API server that tells it not everybody.
const UNKNOWN: &str = "unknown version";

/// What names a context.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The kubeconfig's file; nothing for `$KUBECONFIG`, else `~/.kube/config`.
    pub kubeconfig: Option<PathBuf>,
    /// The context; nothing for the current one.
    pub context: Option<String>,
}

/// A context that was found. Nothing was sent anywhere yet.
#[derive(Debug, Clone)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// The kubeconfig's name for its cluster.
    pub cluster: String,
    /// Where its node ports are reached; nowhere until somebody says so.
    pub node_ports: NodePorts,
    kubeconfig: Kubeconfig,
    file: Option<PathBuf>,
}

/// A context whose credentials are at hand. Nothing was sent to its API server yet.
#[derive(Debug)]
struct Dialled {
    connection: Connection,
    server: Uri,
    proxy: Option<Proxy>,
    identity: Identity,
}

impl Named {
    /// Reads the kubeconfig and finds the context in it.
    ///
    /// # Errors
    /// Where the file cannot be read, or has no such context.
    pub fn find(self) -> Result<Context, Error> {
        let read = self.kubeconfig.as_ref().map_or_else(Kubeconfig::read, Kubeconfig::read_from);
        let kubeconfig = read.map_err(|source| Error::UserKubeconfig { source: Box::new(source) })?;
        let known = || -> Vec<String> { kubeconfig.contexts.iter().map(|c| c.name.clone()).collect() };
        let Some(name) = self.context.or_else(|| kubeconfig.current_context.clone()) else {
            return Err(Error::NoCurrentContext { known: known() });
        };
        let found = kubeconfig.contexts.iter().find(|context| context.name == name);
        let Some(cluster) = found.and_then(|found| found.context.as_ref()).map(|c| c.cluster.clone()) else {
            return Err(Error::NoContext { name, known: known() });
        };
        Ok(Context { name, cluster, node_ports: NodePorts::default(), kubeconfig, file: self.kubeconfig })
    }
}

impl Context {
    /// What clients of this context are made of. Runs the credential plugin, where there is one.
    ///
    /// # Errors
    /// Where the kubeconfig cannot be used, or there are no credentials.
    pub async fn connection(&self) -> Result<Connection, Error> {
        Ok(self.dial().await?.connection)
    }

    /// A client, once the API server has answered.
    ///
    /// # Errors
    /// Where it does not, or cannot be asked.
    pub async fn client(&self) -> Result<kube::Client, Error> {
        let dialled = self.dial().await?;
        let client = dialled.connection.client(self.file.as_deref())?;
        self.version(&dialled, &client).await?;
        Ok(client)
    }

    /// Asks the API server for its version: from then on it is known to answer.
    pub async fn connect(&self) -> Result<Access, Error> {
        let dialled = self.dial().await?;
        let client = dialled.connection.client(self.file.as_deref())?;
        let version = self.version(&dialled, &client).await?;
        let nodes = Nodes::of(client).await;
        Ok(Access {
            facts: journal::Cluster {
                provider: Provider::Context.name().to_owned(),
                name: self.name.clone(),
                distribution: distribution(&version, &nodes.first).map(str::to_owned),
                version,
                nodes: nodes.count,
                created_by_run: false,
                simulated_pods: false,
            },
            connection: dialled.connection,
            kubeconfig: self.file.clone(),
            context: Some(self.name.clone()),
            node_ports: self.node_ports.clone(),
        })
    }

    fn proxy_url(&self) -> Option<&str> {
        let cluster = self.kubeconfig.clusters.iter().find(|named| named.name == self.cluster)?;
        cluster.cluster.as_ref()?.proxy_url.as_deref()
    }

    async fn dial(&self) -> Result<Dialled, Error> {
        let options = KubeConfigOptions { context: Some(self.name.clone()), ..KubeConfigOptions::default() };
        let mut config = kube::Config::from_custom_kubeconfig(self.kubeconfig.clone(), &options)
            .await
            .map_err(|source| Error::UserKubeconfig { source: Box::new(source) })?;
        // A kubeconfig has no say in it; a slow network should not look like one that is down.
        config.connect_timeout = Some(CONNECT_WITHIN);
        let context = || self.name.clone();
        // kube compares NO_PROXY with the proxy's own address.
        let proxy = proxy_for(&config.cluster_url, self.proxy_url(), |name| std::env::var(name).ok())
            .map_err(|why| ReachError::ProxyAddress { context: context(), why })?;
        config.proxy_url = proxy.as_ref().map(|proxy| proxy.url.clone());
        let identity = Identity::of(&config.auth_info);
        let patience = credentials::patience(&config.auth_info);
        let credential = credentials::take(&mut config.auth_info)
            .await
            .map_err(|why| ReachError::Credentials { context: context(), why })?;
        let bearer = match credential {
            Credential::Static => None,
            Credential::Bearer(bearer) => Some(bearer),
        };
        let server = config.cluster_url.clone();
        Ok(Dialled { connection: Connection { config, bearer, patience }, server, proxy, identity })
    }

    async fn version(&self, dialled: &Dialled, client: &kube::Client) -> Result<String, Error> {
        let Dialled { server, proxy, identity, .. } = dialled;
        let asked = Asked { context: &self.name, server, proxy: proxy.as_ref(), identity };
        match timeout(ANSWER_WITHIN, client.apiserver_version()).await {
            Ok(Ok(info)) => Ok(info.git_version),
            // It answers; who may not read its version may still do what the command is about.
            Ok(Err(kube::Error::Api(status))) if status.code == 403 => Ok(UNKNOWN.to_owned()),
            Ok(Err(error)) => Err(asked.failed(&error).into()),
            Err(_) => Err(asked.silent(format!("nothing within {} s", ANSWER_WITHIN.as_secs())).into()),
        }
    }
}
