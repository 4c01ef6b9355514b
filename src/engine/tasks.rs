//! What the loop sets going: deploying, injecting, responding, checking, undoing. Each task
//! tells the loop by its desk and ends by itself, also when the run says stop.

mod responding;

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use kube::Client;
use tokio::sync::watch;

use super::blast;
use super::claims::{self, Pending};
use super::news::Desk;
use super::phase::{Input, State};
use super::plan::Plan;
use super::playing::Moves;
use super::presence::Presence;
use super::recorder::TwoPlaces;
use super::root_cause::{Healthy, RootCause};
use super::undo::about::About;
use super::undo::redact::Salt;
use super::undo::store::ConfigMapStore;
use super::view::{States, View};
use crate::drill::Step;
use crate::journal::intervals::Edge;
use crate::journal::{AbortReason, Kind, ObjectRef, StepOutcome, StepPlace};
use crate::signals::blast::Blast;
use crate::steps::helm::Helm;
use crate::steps::{self, Context, StepReport};

/// What this cluster and this machine offer to steps.
pub struct Means {
    /// helm, where the drill needs it.
    pub helm: Option<Helm>,
    /// Whether the cluster runs containers.
    pub containers: bool,
}

/// Everything that a run's tasks need.
#[derive(Clone)]
pub struct Tasks {
    plan: Arc<Plan>,
    pub(super) client: Client,
    pub(super) desk: Desk,
    pub(super) presence: Presence,
    pub(super) blast: Arc<Blast>,
    pub(super) states: States,
    stopped: watch::Receiver<bool>,
    /// What a player decides.
    pub(super) moves: Moves,
    context: Arc<Context>,
    healthy: Arc<OnceLock<Healthy>>,
    claims: Arc<Mutex<Vec<Pending>>>,
    /// When the latest before-image was durable.
    recorded_at: Arc<AtomicU64>,
    /// Hides the values of Secrets from the journal.
    pub(super) salt: Salt,
    /// The namespace and the workload, as far as the run made them.
    pub(super) made: Arc<Mutex<Vec<ObjectRef>>>,
}

impl Tasks {
    /// Tasks for one run.
    #[must_use]
    pub fn new(
        plan: Plan,
        client: Client,
        means: Means,
        desk: Desk,
        states: States,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let wishes = &plan.wishes;
        let about = About {
            drill: plan.drill.metadata.name.value.clone(),
            by: wishes.by.clone(),
            began: desk.clock().stamp().at,
            deadline: desk.clock().stamp().at + wishes.max_duration,
            keep_workload: wishes.keep_workload,
        };
        let store = ConfigMapStore::new(client.clone(), &plan.namespace, &wishes.run).about(&about);
        let salt = store.salt();
        let presence = Presence::new(client.clone(), &plan.namespace, &wishes.run, &about);
        let recorded_at = Arc::new(AtomicU64::new(0));
        let recorder = TwoPlaces { desk: desk.clone(), store, at: Arc::clone(&recorded_at) };
        let names = plan.signals().iter().map(|s| s.name().to_owned()).collect();
        let view = Arc::new(View { names, states: states.clone(), stopped: stopped.clone() });
        let files = Arc::new(plan.manifests_by_file.clone());
        let mut context = Context::new(
            client.clone(),
            &plan.namespace,
            &wishes.run,
            desk.clock(),
            Arc::new(recorder),
            view,
            files,
        );
        context.annotations = about.annotations();
        context.keep_workload = wishes.keep_workload;
        context.owns_namespace = plan.ground.makes_namespace;
        context.containers = means.containers;
        context.helm = means.helm;
        Self {
            blast: blast::radius(&plan, &desk),
            plan: Arc::new(plan),
            client,
            desk,
            presence,
            states,
            stopped,
            moves: Moves::default(),
            context: Arc::new(context),
            healthy: Arc::default(),
            claims: Arc::default(),
            recorded_at,
            salt,
            made: Arc::default(),
        }
    }

    /// What is run.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What its steps need.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// How the Deployment behind the target was before the fault.
    pub(super) fn set_healthy(&self, healthy: Healthy) {
        let _ = self.healthy.set(healthy);
    }

    /// How the Deployment behind the target was before the fault.
    pub(super) fn healthy(&self) -> Healthy {
        self.healthy.get().cloned().unwrap_or_default()
    }

