//! What can speak against a run.

use miette::Diagnostic;

use super::rights::{self, MissingRights};
use crate::engine::undo::target::Taken;
use crate::steps;
use crate::steps::api::ApiError;

/// What speaks against a run. Nothing was changed.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Refusal {
    /// The namespace does not say that drills may use it.
    #[error("the namespace {namespace} is not open to drills")]
    #[diagnostic(
        code(firedrill::preflight::closed_namespace),
        help("whoever owns it opens it with: kubectl label namespace {namespace} firedrill.dev/allow=true")
    )]
    ClosedNamespace {
        /// Its name.
        namespace: String,
    },
    /// The namespace is on its way out.
    #[error("the namespace {namespace} is being deleted")]
    #[diagnostic(
        code(firedrill::preflight::leaving_namespace),
        help("wait until it is gone, or choose another one with --namespace")
    )]
    LeavingNamespace {
        /// Its name.
        namespace: String,
    },
    /// What helm changes is undone with its namespace only.
    #[error("the drill uses helm, and the namespace {namespace} was there before the run")]
    #[diagnostic(
        code(firedrill::preflight::helm),
        help(
            "what helm changes is undone by deleting the run's own namespace: leave out -n, name a new one, or take a \
             variant without helm"
        )
    )]
    Helm {
        /// Its name.
        namespace: String,
    },
    /// What helm changes is undone with its namespace, which is not to go.
    #[error("the drill uses helm, so its fault goes with the namespace that --keep-workload would leave")]
    #[diagnostic(
        code(firedrill::preflight::helm_kept),
        help("leave out --keep-workload, or take a variant without helm: no fault stays in a cluster")
    )]
    HelmKept,
    /// The workload cannot be there.
    #[error("there is no namespace {namespace}, so the workload that is to be broken is not there")]
    #[diagnostic(
        code(firedrill::preflight::no_namespace),
        help("kubectl get namespaces -l firedrill.dev/allow=true lists those that are open to drills")
    )]
    NoNamespace {
        /// Its name.
        namespace: String,
    },
    /// The target is missing.
    #[error("there is no service/{service} in namespace {namespace}")]
    #[diagnostic(
        code(firedrill::preflight::no_target),
        help("kubectl -n {namespace} get services lists what there is; the drill names its target")
    )]
    NoTarget {
        /// The target Service.
        service: String,
        /// The namespace.
        namespace: String,
    },
    /// The target is not to be reached where a signal asks.
    #[error(
        "service/{service} in namespace {namespace} has no node port {port}, which a signal of the drill asks"
    )]
    #[diagnostic(
        code(firedrill::preflight::no_node_port),
        help(
            "give it one (type NodePort, nodePort {port}), or limit the signal with `when:` to clusters on which the \
             drill deploys it"
        )
    )]
    NoNodePort {
        /// The target Service.
        service: String,
        /// The namespace.
        namespace: String,
        /// The port.
        port: u16,
    },
    /// What makes the pods behind the target is not one Deployment.
    #[error(
        "the pods behind service/{service} in namespace {namespace} belong to {}; a drill needs exactly one Deployment there",
        listed(found)
    )]
    #[diagnostic(
        code(firedrill::preflight::no_deployment),
        help("whether the incident is resolved is read from the Deployment behind the target Service")
    )]
    NoDeployment {
        /// The target Service.
        service: String,
        /// The namespace.
        namespace: String,
        /// `deployment/…` of each that was found.
        found: Vec<String>,
    },
    /// The API server would refuse a step.
    #[error("the API server refuses a step of the drill in a dry run: {what}: {message} (status {status})")]
    #[diagnostic(
        code(firedrill::preflight::step),
        help("mend the drill, or the object that it expects; nothing was changed")
    )]
    Step {
        /// The step.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The API server's message.
        message: String,
    },
    /// Something that the run has to do is not allowed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rights(#[from] MissingRights),
    /// Another run has the target.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Taken(#[from] Taken),
    /// A step that makes no sense on this cluster.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Senseless(steps::Error),
    /// A question without an answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Api(#[from] ApiError),
}

impl Refusal {
    /// Whether it is the cluster that failed, rather than a safeguard that refused.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        matches!(self, Self::Api(_) | Self::Taken(Taken::Api(_)))
    }
}

impl From<steps::Error> for Refusal {
    fn from(error: steps::Error) -> Self {
        match error {
            steps::Error::Api(error) => Self::Api(error),
            other => Self::Senseless(other),
        }
    }
}

impl From<rights::Error> for Refusal {
    fn from(error: rights::Error) -> Self {
        match error {
            rights::Error::Missing(missing) => Self::Rights(missing),
            rights::Error::Api(error) => Self::Api(error),
        }
    }
}

fn listed(found: &[String]) -> String {
    if found.is_empty() { "none".to_owned() } else { found.join(", ") }
}
