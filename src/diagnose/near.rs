//! Pods that a selector misses by one label.

use std::collections::BTreeMap;

use serde::Serialize;

use super::facts::{Facts, Labels, PodFacts, ReleaseName};

/// Pods of one workload that have all labels of a selector but one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NearMiss {
    /// The selector's key that they do not match.
    pub key: String,
    /// What the selector asks for.
    pub wanted: String,
    /// The label of the pods instead: mostly the same key with another value; or another key
    /// with the same value, or one that means the same; nothing where they have none of these.
    pub has: Option<(String, String)>,
    /// The workload that made them.
    pub workload: Option<String>,
    /// The Helm release that the workload belongs to.
    pub release: Option<ReleaseName>,
    /// How many there are.
    pub pods: usize,
    /// How many of them are ready.
    pub ready: usize,
    /// How alike what is asked for and what is there are, in thousandths.
    #[serde(skip)]
    pub likeness: u32,
}

impl NearMiss {
    /// Whether this is so probably what was meant that its fix can be named.
    #[must_use]
    pub const fn is_likely(&self) -> bool {
        self.likeness >= 700
    }
}

/// What pods of one near miss share: the key, what they have instead, their workload.
type Group<'a> = (&'a str, Option<(String, String)>, Option<&'a str>);

/// The near misses of the selector, the likeliest first.
pub(super) fn near_misses(facts: &Facts, selector: &Labels) -> Vec<NearMiss> {
    let mut groups: BTreeMap<Group<'_>, Vec<&PodFacts>> = BTreeMap::new();
    for pod in &facts.pods {
        let mut missed = selector.iter().filter(|(key, value)| pod.labels.get(*key) != Some(*value));
        let (Some((key, wanted)), None) = (missed.next(), missed.next()) else { continue };
        let group = (key.as_str(), instead(&pod.labels, key, wanted, selector), pod.workload.as_deref());
        groups.entry(group).or_default().push(pod);
    }
    let mut misses: Vec<NearMiss> = groups
        .into_iter()
        .map(|((key, has, workload), pods)| NearMiss {
            likeness: likeness(&facts.name, key, selector, has.as_ref(), workload),
            key: key.to_owned(),
            wanted: selector.get(key).cloned().unwrap_or_default(),
            has,
            workload: workload.map(str::to_owned),
            release: workload.and_then(|workload| release(facts, workload)),
            ready: pods.iter().filter(|pod| pod.not_ready.is_none()).count(),
            pods: pods.len(),
        })
        // Where one label is all that is asked for, every pod lacks one label only.
        .filter(|miss| selector.len() > 1 || miss.has.is_some())
        .collect();
    misses.sort_by_key(|miss| std::cmp::Reverse((miss.likeness, miss.ready)));
    misses
}

fn release(facts: &Facts, workload: &str) -> Option<ReleaseName> {
    let (kind, name) = workload.split_once(' ')?;
    facts.workloads.iter().find(|w| w.kind == kind && w.name == name)?.release.clone()
}

/// What labels have instead of `key=wanted`: another value; else the value under another key, one
/// that means the same first; else what is under a key that means the same.
pub(super) fn instead(
    labels: &Labels,
    key: &str,
    wanted: &str,
    selector: &Labels,
) -> Option<(String, String)> {
    if let Some(value) = labels.get(key) {
        return Some((key.to_owned(), value.clone()));
    }
    labels
        .iter()
        .filter(|(other, _)| !selector.contains_key(*other))
        .map(|(other, value)| (same_meaning(key, other), value == wanted, other, value))
        .filter(|(same_key, same_value, ..)| *same_key || *same_value)
        .max_by_key(|(same_key, same_value, ..)| (*same_value, *same_key))
        .map(|(.., other, value)| (other.clone(), value.clone()))
}

/// Whether two keys of labels are ways to write one: `app` and `app.kubernetes.io/name`,
/// `App_Name` and `app-name`.
fn same_meaning(one: &str, other: &str) -> bool {
    const NAMES: [&str; 5] = ["app", "name", "k8s-app", "app.kubernetes.io/name", "app.kubernetes.io/app"];
    let spelled = |key: &str| -> String {
        let last = key.rsplit('/').next().unwrap_or(key);
        last.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    (NAMES.contains(&one) && NAMES.contains(&other)) || spelled(one) == spelled(other)
}

/// How alike they are: by the label, by the workload's name (`Deployment api`) and the Service's,
/// and by how much of the selector does match. In thousandths.
pub(super) fn likeness(
    service: &str,
    key: &str,
    selector: &Labels,
    has: Option<&(String, String)>,
    workload: Option<&str>,
) -> u32 {
    let wanted = selector.get(key).map(String::as_str).unwrap_or_default();
    let by_label = has.map_or(0.0, |(other, value)| {
        // A key that means something else can have the value by chance.
        let by_key = if other == key || same_meaning(key, other) { 1.0 } else { 0.9 };
        by_key * strsim::jaro_winkler(wanted, value)
    });
    let name = workload.and_then(|workload| workload.split_once(' ')).map(|(_, name)| name);
    let by_name = name.map_or(0.0, |name| strsim::jaro_winkler(service, name));
    let by_rest = if selector.len() > 1 { 0.7 } else { 0.0 };
    let best = by_label.max(by_name).max(by_rest);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 1, times 1000")]
    let thousandths = (best * 1000.0).round() as u32;
    thousandths
}
