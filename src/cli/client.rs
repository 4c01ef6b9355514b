//! The cluster of a command that starts none: the local one, or one that was named.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use miette::Diagnostic;

use super::cluster::quoted;
use super::exit::Failure;
use crate::cluster;
use crate::cluster::context::{Context, Named};
use crate::cluster::kind;
use crate::cluster::local::{self, Options};
use crate::cluster::state::SHARED;

/// Which cluster. Without any of these: the one that `cluster up` made.
#[derive(Debug, Clone, clap::Args)]
pub struct ClientArgs {
    /// firedrill's own control plane, or a kind cluster
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "WHICH",
        conflicts_with_all = ["kubeconfig", "context", "current_context"]
    )]
    cluster: Which,
    /// The kind cluster's name
    #[arg(long, value_name = "NAME", env = "FIREDRILL_KIND_CLUSTER", default_value = kind::NAME)]
    kind_cluster: String,
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

/// A cluster that firedrill finds without a kubeconfig of the user's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Which {
    /// The one that `cluster up` made; a run makes one of its own where it is not up
    #[default]
    Local,
    /// A kind cluster; a run makes it where it is not up
    Kind,
}

/// Nothing says which cluster.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("no local cluster is up, and no other cluster was named")]
#[diagnostic(
    code(firedrill::client::no_cluster),
    help(
        "firedrill cluster up starts the local one; --cluster kind, --current-context, --context NAME or \
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
        if let Some(options) = self.kind()? {
            return kind_client(&options).await;
        }
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

    /// The kind cluster, where that is meant.
    pub fn kind(&self) -> Result<Option<kind::Options>, Failure> {
        let meant = (self.cluster == Which::Kind).then(|| kind::Options::from_env(self.kind_cluster.clone()));
        meant.transpose().map_err(Failure::environment)
    }

    /// The flags that name the same cluster again, each with a space before it.
    #[must_use]
    pub fn flags(&self) -> String {
        let kind = (self.cluster == Which::Kind).then_some(self.kind_cluster.as_str());
        let named = flags(kind, self.kubeconfig.as_deref(), self.context.as_deref());
        if self.current_context { named + " --current-context" } else { named }
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

/// A client of the kind cluster, which must be up.
async fn kind_client(options: &kind::Options) -> Result<kube::Client, Failure> {
    let access = kind::find(options).await.map_err(Failure::environment)?;
    let access = access.ok_or_else(|| Failure::environment(NoKindCluster { name: options.name.clone() }))?;
    access.client().map_err(Failure::environment)
}

/// Nothing is there.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("no kind cluster {name} is up")]
#[diagnostic(
    code(firedrill::client::no_kind_cluster),
    help("kind get clusters lists those that are; --kind-cluster NAME names another")
)]
struct NoKindCluster {
    name: String,
}

/// The flags with which another command finds the same cluster, each with a space before it.
pub(super) fn flags(kind: Option<&str>, kubeconfig: Option<&Path>, context: Option<&str>) -> String {
    if let Some(name) = kind {
        return format!(" --cluster kind --kind-cluster {}", quoted(name));
    }
    let kubeconfig = kubeconfig.map(|path| format!(" --kubeconfig {}", quoted(&path.to_string_lossy())));
    let context = context.map(|context| format!(" --context {}", quoted(context)));
    format!("{}{}", kubeconfig.unwrap_or_default(), context.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_name_the_cluster_whatever_the_environment_says() {
        let path = Some(Path::new("/state/kind_x/kube config"));
        assert_eq!(flags(Some("x"), path, None), " --cluster kind --kind-cluster x");
        assert_eq!(
            flags(None, path, Some("my staging")),
            " --kubeconfig '/state/kind_x/kube config' --context 'my staging'"
        );
        assert_eq!(flags(None, None, None), "");
    }
}
