//! What a run says beside its progress and its report: how to mend by hand, and what is left
//! when it is told twice to stop.

use super::super::client::flags;
use super::super::cluster::quoted;
use super::super::exit::{Exit, Failure, Outcome};
use crate::cluster::{Access, Held};
use crate::drill::Length;
use crate::engine::plan::Plan;

/// What a person who mends by hand needs to know.
pub(super) fn instructions(plan: &Plan, access: &Access) -> String {
    let export = access.kubeconfig.as_ref().map(|path| format!("  export KUBECONFIG={}\n", path.display()));
    let context = access.context.as_ref().map(|name| format!(" --context {}", quoted(name)));
    format!(
        "You mend this one. In another terminal:\n\n{}  kubectl{} -n {} get service,endpointslice,pod\n\nAny change that brings every signal back and keeps it up for {} ends the incident.\nCtrl-C, or {} from now, ends the run and undoes everything.",
        export.unwrap_or_default(),
        context.unwrap_or_default(),
        plan.namespace,
        plan.drill.steady_state.stable_for.value,
        Length(plan.wishes.max_duration),
    )
}

/// A second signal: what is left, and the command that undoes it. A private cluster goes with
/// everything in it.
pub(super) fn left_at_once(held: &Held, left: &[String], run: &str) -> Outcome {
    if held.is_removed_on_release() {
        return Ok(Exit::Interrupted);
    }
    let access = &held.access;
    let place = flags(access.kind_cluster(), access.kubeconfig.as_deref(), access.context.as_deref());
    let error =
        LeftAtOnce { left: left.join("\n"), command: format!("firedrill recover{place} --run {run}") };
    Err(Failure::new(Exit::LeftChanged, error))
}

/// A person begins when they begin.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("--respond-after holds the runbook back, but with --respond manual there is none")]
#[diagnostic(code(firedrill::run::respond_after), help("leave one of the two out"))]
pub(super) struct HeldBackByHand;

/// A second signal: the run ended before its undo.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("left at once; this is not undone:\n{left}")]
#[diagnostic(code(firedrill::left), help("this undoes it: {command}"))]
struct LeftAtOnce {
    left: String,
    command: String,
}
