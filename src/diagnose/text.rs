//! A cause in words, and the command that mends it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::facts::{Facts, Labels, ServiceFacts, TargetPort};
use super::near::NearMiss;
use super::rules::{Cause, matching, usable};

/// How many near misses are named.
const NAMED: usize = 3;

/// The lines for people, and the fix.
pub(super) fn explain(facts: &Facts, cause: &Cause, near: &[NearMiss]) -> (Vec<String>, Option<String>) {
    let name = &facts.name;
    let Some(service) = &facts.service else { return no_service(facts) };
    let kubectl = format!("kubectl -n {}", facts.namespace);
    match cause {
        Cause::Healthy | Cause::NoService => {
            (vec![format!("Service {name} has {}.", endpoints(usable(facts)))], None)
        }
        Cause::ExternalName { to } => (
            vec![format!(
                "Service {name} is of type ExternalName: it stands for {to} and never has endpoints."
            )],
            None,
        ),
        Cause::NoSelector => (
            vec![format!(
                "Service {name} has no selector, so Kubernetes fills no endpoints; \
                 somebody has to write its EndpointSlices."
            )],
            None,
        ),
        Cause::ScaledToZero { workload } => (
            vec![format!("Service {name} selects the pods of {workload}, which is scaled to 0.")],
            Some(format!("{kubectl} scale {} --replicas 1", object(workload))),
        ),
        Cause::NoPods { workload, reason } => (
            vec![
                format!("Service {name} selects the pods of {workload}, which has none."),
                reason.as_ref().map_or_else(
                    || "It does not say why; its events may.".to_owned(),
                    |reason| format!("It says: {reason}"),
                ),
            ],
            Some(format!("{kubectl} describe {}", object(workload))),
        ),
        Cause::NoPodMatches => no_pod_matches(facts, service, near),
        Cause::NoneReady => none_ready(facts, service),
        Cause::NoPort { target_port } => no_port(facts, service, target_port),
        Cause::SlicesBehind => (
            vec![format!(
                "Service {name} has ready pods with the right ports, but its EndpointSlices do not list them; \
                 kube-controller-manager may be behind or down."
            )],
            Some("kubectl -n kube-system get pods -l component=kube-controller-manager".to_owned()),
        ),
    }
}

fn no_service(facts: &Facts) -> (Vec<String>, Option<String>) {
    let (name, namespace) = (&facts.name, &facts.namespace);
    let mut line = format!("There is no Service {name} in the namespace {namespace}.");
    let nearest = facts
        .services
        .iter()
        .map(|other| (strsim::jaro_winkler(name, other), other))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((_, nearest)) = nearest {
        line = format!("{line} Did you mean {nearest}?");
    } else if facts.services.is_empty() {
        line = format!("{line} It has none at all.");
    } else {
        line = format!("{line} It has: {}.", facts.services.join(", "));
    }
    (vec![line], None)
}

fn no_pod_matches(facts: &Facts, service: &ServiceFacts, near: &[NearMiss]) -> (Vec<String>, Option<String>) {
    let kubectl = format!("kubectl -n {}", facts.namespace);
    let mut lines =
        vec![format!("Service {} selects {}; no pod has it.", facts.name, selector(&service.selector))];
    let likely = near.first().is_some_and(NearMiss::is_likely);
    let shown = if likely { near.iter().filter(|m| m.is_likely()).count() } else { near.len() };
    lines.extend(near.iter().take(shown.min(NAMED)).map(near_miss));
    if near.is_empty() {
        lines.push(match facts.pods.len() {
            0 => format!("The namespace {} has no pods at all.", facts.namespace),
            1 => "The only pod of the namespace differs in more than one label.".to_owned(),
            n => format!("All {n} pods of the namespace differ in more than one label."),
        });
    }
    if let Some(changed) = &service.selector_changed {
        let at = changed.at.as_deref().map(|at| format!(" at {}", clock(at))).unwrap_or_default();
        lines.push(format!("Selector last changed by {}{at}.", changed.by));
    }
    let fix = match near.first().filter(|_| likely) {
        Some(NearMiss { key, has: Some((other, value)), .. }) => {
            let mut labels = Map::new();
            if key != other {
                labels.insert(key.clone(), Value::Null);
            }
            labels.insert(other.clone(), json!(value));
            let patch = json!({"spec": {"selector": labels}});
            format!("{kubectl} patch service {} --type merge -p '{patch}'", facts.name)
        }
        _ => format!("{kubectl} get pods --show-labels"),
    };
    (lines, Some(fix))
}

