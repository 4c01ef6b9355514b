//! What is missing here and may be in another namespace.

use super::facts::{Elsewhere, Facts, Labels};
use super::mismatch::{counted, selector};
use super::near::near_misses;
use super::rules::{Cause, cause};

/// How many namespaces are named.
const NAMED: usize = 3;

/// What has to be looked for in other namespaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// A Service of the name.
    Service,
    /// Ready pods with all of these labels.
    Pods(Labels),
}

/// What has to be looked for elsewhere, where anything has: not where a workload, or pods that
/// are likely to be meant, are here.
#[must_use]
pub fn missing(facts: &Facts) -> Option<Missing> {
    let Some(service) = &facts.service else { return Some(Missing::Service) };
    if cause(facts, service) != Cause::NoPodMatches {
        return None;
    }
    let near = near_misses(facts, &service.selector);
    let likely = near.first().is_some_and(super::NearMiss::is_likely);
    (!likely).then(|| Missing::Pods(service.selector.clone()))
}

/// `Namespace prod has a Service of this name`, and the command that diagnoses that one.
pub(super) fn service(facts: &Facts) -> Option<(String, String)> {
    let (name, here) = (&facts.name, &facts.namespace);
    let names = named(&facts.elsewhere)?;
    let first = &facts.elsewhere.first()?.namespace;
    let line = match facts.elsewhere.len() {
        1 => format!("Namespace {first} has one; from {here}, its clients reach it as {name}.{first}."),
        _ => format!(
            "Namespaces {names} have one; from {here}, clients reach that of {first} as {name}.{first}."
        ),
    };
    Some((line, format!("firedrill diagnose {name} -n {first}")))
}

/// That the pods are elsewhere, and the command that shows them.
pub(super) fn pods(facts: &Facts, wanted: &Labels) -> Option<(String, String)> {
    let names = named(&facts.elsewhere)?;
    let first = &facts.elsewhere.first()?.namespace;
    let ready: usize = facts.elsewhere.iter().map(|there| there.ready).sum();
    let (match_, run) = if ready == 1 { ("matches", "runs") } else { ("match", "run") };
    let namespaces = if facts.elsewhere.len() == 1 { "namespace" } else { "namespaces" };
    let line = format!(
        "{} that {match_} it {run} in {namespaces} {names}; a Service selects pods of its own namespace only.",
        counted(ready, "ready pod")
    );
    Some((line, format!("kubectl -n {first} get pods -l {}", selector(wanted))))
}

fn named(elsewhere: &[Elsewhere]) -> Option<String> {
    let mut names: Vec<&str> = elsewhere.iter().map(|there| there.namespace.as_str()).collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let names = names.join(", ");
    match (names.is_empty(), more) {
        (true, _) => None,
        (_, 0) => Some(names),
        (_, more) => Some(format!("{names} and {more} more")),
    }
}
