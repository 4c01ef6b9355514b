//! Labels of one object, or of all pods that match.

use std::collections::BTreeMap;

use serde_json::json;

use super::api::{self, Change};
use super::error::Error;
use super::{Context, Done, change, kinds};
use crate::drill::{LabelStep, ObjectName};
use crate::journal::StepOutcome;

/// Sets or removes labels. A pod that goes while the others are labelled is no refusal.
pub(super) async fn label(ctx: &Context, step: &LabelStep) -> Result<Done, Error> {
    let change = Change::Merge(json!({"metadata": {"labels": step.set}}));
    if let Some(target) = &step.target {
        return change::named(ctx, target, &change).await;
    }
    let Some(labels) = &step.pods else { return Err(Error::NothingToLabel) };
    let pods = ctx.api.list("v1", "pods", &ctx.namespace, &selector(labels)).await?;
    let mut done = Done { outcome: StepOutcome::Unchanged, answered: ctx.clock.stamp() };
    for name in pods.iter().filter_map(|pod| api::meta(pod, "name")) {
        let pod = ObjectName { kind: "pod".to_owned(), name: name.to_owned() };
        let object = kinds::resolve(&ctx.api, &ctx.namespace, &pod).await?;
        let next = change::existing(ctx, &object, &change).await?;
        if !matches!(next.outcome, StepOutcome::Rejected { status: 404, .. }) {
            done = done.join(next);
        }
    }
    Ok(done)
}

/// Labels as a selector: `a=b,c=d`.
pub(super) fn selector(labels: &BTreeMap<String, String>) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}
