//! Why a pod is not ready.

use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodCondition};

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
        .or_else(|| gate(pod, &conditions))
        .or_else(|| failing("Ready"))
        .or_else(|| Some(status.phase.unwrap_or_else(|| "no status yet".to_owned())))
}

/// The readiness gate that nobody has opened.
fn gate(pod: &Pod, conditions: &[PodCondition]) -> Option<String> {
    let gates = pod.spec.iter().flat_map(|spec| spec.readiness_gates.iter().flatten());
    let open = |kind: &str| conditions.iter().any(|c| c.type_ == kind && c.status == "True");
    let shut = gates.map(|gate| gate.condition_type.as_str()).find(|kind| !open(kind))?;
    Some(format!("readiness gate {} is not true", plain(shut)))
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
