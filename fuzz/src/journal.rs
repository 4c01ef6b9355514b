//! A journal, of any bytes.

use std::io::Write as _;

use firedrill::journal::read::{Reading, read_from};
use firedrill::journal::{Event, Kind};
use firedrill::report::{self, DamageReport};

use crate::harmless::{assert_harmless, assert_shown};

/// Reads it, reports it, writes it again.
pub fn check(data: &[u8]) {
    match read_from(data, "run.jsonl") {
        Ok(Reading { events, .. }) => {
            reported(&events, data.len());
            written(&events);
        }
        Err(error) => assert_shown(&error),
    }
}

fn reported(events: &[Event], bytes: usize) {
    let report = report::fold(events);
    let text = report::text(&report, Some("/state/run.jsonl"));
    assert_harmless(&text);
    let json = report::json(&report);
    let most = 16 * 1024 + 64 * bytes;
    assert!(text.len() <= most && json.len() <= most, "{} and {} of {bytes}", text.len(), json.len());
    let _: DamageReport = serde_json::from_str(&json).expect("a report reads back");
    assert_eq!(report::json(&report::fold(events)), json);
}

fn written(events: &[Event]) {
    // What a later firedrill called its first event is not known, and so not written.
    if !matches!(events.first().map(|event| &event.kind), Some(Kind::RunStarted(_))) {
        return;
    }
    let mut file = Vec::new();
    for event in events {
        serde_json::to_writer(&mut file, event).expect("an event is JSON");
        writeln!(file).expect("memory takes it");
    }
    let again = read_from(file.as_slice(), "again.jsonl").expect("what was written can be read");
    assert!(!again.truncated);
    assert_eq!(again.events, events);
}
