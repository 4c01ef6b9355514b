//! The journal's disk is full: what cannot be recorded is not changed, and what was changed
//! before is undone all the same.

use std::process::Stdio;

use firedrill::journal::{AbortReason, Event, Kind, Phase, Point, StepOutcome};

use super::cell::{When, judge, nothing_is_left, once, tell};
use super::own;
use super::rehearsal::Rehearsal;
use crate::run::drills::Drill;
use crate::run::running::{DRILL, Running};
use crate::support::shared;
use crate::support::small::Small;

/// Room for a journal of some seconds.
const SIZE: &str = "256k";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_disk_is_full_from_a_phase_on() {
    shared::client().await;
    let each = [When::Settling, When::Undetected, When::Responding, When::Holding].map(|when| async move {
        let folder = tempfile::tempdir().unwrap();
        let disk = folder.path().join("disk");
        let Some(small) = Small::mount(&disk, SIZE) else { return };
        let config = own::config(&shared::cluster().home).await;
        let rehearsal = Rehearsal::new(config.clone()).journal(disk.join("run.jsonl"));
        let run = rehearsal.run(once(when, || small.fill())).await;
        judge("the journal's disk is full", when, config, &run).await;
        // What still fits into the file's last page is written; then the run ends, if it is not over.
        if let Some(aborted) = &run.report.aborted {
            assert_eq!(aborted.reason, Some(AbortReason::Failed), "{when:?}");
            assert!(aborted.detail.contains("no room is left"), "{when:?}: {aborted:?}");
        }
        assert!(run.report.aborted.is_some() || when != When::Settling);
    });
    futures::future::join_all(each).await;
}

/// A before-image that is larger than what is left of any page.
fn with_many_fields() -> Drill {
    let each: Vec<_> = (0..200).map(|n| format!("    it.example/annotation-{n:03}: \"\"\n")).collect();
    let annotations = each.concat();
    let service = "kind: Service\nmetadata:\n  name: api-service\n";
    let more = format!("{service}  annotations:\n{annotations}");
    Drill::builtin().replace_in("workload.yaml", service, &more)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_recorded_is_not_changed() {
    shared::client().await;
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    let Some(small) = Small::mount(&disk, SIZE) else { return };
    let config = own::config(&shared::cluster().home).await;
    let drill = with_many_fields();
    let rehearsal = Rehearsal::of(drill.path(), config.clone()).journal(disk.join("run.jsonl"));
    let fill = |event: &Event| {
        if (event.kind == Kind::Phase { phase: Phase::Injecting }) {
            small.fill();
        }
    };
    let run = rehearsal.run(fill).await;
    tell("the journal's disk is full", When::Injecting, &run);
    assert!(run.report.undo.complete, "{:#?}", run.report.undo);
    nothing_is_left("full before the record", config, &run.namespace).await;
    // Where requests took the last room, the run is being ended when the record comes.
    let refused = |event: &Event| match &event.kind {
        Kind::StepFinished { outcome: StepOutcome::Failed { message }, .. } => {
            message.contains("ENOSPC") || message.contains("nothing is changed any more")
        }
        _ => false,
    };
    assert!(run.events.iter().any(refused), "{:#?}", run.report.steps);
    assert!(run.report.durations_ms.impact.is_none(), "it was changed all the same");
    assert_eq!(run.report.aborted.unwrap().reason, Some(AbortReason::Failed));
}

#[tokio::test]
async fn the_report_says_that_the_undo_is_complete_and_the_journal_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    shared::cluster();
    let Some(small) = Small::mount(&disk, SIZE) else { return };
    let args = [DRILL, "--respond", "manual", "--output", "json"];
    let mut run = Running::start_at(shared::firedrill(), &args, disk.join("run.jsonl"));
    run.until_point(Point::Detect).await;
    small.fill();
    let ended = run.end().await;
    assert_eq!(ended.code, Some(4), "the environment failed, and nothing is left");
    let report = ended.report();
    assert_eq!(report["undo"]["complete"], true, "{report:#}");
    assert_eq!(report["aborted"]["reason"], "failed", "{report:#}");
    assert!(report["aborted"]["detail"].as_str().unwrap().contains("no room is left"), "{report:#}");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("run.jsonl is incomplete"), "{warnings}");
    let text = shared::firedrill().arg("report").arg(disk.join("run.jsonl")).stdin(Stdio::null()).output();
    let text = String::from_utf8(text.unwrap().stdout).unwrap();
    assert!(text.contains("NOT COMPLETE") || text.contains("NOT KNOWN TO BE COMPLETE"), "{text}");
}
