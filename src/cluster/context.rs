//! A cluster that is not firedrill's own: a context of a kubeconfig.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};

use super::access::deepest;
use super::{Access, Error, NodePorts};
use crate::drill::Provider;
use crate::journal;

/// How long a connection may take to be made.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long the API server may take to say its version.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

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
    /// A configuration for clients of this context.
    pub async fn config(&self) -> Result<kube::Config, Error> {
        let options = KubeConfigOptions { context: Some(self.name.clone()), ..KubeConfigOptions::default() };
        let mut config = kube::Config::from_custom_kubeconfig(self.kubeconfig.clone(), &options)
            .await
            .map_err(|source| Error::UserKubeconfig { source: Box::new(source) })?;
        config.connect_timeout.get_or_insert(CONNECT_WITHIN);
        Ok(config)
    }

    /// Asks the API server for its version: from then on it is known to answer.
    pub async fn connect(&self) -> Result<Access, Error> {
        let config = self.config().await?;
        let mut access = Access {
            config,
            facts: journal::Cluster {
                provider: Provider::Context.name().to_owned(),
                name: self.name.clone(),
                version: String::new(),
                distribution: None,
                nodes: None,
                created_by_run: false,
                simulated_pods: false,
            },
            kubeconfig: self.file.clone(),
            context: Some(self.name.clone()),
            node_ports: self.node_ports.clone(),
        };
        let silent = |why| Error::ContextSilent { name: self.name.clone(), why };
        let client = access.client()?;
        let asked = tokio::time::timeout(ANSWER_WITHIN, client.apiserver_version()).await;
        match asked {
            Ok(Ok(info)) => access.facts.version = info.git_version,
            Ok(Err(error)) => return Err(silent(deepest(&error))),
            Err(_) => return Err(silent(format!("nothing within {} s", ANSWER_WITHIN.as_secs()))),
        }
        Ok(access)
    }
}
