//! The API server in plain JSON, with a deadline on every request.
//!
//! Typed objects would drop what this build does not know; a before-image must drop nothing.

mod error;
mod page;

use std::time::Duration;

use kube::core::Request;
use kube::core::params::{
    DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy,
};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use super::quiet;
use crate::journal::ObjectRef;
pub use error::ApiError;
pub use page::Page;

/// The field manager of every change that firedrill makes.
pub const MANAGER: &str = "firedrill";
/// The label of everything that a run creates; its value is the run's name.
pub const RUN_LABEL: &str = "firedrill.dev/run";
/// The label that opens a namespace to drills.
pub const ALLOW_LABEL: &str = "firedrill.dev/allow";
/// How long one request may take.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(10);
/// The first and the longest pause before a request is repeated.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Whether a request is only tried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The API server does everything but store it.
    DryRun,
    /// For real.
    Real,
}

/// A change of an existing object.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A merge patch (RFC 7386).
    Merge(Value),
    /// A server-side apply; ownership conflicts are forced and given back by the undo.
    Apply(Value),
}

/// A client that speaks JSON and never waits for ever.
#[derive(Clone)]
pub struct Api {
    client: kube::Client,
    within: Duration,
    patient: bool,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("within", &self.within).finish_non_exhaustive()
    }
}

impl Api {
    /// Requests through `client`, each within [`REQUEST_DEADLINE`].
    #[must_use]
    pub const fn new(client: kube::Client) -> Self {
        Self { client, within: REQUEST_DEADLINE, patient: false }
    }

    /// The same, with another deadline for each request.
    #[must_use]
    pub fn within(&self, within: Duration) -> Self {
        Self { within, ..self.clone() }
    }

    /// The same, but within its deadline a request is repeated while the connection fails or the
    /// server does (5xx, 429): an API server that is restarted is away for seconds. What was done
    /// although its answer was lost shows as a conflict, or as gone.
    #[must_use]
    pub fn patient(self) -> Self {
        Self { patient: true, ..self }
    }

    /// The client underneath, for watches.
    #[must_use]
    pub const fn client(&self) -> &kube::Client {
        &self.client
    }

