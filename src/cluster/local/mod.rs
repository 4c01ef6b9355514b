//! firedrill's own cluster: etcd, kube-apiserver, kube-controller-manager and kube-scheduler as
//! processes of this machine, started by kwokctl, with kwok for the kubelets of one node.
//!
//! There are two kinds: the *shared* one that `cluster up` makes and `cluster down` removes, and
//! *private* ones that live as long as the run that made them. Beside each runs a
//! [responder](super::responder), which answers for the pods and removes the cluster when its
//! owner is gone.

pub mod config;
mod create;
mod environment;
pub mod link;
pub(super) mod log;
pub mod processes;
mod ready;
pub mod remove;
mod start;
mod status;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::binaries::{self, Release};
use super::state::{self, Home, Lock, Owner, SHARED, State};
use super::{Access, Error, Held, NodePorts, access};
use crate::drill::Provider;
use crate::journal;
use link::{Responder, Said};

pub use ready::NODE;
pub use status::{Health, Status, list};

/// How long `cluster up` waits for another process that starts or removes the same cluster.
const LOCK_WITHIN: Duration = Duration::from_secs(300);
/// How long a cluster that is up may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What a local cluster is made of, and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// firedrill's state folder.
    pub state: PathBuf,
    /// Where the binaries are looked for, and of which Kubernetes.
    pub binaries: binaries::Options,
    /// The Kubernetes that was asked for; nothing where any will do.
    pub kubernetes: Option<Release>,
    /// firedrill's own executable, which is the responder too.
    pub executable: PathBuf,
    /// Whether a private cluster stays when it is released.
    pub keep: bool,
}

impl Options {
    /// What the environment says, with a folder of binaries that comes first, and the Kubernetes
    /// that was asked for.
    pub fn from_env(folder: Option<PathBuf>, kubernetes: Option<Release>) -> Result<Self, Error> {
        let binaries = binaries::Options::from_env(folder);
        Ok(Self {
            state: state::folder()?,
            binaries: binaries::Options { kubernetes: kubernetes.unwrap_or_default(), ..binaries },
            kubernetes,
            executable: std::env::current_exe().map_err(|source| Error::Executable { source })?,
            keep: false,
        })
    }

    /// Whether a cluster of this version is one that was asked for.
    fn fits(&self, version: &str) -> bool {
        self.kubernetes.is_none_or(|kubernetes| kubernetes.version() == version)
    }
}

/// What is going on. `Display` gives a line for people.
#[derive(Debug, Clone)]
pub enum Progress {
    /// The binaries are prepared.
    Binaries(binaries::Progress),
    /// Another firedrill starts or removes the cluster.
    Busy,
    /// The shared cluster is up, but is not what was asked for.
    Other {
        /// Its version.
        up: String,
        /// What was asked for.
        wanted: Release,
    },
    /// Something is being started, and waited for.
    Waiting {
        /// What.
        what: &'static str,
    },
    /// An attempt failed by chance, and the next one begins.
    Again {
        /// Which attempt it is.
        attempt: u32,
        /// Why the one before failed.
        error: String,
    },
}

impl Progress {
    /// Whether it only says that something goes on, as it did a moment ago.
    #[must_use]
    pub fn is_tick(&self) -> bool {
        matches!(self, Self::Binaries(progress) if progress.is_tick())
    }

    /// Whether it only tells that something was there already.
    #[must_use]
    pub const fn is_old(&self) -> bool {
        use binaries::Source::{Cache, Folder};
        matches!(self, Self::Binaries(binaries::Progress::Ready { source: Cache | Folder, .. }))
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binaries(progress) => progress.fmt(f),
            Self::Busy => f.write_str("waiting for another firedrill that has the cluster"),
            Self::Other { up, wanted } => write!(
                f,
                "the cluster {SHARED} is up with Kubernetes {up}; for {wanted} the run starts one of its own"
            ),
            Self::Waiting { what } => write!(f, "starting the cluster: {what}"),
            Self::Again { attempt, error } => write!(f, "attempt {attempt}, because: {error}"),
        }
    }
}

/// A cluster that goes with its run. Dropped without [`Private::release`], it is removed by its
/// responder.
#[derive(Debug)]
pub struct Private {
    home: Home,
    responder: Responder,
    keep: bool,
}

impl Private {
    /// Whether it is left in the end.
    #[must_use]
    pub const fn is_kept(&self) -> bool {
        self.keep
    }

    /// Its folder.
    #[must_use]
    pub const fn home(&self) -> &Home {
        &self.home
    }

    /// Removes it, unless it is to be kept.
    pub async fn release(self) -> Result<(), Error> {
        let Self { home, mut responder, keep } = self;
        if keep {
            return keep_up(&home, &mut responder).await;
        }
        let lock = Lock::take(&home, LOCK_WITHIN).await?;
        remove::all(&home, Some(responder)).await?;
        lock.remove();
        Ok(())
    }
}

/// From now on only `cluster down` ends it.
async fn keep_up(home: &Home, responder: &mut Responder) -> Result<(), Error> {
    if let Some(mut state) = home.read()? {
        state.owner = Owner::Nobody;
        home.write(&state)?;
    }
    responder.say(Said::Keep).await
}

/// The cluster that `cluster up` made, where it is up, whatever its version. One that does not
/// answer is for `cluster up` to mend; a run needs one that does.
async fn any_shared(options: &Options) -> Result<Option<Access>, Error> {
    let home = Home::new(&options.state, SHARED)?;
    Ok(running(&home).await.ok().flatten())
}

