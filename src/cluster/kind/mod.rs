//! A kind cluster: its node is a container of this machine's engine, with a real kubelet, real pods
//! and a real kube-proxy.
//!
//! A cluster of the name that is up already is used and left. Else the run makes one and ends it,
//! by a [`keeper`]: a process that holds one end of a socket pair, and removes the cluster when the
//! run's end closes. While a cluster is a run's own, that run and the keeper hold the lock of its
//! name, and others wait. What is left when both were killed is told by its [`mark`] from a cluster
//! of the user's, which is never removed.

mod config;
mod containers;
mod error;
pub mod keeper;
mod left;
mod link;
pub mod mark;
mod private;
mod ready;
mod remove;
mod tools;
mod words;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use kube::config::Kubeconfig;
use tokio::time::timeout;

use super::nodes::Nodes;
use super::state::{self, Home, Lock};
use super::{Access, Connection, Held, access};
use crate::drill::Provider;
use crate::journal;
use private::Made;
use tools::Tools;

pub use error::Error;
pub use left::remove_leftovers;
pub use private::Private;

/// The name that `kind-config.yaml` gives the cluster.
pub const NAME: &str = "firedrill";
/// How long another run that has the cluster is waited for.
const LOCK_WITHIN: Duration = Duration::from_secs(300);
/// How long `kind create cluster` may take; most of it is the pull of the node image.
const CREATED_WITHIN: Duration = Duration::from_secs(900);
/// How long a runner waits for the removal.
const REMOVED_WITHIN: Duration = Duration::from_secs(60);
/// How long the API server of a cluster that is up may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Which kind cluster, and how it is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// firedrill's state folder.
    pub state: PathBuf,
    /// The cluster's name.
    pub name: String,
    /// An image for the node; nothing for kind's own choice.
    pub image: Option<String>,
    /// firedrill's own executable, which is the keeper too.
    pub executable: PathBuf,
    /// Whether a cluster that the run makes stays.
    pub keep: bool,
}

impl Options {
    /// What the environment says of the rest.
    pub fn from_env(name: String) -> Result<Self, super::Error> {
        Ok(Self {
            state: state::folder()?,
            name,
            image: None,
            executable: std::env::current_exe().map_err(|source| super::Error::Executable { source })?,
            keep: false,
        })
    }
}

/// What is going on. `Display` gives a line for people.
#[derive(Debug, Clone)]
pub enum Progress {
    /// Another run has the cluster.
    Busy {
        /// The cluster.
        name: String,
    },
    /// What a killed run left is removed.
    Leftover {
        /// The cluster.
        name: String,
    },
    /// A cluster that is up is used.
    Reused {
        /// The cluster.
        name: String,
    },
    /// The usual port of this machine is taken.
    OtherPort {
        /// What the node port is mapped to instead.
        port: u16,
    },
    /// What kind does.
    Kind(String),
    /// Something is waited for.
    Waiting {
        /// What.
        what: &'static str,
    },
    /// An attempt failed by chance, and the next one begins.
    Again {
        /// Why.
        error: String,
    },
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { name } => write!(f, "another run has the kind cluster {name}; waiting for it"),
            Self::Leftover { name } => write!(f, "removing the kind cluster {name}, which a killed run left"),
            Self::Reused { name } => write!(f, "the kind cluster {name} is up: it is used, and left"),
            Self::OtherPort { port } => write!(
                f,
                "port {} of this machine is taken: node port {0} is at 127.0.0.1:{port}",
                config::NODE_PORT
            ),
            Self::Kind(line) => write!(f, "kind: {line}"),
            Self::Waiting { what } => write!(f, "kind cluster: {what}"),
            Self::Again { error } => write!(f, "once more, with other ports, because: {error}"),
        }
    }
}

/// A kind cluster that a run wants. What it has begun to make is in here, so that a caller that
/// stops waiting for [`Kind::acquire`] can have it removed.
#[derive(Debug)]
pub struct Kind {
    options: Options,
    made: Option<Made>,
}

impl Kind {
    /// Nothing is looked at yet.
    #[must_use]
    pub const fn new(options: Options) -> Self {
        Self { options, made: None }
    }

