//! The causes, and the order in which they are looked for.

use serde::Serialize;

use super::Diagnosis;
use super::facts::{Changed, Facts, PodFacts, ServiceFacts, WorkloadFacts};
use super::near::near_misses;
use super::ports::lacking;
use super::release::release;
use super::text::{self, Said};

/// Why a Service has no endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Cause {
    /// It has usable endpoints.
    Healthy,
    /// There is no such Service.
    NoService,
    /// It stands for a name outside the cluster and has no endpoints by its nature.
    ExternalName {
        /// The name.
        to: String,
    },
    /// It has no selector: somebody has to write its endpoints by hand.
    NoSelector,
    /// The workload that the selector means is scaled to 0.
    ScaledToZero {
        /// `Deployment api-service`.
        workload: String,
    },
    /// The workload that the selector means cannot make pods.
    NoPods {
        /// `Deployment api-service`.
        workload: String,
        /// Why, where it says so.
        reason: Option<String>,
    },
    /// No pod has the selector's labels.
    NoPodMatches,
    /// Pods match, and none is ready.
    NoneReady,
    /// Ready pods, but no container has the named port.
    NoPort {
        /// The `targetPort` that nobody has.
        target_port: String,
    },
    /// Ready pods with the port, but the slices do not list them (yet).
    SlicesBehind,
}

/// Says why the Service has no endpoints.
#[must_use]
pub fn diagnose(facts: &Facts) -> Diagnosis {
    let (cause, near_misses) = match &facts.service {
        None => (Cause::NoService, Vec::new()),
        Some(service) => {
            let cause = cause(facts, service);
            let near = cause == Cause::NoPodMatches;
            (cause, if near { near_misses(facts, &service.selector) } else { Vec::new() })
        }
    };
    let changed = changed(facts, &cause);
    let release = release(facts, changed.as_ref());
    let Said { lines, fix, then, note } =
        text::explain(facts, &cause, &near_misses, changed.as_ref(), release.as_ref());
    Diagnosis {
        service: facts.name.clone(),
        namespace: facts.namespace.clone(),
        cause,
        lines,
        near_misses,
        changed,
        release,
        elsewhere: facts.elsewhere.clone(),
        fix,
        then,
        note,
    }
}

/// Who changed last what the cause lies in.
fn changed(facts: &Facts, cause: &Cause) -> Option<Changed> {
    let service = facts.service.as_ref()?;
    match cause {
        Cause::NoPodMatches => service.selector_changed.clone(),
        Cause::NoPort { .. } => service.ports_changed.clone(),
        Cause::ScaledToZero { workload } => {
            facts.workloads.iter().find(|w| name(w) == *workload)?.replicas_changed.clone()
        }
        _ => None,
    }
}

pub(super) fn cause(facts: &Facts, service: &ServiceFacts) -> Cause {
    if let Some(to) = &service.external_name {
        return Cause::ExternalName { to: to.clone() };
    }
    if usable(facts) > 0 {
        return Cause::Healthy;
    }
    if service.selector.is_empty() {
        return Cause::NoSelector;
    }
    let pods = matching(facts, service);
    if pods.is_empty() {
        return without_pods(facts, service);
    }
    let ready: Vec<&PodFacts> = pods.into_iter().filter(|pod| pod.not_ready.is_none()).collect();
    if ready.is_empty() {
        return Cause::NoneReady;
    }
    let lacking = lacking(service, &ready).next();
    lacking.map_or(Cause::SlicesBehind, |target| Cause::NoPort { target_port: target.to_owned() })
}

/// No pod has the labels: is there a workload that would make some?
fn without_pods(facts: &Facts, service: &ServiceFacts) -> Cause {
    let meant: Vec<&WorkloadFacts> = facts
        .workloads
        .iter()
        .filter(|w| service.selector.iter().all(|(key, value)| w.labels.get(key) == Some(value)))
        .collect();
    match meant.iter().find(|w| w.replicas > 0).or_else(|| meant.first()) {
        Some(w) if w.replicas == 0 => Cause::ScaledToZero { workload: name(w) },
        Some(w) => Cause::NoPods { workload: name(w), reason: w.failure.clone() },
        None => Cause::NoPodMatches,
    }
}

/// Endpoints that are ready and have a port.
pub(super) fn usable(facts: &Facts) -> usize {
    facts.slices.iter().filter(|slice| slice.ports > 0).map(|slice| slice.ready).sum()
}

/// The pods that the selector matches.
pub(super) fn matching<'a>(facts: &'a Facts, service: &ServiceFacts) -> Vec<&'a PodFacts> {
    let has =
        |pod: &&PodFacts| service.selector.iter().all(|(key, value)| pod.labels.get(key) == Some(value));
    facts.pods.iter().filter(has).collect()
}

/// `Deployment api-service`.
fn name(workload: &WorkloadFacts) -> String {
    format!("{} {}", workload.kind, workload.name)
}
