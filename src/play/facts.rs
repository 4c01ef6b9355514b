//! What was read of the cluster, in lines. Pure: the [`reader`](super::reader) reads.

use std::time::Instant;

use crate::diagnose::{Facts, Labels, PodFacts, selects};
use crate::drill::See;
use crate::plain::plain;

/// How many pods and events are listed.
const MOST: usize = 6;
/// A label that every pod of a Deployment has, and that tells nothing.
const HASH: &str = "pod-template-hash";

/// An Event of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// When it was seen last, RFC 3339.
    pub at: String,
    /// `Pod api-service-7d9`.
    pub object: String,
    /// `Killing`.
    pub reason: String,
    /// More.
    pub message: String,
}

/// One look at the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// The Service, its slices and the pods; or why they were not read.
    pub facts: Result<Facts, String>,
    /// The latest Events, the newest first; or why they were not read. Nothing where no round asks.
    pub events: Option<Result<Vec<Happened>, String>>,
    /// When the look began.
    pub asked: Instant,
}

impl Sight {
    /// What a round shows of it.
    #[must_use]
    pub fn lines(&self, see: &[See]) -> Vec<String> {
        let mut lines = Vec::new();
        let cluster = see.iter().any(|see| *see != See::Events);
        match &self.facts {
            Err(why) if cluster => lines.push(format!("the cluster was not read: {why}")),
            Err(_) => {}
            Ok(facts) => {
                for see in see {
                    match see {
                        See::Endpoints => lines.push(endpoints(facts)),
                        See::Selector => lines.push(selector(facts)),
                        See::Pods => lines.extend(pods(facts)),
                        See::Events => {}
                    }
                }
            }
        }
        if see.contains(&See::Events) {
            lines.extend(events(self.events.as_ref()));
        }
        lines.iter().map(|line| plain(line).into_owned()).collect()
    }
}

fn endpoints(facts: &Facts) -> String {
    if facts.service.is_none() {
        return format!("service/{}: NOT THERE", facts.name);
    }
    let usable: usize = facts.slices.iter().filter(|s| s.ports > 0).map(|s| s.ready).sum();
    let word = if usable == 0 { "NO ready endpoints" } else { "ready endpoints" };
    let count = if usable == 0 { String::new() } else { format!("{usable} ") };
    format!("service/{}: {count}{word}, in {}", facts.name, counted(facts.slices.len(), "EndpointSlice"))
}

fn selector(facts: &Facts) -> String {
    let Some(service) = &facts.service else {
        return format!("selector: none, service/{} is not there", facts.name);
    };
    let selected = facts.pods.iter().filter(|pod| selects(&service.selector, &pod.labels)).count();
    let changed = service.selector_changed.as_ref().map(|changed| {
        let at = changed.at.as_deref().map(|at| format!(" at {}", time_of_day(at))).unwrap_or_default();
        format!("; set by {}{at}", changed.by)
    });
    format!(
        "selector {}: matches {selected} of {}{}",
        joined(&service.selector),
        counted(facts.pods.len(), "pod"),
        changed.unwrap_or_default()
    )
}

fn pods(facts: &Facts) -> Vec<String> {
    if facts.pods.is_empty() {
        return vec!["pods: none".to_owned()];
    }
    let mut lines: Vec<_> = facts.pods.iter().take(MOST).map(pod).collect();
    if facts.pods.len() > MOST {
        lines.push(format!("… and {} more", counted(facts.pods.len() - MOST, "pod")));
    }
    lines
}

fn pod(pod: &PodFacts) -> String {
    let state = pod.not_ready.as_ref().map_or("Ready".to_owned(), |why| format!("NOT READY ({why})"));
    let orphan = if pod.workload.is_none() { ", an orphan" } else { "" };
    let labels: Labels = pod.labels.clone().into_iter().filter(|(key, _)| key != HASH).collect();
    format!("pod/{} {state}, {}{orphan}", pod.name, joined(&labels))
}

fn events(events: Option<&Result<Vec<Happened>, String>>) -> Vec<String> {
    match events {
        None => Vec::new(),
        Some(Err(why)) => vec![format!("events were not read: {why}")],
        Some(Ok(events)) if events.is_empty() => vec!["events: none".to_owned()],
        Some(Ok(events)) => {
            let line =
                |e: &Happened| format!("{} {} {}: {}", time_of_day(&e.at), e.object, e.reason, e.message);
            events.iter().take(MOST).map(line).collect()
        }
    }
}

fn joined(labels: &Labels) -> String {
    if labels.is_empty() {
        return "(none)".to_owned();
    }
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// `14:15:02` of `2026-11-24T14:15:02Z`.
fn time_of_day(at: &str) -> &str {
    at.split_once('T').and_then(|(_, time)| time.get(..8)).unwrap_or(at)
}