    /// The object as it is, or nothing where it does not exist.
    pub async fn get(&self, object: &ObjectRef) -> Result<Option<Value>, ApiError> {
        let request = Request::new(collection(object)).get(&object.name, &GetParams::default());
        match self.send(request, object.is_secret(), || format!("get {object}")).await {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The objects of a collection whose labels match `labels` (empty: all).
    pub async fn list(
        &self,
        api_version: &str,
        plural: &str,
        namespace: &str,
        labels: &str,
    ) -> Result<Vec<Value>, ApiError> {
        self.list_in(api_version, plural, Some(namespace), labels).await
    }

    /// The same, without a namespace: the objects of all, or those that are in none.
    pub async fn list_in(
        &self,
        api_version: &str,
        plural: &str,
        namespace: Option<&str>,
        labels: &str,
    ) -> Result<Vec<Value>, ApiError> {
        let place = || namespace.map(|name| format!(" in {name}")).unwrap_or_default();
        let params = ListParams { label_selector: some(labels), ..ListParams::default() };
        let request = Request::new(collection_of(api_version, plural, namespace)).list(&params);
        let secret = plural == "secrets";
        Ok(page::items(self.send(request, secret, || format!("list {plural}{}", place())).await?))
    }

    /// Changes an object; gives it back as it is afterwards (or would be).
    pub async fn change(&self, object: &ObjectRef, change: &Change, mode: Mode) -> Result<Value, ApiError> {
        let params = PatchParams {
            dry_run: mode == Mode::DryRun,
            force: matches!(change, Change::Apply(_)),
            field_manager: Some(MANAGER.to_owned()),
            field_validation: None,
        };
        let request = Request::new(collection(object));
        let request = match change {
            Change::Merge(body) => request.patch(&object.name, &params, &Patch::Merge(body)),
            Change::Apply(body) => request.patch(&object.name, &params, &Patch::Apply(body)),
        };
        let verb = if matches!(change, Change::Merge(_)) { "patch" } else { "apply" };
        self.send(request, object.is_secret(), || format!("{verb} {object}")).await
    }

    /// Creates an object; one of the same name is a conflict (409).
    pub async fn create(&self, object: &ObjectRef, body: &Value) -> Result<Value, ApiError> {
        let params = PostParams { dry_run: false, field_manager: Some(MANAGER.to_owned()) };
        let bytes = body.to_string().into_bytes();
        let request = Request::new(collection(object)).create(&params, bytes);
        self.send(request, object.is_secret(), || format!("create {object}")).await
    }

    /// Deletes the object of this UID, and of this version where one is given; its dependants
    /// follow in the background.
    pub async fn delete(
        &self,
        object: &ObjectRef,
        uid: Option<String>,
        version: Option<String>,
        mode: Mode,
    ) -> Result<(), ApiError> {
        let params = DeleteParams {
            dry_run: mode == Mode::DryRun,
            propagation_policy: Some(PropagationPolicy::Background),
            preconditions: Some(Preconditions { uid, resource_version: version }),
            ..DeleteParams::default()
        };
        let request = Request::new(collection(object)).delete(&object.name, &params);
        self.send(request, object.is_secret(), || format!("delete {object}")).await.map(drop)
    }

    async fn send(
        &self,
        request: Result<http::Request<Vec<u8>>, kube::core::request::Error>,
        secret: bool,
        what: impl Fn() -> String,
    ) -> Result<Value, ApiError> {
        let request = request.map_err(|e| ApiError::unreachable(what(), &kube::Error::BuildRequest(e)))?;
        let deadline = Instant::now() + self.within;
        let mut pause = PAUSE.0;
        loop {
            let error = match timeout_at(deadline, self.client.request::<Value>(request.clone())).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) => error,
                Err(_) => return Err(ApiError::NoAnswer { what: what(), within: self.within }),
            };
            if !self.patient || !passes(&error) || Instant::now() + pause >= deadline {
                return Err(match error {
                    kube::Error::Api(status) => ApiError::Refused {
                        what: what(),
                        status: status.code,
                        reason: status.reason.clone(),
                        message: quiet::message(&status, secret),
                    },
                    error => ApiError::unreachable(what(), &error),
                });
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }
}

/// Whether the failure is one of the connection, or of the server itself.
fn passes(error: &kube::Error) -> bool {
    match error {
        kube::Error::Api(status) => matches!(status.code, 429 | 500..),
        kube::Error::Service(_) | kube::Error::HyperError(_) => true,
        _ => false,
    }
}

/// The namespace `name` as an object.
#[must_use]
pub fn namespace_ref(name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "v1".to_owned(),
        kind: "Namespace".to_owned(),
        plural: "namespaces".to_owned(),
        namespace: None,
        name: name.to_owned(),
    }
}

/// A string of the object's `metadata`: `uid`, `resourceVersion`, …
#[must_use]
pub fn meta<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get(key)?.as_str()
}

/// A label of the object.
#[must_use]
pub fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("labels")?.get(key)?.as_str()
}

/// The object's `metadata.managedFields`.
#[must_use]
pub fn managed_fields(object: &Value) -> &[Value] {
    object.pointer("/metadata/managedFields").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn collection(object: &ObjectRef) -> String {
    collection_of(&object.api_version, &object.plural, object.namespace.as_deref())
}

fn collection_of(api_version: &str, plural: &str, namespace: Option<&str>) -> String {
    let root = if api_version.contains('/') { "apis" } else { "api" };
    match namespace {
        Some(namespace) => format!("/{root}/{api_version}/namespaces/{namespace}/{plural}"),
        None => format!("/{root}/{api_version}/{plural}"),
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
