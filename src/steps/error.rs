//! What can keep a step from being carried out.

use std::time::Duration;

use miette::Diagnostic;

use super::api::ApiError;
use crate::drill::{Length, SignalState};

/// A before-image could not be made durable; so nothing was changed.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot keep the before-image of a change in {place}: {message}; nothing was changed")]
#[diagnostic(
    code(firedrill::steps::record),
    help("a change is sent only after its undo is safe; mend {place} and run again")
)]
pub struct RecordError {
    /// Where it was to be kept: the journal's path, `configmap/…`.
    pub place: String,
    /// Why it could not.
    pub message: String,
}

/// A step could not be carried out.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// A request brought nothing.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Api(#[from] ApiError),
    /// The before-image could not be kept.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),
    /// The cluster does not know the kind.
    #[error("the cluster knows no kind `{kind}`")]
    #[diagnostic(code(firedrill::steps::no_such_kind), help("kubectl api-resources lists the kinds"))]
    NoSuchKind {
        /// As written.
        kind: String,
    },
    /// A kind of the whole cluster.
    #[error("`{kind}` belongs to the whole cluster, not to a namespace")]
    #[diagnostic(
        code(firedrill::steps::not_in_namespace),
        help("a drill changes only objects of its own namespace")
    )]
    NotInNamespace {
        /// As written.
        kind: String,
    },
    /// Not the name of an object.
    #[error("`{name}` cannot be the name of an object")]
    #[diagnostic(code(firedrill::steps::bad_name), help("names have letters, digits, `-` and `.` only"))]
    BadName {
        /// As written.
        name: String,
    },
    /// A manifest lacks something.
    #[error("the manifest of `{object}` has no {missing}")]
    #[diagnostic(code(firedrill::steps::bad_manifest), help("add {missing}"))]
    BadManifest {
        /// What of it is known.
        object: String,
        /// The missing key.
        missing: &'static str,
    },
    /// A manifest for another namespace.
    #[error("the manifest of {object} is for the namespace {stated}; the drill runs in {namespace}")]
    #[diagnostic(
        code(firedrill::steps::other_namespace),
        help("leave metadata.namespace out: firedrill puts every object into the drill's namespace")
    )]
    OtherNamespace {
        /// The object.
        object: String,
        /// The namespace in the manifest.
        stated: String,
        /// The drill's namespace.
        namespace: String,
    },
    /// An apply step names manifests that were not loaded.
    #[error("the manifest file {file} was not loaded")]
    #[diagnostic(code(firedrill::steps::no_such_manifest), help("name it relative to the drill file"))]
    NoSuchManifest {
        /// As written.
        file: String,
    },
    /// helm did not do what it was asked, and that was no refusal of the API server's.
    #[error("helm {what}: {message}")]
    #[diagnostic(
        code(firedrill::steps::helm),
        help("helm's own words; the chart can be tried with helm template")
    )]
    Helm {
        /// What it was asked.
        what: String,
        /// Its last words.
        message: String,
    },
    /// A helm step in a namespace that the run did not make.
    #[error(
        "the namespace {namespace} was there before the run, so what helm changes in it could not be undone"
    )]
    #[diagnostic(
        code(firedrill::steps::helm_elsewhere),
        help(
            "leave out -n, or name a new namespace: helm steps are undone by deleting the run's own namespace"
        )
    )]
    HelmElsewhere {
        /// The namespace.
        namespace: String,
    },
    /// Nobody has prepared helm.
    #[error("there is no helm for this run")]
    #[diagnostic(
        code(firedrill::steps::no_helm),
        help("helm 4 or 3 on PATH is used; else it is downloaded or built")
    )]
    NoHelm,
    /// The charts could not be written.
    #[error("cannot write what helm needs: {source}")]
    #[diagnostic(
        code(firedrill::steps::charts),
        help("is the folder for temporary files full? TMPDIR names another")
    )]
    Charts {
        /// Why.
        source: std::io::Error,
    },
    /// The object grants rights.
    #[error("{object} grants rights; no drill changes these")]
    #[diagnostic(
        code(firedrill::steps::grants_rights),
        help(
            "a record about it could lead whoever recovers, with more rights, to grant some; break what needs the right instead"
        )
    )]
    GrantsRights {
        /// The object.
        object: String,
    },
    /// Someone else changes the object all the time.
    #[error(
        "{object} in {namespace} was changed by someone else {tries} times in a row while firedrill tried to"
    )]
    #[diagnostic(
        code(firedrill::steps::contended),
        help("see who writes it: kubectl -n {namespace} get {object} -o yaml --show-managed-fields")
    )]
    Contended {
        /// The object.
        object: String,
        /// Its namespace.
        namespace: String,
        /// How often it was tried.
        tries: u32,
    },
    /// Deleted, but not gone.
    #[error("{object} in {namespace} is deleted but still there after {within:?} (finalizers: {finalizers})")]
    #[diagnostic(
        code(firedrill::steps::still_there),
        help("whoever owns the finalizers has to let it go; firedrill removes none")
    )]
    StillThere {
        /// The object.
        object: String,
        /// Its namespace.
        namespace: String,
        /// What holds it.
        finalizers: String,
        /// How long it was waited for.
        within: Duration,
    },
    /// The signal did not get there in time.
    #[error("the signal `{signal}` was not {} within {within}", match state { SignalState::Up => "up", SignalState::Out => "out" })]
    #[diagnostic(
        code(firedrill::steps::not_reached),
        help(
            "what was done before did not have this effect; firedrill diagnose says what the Service lacks"
        )
    )]
    NotReached {
        /// Its name.
        signal: String,
        /// What was waited for.
        state: SignalState,
        /// How long.
        within: Length,
    },
    /// A wait step that names nothing to wait for.
    #[error("a wait step names neither a signal with a state nor a deployment")]
    #[diagnostic(
        code(firedrill::steps::nothing_to_wait_for),
        help(
            "write wait: {{signal: endpoints, state: up, within: 30s}} or wait: {{deployment: NAME, within: 60s}}"
        )
    )]
    NothingToWaitFor,
    /// A label step without an object.
    #[error("a label step names neither a target nor pods")]
    #[diagnostic(
        code(firedrill::steps::nothing_to_label),
        help(
            "write label: {{target: KIND/NAME, set: {{…}}}} or label: {{pods: {{LABEL: VALUE}}, set: {{…}}}}"
        )
    )]
    NothingToLabel,
    /// The workload did not get ready.
    #[error(
        "the Deployment {deployment} in {namespace} was not rolled out within {within}: {progress}{}",
        listed(reasons)
    )]
    #[diagnostic(
        code(firedrill::workload::not_ready),
        help("kubectl -n {namespace} describe deployment {deployment} and its pods say more")
    )]
    NotRolledOut {
        /// Its name.
        deployment: String,
        /// Its namespace.
        namespace: String,
        /// How long it was waited for.
        within: Length,
        /// How far it got.
        progress: String,
        /// Why, one reason a line.
        reasons: Vec<String>,
    },
    /// The API server refused a manifest of the workload.
    #[error("the API server refused {object} of the workload in {namespace}: {message} (status {status})")]
    #[diagnostic(
        code(firedrill::workload::refused),
        help(
            "mend the manifest, or make room for it where it names a port that another Service has; try it with: \
             kubectl apply --server-side --dry-run=server -f FILE"
        )
    )]
    ManifestRefused {
        /// The object.
        object: String,
        /// Its namespace.
        namespace: String,
        /// The HTTP status.
        status: u16,
        /// The API server's message.
        message: String,
    },
    /// The namespace exists and is not this run's.
    #[error("the namespace {namespace} exists already")]
    #[diagnostic(
        code(firedrill::workload::namespace_taken),
        help("choose another one with --namespace, or leave it out: firedrill makes one for the run")
    )]
    NamespaceTaken {
        /// Its name.
        namespace: String,
    },
}

impl Error {
    /// Whether the same step may succeed later: the API server was silent, overloaded or failing.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Api(error) if error.is_passing())
    }
}

fn listed(reasons: &[String]) -> String {
    reasons.iter().flat_map(|reason| ["\n  - ", reason.as_str()]).collect()
}
