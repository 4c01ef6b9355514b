//! Labels of one object, or of all pods that match.

use std::collections::BTreeMap;

use serde_json::json;

use super::api::{self, Api, Change};
use super::error::Error;
use super::{Context, Done, change, kinds};
use crate::drill::{LabelStep, ObjectName};
use crate::journal::{ObjectRef, StepOutcome};

/// Sets or removes labels. A pod that goes while the others are labelled is no refusal.
pub(super) async fn label(ctx: &Context, step: &LabelStep) -> Result<Done, Error> {
    let change = change(step);
    if let Some(target) = &step.target {
        return change::named(ctx, target, &change).await;
    }
    let mut done = Done { outcome: StepOutcome::Unchanged, answered: ctx.clock.stamp() };
    for object in pods(&ctx.api, &ctx.namespace, step).await? {
        let next = change::existing(ctx, &object, &change).await?;
        if !matches!(next.outcome, StepOutcome::Rejected { status: 404, .. }) {
            done = done.join(next);
        }
    }
    Ok(done)
}

/// The change that a label step makes to each of its objects.
pub(super) fn change(step: &LabelStep) -> Change {
    Change::Merge(json!({"metadata": {"labels": step.set}}))
}

/// The pods that a label step means.
pub(super) async fn pods(api: &Api, namespace: &str, step: &LabelStep) -> Result<Vec<ObjectRef>, Error> {
    let Some(labels) = &step.pods else { return Err(Error::NothingToLabel) };
    let pods = api.list("v1", "pods", namespace, &selector(labels)).await?;
    let mut objects = Vec::new();
    for name in pods.iter().filter_map(|pod| api::meta(pod, "name")) {
        let pod = ObjectName { kind: "pod".to_owned(), name: name.to_owned() };
        objects.push(kinds::resolve(api, namespace, &pod).await?);
    }
    Ok(objects)
}

/// Labels as a selector: `a=b,c=d`.
#[must_use]
pub fn selector(labels: &BTreeMap<String, String>) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}
