//! What a diagnosis is made from.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

/// Labels or a selector.
pub type Labels = BTreeMap<String, String>;

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
}

/// Who changed a field, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The names and numbers of its containers' ports.
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
    /// The labels of its pods.
    pub labels: Labels,
    /// Why it cannot make pods, where it says so.
    pub failure: Option<String>,
}

/// Why a pod is not ready; nothing where it is.
#[must_use]
pub fn not_ready(pod: &Pod) -> Option<String> {
    if pod.metadata.deletion_timestamp.is_some() {
        return Some("being deleted".to_owned());
    }
    let status = pod.status.clone().unwrap_or_default();
    let conditions = status.conditions.unwrap_or_default();
    let condition = |kind: &str| conditions.iter().find(|c| c.type_ == kind);
    if condition("Ready").is_some_and(|c| c.status == "True") {
        return None;
    }
    let containers = status.init_container_statuses.iter().flatten();
    let stuck = containers.chain(status.container_statuses.iter().flatten()).find_map(stuck);
    let failing = |kind: &str| {
        let c = condition(kind).filter(|c| c.status == "False")?;
        Some(said(c.reason.as_deref().unwrap_or(kind), c.message.as_deref()))
    };
    stuck
        .or_else(|| failing("PodScheduled"))
        .or_else(|| status.reason.as_deref().map(|reason| said(reason, status.message.as_deref())))
        .or_else(|| failing("ContainersReady"))
        .or_else(|| failing("Ready"))
        .or_else(|| Some(status.phase.unwrap_or_else(|| "no status yet".to_owned())))
}

/// What keeps a container from running, where something does.
fn stuck(container: &ContainerStatus) -> Option<String> {
    let state = container.state.as_ref()?;
    let last = container.last_state.as_ref().and_then(|state| state.terminated.as_ref());
    let reason = if let Some(waiting) = &state.waiting {
        let reason = waiting.reason.as_deref().unwrap_or("Waiting");
        let exit = last.map(|t| format!(" (last exit code {})", t.exit_code)).unwrap_or_default();
        said(reason, waiting.message.as_deref()) + &exit
    } else {
        let ended = state.terminated.as_ref().filter(|ended| ended.exit_code != 0)?;
        format!("{}: exit code {}", ended.reason.as_deref().unwrap_or("Terminated"), ended.exit_code)
    };
    Some(format!("container {}: {reason}", container.name))
}

fn said(reason: &str, message: Option<&str>) -> String {
    message.map_or_else(|| plain(reason), |message| format!("{}: {}", plain(reason), plain(message)))
}

/// Text of the cluster, harmless on a terminal and on one line.
#[must_use]
pub fn plain(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}
