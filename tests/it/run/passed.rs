use firedrill::journal::Kind;
use serde_json::Value;

use super::drills::Drill;
use super::running::{DRILL, Running};
use crate::support::shared;

fn number(report: &Value, pointer: &str) -> f64 {
    report.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer}: {report:#}"))
}

#[tokio::test]
async fn the_first_drill_from_beginning_to_end() {
    let ended = Running::start(&[DRILL, "--output", "json"]).end().await;
    assert_eq!(ended.code, Some(0));
    let report = ended.report();
    assert_eq!(report["verdict"], "passed");
    assert_eq!(report["responder"], "runbook");

    // Measured: what the cluster did, in the order in which it must happen.
    let detect = number(&report, "/durationsMs/detect");
    let mitigate = number(&report, "/durationsMs/mitigate");
    assert!(0.0 < detect && detect < mitigate, "{detect} {mitigate}");
    assert!(mitigate <= number(&report, "/durationsMs/resolve"));
    let (http, endpoints) = (number(&report, "/downtime/httpMs"), number(&report, "/downtime/endpointsMs"));
    assert!(endpoints > 0.0 && http >= 100.0, "three failed requests are at least 100 ms apart");

    // Requests were real: a pod's 200, and the API server's 503 about the Service.
    let requests = &report["requests"];
    assert!(number(&report, "/requests/byResult/200") >= 20.0);
    assert_eq!(requests["byResult"]["503 no endpoints"], requests["failed"]);
    assert!(number(&report, "/requests/failed") >= 3.0);

    // Money: decimal strings, measured from the http downtime, scenario from declared times.
    let measured: f64 = report["revenue"]["measured"].as_str().unwrap().parse().unwrap();
    assert!((measured - http / 60_000.0 * 5000.0).abs() < 0.01, "{measured} for {http} ms");
    assert_eq!(report["revenue"]["scenario"], "30000.00");
    assert_eq!(report["scenario"]["downtimeS"], 360);
    assert_eq!(report["scenario"]["optimalS"], 180);
    assert_eq!(report["scenario"]["worstS"], 2040);

    assert_eq!(report["undo"]["complete"], true);
    for choice in report["choices"].as_array().unwrap() {
        assert_eq!(choice["held"], true, "{choice}");
    }
}

#[tokio::test]
async fn a_journal_gives_the_same_report_again() {
    let running = Running::start(&[DRILL, "--output", "json"]);
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.jsonl");
    let journal = running.journal();
    let child = {
        let mut running = running;
        running.until("the end", |kind| *kind == Kind::RunEnded).await;
        std::fs::copy(&journal, &copy).unwrap();
        running.end().await
    };
    let again = shared::firedrill().args(["report", "--output", "json"]).arg(&copy).output().unwrap();
    assert_eq!(String::from_utf8(again.stdout).unwrap(), child.stdout);
}

#[tokio::test]
async fn before_images_are_durable_before_the_change_is_sent() {
    let ended = Running::start(&[DRILL]).end().await;
    let at = |wanted: fn(&Kind) -> bool| ended.events.iter().position(|event| wanted(&event.kind));
    let recorded = at(|kind| matches!(kind, Kind::Recorded { .. })).expect("a record");
    let out = at(|kind| matches!(kind, Kind::Endpoints { usable: 0, .. })).expect("an outage");
    assert!(recorded < out);
    assert!(ended.undo_complete());
}

#[tokio::test]
async fn two_runs_at_once_do_not_meet() {
    let (one, two) = (Running::start(&[DRILL]), Running::start(&[DRILL]));
    let (one, two) = tokio::join!(one.end(), two.end());
    assert_eq!((one.code, two.code), (Some(0), Some(0)));
}

#[tokio::test]
async fn a_missed_budget_is_said_and_is_exit_1() {
    let drill = Drill::builtin().replace("budget: {detect: 2s,", "budget: {detect: 1ms,");
    let ended = Running::start(&[drill.path(), "--output", "json"]).end().await;
    assert_eq!(ended.code, Some(1));
    let report = ended.report();
    assert_eq!(report["verdict"], "missed");
    assert_eq!(report["budget"][0]["ok"], false);
}

/// The wrong turns are real, too: restarting and recreating change nothing, the template's label
/// is refused, and the undo copes with a Service that is another one by now.
#[tokio::test]
async fn wrong_options_do_what_they_claim() {
    let all = "runbook: [triage.A, triage.D, triage.B, fix.B, fix.A, harden]";
    let drill = Drill::builtin().replace("runbook: [triage.B, fix.A, harden]", all);
    let ended = Running::start(&[drill.path(), "--output", "json"]).end().await;
    assert_eq!(ended.code, Some(0));
    let report = ended.report();
    let choices = report["choices"].as_array().unwrap();
    let claims: Vec<_> = choices.iter().map(|c| (c["claim"].as_str().unwrap(), &c["held"])).collect();
    let held = &Value::Bool(true);
    let wanted = ["unchanged", "unchanged", "finds-cause", "rejected", "resolves", "verified", "verified"];
    assert_eq!(claims, wanted.map(|claim| (claim, held)));
    // Reaction 3, restart 5, recreate 5, compare 1, patch the template 6, patch the selector 2.
    assert_eq!(report["scenario"]["downtimeS"], 22 * 60);
    assert_eq!(report["undo"]["complete"], true);
}

/// What an outage does to others takes its time; a runbook that mends at once never shows it.
#[tokio::test]
async fn a_runbook_can_be_held_back() {
    let ended = Running::start(&[DRILL, "--respond-after", "1500ms", "--output", "json"]).end().await;
    assert_eq!(ended.code, Some(0));
    let report = ended.report();
    let (detect, acknowledge) =
        (number(&report, "/durationsMs/detect"), number(&report, "/durationsMs/acknowledge"));
    assert!((1_500.0..2_500.0).contains(&(acknowledge - detect)), "{detect} {acknowledge}");
    assert!(number(&report, "/downtime/endpointsMs") > 1_500.0);
    let notes = report["notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note.as_str().unwrap().contains("held back for 1s 500ms")), "{notes:?}");
}

#[test]
fn a_person_is_not_held_back() {
    let refused = shared::firedrill()
        .args(["run", DRILL, "--respond", "manual", "--respond-after", "1s"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
}
