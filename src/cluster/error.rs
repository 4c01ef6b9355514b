//! What can go wrong with a cluster, and what to do next.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use miette::Diagnostic;

use super::reach::ReachError;
use super::{binaries, kind};

/// What can go wrong with a cluster.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// No place for state.
    #[error("no folder for the cluster's state: neither XDG_STATE_HOME nor HOME is set")]
    #[diagnostic(
        code(firedrill::cluster::no_state_folder),
        help("set XDG_STATE_HOME to a folder that you can write to")
    )]
    NoStateFolder,
    /// A file or folder of the cluster's state.
    #[error("cannot {what} {}: {source}", path.display())]
    #[diagnostic(
        code(firedrill::cluster::state),
        help("look at the folder's owner and at the free space; XDG_STATE_HOME names another place")
    )]
    State {
        /// `write`, `read`, `remove`, …
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not a name for a cluster.
    #[error("{name:?} is no name of a cluster: use up to 32 of a-z, 0-9 and -")]
    #[diagnostic(
        code(firedrill::cluster::name),
        help("firedrill cluster status lists the clusters that there are")
    )]
    Name {
        /// What was given.
        name: String,
    },
    /// Another process starts or removes the same cluster.
    #[error("cluster {name}: another firedrill has been starting or removing it for {} s", waited.as_secs())]
    #[diagnostic(
        code(firedrill::cluster::busy),
        help("wait for it, or end that process; firedrill cluster status shows what runs")
    )]
    Busy {
        /// The cluster.
        name: String,
        /// How long was waited.
        waited: Duration,
    },
    /// The binaries.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Binaries(#[from] binaries::Error),
    /// A kind cluster.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Kind(#[from] kind::Error),
    /// The own executable is not known, so the responder cannot be started.
    #[error("cannot find firedrill's own executable: {source}")]
    #[diagnostic(
        code(firedrill::cluster::executable),
        help("was the file replaced while firedrill ran? start it again")
    )]
    Executable {
        /// Why.
        source: io::Error,
    },
    /// A program cannot be started.
    #[error("cannot start {}: {source}", program.display())]
    #[diagnostic(code(firedrill::cluster::spawn), help("is the file executable, and made for this machine?"))]
    Spawn {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A component of the control plane ended while the cluster was starting.
    #[error("cluster {name}: {component} ended while the cluster was starting\n{}", quoted(component, log))]
    #[diagnostic(
        code(firedrill::cluster::component),
        help("the cluster was removed again; the lines above are the end of {component}'s log")
    )]
    Component {
        /// The cluster.
        name: String,
        /// `kube-apiserver`, …
        component: String,
        /// The last lines of its log.
        log: Vec<String>,
    },
    /// kwokctl failed.
    #[error("cluster {name}: kwokctl create failed ({status})\n{}", quoted("kwokctl", log))]
    #[diagnostic(
        code(firedrill::cluster::kwokctl),
        help("the cluster was removed again; the lines above are the end of kwokctl's log")
    )]
    Kwokctl {
        /// The cluster.
        name: String,
        /// How it ended.
        status: String,
        /// The last lines that it said.
        log: Vec<String>,
    },
    /// The responder failed.
    #[error("cluster {name}: the responder did not start: {why}\n{}", quoted("responder", log))]
    #[diagnostic(
        code(firedrill::cluster::responder),
        help("the cluster was removed again; the lines above are the end of the responder's log")
    )]
    Responder {
        /// The cluster.
        name: String,
        /// What happened.
        why: String,
        /// The last lines of its log.
        log: Vec<String>,
    },
    /// The cluster takes too long.
    #[error("cluster {name}: not ready after {} s; still waiting for {waiting}\n{}", within.as_secs(), quoted("kube-apiserver", log))]
    #[diagnostic(
        code(firedrill::cluster::slow),
        help("the cluster was removed again; is the machine overloaded or out of memory?")
    )]
    Slow {
        /// The cluster.
        name: String,
        /// The deadline.
        within: Duration,
        /// What had not happened yet.
        waiting: &'static str,
        /// The last lines of the API server's log.
        log: Vec<String>,
    },
    /// A start failed, and then the removal of what it had left.
    #[error("{error}\nand the cluster could not be removed: {left}")]
    #[diagnostic(
        code(firedrill::cluster::not_put_back),
        help("end what is left: firedrill cluster status, then firedrill cluster down NAME")
    )]
    NotPutBack {
        /// Why the start failed.
        error: Box<Error>,
        /// Why the removal failed.
        left: Box<Error>,
    },
    /// It is up with another Kubernetes than was asked for.
    #[error("the cluster {name} is up with Kubernetes {up}, not {wanted}")]
    #[diagnostic(
        code(firedrill::cluster::other_version),
        help(
            "take it down first: firedrill cluster down, then firedrill cluster up --kubernetes-version \
             {wanted}; or leave it as it is: firedrill run DRILL --kubernetes-version {wanted} starts one \
             beside it"
        )
    )]
    OtherVersion {
        /// The cluster.
        name: String,
        /// Its version.
        up: String,
        /// What was asked for.
        wanted: binaries::Release,
    },
    /// Nothing is there.
    #[error("cluster {name} is not up")]
    #[diagnostic(code(firedrill::cluster::down), help("start it: firedrill cluster up"))]
    Down {
        /// The cluster.
        name: String,
    },
    /// It is there and does not answer.
    #[error("cluster {name} runs but its API server does not answer: {why}")]
    #[diagnostic(
        code(firedrill::cluster::silent),
        help("make a new one: firedrill cluster down {name}, then firedrill cluster up")
    )]
    Silent {
        /// The cluster.
        name: String,
        /// What was heard instead.
        why: String,
    },
    /// Processes that do not end.
    #[error("cluster {name}: processes do not end: {pids:?}")]
    #[diagnostic(
        code(firedrill::cluster::processes),
        help(
            "they belong to the cluster and were sent SIGKILL; look at them with ps, then run firedrill cluster down {name}"
        )
    )]
    Processes {
        /// The cluster.
        name: String,
        /// What is left.
        pids: Vec<u32>,
    },
    /// A kubeconfig that cannot be used.
    #[error("cannot use {}: {source}", kubeconfig.display())]
    #[diagnostic(
        code(firedrill::cluster::kubeconfig),
        help("for a local cluster: firedrill cluster down, then firedrill cluster up")
    )]
    Kubeconfig {
        /// The file.
        kubeconfig: PathBuf,
        /// Why.
        source: Box<kube::config::KubeconfigError>,
    },
    /// A kubeconfig of the user's that cannot be used.
    #[error("cannot use the kubeconfig: {source}")]
    #[diagnostic(
        code(firedrill::cluster::user_kubeconfig),
        help("kubectl config get-contexts lists the contexts; --kubeconfig PATH names another file")
    )]
    UserKubeconfig {
        /// Why.
        source: Box<kube::config::KubeconfigError>,
    },
    /// No context is the current one.
    #[error("the kubeconfig has no current context")]
    #[diagnostic(
        code(firedrill::cluster::no_current_context),
        help("name one with --context: {}", listed(known))
    )]
    NoCurrentContext {
        /// Those that it has.
        known: Vec<String>,
    },
    /// No context of this name.
    #[error("the kubeconfig has no context `{name}`")]
    #[diagnostic(code(firedrill::cluster::no_context), help("it has: {}", listed(known)))]
    NoContext {
        /// As named.
        name: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// The API server of a context cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Reach(#[from] ReachError),
    /// No client can be made.
    #[error("cannot make a client from {}: {source}", kubeconfig.display())]
    #[diagnostic(
        code(firedrill::cluster::client),
        help("look at the certificates that the kubeconfig names")
    )]
    Client {
        /// The file.
        kubeconfig: PathBuf,
        /// Why.
        source: Box<kube::Error>,
    },
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "no context at all".to_owned() } else { names.join(", ") }
}

/// A log's lines, marked as such.
pub(super) fn quoted(whose: &str, log: &[String]) -> String {
    if log.is_empty() {
        return format!("  {whose} | (its log is empty)");
    }
    let lines: Vec<String> = log.iter().map(|line| format!("  {whose} | {line}")).collect();
    lines.join("\n")
}
