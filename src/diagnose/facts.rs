//! What a diagnosis is made from.

use std::collections::BTreeMap;

use serde::Serialize;

/// Labels or a selector.
pub type Labels = BTreeMap<String, String>;

/// Whether a selector selects what has these labels. An empty one selects nothing: nobody fills the
/// endpoints of a Service that has none.
#[must_use]
pub fn selects(selector: &Labels, labels: &Labels) -> bool {
    !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// All that was read of the cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The Service's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The Service, where it exists.
    pub service: Option<ServiceFacts>,
    /// The Services of the namespace; read only where the one asked for does not exist.
    pub services: Vec<String>,
    /// The pods of the namespace that are not over.
    pub pods: Vec<PodFacts>,
    /// The Service's EndpointSlices.
    pub slices: Vec<SliceFacts>,
    /// The workloads of the namespace.
    pub workloads: Vec<WorkloadFacts>,
    /// What other namespaces have of what is missing here; read only where something is.
    pub elsewhere: Vec<Elsewhere>,
    /// The history of the Service's Helm release, in any order; nothing where it may not be read.
    pub revisions: Option<Vec<Revision>>,
    /// Warnings about the pods and the workload that the Service means; read only where these
    /// are what fails.
    pub events: Vec<EventFacts>,
}

/// The Service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceFacts {
    /// The name that an `ExternalName` Service stands for.
    pub external_name: Option<String>,
    /// The labels of its pods; none means that nobody fills its endpoints.
    pub selector: Labels,
    /// Its ports.
    pub ports: Vec<PortFacts>,
    /// Who changed the selector last, where known.
    pub selector_changed: Option<Changed>,
    /// Who changed the ports last, where known.
    pub ports_changed: Option<Changed>,
    /// The Helm release that it belongs to.
    pub release: Option<ReleaseName>,
    /// The chart that made it, as its label `helm.sh/chart` says: `api-service-1.1.0`.
    pub chart: Option<String>,
}

/// A Helm release.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseName {
    /// Its name.
    pub name: String,
    /// The namespace that it is kept in.
    pub namespace: String,
}

/// A revision of a Helm release, as the labels of its Secret tell it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revision {
    /// Its number, from 1.
    pub number: u64,
    /// `deployed`, `superseded`, `failed`, `pending-upgrade`, …
    pub status: String,
    /// When it began: RFC 3339, in whole seconds, by the API server's clock.
    pub began: Option<String>,
    /// When its status was written: RFC 3339, in whole seconds, by Helm's clock.
    pub at: Option<String>,
}

/// What another namespace has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Elsewhere {
    /// The namespace.
    pub namespace: String,
    /// How many ready pods with all labels of the selector were seen there; 0 where it is the
    /// Service that was looked for and found.
    pub ready: usize,
}

/// An Event of type Warning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFacts {
    /// What it is about: `pod/api-0`.
    pub about: String,
    /// `FailedScheduling`, `Unhealthy`, …
    pub reason: String,
    /// What happened.
    pub message: String,
    /// How often; at least once.
    pub times: i64,
    /// The last time: RFC 3339.
    pub last: Option<String>,
}

/// Who changed a field, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// The field manager.
    pub by: String,
    /// RFC 3339, in whole seconds.
    pub at: Option<String>,
}

/// A port of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortFacts {
    /// Its number.
    pub port: i32,
    /// The pods' port: a number, or a name that their containers must have.
    pub target: TargetPort,
}

/// The pods' port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetPort {
    /// A number; every container has it.
    Number(i32),
    /// A name.
    Name(String),
}

/// A pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PodFacts {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Labels,
    /// Why it is not ready; nothing where it is.
    pub not_ready: Option<String>,
    /// The names and numbers of the ports of its containers, sidecars among them.
    pub ports: Vec<(Option<String>, i32)>,
    /// The workload that made it: `Deployment api-service`.
    pub workload: Option<String>,
}

/// An EndpointSlice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SliceFacts {
    /// Endpoints that are ready (not said counts as ready).
    pub ready: usize,
    /// How many ports it has; without one, no endpoint of it can be used.
    pub ports: usize,
}

/// A Deployment, StatefulSet or the like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkloadFacts {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How many pods it is told to have.
    pub replicas: i32,
    /// Who said so last, where known.
    pub replicas_changed: Option<Changed>,
    /// The labels of its pods.
    pub labels: Labels,
    /// Why it cannot make pods, where it says so.
    pub failure: Option<String>,
    /// The Helm release that it belongs to.
    pub release: Option<ReleaseName>,
}
