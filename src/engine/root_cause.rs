//! Whether the root cause is gone: users are served by what the Deployment would make again.
//!
//! Ready endpoints alone do not tell: pods that were relabelled by hand serve requests and are
//! orphans, and a workload scaled to nothing has no failing pod. Mending either side of a
//! mismatch is fine, so what counts is that the Service selects what the Deployment's template
//! makes, and that the pods behind it belong to the Deployment's current ReplicaSet.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt as _};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::news::Desk;
use super::phase::Input;
use crate::diagnose::selects;
use crate::journal::Kind;
use crate::journal::intervals::Edge;

/// The time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long one look may take.
const WITHIN: Duration = Duration::from_secs(5);
/// The revision of a Deployment, and of the ReplicaSet that has it (set by its controller).
const REVISION: &str = "deployment.kubernetes.io/revision";

/// The label that a ReplicaSet gives to its pods beside those of the template.
const TEMPLATE_HASH: &str = "pod-template-hash";

/// What to look at.
#[derive(Debug, Clone)]
pub struct RootCause {
    /// The namespace of both.
    pub namespace: String,
    /// The target Service.
    pub service: String,
    /// The Deployment behind it.
    pub deployment: String,
    /// The replicas that it had before the fault.
    pub replicas: i32,
}

/// How the Deployment behind the target was before the fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Healthy {
    /// Its replicas.
    pub replicas: i32,
    /// The labels that it gave its pods.
    pub labels: BTreeMap<String, String>,
}

impl Default for Healthy {
    /// What is supposed of one that could not be read.
    fn default() -> Self {
        Self { replicas: 1, labels: BTreeMap::new() }
    }
}

impl Healthy {
    /// The Deployment as it is.
    #[must_use]
    pub fn of(deployment: &Deployment) -> Self {
        let replicas = deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1);
        Self { replicas, labels: template_labels(deployment) }
    }
}

struct Facts {
    service: Option<Service>,
    deployment: Option<Deployment>,
    replica_sets: Vec<ReplicaSet>,
    pods: Vec<Pod>,
}

impl RootCause {
    /// Looks until it is gone, and tells; every other answer is told once.
    pub async fn until_gone(self, client: Client, desk: Desk) {
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_no = desk.clock().elapsed();
        let mut told = Vec::new();
        loop {
            looks.tick().await;
            let asked = desk.clock().elapsed();
            // Silence is no answer; the run's own deadline ends it.
            let Ok(reasons) = self.look(&client).await else { continue };
            let resolved = reasons.is_empty();
            if resolved || told != reasons {
                desk.event(Kind::RootCause { resolved, reasons: reasons.clone() });
                told = reasons;
            }
            if resolved {
                let at = desk.clock().elapsed();
                let moment = Edge { at, uncertainty: at.saturating_sub(last_no), upper_bound: false };
                return desk.input(Input::RootCause { resolved, moment });
            }
            last_no = asked;
        }
    }

    /// Looks once; returns what holds the resolution back, nothing if it is resolved.
    ///
    /// # Errors
    /// Where the API server does not answer in time or refuses a read.
    pub async fn look(&self, client: &Client) -> Result<Vec<String>, String> {
        let facts = timeout(WITHIN, self.read(client))
            .await
            .map_err(|_| "the API server did not answer".to_owned())?
            .map_err(|error| error.to_string())?;
        Ok(self.judge(&facts))
    }

    /// The pods of the workload that the Deployment's current ReplicaSet does not own: those that the
    /// Service selects, those with the labels that the Deployment gave before the fault, and those
    /// that a ReplicaSet made and none owns any more.
    ///
    /// # Errors
    /// Where the API server does not answer in time or refuses a read.
    pub async fn orphans(
        &self,
        client: &Client,
        labels: &BTreeMap<String, String>,
    ) -> Result<Vec<String>, String> {
        let facts = timeout(WITHIN, self.read(client))
            .await
            .map_err(|_| "the API server did not answer".to_owned())?
            .map_err(|error| error.to_string())?;
        Ok(orphans(&facts, labels))
    }

    async fn read(&self, client: &Client) -> Result<Facts, kube::Error> {
        let services = Api::<Service>::namespaced(client.clone(), &self.namespace);
        let deployments = Api::<Deployment>::namespaced(client.clone(), &self.namespace);
        let replica_sets = Api::<ReplicaSet>::namespaced(client.clone(), &self.namespace);
        let pods = Api::<Pod>::namespaced(client.clone(), &self.namespace);
        let everything = ListParams::default();
        let (service, deployment, replica_sets, pods) = tokio::try_join!(
            services.get_opt(&self.service),
            deployments.get_opt(&self.deployment),
            replica_sets.list(&everything),
            pods.list(&everything),
        )?;
        Ok(Facts { service, deployment, replica_sets: replica_sets.items, pods: pods.items })
    }

