//! Ports of a Service that lead nowhere.

use std::collections::BTreeSet;

use serde_json::json;

use super::facts::{Changed, Facts, PodFacts, ServiceFacts, TargetPort};
use super::release::{self, Release};
use super::rules::matching;
use super::text::Said;

/// The named ports that no container of these pods has.
pub(super) fn lacking<'a>(
    service: &'a ServiceFacts,
    pods: &'a [&PodFacts],
) -> impl Iterator<Item = &'a str> + use<'a> {
    service.ports.iter().filter_map(|port| match &port.target {
        TargetPort::Name(name) if pods.iter().all(|pod| !has_port(pod, name)) => Some(name.as_str()),
        _ => None,
    })
}

fn has_port(pod: &PodFacts, wanted: &str) -> bool {
    pod.ports.iter().any(|(name, _)| name.as_deref() == Some(wanted))
}

/// No port of the Service leads anywhere.
pub(super) fn none(
    facts: &Facts,
    service: &ServiceFacts,
    target: &str,
    changed: Option<&Changed>,
    release: Option<&Release>,
) -> Said {
    let ports = declared(facts, service);
    let number = service.ports.get(position(service, target)).map_or(0, |port| port.port);
    let mut lines = vec![
        format!(
            "Service {} has ready pods, but none of their containers has a port named {target}, \
             which its port {number} leads to.",
            facts.name
        ),
        format!("Ports of the containers: {}.", listed(&ports)),
    ];
    lines.extend(release::lines(facts, "Ports", changed, release));
    let fix = patch(facts, service, target, &ports);
    let (then, note) = if fix.is_some() { release::lasting("ports", release) } else { (Vec::new(), None) };
    Said { lines, fix, then, note }
}

/// Ports that lead nowhere while the Service has usable endpoints: lines, and how to mend the
/// first of them.
pub(super) fn some(facts: &Facts, service: &ServiceFacts) -> (Vec<String>, Option<String>) {
    let pods = matching(facts, service);
    let ready: Vec<&PodFacts> = pods.into_iter().filter(|pod| pod.not_ready.is_none()).collect();
    if ready.is_empty() {
        return (Vec::new(), None);
    }
    let ports = declared(facts, service);
    let lacking: Vec<&str> = lacking(service, &ready).collect();
    let mut lines: Vec<String> = lacking
        .iter()
        .map(|target| {
            let number = service.ports.get(position(service, target)).map_or(0, |port| port.port);
            format!(
                "Its port {number} has none: no container has a port named {target} (there are: {}).",
                listed(&ports)
            )
        })
        .collect();
    lines.extend(service.ports.iter().filter_map(|port| undeclared(port.port, &port.target, &ports)));
    let fix = lacking.first().and_then(|target| patch(facts, service, target, &ports));
    (lines, fix)
}

/// That a number is declared by nobody, where the containers declare others. Kubernetes does not
/// mind; mostly nobody listens there.
fn undeclared(port: i32, target: &TargetPort, ports: &Declared<'_>) -> Option<String> {
    let TargetPort::Number(number) = target else { return None };
    if ports.is_empty() || ports.iter().any(|(_, declared)| declared == number) {
        return None;
    }
    Some(format!(
        "Its port {port} leads to {number}, which no container declares (there are: {}); \
         that is allowed, but something must listen there.",
        listed(ports)
    ))
}

/// Names and numbers.
type Declared<'a> = BTreeSet<(Option<&'a str>, i32)>;

/// The ports of the containers of the pods that the Service selects.
fn declared<'a>(facts: &'a Facts, service: &ServiceFacts) -> Declared<'a> {
    let pods = matching(facts, service);
    pods.iter().flat_map(|pod| &pod.ports).map(|(name, number)| (name.as_deref(), *number)).collect()
}

fn listed(ports: &Declared<'_>) -> String {
    let listed: Vec<String> = ports
        .iter()
        .map(|(name, number)| name.map_or_else(|| number.to_string(), |name| format!("{name} ({number})")))
        .collect();
    if listed.is_empty() { "none".to_owned() } else { listed.join(", ") }
}

fn position(service: &ServiceFacts, target: &str) -> usize {
    let leads = |to: &TargetPort| matches!(to, TargetPort::Name(name) if name == target);
    service.ports.iter().position(|port| leads(&port.target)).unwrap_or(0)
}

/// Leads the port to the likeliest one that there is and that no other port leads to.
fn patch(facts: &Facts, service: &ServiceFacts, target: &str, ports: &Declared<'_>) -> Option<String> {
    let taken = |name: Option<&str>, number: i32| {
        service.ports.iter().any(|port| match &port.target {
            TargetPort::Name(target) => name == Some(target.as_str()),
            TargetPort::Number(target) => *target == number,
        })
    };
    let free: Vec<_> = ports.iter().filter(|(name, number)| !taken(*name, *number)).collect();
    let nearest = free
        .iter()
        .filter_map(|(name, _)| *name)
        .max_by(|a, b| strsim::jaro_winkler(target, a).total_cmp(&strsim::jaro_winkler(target, b)));
    let value = nearest.map(|name| json!(name)).or_else(|| free.first().map(|(_, number)| json!(number)))?;
    let path = format!("/spec/ports/{}/targetPort", position(service, target));
    let patch = json!([{"op": "replace", "path": path, "value": value}]);
    Some(format!("kubectl -n {} patch service {} --type json -p '{patch}'", facts.namespace, facts.name))
}
