//! What can go wrong with a kind cluster, and what to do next.

use std::path::PathBuf;
use std::time::Duration;

use miette::Diagnostic;

use crate::cluster::error::quoted;

/// What can go wrong with a kind cluster.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// No `kind`.
    #[error("kind is not on PATH")]
    #[diagnostic(
        code(firedrill::kind::missing),
        help(
            "go install sigs.k8s.io/kind@latest, or a package: https://kind.sigs.k8s.io/docs/user/quick-start/#installation"
        )
    )]
    NoKind,
    /// No container engine.
    #[error("no container engine is on PATH; looked for: {}", looked.join(", "))]
    #[diagnostic(
        code(firedrill::kind::no_engine),
        help("install docker, podman or nerdctl: kind's nodes are containers. Without: --cluster local")
    )]
    NoEngine {
        /// The programs.
        looked: Vec<String>,
    },
    /// Engines that are installed and do not answer.
    #[error("no container engine answers\n{}", lines(silent))]
    #[diagnostic(
        code(firedrill::kind::engine_silent),
        help("start it, or see what `{} ps` says; may this user talk to it?", silent.first().map_or("docker", |(engine, _)| engine))
    )]
    EngineSilent {
        /// Each with its own last line.
        silent: Vec<(String, String)>,
    },
    /// `KIND_EXPERIMENTAL_PROVIDER` holds something else.
    #[error("KIND_EXPERIMENTAL_PROVIDER names {name:?}, which is no container engine that kind knows")]
    #[diagnostic(
        code(firedrill::kind::unknown_engine),
        help("unset it, or name one of: {}", known.join(", "))
    )]
    UnknownEngine {
        /// Its value.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A call of `kind` or of the engine failed.
    #[error("`{what}` failed: {why}")]
    #[diagnostic(code(firedrill::kind::call), help("see what it says by hand"))]
    Call {
        /// The command.
        what: String,
        /// Its last line, or what happened.
        why: String,
    },
    /// It answered something that cannot be read.
    #[error("`{what}` said something that cannot be read: {why}")]
    #[diagnostic(code(firedrill::kind::answer), help("is it a version that kind supports?"))]
    Answer {
        /// The command.
        what: String,
        /// Why not.
        why: String,
    },
    /// The cluster cannot be made.
    #[error("kind cluster {name}: `kind create cluster` failed ({status})\n{}", quoted("kind", log))]
    #[diagnostic(
        code(firedrill::kind::create),
        help("the cluster was removed again; the lines above are the last that kind said")
    )]
    Create {
        /// The cluster.
        name: String,
        /// How kind ended.
        status: String,
        /// The last lines that it said.
        log: Vec<String>,
    },
    /// kind takes too long.
    #[error("kind cluster {name}: not made after {} s\n{}", within.as_secs(), quoted("kind", log))]
    #[diagnostic(
        code(firedrill::kind::slow),
        help("the cluster was removed again; is the node image still being pulled? pull it by hand first")
    )]
    Slow {
        /// The cluster.
        name: String,
        /// The deadline.
        within: Duration,
        /// The last lines that kind said.
        log: Vec<String>,
    },
    /// It is there, but nothing could be deployed.
    #[error("kind cluster {name}: not ready after {} s; still waiting for {waiting}", within.as_secs())]
    #[diagnostic(
        code(firedrill::kind::not_ready),
        help("is the machine overloaded, out of memory or out of disk? a kubelet evicts pods then")
    )]
    NotReady {
        /// The cluster.
        name: String,
        /// The deadline.
        within: Duration,
        /// What had not happened yet.
        waiting: &'static str,
    },
    /// It is there and does not answer. It is never deleted.
    #[error("the kind cluster {name} is there, but its API server does not answer: {why}")]
    #[diagnostic(
        code(firedrill::kind::silent),
        help(
            "start its nodes: {engine} start {name}-control-plane; or delete it, and the next run makes a new one: kind delete cluster --name {name}"
        )
    )]
    Silent {
        /// The cluster.
        name: String,
        /// `docker`, …
        engine: String,
        /// What was heard instead.
        why: String,
    },
    /// Another run made it, and uses it.
    #[error("another run has had the kind cluster {name} for {} s", waited.as_secs())]
    #[diagnostic(
        code(firedrill::kind::busy),
        help("wait for it, or take one of another name: --kind-cluster NAME")
    )]
    Busy {
        /// The cluster.
        name: String,
        /// How long was waited.
        waited: Duration,
    },
    /// The keeper does not do what it should.
    #[error("kind cluster {name}: its keeper process {why}")]
    #[diagnostic(
        code(firedrill::kind::keeper),
        help(
            "look whether the cluster is still there: kind get clusters; kind delete cluster --name {name}"
        )
    )]
    Keeper {
        /// The cluster.
        name: String,
        /// What happened.
        why: String,
    },
    /// The cluster cannot be removed.
    #[error("the kind cluster {name} is not removed: {why}")]
    #[diagnostic(code(firedrill::kind::left), help("this removes it: kind delete cluster --name {name}"))]
    Left {
        /// The cluster.
        name: String,
        /// What is left, or what happened.
        why: String,
    },
    /// Something failed, and then the removal of what it had left.
    #[error("{error}\nand {left}")]
    #[diagnostic(
        code(firedrill::kind::not_put_back),
        help("this removes it: kind delete cluster --name {name}")
    )]
    NotPutBack {
        /// The cluster.
        name: String,
        /// What failed.
        error: String,
        /// Why the removal failed.
        left: String,
    },
    /// The kubeconfig that kind tells cannot be used.
    #[error("cannot use the kubeconfig of the kind cluster {name}: {source}")]
    #[diagnostic(code(firedrill::kind::kubeconfig), help("see it: kind get kubeconfig --name {name}"))]
    Kubeconfig {
        /// The cluster.
        name: String,
        /// Why.
        source: Box<kube::config::KubeconfigError>,
    },
    /// The configuration in the binary cannot be read; a test sees to it that it can.
    #[error("cannot read firedrill's own kind-config.yaml: {why}")]
    #[diagnostic(code(firedrill::kind::config), help("this is a mistake in firedrill"))]
    Config {
        /// Why.
        why: String,
    },
    /// `kind` or the engine cannot be started.
    #[error("cannot start {}: {source}", program.display())]
    #[diagnostic(code(firedrill::kind::spawn), help("is the file executable, and made for this machine?"))]
    Spawn {
        /// The program.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

fn lines(silent: &[(String, String)]) -> String {
    let lines: Vec<String> = silent.iter().map(|(engine, said)| format!("  {engine} | {said}")).collect();
    lines.join("\n")
}