    fn judge(&self, facts: &Facts) -> Vec<String> {
        let Some(service) = &facts.service else {
            return vec![format!("service {} does not exist", self.service)];
        };
        let Some(deployment) = &facts.deployment else {
            return vec![format!("deployment {} does not exist", self.deployment)];
        };
        let mut reasons = self.rollout(deployment);
        let selector = service.spec.as_ref().and_then(|s| s.selector.clone()).unwrap_or_default();
        if !selects(&selector, &template_labels(deployment)) {
            reasons.push(format!(
                "service {} selects {}, which the pods of deployment {} do not carry",
                self.service,
                labels(&selector),
                self.deployment
            ));
        }
        reasons.extend(self.strangers(facts, deployment, &selector));
        reasons
    }

    /// Rollout complete, replicas not fewer than before.
    fn rollout(&self, deployment: &Deployment) -> Vec<String> {
        let wanted = deployment.spec.as_ref().and_then(|s| s.replicas).unwrap_or(1);
        let status = deployment.status.clone().unwrap_or_default();
        let name = &self.deployment;
        let mut reasons = Vec::new();
        if wanted < self.replicas {
            reasons.push(format!("deployment {name} has {wanted} replicas, it had {}", self.replicas));
        }
        let seen = status.observed_generation >= deployment.metadata.generation;
        let all = [status.replicas, status.updated_replicas, status.available_replicas];
        if !seen || all.iter().any(|n| n.unwrap_or(0) != wanted) {
            let available = status.available_replicas.unwrap_or(0);
            reasons.push(format!("deployment {name} is not rolled out ({available} of {wanted} available)"));
        }
        reasons
    }

    /// Pods behind the Service that are not of the Deployment's current ReplicaSet.
    fn strangers(
        &self,
        facts: &Facts,
        deployment: &Deployment,
        selector: &BTreeMap<String, String>,
    ) -> Option<String> {
        let current = current(facts, deployment)?;
        let behind = facts.pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none());
        let strangers: Vec<_> = behind
            .filter(|pod| selects(selector, pod.labels()))
            .filter(|pod| !owned_by(&pod.metadata, current.uid().as_deref()))
            .map(kube::ResourceExt::name_any)
            .collect();
        (!strangers.is_empty()).then(|| {
            format!(
                "behind service {} are pods that deployment {} does not own: {}",
                self.service,
                self.deployment,
                strangers.join(", ")
            )
        })
    }
}

/// The ReplicaSet of the Deployment's latest revision.
fn current<'f>(facts: &'f Facts, deployment: &Deployment) -> Option<&'f ReplicaSet> {
    let revision = deployment.annotations().get(REVISION);
    facts.replica_sets.iter().find(|set| {
        set.annotations().get(REVISION) == revision && owned_by(&set.metadata, deployment.uid().as_deref())
    })
}

fn orphans(facts: &Facts, labels: &BTreeMap<String, String>) -> Vec<String> {
    let selector = facts.service.as_ref().and_then(|service| service.spec.as_ref()?.selector.clone());
    let selector = selector.unwrap_or_default();
    let current = facts.deployment.as_ref().and_then(|deployment| current(facts, deployment)?.uid());
    let of_workload = |pod: &&Pod| {
        let lost = pod.labels().contains_key(TEMPLATE_HASH) && pod.owner_references().is_empty();
        lost || selects(&selector, pod.labels()) || selects(labels, pod.labels())
    };
    let pods = facts.pods.iter().filter(|pod| pod.metadata.deletion_timestamp.is_none());
    let orphans = pods.filter(of_workload).filter(|pod| !owned_by(&pod.metadata, current.as_deref()));
    let mut names: Vec<String> = orphans.map(kube::ResourceExt::name_any).collect();
    names.sort();
    names
}

fn template_labels(deployment: &Deployment) -> BTreeMap<String, String> {
    let template = deployment.spec.as_ref().and_then(|spec| spec.template.metadata.as_ref());
    template.and_then(|metadata| metadata.labels.clone()).unwrap_or_default()
}

fn owned_by(object: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta, uid: Option<&str>) -> bool {
    let owners = object.owner_references.iter().flatten();
    uid.is_some_and(|uid| owners.into_iter().any(|owner| owner.uid == uid))
}

fn labels(selector: &BTreeMap<String, String>) -> String {
    let each: Vec<_> = selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
    if each.is_empty() { "nothing".to_owned() } else { each.join(",") }
}

#[cfg(test)]
#[path = "root_cause_tests.rs"]
mod tests;
