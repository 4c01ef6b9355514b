//! What changes a cluster. Each step keeps the before-image of what it changes, durable,
//! before it sends the change; then the undo needs nothing but these records.

pub mod api;
mod apply;
mod change;
mod delete;
mod diagnose;
pub mod diff;
mod error;
pub mod helm;
mod kinds;
mod label;
mod logs;
pub mod ownership;
pub mod pointer;
pub mod preview;
mod quiet;
pub mod rollout;
mod wait;
pub mod workload;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chrono::SecondsFormat;
use futures::future::BoxFuture;
use serde_json::{Value, json};

pub use diagnose::facts;
pub use error::{Error, RecordError};
pub use kinds::{Plural, plural, resolve_manifest};
pub use label::selector;

use crate::clock::{Stamp, Stopwatch};
use crate::diagnose::Diagnosis;
use crate::drill::{ObjectName, SignalState, Step};
use crate::journal::{Record, StepOutcome};
use api::{Api, Change, Mode};

/// Keeps before-images where they survive the runner.
pub trait Recorder: Send + Sync {
    /// Makes the record durable; it is when this returns. A record whose `change` was recorded
    /// before replaces that one.
    fn record(&self, record: Record) -> BoxFuture<'_, Result<(), RecordError>>;
}

/// What the signals say, asked by wait steps.
pub trait SignalView: Send + Sync {
    /// Waits until the signal is in this state; false when `within` has passed, or there is
    /// no such signal.
    fn reached<'a>(&'a self, signal: &'a str, state: SignalState, within: Duration) -> BoxFuture<'a, bool>;
}

/// Manifest files, as the drill file names them, and the documents in each.
pub type Manifests = BTreeMap<String, Vec<Value>>;

/// What steps need of a run.
pub struct Context {
    /// The API server.
    pub api: Api,
    /// The drill's namespace; no step leaves it.
    pub namespace: String,
    /// The run's name, the value of the label on what it creates.
    pub run: String,
    /// The run's clock.
    pub clock: Stopwatch,
    /// Where before-images go.
    pub recorder: Arc<dyn Recorder>,
    /// What wait steps ask.
    pub signals: Arc<dyn SignalView>,
    /// What apply steps apply.
    pub manifests: Arc<Manifests>,
    /// What a namespace that the run makes says of it: annotations.
    pub annotations: Value,
    /// Whether the workload stays after the run; then nothing has to find it again.
    pub keep_workload: bool,
    /// Whether the run makes its namespace and deletes it with all that is in it.
    pub owns_namespace: bool,
    /// Whether the cluster runs containers.
    pub containers: bool,
    /// What helm steps need; nothing where there are none.
    pub helm: Option<helm::Helm>,
    opened: AtomicBool,
    changes: AtomicU64,
}

impl Context {
    /// A context whose first change has the number 0.
    #[must_use]
    pub fn new(
        client: kube::Client,
        namespace: &str,
        run: &str,
        clock: Stopwatch,
        recorder: Arc<dyn Recorder>,
        signals: Arc<dyn SignalView>,
        manifests: Arc<Manifests>,
    ) -> Self {
        Self {
            api: Api::new(client).patient(),
            namespace: namespace.to_owned(),
            run: run.to_owned(),
            clock,
            recorder,
            signals,
            manifests,
            annotations: json!({}),
            keep_workload: false,
            owns_namespace: false,
            containers: true,
            helm: None,
            opened: AtomicBool::new(false),
            changes: AtomicU64::new(0),
        }
    }

    fn next_change(&self) -> u64 {
        self.changes.fetch_add(1, Ordering::Relaxed)
    }
}

/// What a step did.
#[derive(Debug, Clone)]
pub struct StepReport {
    /// For people: `patch service/api {"spec":…}`.
    pub what: String,
    /// What the cluster answered.
    pub outcome: StepOutcome,
    /// What a diagnose step found.
    pub diagnosis: Option<Diagnosis>,
    /// What a step had to say, line by line: what helm printed, what pods logged.
    pub said: Vec<String>,
    /// A cause that a step other than a diagnosis has found.
    pub cause: Option<String>,
    /// When the API server's last answer arrived.
    pub answered: Stamp,
}

/// What a step does, for people: `patch service/api {"spec":…}`.
#[must_use]
pub fn describe(step: &Step) -> String {
    step.to_string()
}

/// Carries a step out. That the API server refuses it is an outcome, no error.
pub async fn run(step: &Step, ctx: &Context) -> Result<StepReport, Error> {
    let (mut said, mut cause) = (Vec::new(), None);
    let (done, diagnosis) = match step {
        Step::Patch(patch) => {
            let change = Change::Merge(patch.merge.clone());
            (change::named(ctx, &patch.target, &change).await?, None)
        }
        Step::Scale(scale) => (change::named(ctx, &scale.target, &scaled(scale.replicas)).await?, None),
        Step::Label(label) => (label::label(ctx, label).await?, None),
        Step::Restart(target) => (restart(ctx, target).await?, None),
        Step::Delete(target) => (delete::delete(ctx, target).await?, None),
        Step::Apply(files) => (apply::files(ctx, &files.manifests).await?, None),
        Step::Wait(wait) => (wait::wait(ctx, wait).await?, None),
        Step::Diagnose(service) => {
            let facts = diagnose::facts(&ctx.api, &ctx.namespace, &service.name).await?;
            let done = Done { outcome: StepOutcome::Unchanged, answered: ctx.clock.stamp() };
            (done, Some(crate::diagnose::diagnose(&facts)))
        }
        Step::Helm(step) => {
            let (done, told) = helm::step(ctx, step).await?;
            (said, cause) = (told.said, told.cause);
            (done, None)
        }
        Step::Logs(step) => {
            let (done, lines) = logs::logs(ctx, step).await?;
            said = lines;
            (done, None)
        }
    };
    Ok(StepReport {
        what: describe(step),
        outcome: done.outcome,
        diagnosis,
        said,
        cause,
        answered: done.answered,
    })
}

/// An outcome, and when the answer that brought it arrived.
struct Done {
    outcome: StepOutcome,
    answered: Stamp,
}

impl Done {
    /// Sums up several: the first refusal, else changed where any changed.
    fn join(self, next: Self) -> Self {
        let outcome = match (self.outcome, next.outcome) {
            (refused @ (StepOutcome::Rejected { .. } | StepOutcome::Failed { .. }), _)
            | (_, refused @ (StepOutcome::Rejected { .. } | StepOutcome::Failed { .. })) => refused,
            (StepOutcome::Unchanged, StepOutcome::Unchanged) => StepOutcome::Unchanged,
            _ => StepOutcome::Changed,
        };
        Self { outcome, answered: next.answered }
    }
}

fn scaled(replicas: u32) -> Change {
    Change::Merge(json!({"spec": {"replicas": replicas}}))
}

fn restarted(now: &str) -> Change {
    let annotations = json!({"kubectl.kubernetes.io/restartedAt": now});
    Change::Merge(json!({"spec": {"template": {"metadata": {"annotations": annotations}}}}))
}

/// Restarts a workload's pods as `kubectl rollout restart` does. There is nothing to undo:
/// the pods that went cannot come back, and to take the annotation away would restart them once
/// more. The report says so.
async fn restart(ctx: &Context, target: &ObjectName) -> Result<Done, Error> {
    let object = kinds::resolve(&ctx.api, &ctx.namespace, target).await?;
    let now = chrono::Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    let answer = ctx.api.change(&object, &restarted(&now), Mode::Real).await;
    change::outcome(answer, ctx.clock.stamp(), StepOutcome::Changed)
}
