//! What helm does, by the helm program itself: its own idea of merging, conflicts and revisions is
//! what is rehearsed.
//!
//! No before-image of a release could be kept before helm has computed its changes. So helm steps
//! act only in a namespace that the run made: its label is the record, and its deletion the undo.

mod answer;
mod charts;
mod command;

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

use super::error::Error;
use super::{Context, Done, workload};
use crate::diagnose::links;
use crate::drill::{Chart, HelmRollback, HelmStep, HelmTemplate, HelmTest, HelmUpgrade, Values};
use crate::journal::StepOutcome;
pub use charts::Folder;

/// The helm program, and the cluster that it talks to.
#[derive(Debug, Clone)]
pub struct Helm {
    /// The program.
    pub program: PathBuf,
    /// 3 or 4: only 4 knows server-side apply.
    pub major: u32,
    /// The kubeconfig; nothing for `$KUBECONFIG`, else `~/.kube/config`.
    pub kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context; nothing for its current one.
    pub context: Option<String>,
    /// Whether the cluster is on this machine, where a proxy has no say.
    pub loopback: bool,
    /// The drill's charts, as files.
    pub charts: Arc<Folder>,
    /// Values for every release: the workload's, and the node port that a signal asks.
    pub values: Values,
    /// helm's own caches and settings: none of the user's.
    pub home: Arc<TempDir>,
}

/// What a helm step has found beside its outcome.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What helm printed.
    pub said: Vec<String>,
    /// A cause that it named.
    pub cause: Option<String>,
}

/// Carries out a helm step.
pub(super) async fn step(ctx: &Context, step: &HelmStep) -> Result<(Done, Told), Error> {
    let helm = here(ctx)?;
    match step {
        HelmStep::Upgrade(upgrade) => helm.upgrade(ctx, upgrade).await,
        HelmStep::Rollback(rollback) => helm.rollback(ctx, rollback).await,
        HelmStep::Test(test) => helm.test(ctx, test).await,
        HelmStep::Template(template) => helm.look(ctx, template).await,
    }
}

/// Installs the chart of a workload.
pub async fn install(ctx: &Context, chart: &Chart) -> Result<(), Error> {
    let helm = here(ctx)?;
    let values = helm.with(&chart.values);
    let objects = helm.refuse_elsewhere(ctx, &chart.release, &chart.path, &values).await?;
    // The run before this one may have just ended; a release that failed could not be installed again.
    workload::node_ports_free(ctx, &objects).await?;
    let command = helm.command(&ctx.namespace).release(["install"], &chart.release, &chart.path, &values)?;
    match answer::outcome(&command.run(REQUESTS).await?) {
        StepOutcome::Rejected { message, .. } | StepOutcome::Failed { message } => {
            Err(Error::Helm { what: format!("install {} {}", chart.release, chart.path), message })
        }
        StepOutcome::Changed | StepOutcome::Unchanged | StepOutcome::NotExecutable { .. } => Ok(()),
    }
}

/// The objects of a release as its newest revision declares them, or as `revision` does.
pub async fn manifest(ctx: &Context, release: &str, revision: Option<u32>) -> Result<Vec<Value>, Error> {
    let helm = here(ctx)?;
    let mut command = helm.command(&ctx.namespace).args(["get", "manifest", release]);
    if let Some(revision) = revision {
        command = command.args(["--revision", &revision.to_string()]);
    }
    let answer = command.run(REQUESTS).await?;
    if !answer.status.success() {
        let message = answer::last_words(&answer.stderr);
        return Err(Error::Helm { what: format!("get manifest {release}"), message });
    }
    charts::objects(&answer.stdout)
}

/// How long helm may take for what is only requests.
const REQUESTS: std::time::Duration = std::time::Duration::from_secs(60);