fn near_miss(miss: &NearMiss) -> String {
    let (pods, differ) = match miss.pods {
        1 => ("pod", "differs"),
        _ => ("pods", "differ"),
    };
    let count = match (miss.ready, miss.pods) {
        (ready, all) if ready == all => format!("{all} ready {pods}"),
        (0, all) => format!("{all} {pods} (none ready)"),
        (ready, all) => format!("{all} {pods} ({ready} ready)"),
    };
    let has = match &miss.has {
        Some((key, value)) => format!("{key}={value}"),
        None => format!("no {}", miss.key),
    };
    let workload = miss.workload.as_ref().map(|workload| format!(" ({workload})")).unwrap_or_default();
    format!("{count} {differ} in this one label: {has}{workload}.")
}

fn none_ready(facts: &Facts, service: &ServiceFacts) -> (Vec<String>, Option<String>) {
    let pods = matching(facts, service);
    let selects = selector(&service.selector);
    let (count, none) = match pods.len() {
        1 => ("1 pod matches".to_owned(), "it is not ready"),
        n => (format!("{n} pods match"), "none is ready"),
    };
    let mut lines = vec![format!("Service {} selects {selects}; {count}, but {none}.", facts.name)];
    let reasons: BTreeSet<&str> = pods.iter().filter_map(|pod| pod.not_ready.as_deref()).collect();
    for reason in reasons {
        let who: Vec<&str> = pods
            .iter()
            .filter(|pod| pod.not_ready.as_deref() == Some(reason))
            .map(|pod| pod.name.as_str())
            .collect();
        lines.push(match who.as_slice() {
            [one] => format!("{one}: {reason}"),
            [first, rest @ ..] => format!("{first} and {} more: {reason}", rest.len()),
            [] => continue,
        });
    }
    let fix = pods.first().map(|pod| format!("kubectl -n {} describe pod {}", facts.namespace, pod.name));
    (lines, fix)
}

fn no_port(facts: &Facts, service: &ServiceFacts, target: &str) -> (Vec<String>, Option<String>) {
    let pods = matching(facts, service);
    let ports: BTreeSet<(Option<&str>, i32)> =
        pods.iter().flat_map(|pod| &pod.ports).map(|(name, number)| (name.as_deref(), *number)).collect();
    let listed: Vec<String> = ports
        .iter()
        .map(|(name, number)| name.map_or_else(|| number.to_string(), |name| format!("{name} ({number})")))
        .collect();
    let listed = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
    let wanted = TargetPort::Name(target.to_owned());
    let at = service.ports.iter().position(|port| port.target == wanted).unwrap_or(0);
    let number = service.ports.get(at).map_or(0, |port| port.port);
    let lines = vec![
        format!(
            "Service {} has ready pods, but none of their containers has a port named {target}, \
             which its port {number} leads to.",
            facts.name
        ),
        format!("Ports of the containers: {listed}."),
    ];
    let nearest = ports
        .iter()
        .filter_map(|(name, _)| *name)
        .max_by(|a, b| strsim::jaro_winkler(target, a).total_cmp(&strsim::jaro_winkler(target, b)));
    let value = nearest.map(|name| json!(name)).or_else(|| ports.first().map(|(_, number)| json!(number)));
    let fix = value.map(|value| {
        let patch =
            json!([{"op": "replace", "path": format!("/spec/ports/{at}/targetPort"), "value": value}]);
        format!("kubectl -n {} patch service {} --type json -p '{patch}'", facts.namespace, facts.name)
    });
    (lines, fix)
}

fn selector(labels: &Labels) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

fn endpoints(n: usize) -> String {
    format!("{n} usable endpoint{}", if n == 1 { "" } else { "s" })
}

/// `Deployment api` as kubectl takes it: `deployment/api`.
fn object(workload: &str) -> String {
    workload
        .split_once(' ')
        .map_or_else(|| workload.to_owned(), |(kind, name)| format!("{}/{name}", kind.to_lowercase()))
}

/// The time of day of an RFC 3339 time, where it is from today's run of the clock.
fn clock(at: &str) -> String {
    at.split_once('T').map_or_else(|| at.to_owned(), |(_, time)| time.to_owned())
}
