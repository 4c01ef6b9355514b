//! Changing an object that exists: try it out, keep the before-image, then do it.

use serde_json::{Value, json};

use super::api::{self, Api, ApiError, Change, MANAGER, Mode};
use super::diff::diff;
use super::error::Error;
use super::{Context, Done, kinds, ownership, pointer};
use crate::clock::Stamp;
use crate::drill::ObjectName;
use crate::journal::{Effect, FieldChange, ObjectRef, Record, StepOutcome};

/// How often a change is tried anew because someone else wrote in between.
pub(super) const TRIES: u32 = 5;

/// Changes the object that a drill file names.
pub(super) async fn named(ctx: &Context, name: &ObjectName, change: &Change) -> Result<Done, Error> {
    let object = kinds::resolve(&ctx.api, &ctx.namespace, name).await?;
    existing(ctx, &object, change).await
}

/// Changes an object that should exist; where it does not, that is the API server's refusal.
pub(super) async fn existing(ctx: &Context, object: &ObjectRef, change: &Change) -> Result<Done, Error> {
    refuse_rights(object)?;
    let mut attempt = Attempt { ctx, object, change, kept: None };
    for _ in 0..TRIES {
        if let Some(done) = attempt.once().await? {
            return Ok(done);
        }
    }
    Err(Error::Contended { object: object.to_string(), namespace: ctx.namespace.clone(), tries: TRIES })
}

/// What grants rights is not changed, and no record leads there: whoever writes records could
/// otherwise have rights granted by whoever undoes.
pub(super) fn refuse_rights(object: &ObjectRef) -> Result<(), Error> {
    if object.grants_rights() {
        return Err(Error::GrantsRights { object: object.to_string() });
    }
    Ok(())
}

/// The outcome of an answer: `done` where the API server accepted, its refusal where it
/// refused. What is neither is an error.
pub(super) fn outcome<T>(
    answer: Result<T, ApiError>,
    answered: Stamp,
    done: StepOutcome,
) -> Result<Done, Error> {
    let outcome = match answer {
        Ok(_) => done,
        Err(ApiError::Refused { status, message, .. }) if status < 500 && status != 429 => {
            StepOutcome::Rejected { status, message }
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Done { outcome, answered })
}

/// Reads an object that must exist; its absence comes back as the refusal that a change of it
/// would have met.
pub(super) async fn must_exist(api: &Api, object: &ObjectRef) -> Result<Value, ApiError> {
    api.get(object).await?.ok_or_else(|| ApiError::Refused {
        what: format!("change {object}"),
        status: 404,
        reason: "NotFound".to_owned(),
        message: format!("{} \"{}\" not found", object.plural, object.name),
    })
}

/// One change, over all its tries.
struct Attempt<'a> {
    ctx: &'a Context,
    object: &'a ObjectRef,
    change: &'a Change,
    /// What the last try recorded; it met a conflict, or its answer was lost.
    kept: Option<(u64, Vec<FieldChange>)>,
}

impl Attempt<'_> {
    /// One try; nothing where someone else wrote in between.
    async fn once(&mut self) -> Result<Option<Done>, Error> {
        let api = &self.ctx.api;
        let live = match must_exist(api, self.object).await {
            Ok(live) => live,
            refused => return self.over(refused, StepOutcome::Unchanged),
        };
        let change = at_version(self.change, &live);
        let after = match api.change(self.object, &change, Mode::DryRun).await {
            Ok(after) => after,
            Err(error) if error.is_conflict() => return Ok(None),
            refused => return self.over(refused, StepOutcome::Unchanged),
        };
        let fresh = diff(&live, &after);
        let arrived = self.arrived(&live, &fresh);
        if fresh.is_empty() {
            let outcome = if arrived.is_empty() { StepOutcome::Unchanged } else { StepOutcome::Changed };
            if self.kept.as_ref().is_some_and(|(_, kept)| *kept != arrived) {
                self.keep(&live, arrived).await?;
            }
            return self.over(Ok(()), outcome);
        }
        self.keep(&live, arrived.into_iter().chain(fresh).collect()).await?;
        match api.change(self.object, &change, Mode::Real).await {
            Err(error) if error.is_conflict() => Ok(None),
            answer => self.over(answer, StepOutcome::Changed),
        }
    }

    /// The changes of an earlier try that did arrive, although its answer did not: the client
    /// repeats a request that met an overloaded server, and the repetition meets a conflict.
    fn arrived(&self, live: &Value, fresh: &[FieldChange]) -> Vec<FieldChange> {
        let ours = |change: &&FieldChange| {
            pointer::get(live, &change.path) == change.after.as_ref()
                && fresh.iter().all(|f| f.path != change.path)
                && (change.after.is_none() || owned_by_us(live, &change.path))
        };
        self.kept.iter().flat_map(|(_, kept)| kept).filter(ours).cloned().collect()
    }

    /// Makes the before-image durable. A later try replaces an earlier one's: what never
    /// happened must not be undone.
    async fn keep(&mut self, live: &Value, changes: Vec<FieldChange>) -> Result<(), Error> {
        let number = match &self.kept {
            Some((number, _)) => *number,
            None => self.ctx.next_change(),
        };
        let record = Record {
            change: number,
            object: self.object.clone(),
            uid: api::meta(live, "uid").map(str::to_owned),
            effect: Effect::Fields { changes: changes.clone() },
            managed_fields: api::managed_fields(live).to_vec(),
            redacted: false,
        };
        self.ctx.recorder.record(record).await?;
        self.kept = Some((number, changes));
        Ok(())
    }

    fn over<T>(&self, answer: Result<T, ApiError>, done: StepOutcome) -> Result<Option<Done>, Error> {
        outcome(answer, self.ctx.clock.stamp(), done).map(Some)
    }
}

fn owned_by_us(live: &Value, path: &str) -> bool {
    api::managed_fields(live)
        .iter()
        .any(|entry| entry.get("manager").is_some_and(|m| m == MANAGER) && ownership::owns(entry, path))
}

/// The change, to be accepted only while the object is as it was read.
fn at_version(change: &Change, live: &Value) -> Change {
    let pin = |body: &Value| {
        let mut body = body.clone();
        let version = api::meta(live, "resourceVersion").map(|version| json!(version));
        pointer::set(&mut body, "/metadata/resourceVersion", version);
        body
    };
    match change {
        Change::Merge(body) => Change::Merge(pin(body)),
        Change::Apply(body) => Change::Apply(pin(body)),
    }
}