/// helm, where steps may use it.
fn here(ctx: &Context) -> Result<&Helm, Error> {
    if !ctx.owns_namespace {
        return Err(Error::HelmElsewhere { namespace: ctx.namespace.clone() });
    }
    ctx.helm.as_ref().ok_or(Error::NoHelm)
}

impl Helm {
    /// The values of every release, and a step's own over them.
    fn with(&self, values: &Values) -> Values {
        let mut all = self.values.clone();
        charts::merge(&mut all, values);
        all
    }

    async fn upgrade(&self, ctx: &Context, step: &HelmUpgrade) -> Result<(Done, Told), Error> {
        let values = self.with(&step.values);
        self.refuse_elsewhere(ctx, &step.release, &step.chart, &values).await?;
        let mut command =
            self.command(&ctx.namespace).release(["upgrade"], &step.release, &step.chart, &values)?;
        command = command.args(["--reset-values"]);
        match (step.server_side, self.major) {
            (Some(true), 3) => {
                return Ok(not_executable(ctx, "helm 3 knows no server-side apply"));
            }
            (Some(server_side), 4..) => command = command.args([&format!("--server-side={server_side}")]),
            _ => {}
        }
        Ok(done(ctx, &command.run(REQUESTS).await?))
    }

    async fn rollback(&self, ctx: &Context, step: &HelmRollback) -> Result<(Done, Told), Error> {
        let mut command = self.command(&ctx.namespace).args(["rollback", &step.release]);
        if let Some(revision) = step.revision {
            command = command.args([&revision.to_string()]);
        }
        Ok(done(ctx, &command.run(REQUESTS).await?))
    }

    async fn test(&self, ctx: &Context, step: &HelmTest) -> Result<(Done, Told), Error> {
        if !ctx.containers {
            return Ok(not_executable(ctx, "a test is a pod, and this cluster runs no containers"));
        }
        let timeout = format!("--timeout={}s", step.within.nanos().div_ceil(1_000_000_000));
        let command = self.command(&ctx.namespace).args(["test", &step.release, &timeout]);
        let answer = command.run(REQUESTS + step.within.into()).await?;
        let (done, mut told) = done(ctx, &answer);
        if done.outcome == StepOutcome::Changed && answer::has_no_tests(&answer.stdout) {
            let message = format!("the release {} has no tests", step.release);
            return Ok((Done { outcome: StepOutcome::Failed { message }, ..done }, told));
        }
        told.said = answer::test_lines(&answer.stdout);
        Ok((done, told))
    }

    /// Renders a chart and compares every Service's selector with the rendered pods' labels, which
    /// is what a check of the templates does before anything is deployed.
    async fn look(&self, ctx: &Context, step: &HelmTemplate) -> Result<(Done, Told), Error> {
        let values = self.with(&step.values);
        let broken = links::broken(&self.render(&ctx.namespace, &step.release, &step.chart, &values).await?);
        let lines: Vec<String> = broken.into_iter().map(|mismatch| mismatch.line).collect();
        let outcome = match (lines.first(), step.consistent) {
            (Some(first), true) => StepOutcome::Failed { message: first.clone() },
            _ => StepOutcome::Unchanged,
        };
        let cause = lines.first().cloned();
        let fine = || vec![format!("{}: every Service selects what a workload makes", step.chart)];
        let said = if lines.is_empty() { fine() } else { lines };
        Ok((Done { outcome, answered: ctx.clock.stamp() }, Told { said, cause }))
    }
}

fn done(ctx: &Context, answer: &crate::group::Ended) -> (Done, Told) {
    let done = Done { outcome: answer::outcome(answer), answered: ctx.clock.stamp() };
    (done, Told { said: answer::release_lines(&answer.stdout), cause: None })
}

fn not_executable(ctx: &Context, reason: &str) -> (Done, Told) {
    let outcome = StepOutcome::NotExecutable { reason: reason.to_owned() };
    (Done { outcome, answered: ctx.clock.stamp() }, Told::default())
}