    /// Says in the cluster that the runner lives, until the caller ends this task.
    pub fn stay_present(&self) -> impl Future<Output = ()> + Send + 'static {
        self.presence.clone().keep(self.desk.clone(), self.stopped.clone())
    }

    /// Injects the fault.
    pub fn inject(&self) -> impl Future<Output = ()> + Send + 'static {
        let tasks = self.clone();
        async move {
            if let Err(message) = tasks.arm_blast_radius().await {
                return tasks.desk.input(Input::Abort(AbortReason::Failed, message));
            }
            let drill = &tasks.plan.drill;
            let mut acknowledged = None;
            for (index, step) in drill.fault.steps.iter().enumerate() {
                let begun = tasks.desk.clock().elapsed();
                match tasks.step(StepPlace::Fault(index), &step.value).await {
                    Ok(StepReport {
                        outcome: StepOutcome::Changed | StepOutcome::Unchanged,
                        answered,
                        ..
                    }) => {
                        // The change took effect between its sending, right after its record
                        // was kept (a restart keeps none), and the answer.
                        let sent = tasks.recorded_at.load(Ordering::Relaxed).max(begun);
                        acknowledged = Some(Edge {
                            at: answered.elapsed,
                            uncertainty: answered.elapsed.saturating_sub(sent),
                            upper_bound: false,
                        });
                    }
                    Ok(StepReport { what, .. }) => {
                        let detail = format!("the injection was refused: {what}");
                        return tasks.desk.input(Input::Abort(AbortReason::NoEffect, detail));
                    }
                    Err(failed) => {
                        return tasks.desk.input(Input::Abort(AbortReason::Failed, failed.message));
                    }
                }
            }
            if let Some(edge) = acknowledged {
                tasks.desk.input(Input::Injected(edge));
            }
        }
    }

    /// Claims that only the end of the outage can judge.
    #[must_use]
    pub fn claims_at_the_end(&self, state: &State) -> Vec<Kind> {
        let pending = std::mem::take(&mut *lock(&self.claims));
        pending.into_iter().map(|claim| claim.judge_at_the_end(state)).collect()
    }

    /// Waits until the run is being ended.
    pub(super) async fn stopped(&self) {
        let mut stopped = self.stopped.clone();
        let _ = stopped.wait_for(|stop| *stop).await;
    }

    /// One step, told to the journal before and after.
    async fn step(&self, at: StepPlace, step: &Step) -> Result<StepReport, Failed> {
        let what = steps::describe(step);
        self.desk.event(Kind::StepStarted { at: at.clone(), what: what.clone() });
        let outcome = match step {
            // What changes nothing can be cut short at any moment.
            Step::Wait(_) | Step::Diagnose(_) => tokio::select! {
                () = self.stopped() => return Err(Failed::ended()),
                outcome = steps::run(step, &self.context) => outcome,
            },
            _ => steps::run(step, &self.context).await,
        };
        match outcome {
            Ok(report) => {
                if let Some(diagnosis) = &report.diagnosis {
                    self.desk.event(claims::diagnosis(diagnosis));
                }
                if !report.said.is_empty() {
                    self.desk.event(Kind::Said { at: at.clone(), lines: report.said.clone() });
                }
                let outcome = report.outcome.clone();
                self.desk.event(Kind::StepFinished { at, what, outcome });
                Ok(report)
            }
            Err(error) => {
                let message = explain(&error);
                let outcome = StepOutcome::Failed { message: message.clone() };
                self.desk.event(Kind::StepFinished { at, what, outcome });
                Err(Failed { message, passing: error.is_passing() })
            }
        }
    }

    /// Looks for the root cause until it is gone, or the caller ends this task.
    pub fn check_root_cause(&self) -> impl Future<Output = ()> + Send + 'static {
        self.root_cause().until_gone(self.client.clone(), self.desk.clone())
    }

    /// What to look at for the root cause.
    pub(super) fn root_cause(&self) -> RootCause {
        RootCause {
            namespace: self.plan.namespace.clone(),
            service: self.plan.drill.target.service.value.clone(),
            deployment: self.plan.ground.deployment.clone(),
            replicas: self.healthy().replicas,
        }
    }
}

/// A step that could not be carried out.
pub(super) struct Failed {
    message: String,
    /// Whether it may succeed later.
    passing: bool,
}

impl Failed {
    fn ended() -> Self {
        Self { message: "the run is being ended".to_owned(), passing: false }
    }
}

/// A mutex that a panicking holder has not spoiled: the list in it is whole at any moment.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// An error with its advice, on one line.
pub(super) fn explain(error: &(dyn miette::Diagnostic + Send + Sync)) -> String {
    match error.help() {
        Some(help) => format!("{error} ({help})"),
        None => error.to_string(),
    }
}
