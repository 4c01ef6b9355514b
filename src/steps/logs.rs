//! What pods have logged lately. Read only, and the one thing that a step does in another namespace.

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{ListParams, LogParams};

use super::error::Error;
use super::kinds::answered;
use super::label::selector;
use super::{Context, Done};
use crate::drill::LogsStep;
use crate::journal::StepOutcome;

/// No more pods than these are read: of a `DaemonSet` on a thousand nodes, few tell the same.
const MOST_PODS: u32 = 3;

/// Reads the last lines of each pod, the pod's name before each.
pub(super) async fn logs(ctx: &Context, step: &LogsStep) -> Result<(Done, Vec<String>), Error> {
    if !ctx.containers {
        return Ok((cannot(ctx, "pods log nothing here, for this cluster runs no containers"), Vec::new()));
    }
    let namespace = step.namespace.as_deref().unwrap_or(&ctx.namespace);
    let pods: Api<Pod> = Api::namespaced(ctx.api.client().clone(), namespace);
    let labels = selector(&step.pods);
    let wanted = ListParams::default().labels(&labels).limit(MOST_PODS);
    let found = match answered(pods.list(&wanted), &format!("list pods in {namespace}")).await {
        Ok(found) => found,
        Err(error) if error.status() == Some(403) => {
            return Ok((cannot(ctx, &format!("the logs in {namespace} may not be read")), Vec::new()));
        }
        Err(error) => return Err(error.into()),
    };
    if found.items.is_empty() {
        return Ok((cannot(ctx, &format!("no pod with {labels} in {namespace}")), Vec::new()));
    }
    let last = LogParams { tail_lines: Some(step.lines.into()), ..LogParams::default() };
    let mut lines = Vec::new();
    for pod in found.items.iter().map(kube::ResourceExt::name_any) {
        let text = answered(pods.logs(&pod, &last), &format!("read the logs of pod/{pod}")).await?;
        lines.extend(text.lines().map(|line| format!("{pod}: {line}")));
    }
    Ok((Done { outcome: StepOutcome::Unchanged, answered: ctx.clock.stamp() }, lines))
}

fn cannot(ctx: &Context, reason: &str) -> Done {
    let outcome = StepOutcome::NotExecutable { reason: reason.to_owned() };
    Done { outcome, answered: ctx.clock.stamp() }
}
