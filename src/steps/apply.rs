//! Applying manifests, server-side.

use serde_json::{Value, json};

use super::api::{Change, Mode, RUN_LABEL};
use super::error::Error;
use super::{Context, Done, change, kinds, pointer};
use crate::journal::{Effect, ObjectRef, Record, StepOutcome};

/// Whether the creation of an object needs a record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Creations {
    /// Yes: the namespace was there before the run.
    Recorded,
    /// No: it goes with the run's own namespace, or is to stay.
    Labelled,
}

/// Applies the manifests of these files, in their order; ends at the first refusal.
pub(super) async fn files(ctx: &Context, files: &[String]) -> Result<Done, Error> {
    let mut done = Done { outcome: StepOutcome::Unchanged, answered: ctx.clock.stamp() };
    for file in files {
        let manifests =
            ctx.manifests.get(file).ok_or_else(|| Error::NoSuchManifest { file: file.clone() })?;
        for manifest in manifests {
            let object = kinds::resolve_manifest(&ctx.api, &ctx.namespace, manifest).await?;
            let (next, _) = one(ctx, &object, manifest, Creations::Recorded).await?;
            done = done.join(next);
            if matches!(done.outcome, StepOutcome::Rejected { .. }) {
                return Ok(done);
            }
        }
    }
    Ok(done)
}

/// What is sent of a manifest.
pub(super) fn body(namespace: &str, manifest: &Value) -> Value {
    let mut body = manifest.clone();
    pointer::set(&mut body, "/metadata/namespace", Some(json!(namespace)));
    // What a manifest copied from a live object carries, and an apply may not.
    for key in ["managedFields", "uid", "resourceVersion", "creationTimestamp"] {
        pointer::set(&mut body, &format!("/metadata/{key}"), None);
    }
    body
}

/// Applies one manifest; says whether it made the object.
pub(super) async fn one(
    ctx: &Context,
    object: &ObjectRef,
    manifest: &Value,
    creations: Creations,
) -> Result<(Done, bool), Error> {
    if creations == Creations::Recorded {
        change::refuse_rights(object)?;
    }
    let mut body = body(&ctx.namespace, manifest);
    if ctx.api.get(object).await?.is_some() {
        return Ok((change::existing(ctx, object, &Change::Apply(body)).await?, false));
    }
    pointer::set(&mut body, &pointer::child("/metadata/labels", RUN_LABEL), Some(json!(ctx.run)));
    let create = Change::Apply(body);
    let tried = ctx.api.change(object, &create, Mode::DryRun).await;
    if tried.is_err() {
        let done = change::outcome(tried, ctx.clock.stamp(), StepOutcome::Unchanged)?;
        return Ok((done, false));
    }
    if creations == Creations::Recorded {
        let change = ctx.next_change();
        let effect = Effect::Created;
        let record = Record {
            change,
            object: object.clone(),
            uid: None,
            effect,
            managed_fields: Vec::new(),
            redacted: false,
        };
        ctx.recorder.record(record).await?;
    }
    let made = ctx.api.change(object, &create, Mode::Real).await;
    let accepted = made.is_ok();
    Ok((change::outcome(made, ctx.clock.stamp(), StepOutcome::Changed)?, accepted))
}
