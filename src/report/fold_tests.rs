use proptest::prelude::*;
use serde_json::Value;

use super::fold;
use crate::journal::{Event, Kind, Phase, Radius, StepOutcome, StepPlace, arbitrary};
use crate::report::amounts::Millis;
use crate::report::damage::BlastRadius;
use crate::report::{DamageReport, ReportExit, Verdict, endings, json, samples, text};

#[test]
fn each_ending_is_told_to_machines() {
    for (name, events) in endings::all() {
        let said = json(&fold(&events));
        insta::assert_snapshot!(name, said);
        let back: DamageReport = serde_json::from_str(&said).unwrap();
        assert_eq!(json(&back), said, "{name} reads back");
    }
}

#[test]
fn each_ending_has_its_exit_code() {
    use ReportExit::{Environment, Interrupted, LeftChanged, Missed, Passed};
    let exits: Vec<_> =
        endings::all().into_iter().map(|(name, events)| (name, fold(&events).exit())).collect();
    let expected = [
        ("passed", Passed),
        ("missed", Missed),
        ("interrupted", Interrupted),
        ("gaps", Passed),
        ("cascade", Passed),
        ("killed", LeftChanged),
        ("left-changed", LeftChanged),
        ("long-names", Passed),
        ("three-signals", Passed),
        ("never-steady", Environment),
        ("nothing", LeftChanged),
    ];
    assert_eq!(exits, expected);
}

#[test]
fn preparing_and_teardown_are_no_downtime() {
    let mut story = samples::Story::new();
    story.begin().inject().detect().mend().hold();
    story.phase(3_205_000, Phase::Undoing).endpoints(3_206_000, 0).requests(3_250_000, 3_500_000, "timeout");
    let report = fold(&story.events);
    // 2003.4 ms to 2182.3 ms, and 2050 ms to 2200 ms.
    assert_eq!(report.downtime.endpoints_ms, Some(Millis::of(178_900_000)));
    assert_eq!(report.downtime.http_ms, Some(Millis::of(150_000_000)));
    assert_eq!(report.requests.failed, 3);
}

#[test]
fn a_run_that_nobody_detected_is_missed_and_says_so() {
    let mut events = samples::passed().events;
    events.retain(|e| !matches!(&e.kind, Kind::Point { point: crate::journal::Point::Detect, .. }));
    let report = fold(&events);
    assert_eq!(report.verdict, Verdict::Missed);
    assert_eq!(
        report.missed,
        ["the incident was not detected", "time to detect: not reached, the budget is 2s"]
    );
}

#[test]
fn without_an_http_signal_money_counts_by_the_endpoints() {
    let mut events = samples::passed().events;
    events.retain(|e| !matches!(e.kind, Kind::Request { .. }));
    let report = fold(&events);
    assert_eq!(report.downtime.http_ms, None);
    // 178.9 ms at 5000 a minute.
    assert_eq!(report.revenue.measured.map(|m| m.to_string()), Some("14.91".to_owned()));
}

#[test]
fn one_report_says_how_much_later_each_signal_saw_the_outage() {
    let lags = |events: &[Event]| -> Vec<Value> {
        let report: Value = serde_json::from_str(&json(&fold(events))).unwrap();
        report["signals"].as_array().unwrap().iter().map(|signal| signal["lagMs"].clone()).collect()
    };
    let ending = |wanted: &str| endings::all().into_iter().find(|(name, _)| *name == wanted).unwrap().1;
    // Endpoints were out from 2003.4 ms to 2182.3 ms, http from 2050 to 2200, the node port from 2210 to 3010.
    assert_eq!(
        lags(&ending("three-signals")),
        [
            serde_json::json!({"out": 0.0, "outUncertainty": 0.0, "up": 0.0, "upUncertainty": 0.0}),
            serde_json::json!({"out": 46.6, "outUncertainty": 50.0, "up": 17.7, "upUncertainty": 50.0}),
            serde_json::json!({"out": 206.6, "outUncertainty": 50.0, "up": 827.7, "upUncertainty": 50.0}),
        ]
    );
    // The gap over the mend of the first signal makes the lag of the others uncertain.
    let gaps = lags(&ending("gaps"));
    assert!(gaps[1]["upUncertainty"].as_f64() > Some(3_000.0), "{gaps:?}");
    // An outage that nobody saw end, and a run in which nothing broke.
    assert_eq!(lags(&ending("killed"))[1]["up"], Value::Null);
    let nothing = serde_json::json!({"out": null, "outUncertainty": 0.0, "up": null, "upUncertainty": 0.0});
    assert_eq!(lags(&ending("never-steady")), [nothing.clone(), nothing]);
}

#[test]
fn requests_are_told_apart_by_their_signal() {
    for (name, events) in endings::all() {
        let report = fold(&events);
        let each: Vec<_> = report.signals.iter().filter_map(|signal| signal.requests.as_ref()).collect();
        assert_eq!(each.iter().map(|r| r.sent).sum::<u64>(), report.requests.sent, "{name}");
        assert_eq!(each.iter().map(|r| r.failed).sum::<u64>(), report.requests.failed, "{name}");
        for (result, count) in &report.requests.by_result {
            let of_each: u64 = each.iter().filter_map(|r| r.by_result.get(result)).sum();
            assert_eq!(of_each, *count, "{name}: {result}");
        }
    }
}

