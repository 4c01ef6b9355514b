//! A selector that no pod has: what is near it, who made it so, and the patch.

use serde_json::{Map, Value, json};

use super::elsewhere;
use super::facts::{Changed, Facts, Labels, ReleaseName, ServiceFacts};
use super::near::NearMiss;
use super::release::{self, Release};
use super::text::Said;

/// How many near misses are named.
const NAMED: usize = 3;

/// The selector, its near misses, its history and the patch that mends it.
pub(super) fn explain(
    facts: &Facts,
    service: &ServiceFacts,
    near: &[NearMiss],
    changed: Option<&Changed>,
    release: Option<&Release>,
) -> Said {
    let mut lines =
        vec![format!("Service {} selects {}; no pod has it.", facts.name, selector(&service.selector))];
    let likely = near.first().is_some_and(NearMiss::is_likely);
    let elsewhere = elsewhere::pods(facts, &service.selector).filter(|_| !likely);
    lines.extend(elsewhere.iter().map(|(line, _)| line.clone()));
    // The answer is there: strangers here would only bury it.
    let near = if elsewhere.is_some() { &[] } else { near };
    let shown = if likely { near.iter().filter(|m| m.is_likely()).count() } else { near.len() };
    let own = service.release.as_ref();
    lines.extend(near.iter().take(shown.min(NAMED)).map(|miss| near_miss(miss, own, &facts.namespace)));
    if near.is_empty() && elsewhere.is_none() {
        lines.push(match facts.pods.len() {
            0 => format!("The namespace {} has no pods at all.", facts.namespace),
            1 => "The only pod of the namespace differs in more than one label.".to_owned(),
            n => format!("All {n} pods of the namespace differ in more than one label."),
        });
    }
    lines.extend(release::lines(facts, "Selector", changed, release));
    if let Some(patch) = near.first().filter(|_| likely).and_then(|miss| patch(facts, miss)) {
        let (then, note) = release::lasting("selector", release);
        return Said { lines, fix: Some(patch), then, note };
    }
    let look = format!("kubectl -n {} get pods --show-labels", facts.namespace);
    Said { fix: Some(elsewhere.map_or(look, |(_, command)| command)), lines, ..Said::default() }
}

/// The patch that makes the Service select these pods.
fn patch(facts: &Facts, miss: &NearMiss) -> Option<String> {
    let (other, value) = miss.has.as_ref()?;
    let mut labels = Map::new();
    if miss.key != *other {
        labels.insert(miss.key.clone(), Value::Null);
    }
    labels.insert(other.clone(), json!(value));
    let patch = json!({"spec": {"selector": labels}});
    Some(format!("kubectl -n {} patch service {} --type merge -p '{patch}'", facts.namespace, facts.name))
}

fn near_miss(miss: &NearMiss, own: Option<&ReleaseName>, here: &str) -> String {
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
    // Of the Service's own release, more is said below.
    let release = miss.release.as_ref().filter(|release| own != Some(*release));
    let release = release.map(|release| format!(", {}", release::title(release, here))).unwrap_or_default();
    let workload = miss.workload.as_ref().map(|made| format!(" ({made}{release})")).unwrap_or_default();
    format!("{count} {differ} in this one label: {has}{workload}.")
}

/// `app=api,tier=web`, as kubectl takes it.
pub(super) fn selector(labels: &Labels) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

/// `3 ready pods`.
pub(super) fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
