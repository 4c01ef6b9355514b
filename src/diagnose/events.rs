//! What the cluster's own warnings say about pods that are not there, or not ready.

use std::collections::BTreeMap;

use super::facts::{EventFacts, Facts};
use super::rules::{Cause, cause};
use super::text::clock;

/// How many are shown.
const SHOWN: usize = 3;
/// What is shown of one message, characters.
const LONGEST: usize = 240;

/// Whether events can explain the cause: pods match and none is ready, or there are none.
#[must_use]
pub fn explained_by_events(facts: &Facts) -> bool {
    let cause = facts.service.as_ref().map(|service| cause(facts, service));
    matches!(cause, Some(Cause::NoneReady | Cause::NoPods { .. }))
}

/// The newest warnings, a line each: alike ones together, without what `said` says already.
pub(super) fn lines(events: &[EventFacts], said: &[String]) -> Vec<String> {
    let mut alike: BTreeMap<(&str, &str), Vec<&EventFacts>> = BTreeMap::new();
    for event in events {
        if event.message.is_empty() || !said.iter().any(|line| line.contains(&event.message)) {
            alike.entry((&event.reason, &event.message)).or_default().push(event);
        }
    }
    let newest = |events: &[&EventFacts]| events.iter().filter_map(|event| event.last.clone()).max();
    let mut groups: Vec<_> = alike.into_values().map(|events| (newest(&events), events)).collect();
    groups.sort_by(|a, b| b.0.cmp(&a.0));
    groups.iter().take(SHOWN).filter_map(|(last, events)| line(last.as_deref(), events)).collect()
}

/// `Event Unhealthy, pod/a and 1 more, 12 times, last at 14:15:02Z: Readiness probe failed`.
fn line(last: Option<&str>, events: &[&EventFacts]) -> Option<String> {
    let first = events.first()?;
    let mut about: Vec<&str> = events.iter().map(|event| event.about.as_str()).collect();
    about.sort_unstable();
    about.dedup();
    let about = match about.as_slice() {
        [one] => (*one).to_owned(),
        [one, rest @ ..] => format!("{one} and {} more", rest.len()),
        [] => String::new(),
    };
    let times: i64 = events.iter().map(|event| event.times.max(1)).fold(0, i64::saturating_add);
    let when = match (times, last.map(clock)) {
        (1, Some(at)) => format!(", at {at}"),
        (1, None) => String::new(),
        (times, Some(at)) => format!(", {times} times, last at {at}"),
        (times, None) => format!(", {times} times"),
    };
    let (cut, more) = match first.message.char_indices().nth(LONGEST) {
        Some((end, _)) => (&first.message[..end], "…"),
        None => (first.message.as_str(), ""),
    };
    Some(format!("Event {}, {about}{when}: {cut}{more}", first.reason))
}
