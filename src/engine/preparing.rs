//! The beginning of a run: its place in the cluster, its workload, and a last look at its steps.

use k8s_openapi::api::apps::v1::Deployment;
use tokio::time::timeout;

use super::phase::Input;
use super::preflight::{Refusal, tries};
use super::root_cause::Healthy;
use super::tasks::{Tasks, explain, lock};
use super::undo::target::{Taken, Target};
use crate::drill::Deployed;
use crate::journal::{AbortReason, Kind, StepPlace};
use crate::steps;
use crate::steps::api::{Api, ApiError, REQUEST_DEADLINE, namespace_ref};

/// Why there is nothing to break.
enum Halt {
    /// A safeguard says no.
    Refused(Refusal),
    /// The workload is not there.
    NotSteady(steps::Error),
}

impl Tasks {
    /// Deploys the workload and waits until it is ready, or counts the one that is there.
    pub fn deploy(&self) -> impl Future<Output = ()> + Send + 'static {
        let tasks = self.clone();
        async move {
            tasks.desk.input(match tasks.prepare().await {
                Ok(()) => Input::Prepared,
                Err(Halt::NotSteady(error)) => Input::Abort(AbortReason::NotSteady, explain(&error)),
                Err(Halt::Refused(refusal)) if refusal.is_failure() => {
                    Input::Abort(AbortReason::NotSteady, explain(&refusal))
                }
                Err(Halt::Refused(refusal)) => Input::Abort(AbortReason::Refused, explain(&refusal)),
            });
        }
    }

    async fn prepare(&self) -> Result<(), Halt> {
        self.settle_down().await?;
        if let Some(deployed) = self.plan().drill.workload.deployed() {
            self.deploy_workload(deployed).await?;
            // What the drill deploys could not be tried out before it was there.
            let tried = tries::all(&Api::new(self.client.clone()), self.plan()).await?;
            tries::accepted(&tried)?;
        }
        self.set_healthy(self.look_at_deployment().await.unwrap_or_default());
        Ok(())
    }

    /// The run's place: a namespace of its own, or the target in one that is there. Before
    /// anything else is changed: from then on nobody else undoes this run, or breaks its target.
    async fn settle_down(&self) -> Result<(), Halt> {
        let plan = self.plan();
        if plan.ground.makes_namespace {
            lock(&self.made).push(namespace_ref(&plan.namespace));
            steps::workload::create_namespace(self.context()).await?;
        }
        self.presence.begin().await?;
        if !plan.ground.makes_namespace {
            let service = &plan.drill.target.service.value;
            let target = Target::new(Api::new(self.client.clone()), &plan.namespace, service);
            target.take(&plan.wishes.run, &plan.wishes.by).await?;
        }
        Ok(())
    }

    async fn deploy_workload(&self, deployed: &Deployed) -> Result<(), Halt> {
        let plan = self.plan();
        let ready = &deployed.ready;
        let started = |what: String| Kind::StepStarted { at: StepPlace::Workload, what };
        self.desk.event(started(format!("deploy {}", plan.drill.metadata.name.value)));
        if let Some(chart) = &deployed.chart {
            self.desk.event(started(format!("helm install {} {}", chart.release, chart.path)));
            steps::helm::install(self.context(), chart).await?;
        }
        let made =
            steps::workload::deploy(&plan.manifests, plan.ground.makes_namespace, self.context()).await?;
        lock(&self.made).extend(made.created);
        let within = ready.within.value;
        let mut all = Vec::new();
        for deployment in plan.deployments() {
            self.desk.event(started(format!("wait for deployment/{deployment}")));
            all.push(steps::workload::ready(self.context(), deployment, within));
        }
        // Only the waiting is cut short: a creation that is under way would land after the undo.
        tokio::select! {
            () = self.stopped() => {}
            outcome = futures::future::try_join_all(all) => drop(outcome?),
        }
        Ok(())
    }

    async fn look_at_deployment(&self) -> Option<Healthy> {
        let api = kube::Api::<Deployment>::namespaced(self.client.clone(), &self.plan().namespace);
        let found = timeout(REQUEST_DEADLINE, api.get(&self.plan().ground.deployment)).await.ok()?.ok()?;
        Some(Healthy::of(&found))
    }
}

impl From<steps::Error> for Halt {
    fn from(error: steps::Error) -> Self {
        Self::NotSteady(error)
    }
}

impl From<ApiError> for Halt {
    fn from(error: ApiError) -> Self {
        Self::NotSteady(error.into())
    }
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Taken> for Halt {
    fn from(taken: Taken) -> Self {
        Self::Refused(taken.into())
    }
}
