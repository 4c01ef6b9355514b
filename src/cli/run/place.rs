//! The cluster of a run: the local one, a kind cluster, or a context that the caller names and nothing protects.

use glob::Pattern;
use miette::Diagnostic;

use super::super::client::ClientArgs;
use super::super::cluster::{LocalArgs, tell};
use super::super::exit::{Exit, Failure};
use super::node_ports;
use crate::cluster::context::Context;
use crate::cluster::kind::{self, Kind};
use crate::cluster::local;
use crate::cluster::protected::{DEFAULT, protecting};
use crate::cluster::{Access, Held, NodePorts, binaries};
use crate::drill::Provider;
use crate::engine::plan::Plan;
use crate::ui::progress::Progress;

/// Which cluster to break something in.
#[derive(Debug, Clone, clap::Args)]
pub struct PlaceArgs {
    #[command(flatten)]
    client: ClientArgs,
    #[command(flatten)]
    local: LocalArgs,
    /// The image of the kind cluster's node [default: kind's own choice]
    #[arg(long, value_name = "IMAGE", env = "FIREDRILL_KIND_IMAGE")]
    node_image: Option<String>,
    /// Contexts that are refused, by their name or their cluster's
    #[arg(
        long,
        value_name = "PATTERN",
        env = "FIREDRILL_PROTECTED",
        value_delimiter = ',',
        default_value = DEFAULT
    )]
    protected: Vec<Pattern>,
    /// Run in this protected context all the same; the name once more, to be sure
    #[arg(long, value_name = "NAME")]
    allow_protected: Option<String>,
    /// Where this machine reaches a node of the context: a name or an IP address, for signals that
    /// ask node ports
    #[arg(long, value_name = "HOST", value_parser = node_ports::host)]
    node_address: Option<String>,
}

/// Where a run goes.
#[derive(Debug)]
pub enum Place {
    /// firedrill's own cluster.
    Local(Box<local::Options>),
    /// A kind cluster.
    Kind(Box<Kind>, kind::Options),
    /// A context of the caller's kubeconfig.
    Context(Box<Context>),
}

impl PlaceArgs {
    /// Where the run goes. Nothing is sent anywhere yet.
    pub fn place(&self) -> Result<Place, Failure> {
        let nodes_are_known = || match self.node_address {
            Some(_) => Err(Failure::usage(node_ports::NoContext)),
            None => Ok(()),
        };
        if let Some(options) = self.client.kind()? {
            nodes_are_known()?;
            self.has_its_own(&format!("the kind cluster {} (--node-image)", options.name))?;
            let image = self.node_image.clone().filter(|image| !image.is_empty());
            let options = kind::Options { image, keep: self.local.keep_cluster(), ..options };
            return Ok(Place::Kind(Box::new(Kind::new(options.clone())), options));
        }
        let Some(mut context) = self.client.context()? else {
            nodes_are_known()?;
            return Ok(Place::Local(Box::new(self.local.options()?)));
        };
        self.has_its_own(&format!("the context `{}`", context.name))?;
        if let Some(host) = &self.node_address {
            context.node_ports = NodePorts::At(host.clone());
        }
        let allowed = self.allow_protected.as_deref() == Some(context.name.as_str());
        match protecting(&self.protected, &[&context.name, &context.cluster]) {
            Some(pattern) if !allowed => {
                let Context { name, cluster, .. } = context;
                let pattern = pattern.as_str().to_owned();
                Err(Failure::new(Exit::Refused, Protected { name, cluster, pattern }))
            }
            _ => Ok(Place::Context(Box::new(context))),
        }
    }
}

impl PlaceArgs {
    /// Where binaries are looked for.
    pub(in crate::cli) fn binaries(&self) -> Result<binaries::Options, Failure> {
        Ok(self.local.options()?.binaries)
    }

    /// Only the local cluster's Kubernetes can be chosen so.
    fn has_its_own(&self, cluster: &str) -> Result<(), Failure> {
        match self.local.kubernetes() {
            Some(_) => Err(Failure::usage(NotOurs { cluster: cluster.to_owned() })),
            None => Ok(()),
        }
    }
}

impl Place {
    /// What kind of cluster it is.
    #[must_use]
    pub const fn provider(&self) -> Provider {
        match self {
            Self::Local(_) => Provider::Local,
            Self::Kind(..) => Provider::Kind,
            Self::Context(_) => Provider::Context,
        }
    }

    /// Refuses a drill whose node ports are reached nowhere, where that is known before the
    /// cluster is there.
    pub fn reaches(&self, plan: &Plan) -> Result<(), Failure> {
        match self {
            Self::Local(_) => node_ports::addresses(plan, &NodePorts::Unreachable)?,
            // Only the cluster knows, once it is there.
            Self::Kind(..) => return Ok(()),
            Self::Context(context) => node_ports::addresses(plan, &context.node_ports)?,
        };
        Ok(())
    }

    /// A cluster that answers. A local one or a kind cluster is made where none is up.
    pub async fn hold(&mut self, progress: &Progress) -> Result<Held, Failure> {
        let held = match self {
            Self::Local(options) => local::acquire(options, &|news| tell(progress, &news)).await,
            Self::Kind(kind, _) => kind.acquire(&|news| progress.note(&news.to_string())).await,
            Self::Context(context) => context.connect().await.map(Held::from),
        };
        held.map_err(Failure::environment)
    }

    /// Ends what a [`Place::hold`] has begun that nobody waits for any more.
    pub async fn abandon(self) -> Result<(), Failure> {
        match self {
            Self::Kind(kind, _) => kind.abandon().await.map_err(Failure::environment),
            // The responder does it.
            Self::Local(_) | Self::Context(_) => Ok(()),
        }
    }

    /// A cluster that answers; nothing where the run would start one.
    pub async fn find(self) -> Result<Option<Access>, Failure> {
        let found = match self {
            Self::Local(options) => local::shared(&options).await,
            Self::Kind(_, options) => kind::find(&options).await,
            Self::Context(context) => context.connect().await.map(Some),
        };
        found.map_err(Failure::environment)
    }
}

/// A wish about the local cluster, beside a cluster that is not local.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("--kubernetes-version chooses the local cluster's Kubernetes; {cluster} has its own")]
#[diagnostic(
    code(firedrill::client::not_ours),
    help("leave out --kubernetes-version, or the flags that name another cluster")
)]
struct NotOurs {
    cluster: String,
}

/// A context that is not to be broken by accident.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("the context `{name}` (cluster `{cluster}`) is protected by the pattern `{pattern}`")]
#[diagnostic(
    code(firedrill::safeguard::protected),
    help(
        "if it is meant: --allow-protected {name}. Patterns come from --protected or \
         FIREDRILL_PROTECTED, separated by commas"
    )
)]
struct Protected {
    name: String,
    cluster: String,
    pattern: String,
}