    /// Which cluster it is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.options.name
    }

    /// The cluster, where it is up; else it is made.
    pub async fn acquire(
        &mut self,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Held, super::Error> {
        let home = Home::kind(&self.options.state, &self.options.name)?;
        let tools = Tools::find(home.kubeconfig()).await?;
        left::others(&tools, &self.options.state, &home, progress).await?;
        let lock = take(&home, progress).await?;
        let there = tools.clusters().await?.iter().any(|name| name == home.name());
        if there && !left::was_left(&tools, &home, progress).await? {
            drop(lock);
            return reuse(&tools, &home, progress).await.map(Held::from);
        }
        home.remove()?;
        let made = self.made.insert(Made::start(&self.options, tools, home, lock, progress)?);
        let ready = match made.ready(&self.options, progress).await {
            Ok(access) => Ok(access),
            Err(error) => Err(made.put_back(error).await),
        };
        match (ready, self.made.take()) {
            (Ok(access), Some(made)) => Ok(Held::kind(access, Private::new(made, self.options.keep))),
            (ready, _) => ready.map(Held::from),
        }
    }

    /// Removes what was begun by an [`Kind::acquire`] that nobody waits for any more.
    pub async fn abandon(self) -> Result<(), super::Error> {
        match self.made {
            Some(mut made) => made.remove().await,
            None => Ok(()),
        }
    }
}

/// Takes the lock; whoever made the cluster for itself has it.
async fn take(home: &Home, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<Lock, super::Error> {
    if let Some(lock) = Lock::try_take(home)? {
        return Ok(lock);
    }
    let name = home.name().to_owned();
    progress(Progress::Busy { name: name.clone() });
    Lock::take(home, LOCK_WITHIN).await.map_err(|error| match error {
        super::Error::Busy { waited, .. } => Error::Busy { name, waited }.into(),
        other => other,
    })
}

/// Whether `kind` and a container engine are there, and the engine answers.
///
/// # Errors
/// What is missing.
pub async fn available() -> Result<(), Error> {
    Tools::find(PathBuf::new()).await.map(drop)
}

/// A cluster that is up, with a kubeconfig of firedrill's own.
async fn reuse(
    tools: &Tools,
    home: &Home,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Access, super::Error> {
    let text = kubeconfig(tools, home.name()).await?;
    let mut access = connect(tools, home.name(), &text).await?;
    home.make_folder()?;
    home.put(&home.kubeconfig(), text.as_bytes())?;
    access.kubeconfig = Some(home.kubeconfig());
    progress(Progress::Reused { name: home.name().to_owned() });
    access.facts.nodes = Some(ready::ready(&access.client()?, home.name(), progress).await?);
    Ok(access)
}

/// The cluster, where it is up; nothing where there is none of the name.
pub async fn find(options: &Options) -> Result<Option<Access>, super::Error> {
    let home = Home::kind(&options.state, &options.name)?;
    let tools = Tools::find(home.kubeconfig()).await?;
    if !tools.clusters().await?.iter().any(|name| name == home.name()) {
        return Ok(None);
    }
    let text = kubeconfig(&tools, home.name()).await?;
    connect(&tools, home.name(), &text).await.map(Some)
}

/// The kubeconfig of a cluster that is there. A node that does not run cannot be asked for it.
async fn kubeconfig(tools: &Tools, name: &str) -> Result<String, Error> {
    tools.kubeconfig_of(name).await.map_err(|error| match error {
        Error::Call { why, .. } => silent(tools, name, why),
        other => other,
    })
}

fn silent(tools: &Tools, name: &str, why: String) -> Error {
    Error::Silent { name: name.to_owned(), engine: tools.engine_name(), why }
}

/// Asks the API server for its version: from then on it is known to answer.
async fn connect(tools: &Tools, name: &str, kubeconfig: &str) -> Result<Access, super::Error> {
    let failed = |source| Error::Kubeconfig { name: name.to_owned(), source: Box::new(source) };
    let kubeconfig = Kubeconfig::from_yaml(kubeconfig).map_err(failed)?;
    let config = access::direct_config(kubeconfig).await.map_err(failed)?;
    let connection = Connection::from(config);
    let client = connection.client(None)?;
    let version = match timeout(ANSWER_WITHIN, client.apiserver_version()).await {
        Ok(Ok(info)) => info.git_version,
        Ok(Err(error)) => return Err(silent(tools, name, access::deepest(&error)).into()),
        Err(_) => {
            let why = format!("nothing within {} s", ANSWER_WITHIN.as_secs());
            return Err(silent(tools, name, why).into());
        }
    };
    let facts = journal::Cluster {
        provider: Provider::Kind.name().to_owned(),
        name: name.to_owned(),
        version,
        distribution: Some("kind".to_owned()),
        nodes: Nodes::of(client).await.count,
        created_by_run: false,
        simulated_pods: false,
    };
    let node_ports = containers::node_ports(tools, name).await?;
    Ok(Access { connection, facts, kubeconfig: None, context: None, node_ports })
}