#[test]
fn that_a_restart_has_nothing_to_undo_is_said() {
    let mut story = samples::Story::new();
    let place = StepPlace::Runbook("fix.A".to_owned(), 0);
    let restart = |story: &mut samples::Story, name: &str, outcome| {
        story.step(2_162_000, &place, &format!("restart deployment/{name}"), outcome);
    };
    restart(&mut story, "api", StepOutcome::Changed);
    restart(&mut story, "nobody", StepOutcome::Rejected { status: 404, message: "not found".to_owned() });
    let notes = fold(&story.events).notes;
    let said: Vec<_> = notes.iter().filter(|note| note.starts_with("restart ")).collect();
    assert_eq!(said.len(), 1, "{notes:?}");
    assert!(said[0].starts_with("restart deployment/api: nothing to undo"), "{said:?}");
}

#[test]
fn of_a_killed_run_the_open_records_are_left() {
    let mut story = samples::Story::new();
    story.begin().inject();
    let left = |events: &[Event]| fold(events).undo.left;
    assert_eq!(
        left(&story.events),
        [
            "namespace/service-has-no-endpoints-k3f9q2, made by the run",
            "service/api-service /spec/selector/app"
        ]
    );
    story.undo(2_600_000, crate::journal::UndoResult::Restored);
    story.events.truncate(story.events.len() - 4);
    assert_eq!(left(&story.events), ["namespace/service-has-no-endpoints-k3f9q2, made by the run"]);
}

/// The blast radius of the story with these events right after its fault.
fn radius(told: &[(u64, Radius)]) -> BlastRadius {
    let mut story = samples::Story::new();
    story.begin().inject().detect();
    for (at, radius) in told {
        story.radius(*at, radius.clone());
    }
    story.mend().hold().undo(3_205_000, crate::journal::UndoResult::AlreadyAsBefore);
    fold(&story.events).blast_radius
}

#[test]
fn a_gap_that_lost_nothing_leaves_the_radius_complete_and_its_edges_late() {
    let (from_ns, to_ns, reason) =
        (samples::us(2_160_000), samples::us(2_400_000), "the watch was closed".to_owned());
    let broken = (2_170_000, Radius::Broken { from_ns, reason: reason.clone() });
    let mended = |lost| (2_400_000, Radius::Mended { from_ns, to_ns, reason: reason.clone(), lost });
    let out = (
        2_401_000,
        Radius::Out { namespace: "bank".to_owned(), service: "ledger".to_owned(), deleted: false },
    );
    let resumed = radius(&[broken.clone(), mended(false), out.clone()]);
    assert!(resumed.complete, "{resumed:?}");
    let ledger = &resumed.services[1];
    assert!(ledger.upper_bound && ledger.uncertainty_ms >= Millis::of(241_000_000), "{ledger:?}");

    let listed = radius(&[broken.clone(), mended(true), out.clone()]);
    assert!(!listed.complete && listed.reason.unwrap().contains("went out and came back while"));
    let open = radius(&[broken]);
    assert!(!open.complete && open.reason.unwrap().contains("went out while"));
    let exact = &radius(&[out]).services[1];
    assert!(!exact.upper_bound && exact.uncertainty_ms == Millis::default(), "{exact:?}");
}

#[test]
fn what_was_not_watched_in_time_is_not_complete() {
    let late = radius(&[(2_050_000, Radius::Unwatched { reason: "no answer".to_owned() })]);
    assert!(!late.complete && late.reason.unwrap().contains("(no answer)"));
    let mut story = samples::passed();
    story.events.retain(|event| !matches!(event.kind, Kind::BlastRadius(_)));
    let old = fold(&story.events).blast_radius;
    assert_eq!(
        (old.complete, old.scope, old.services.len()),
        (false, None, 1),
        "a journal of an earlier firedrill"
    );
    story.events.truncate(story.events.len() - 6);
    assert!(fold(&story.events).blast_radius.reason.unwrap().contains("killed"));
}

proptest! {
    #[test]
    fn any_events_give_some_report(events in arbitrary::events(30)) {
        let report = fold(&events);
        let _ = text(&report, None);
        prop_assert_eq!(json(&report), json(&fold(&events)));
    }

    #[test]
    fn any_part_of_a_run_in_any_order_keeps_downtime_within_the_watch(
        order in Just((0..samples::passed().events.len()).collect::<Vec<_>>()).prop_shuffle(),
        take in 0..200_usize,
    ) {
        let all = samples::passed().events;
        let some: Vec<Event> = order.into_iter().take(take).map(|i| all[i].clone()).collect();
        let report = fold(&some);
        let watched = super::super::measured::Window::of(&some).map_or(0, |w| w.to - w.from);
        for signal in &report.signals {
            prop_assert!(signal.downtime_ms <= Millis::of(watched));
            prop_assert!(signal.unknown_ms <= Millis::of(watched));
        }
        let _ = text(&report, None);
    }
}
