//! A cause in words, and the command that mends it.

use std::collections::BTreeSet;

use super::facts::{Changed, Facts, ServiceFacts};
use super::mismatch::{counted, selector};
use super::near::NearMiss;
use super::release::Release;
use super::rules::{Cause, matching, usable};
use super::{elsewhere, events, mismatch, ports, release};

/// What is said: the lines, the fix, and what makes it last.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub lines: Vec<String>,
    pub fix: Option<String>,
    pub then: Vec<String>,
    pub note: Option<String>,
}

impl Said {
    fn line(line: String) -> Self {
        Self { lines: vec![line], ..Self::default() }
    }

    fn with(self, fix: String) -> Self {
        Self { fix: Some(fix), ..self }
    }
}

/// The lines for people, the fix, and what makes it last.
pub(super) fn explain(
    facts: &Facts,
    cause: &Cause,
    near: &[NearMiss],
    changed: Option<&Changed>,
    of: Option<&Release>,
) -> Said {
    let name = &facts.name;
    let Some(service) = &facts.service else { return no_service(facts) };
    match cause {
        Cause::Healthy | Cause::NoService => {
            let mut said =
                Said::line(format!("Service {name} has {}.", counted(usable(facts), "usable endpoint")));
            let (lines, fix) = ports::some(facts, service);
            said.lines.extend(lines);
            Said { fix, ..said }
        }
        Cause::ExternalName { to } => Said::line(format!(
            "Service {name} is of type ExternalName: it stands for {to} and never has endpoints."
        )),
        Cause::NoSelector => Said::line(format!(
            "Service {name} has no selector, so Kubernetes fills no endpoints; \
             somebody has to write its EndpointSlices."
        )),
        Cause::ScaledToZero { workload } => scaled_to_zero(facts, workload, changed),
        Cause::NoPods { workload, reason } => no_pods(facts, workload, reason.as_deref()),
        Cause::NoPodMatches => mismatch::explain(facts, service, near, changed, of),
        Cause::NoneReady => none_ready(facts, service),
        Cause::NoPort { target_port } => ports::none(facts, service, target_port, changed, of),
        Cause::SlicesBehind => Said::line(format!(
            "Service {name} has ready pods with the right ports, but its EndpointSlices do not list them; \
             kube-controller-manager may be behind or down."
        ))
        .with("kubectl -n kube-system get pods -l component=kube-controller-manager".to_owned()),
    }
}

fn scaled_to_zero(facts: &Facts, workload: &str, changed: Option<&Changed>) -> Said {
    let (name, namespace) = (&facts.name, &facts.namespace);
    let mut said =
        Said::line(format!("Service {name} selects the pods of {workload}, which is scaled to 0."));
    said.lines.extend(release::lines(facts, "Replicas", changed, None));
    said.with(format!("kubectl -n {namespace} scale {} --replicas 1", object(workload)))
}

fn no_pods(facts: &Facts, workload: &str, reason: Option<&str>) -> Said {
    let (name, namespace) = (&facts.name, &facts.namespace);
    let mut said = Said::line(format!("Service {name} selects the pods of {workload}, which has none."));
    said.lines.extend(reason.map(|reason| format!("It says: {reason}")));
    said.lines.extend(events::lines(&facts.events, &said.lines));
    if said.lines.len() == 1 {
        said.lines.push("It does not say why; its events may.".to_owned());
    }
    said.with(format!("kubectl -n {namespace} describe {}", object(workload)))
}

fn no_service(facts: &Facts) -> Said {
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
    } else if facts.elsewhere.is_empty() {
        line = format!("{line} It has: {}.", facts.services.join(", "));
    }
    let mut said = Said::line(line);
    if let Some((there, command)) = elsewhere::service(facts) {
        said.lines.push(there);
        said.fix = Some(command);
    }
    said
}

fn none_ready(facts: &Facts, service: &ServiceFacts) -> Said {
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
    lines.extend(events::lines(&facts.events, &lines));
    Said { lines, fix, ..Said::default() }
}

/// `Deployment api` as kubectl takes it: `deployment/api`.
fn object(workload: &str) -> String {
    workload
        .split_once(' ')
        .map_or_else(|| workload.to_owned(), |(kind, name)| format!("{}/{name}", kind.to_lowercase()))
}

/// The time of day of an RFC 3339 time, where it is from today's run of the clock.
pub(super) fn clock(at: &str) -> String {
    at.split_once('T').map_or_else(|| at.to_owned(), |(_, time)| time.to_owned())
}
