//! Pods that a selector misses by one label.

use std::collections::BTreeMap;

use serde::Serialize;

use super::facts::{Facts, Labels, PodFacts};

/// Pods of one workload that have all labels of a selector but one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NearMiss {
    /// The selector's key that they do not match.
    pub key: String,
    /// What the selector asks for.
    pub wanted: String,
    /// The label of the pods instead: mostly the same key with another value; or another key
    /// with the same value; nothing where they have neither.
    pub has: Option<(String, String)>,
    /// The workload that made them.
    pub workload: Option<String>,
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
        let group = (key.as_str(), instead(pod, key, wanted, selector), pod.workload.as_deref());
        groups.entry(group).or_default().push(pod);
    }
    let mut misses: Vec<NearMiss> = groups
        .into_iter()
        .map(|((key, has, workload), pods)| NearMiss {
            likeness: likeness(facts, key, selector, has.as_ref(), workload),
            key: key.to_owned(),
            wanted: selector.get(key).cloned().unwrap_or_default(),
            has,
            workload: workload.map(str::to_owned),
            ready: pods.iter().filter(|pod| pod.not_ready.is_none()).count(),
            pods: pods.len(),
        })
        // Where one label is all that is asked for, every pod lacks one label only.
        .filter(|miss| selector.len() > 1 || miss.has.is_some())
        .collect();
    misses.sort_by_key(|miss| std::cmp::Reverse((miss.likeness, miss.ready)));
    misses
}

/// What the pod has instead of `key=wanted`.
fn instead(pod: &PodFacts, key: &str, wanted: &str, selector: &Labels) -> Option<(String, String)> {
    if let Some(value) = pod.labels.get(key) {
        return Some((key.to_owned(), value.clone()));
    }
    pod.labels
        .iter()
        .find(|(other, value)| *value == wanted && !selector.contains_key(*other))
        .map(|(other, value)| (other.clone(), value.clone()))
}

/// How alike they are: by the label, by the workload's name and the Service's, and by how
/// much of the selector does match.
fn likeness(
    facts: &Facts,
    key: &str,
    selector: &Labels,
    has: Option<&(String, String)>,
    workload: Option<&str>,
) -> u32 {
    let wanted = selector.get(key).map(String::as_str).unwrap_or_default();
    let by_label = match has {
        Some((other, _)) if other != key => 1.0,
        Some((_, value)) => strsim::jaro_winkler(wanted, value),
        None => 0.0,
    };
    let name = workload.and_then(|workload| workload.split_once(' ')).map(|(_, name)| name);
    let by_name = name.map_or(0.0, |name| strsim::jaro_winkler(&facts.name, name));
    let by_rest = if selector.len() > 1 { 0.7 } else { 0.0 };
    let best = by_label.max(by_name).max(by_rest);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 1, times 1000")]
    let thousandths = (best * 1000.0).round() as u32;
    thousandths
}
