use std::time::{Duration, Instant};

use firedrill::journal::{Kind, Phase, Point, UndoResult};
use rustix::process::Signal;

use super::{is_leaving, remove, results, selected, told_by_guard};
use crate::run::running::{DRILL, Running};
use crate::support::sandbox::Sandbox;
use crate::support::{eventually, shared};

/// How long a fault may outlive its runner.
const UNDONE_WITHIN: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_fault_outlives_its_runner_by_two_seconds_at_most() {
    let mut run = Running::start(&[DRILL, "--respond", "manual", "--keep-workload"]);
    run.until_phase(Phase::Responding).await;
    let (namespace, client) = (run.namespace(), shared::client().await);
    assert_eq!(selected(&client, &namespace).await, "api-svc");
    let killed = Instant::now();
    run.signal(Signal::KILL);
    eventually("the selector as it was", UNDONE_WITHIN, || async {
        (selected(&client, &namespace).await == "api-service").then_some(())
    })
    .await;
    println!("undone {:?} after the runner was killed", killed.elapsed());
    let ended = run.end().await;
    assert_eq!(ended.code, None);
    assert!(ended.stderr.contains("has lost its runner. Its guard put everything back."), "{}", ended.stderr);
    let report = told_by_guard(&ended.events);
    assert_eq!(results(&report, "service/api-service"), [UndoResult::Restored]);
    assert!(report.timeline.iter().any(|moment| moment.point == Point::Detect));
    assert!(!is_leaving(&client, &namespace).await, "it is to stay");
    remove(&namespace).await;
}

#[tokio::test]
async fn the_namespace_of_a_killed_run_goes() {
    let mut run = Running::start(&[DRILL, "--respond", "manual"]);
    run.until_phase(Phase::Injecting).await;
    let (namespace, client) = (run.namespace(), shared::client().await);
    run.signal(Signal::KILL);
    eventually("the namespace is going", UNDONE_WITHIN, || async {
        is_leaving(&client, &namespace).await.then_some(())
    })
    .await;
    told_by_guard(&run.end().await.events);
}

#[tokio::test]
async fn a_runner_that_dies_while_it_undoes_is_relieved() {
    let mut run = Running::start_with(crashing("after:phase:undoing"), &[DRILL, "--respond", "manual"]);
    run.until_phase(Phase::Responding).await;
    run.signal(Signal::INT);
    let ended = run.end().await;
    assert_eq!(ended.code, None);
    let report = told_by_guard(&ended.events);
    let detail = &report.aborted.as_ref().unwrap().detail;
    assert!(detail.contains("while it ended the run: by a signal"), "what came before is said: {detail}");
    let undoing = |kind: &Kind| *kind == Kind::Phase { phase: Phase::Undoing };
    assert_eq!(ended.events.iter().filter(|event| undoing(&event.kind)).count(), 1);
}

#[tokio::test]
async fn what_was_undone_already_is_not_said_twice() {
    for crash in ["after:undone", "before:undo-finished", "after:undo-finished", "before:run-ended"] {
        let mut run = Running::start_with(crashing(crash), &[DRILL, "--respond", "manual"]);
        run.until_phase(Phase::Responding).await;
        run.signal(Signal::INT);
        let ended = run.end().await;
        assert_eq!(ended.code, None, "{crash}");
        let report = told_by_guard(&ended.events);
        assert_eq!(results(&report, "service/api-service"), [UndoResult::Restored], "{crash}");
        assert_eq!(results(&report, "namespace/"), [UndoResult::Deleted], "{crash}");
    }
}

#[tokio::test]
async fn a_run_that_ended_is_not_spoiled_by_what_came_after() {
    let ended = Running::start_with(crashing("after:run-ended"), &[DRILL]).end().await;
    assert_eq!(ended.code, None);
    let report = firedrill::report::fold(&ended.events);
    assert_eq!(report.aborted, None);
    assert!(report.undo.complete);
    assert_eq!(ended.events.iter().filter(|event| event.kind == Kind::RunEnded).count(), 1);
}

#[tokio::test]
async fn a_run_that_has_not_begun_leaves_nothing() {
    let ended = Running::start_with(crashing("before:run-started"), &[DRILL]).end().await;
    assert_eq!((ended.code, ended.events.len()), (None, 0));
}

#[tokio::test]
async fn a_private_cluster_goes_with_its_runner_and_the_journal_says_so() {
    shared::cluster();
    let sandbox = Sandbox::new();
    let mut run = Running::start_with(sandbox.firedrill(), &[DRILL, "--respond", "manual"]);
    run.until_phase(Phase::Responding).await;
    run.signal(Signal::KILL);
    let ended = run.end().await;
    let report = told_by_guard(&ended.events);
    assert_eq!(results(&report, "cluster/run-"), [UndoResult::Deleted]);
    eventually("no process is left", Duration::from_secs(10), || async {
        sandbox.processes().is_empty().then_some(())
    })
    .await;
}

fn crashing(at: &str) -> std::process::Command {
    let mut command = shared::firedrill();
    command.env("FIREDRILL_CRASH", at);
    command
}
