//! What a step would do: its requests, each tried out by a server-side dry run where its object
//! is there. Nothing is changed.

use serde_json::{Value, json};

use super::api::{self, Api, ApiError, Change, Mode};
use super::diff::diff;
use super::error::Error;
use super::{Manifests, apply, kinds, label};
use crate::drill::{ObjectName, Step};
use crate::journal::{FieldChange, ObjectRef};

/// One request of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The object.
    pub object: ObjectRef,
    /// What is sent.
    pub request: Request,
    /// What would come of it.
    pub found: Found,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// A change that is undone field by field.
    Change(Change),
    /// A change that makes pods go; nothing of it can be undone.
    Restart(Change),
    /// A deletion.
    Delete,
}

/// What would come of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// The API server accepts it, and these fields change.
    Changes(Vec<FieldChange>),
    /// The API server accepts the creation.
    Creates,
    /// The API server accepts the deletion.
    Deletes,
    /// The object is not there (yet), so there is nothing to try it on.
    Missing,
    /// The API server refuses it.
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its message.
        message: String,
    },
}

/// Where steps are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The API server.
    pub api: &'a Api,
    /// The drill's namespace.
    pub namespace: &'a str,
    /// What apply steps apply.
    pub manifests: &'a Manifests,
}

/// The requests of a step; none for one that only looks or waits.
pub async fn preview(step: &Step, place: Place<'_>) -> Result<Vec<Preview>, Error> {
    match step {
        // What helm sends, only helm knows; what it would render is looked at before it is sent.
        Step::Wait(_) | Step::Diagnose(_) | Step::Helm(_) | Step::Logs(_) => Ok(Vec::new()),
        Step::Delete(target) => Ok(vec![delete(target, place).await?]),
        Step::Restart(target) => {
            let change = super::restarted("(the time of the restart)");
            let object = kinds::resolve(place.api, place.namespace, target).await?;
            Ok(vec![change_of(object, change, Request::Restart, place.api).await?])
        }
        Step::Apply(files) => applied(&files.manifests, place).await,
        Step::Patch(patch) => named(&patch.target, Change::Merge(patch.merge.clone()), place).await,
        Step::Scale(scale) => named(&scale.target, super::scaled(scale.replicas), place).await,
        Step::Label(step) => {
            let change = label::change(step);
            if let Some(target) = &step.target {
                return named(target, change, place).await;
            }
            let mut all = Vec::new();
            for object in label::pods(place.api, place.namespace, step).await? {
                all.push(change_of(object, change.clone(), Request::Change, place.api).await?);
            }
            Ok(all)
        }
    }
}

async fn named(name: &ObjectName, change: Change, place: Place<'_>) -> Result<Vec<Preview>, Error> {
    let object = kinds::resolve(place.api, place.namespace, name).await?;
    Ok(vec![change_of(object, change, Request::Change, place.api).await?])
}

async fn change_of(
    object: ObjectRef,
    change: Change,
    request: fn(Change) -> Request,
    api: &Api,
) -> Result<Preview, Error> {
    let found = match api.get(&object).await? {
        None => Found::Missing,
        Some(live) => match api.change(&object, &change, Mode::DryRun).await {
            Ok(after) => Found::Changes(diff(&live, &after)),
            refused => refusal(refused)?,
        },
    };
    Ok(Preview { object, request: request(change), found })
}

async fn applied(files: &[String], place: Place<'_>) -> Result<Vec<Preview>, Error> {
    let mut all = Vec::new();
    for file in files {
        let manifests = place.manifests.get(file);
        for manifest in manifests.ok_or_else(|| Error::NoSuchManifest { file: file.clone() })? {
            let object = kinds::resolve_manifest(place.api, place.namespace, manifest).await?;
            let change = Change::Apply(apply::body(place.namespace, manifest));
            let mut preview = change_of(object, change, Request::Change, place.api).await?;
            if let (Found::Missing, Request::Change(change)) = (&preview.found, &preview.request) {
                preview.found = match place.api.change(&preview.object, change, Mode::DryRun).await {
                    Ok(_) => Found::Creates,
                    // The namespace is not there yet.
                    Err(error) if error.status() == Some(404) => Found::Missing,
                    refused => refusal(refused)?,
                };
            }
            all.push(preview);
        }
    }
    Ok(all)
}

async fn delete(target: &ObjectName, place: Place<'_>) -> Result<Preview, Error> {
    let object = kinds::resolve(place.api, place.namespace, target).await?;
    let found = match place.api.get(&object).await? {
        None => Found::Missing,
        Some(live) => {
            let uid = api::meta(&live, "uid").map(str::to_owned);
            match place.api.delete(&object, uid, None, Mode::DryRun).await {
                Ok(()) => Found::Deletes,
                refused => refusal(refused)?,
            }
        }
    };
    Ok(Preview { object, request: Request::Delete, found })
}

/// A refusal is a finding; silence and overload are errors.
fn refusal<T>(answer: Result<T, ApiError>) -> Result<Found, ApiError> {
    match answer {
        Err(ApiError::Refused { status, message, .. }) if status < 500 && status != 429 => {
            Ok(Found::Refused { status, message })
        }
        Err(error) => Err(error),
        Ok(_) => Ok(Found::Changes(Vec::new())),
    }
}

impl Request {
    /// What is sent, for people and programs: the verb and the body.
    #[must_use]
    pub fn parts(&self) -> (&'static str, Value) {
        match self {
            Self::Change(Change::Merge(body)) | Self::Restart(Change::Merge(body)) => {
                ("merge-patch", body.clone())
            }
            Self::Change(Change::Apply(body)) | Self::Restart(Change::Apply(body)) => ("apply", body.clone()),
            Self::Delete => ("delete", json!({})),
        }
    }
}