/// The cluster that `cluster up` made, where it is up with the Kubernetes that was asked for.
pub async fn shared(options: &Options) -> Result<Option<Access>, Error> {
    Ok(any_shared(options).await?.filter(|access| options.fits(&access.facts.version)))
}

/// The cluster that `cluster up` made, where it is up with the Kubernetes that was asked for; else
/// a private one, which is started now.
pub async fn acquire(options: &Options, progress: &(dyn Fn(Progress) + Send + Sync)) -> Result<Held, Error> {
    if let Some(access) = any_shared(options).await? {
        let up = access.facts.version.clone();
        match options.kubernetes {
            Some(wanted) if !options.fits(&up) => progress(Progress::Other { up, wanted }),
            _ => return Ok(access.into()),
        }
    }
    remove::leftovers(&options.state).await?;
    let home = Home::random(&options.state)?;
    let binaries = prepare(options, progress).await?;
    let lock = Lock::take(&home, LOCK_WITHIN).await?;
    let start = start::Start {
        home: &home,
        binaries: &binaries,
        kubernetes: options.binaries.kubernetes,
        executable: &options.executable,
        owner: Owner::Run,
        progress,
    };
    let (responder, state) = match start.run().await {
        Ok(started) => started,
        Err(error) => {
            lock.remove();
            return Err(error);
        }
    };
    drop(lock);
    let access = access(&home, &state).await?;
    let private = Private { home, responder, keep: options.keep };
    Ok(Held::private(access, private))
}

/// Makes the shared cluster, or finds that it is up. Two at once make one.
pub async fn up(
    options: &Options,
    until_stdin_closes: bool,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Access, Error> {
    let home = Home::new(&options.state, SHARED)?;
    remove::leftovers(&options.state).await?;
    let lock = if let Some(lock) = Lock::try_take(&home)? {
        lock
    } else {
        progress(Progress::Busy);
        Lock::take(&home, LOCK_WITHIN).await?
    };
    if let Some(access) = running(&home).await? {
        return match options.kubernetes {
            Some(wanted) if !options.fits(&access.facts.version) => {
                let (name, up) = (access.facts.name, access.facts.version);
                Err(Error::OtherVersion { name, up, wanted })
            }
            _ => Ok(access),
        };
    }
    // What a reboot or a crash has left, if anything.
    remove::all(&home, None).await?;
    let owner = if until_stdin_closes { Owner::Caller } else { Owner::Nobody };
    let binaries = prepare(options, progress).await?;
    let start = start::Start {
        home: &home,
        binaries: &binaries,
        kubernetes: options.binaries.kubernetes,
        executable: &options.executable,
        owner,
        progress,
    };
    let (mut responder, state) = match start.run().await {
        Ok(started) => started,
        Err(error) => {
            lock.remove();
            return Err(error);
        }
    };
    responder.say(Said::Keep).await?;
    access(&home, &state).await
}

async fn prepare(
    options: &Options,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<binaries::Binaries, Error> {
    let told = |news| progress(Progress::Binaries(news));
    Ok(binaries::ensure(&options.binaries, &told).await?)
}

/// Removes a cluster. Says whether there was one.
pub async fn down(options: &Options, name: &str) -> Result<bool, Error> {
    remove::stranger(&Home::new(&options.state, name)?).await
}

/// A cluster that is up, whether it answers or not.
pub async fn find(options: &Options, name: &str) -> Result<Access, Error> {
    let home = Home::new(&options.state, name)?;
    match home.read()? {
        Some(state) if state.version.is_some() && whole(&home) => access(&home, &state).await,
        _ => Err(Error::Down { name: name.to_owned() }),
    }
}

/// The cluster, where all of its processes run and it answers; an error where it does not answer.
async fn running(home: &Home) -> Result<Option<Access>, Error> {
    let Some(state) = home.read()? else { return Ok(None) };
    if state.version.is_none() || !whole(home) {
        return Ok(None);
    }
    let access = access(home, &state).await?;
    let silent = |why| Error::Silent { name: home.name().to_owned(), why };
    let client = access.client()?;
    match tokio::time::timeout(ANSWER_WITHIN, client.apiserver_version()).await {
        Ok(Ok(_)) => Ok(Some(access)),
        Ok(Err(error)) => Err(silent(error.to_string())),
        Err(_) => Err(silent(format!("nothing within {} s", ANSWER_WITHIN.as_secs()))),
    }
}

/// Whether every component and the responder run.
fn whole(home: &Home) -> bool {
    let responder = || processes::of(home).iter().any(processes::Process::is_responder);
    processes::COMPONENTS.iter().all(|name| processes::component(home, name).is_some()) && responder()
}

async fn access(home: &Home, state: &State) -> Result<Access, Error> {
    let kubeconfig = home.kubeconfig();
    let facts = journal::Cluster {
        provider: Provider::Local.name().to_owned(),
        name: home.name().to_owned(),
        version: state.version.clone().unwrap_or_default(),
        distribution: Some("kwok".to_owned()),
        nodes: Some(1),
        created_by_run: state.owner == Owner::Run,
        simulated_pods: true,
    };
    let config = access::local_config(&kubeconfig).await?;
    Ok(Access {
        connection: config.into(),
        facts,
        kubeconfig: Some(kubeconfig),
        context: None,
        node_ports: NodePorts::default(),
    })
}
