use std::time::{Duration, Instant};

use firedrill::journal::{Kind, Phase};
use rustix::process::Signal;

use super::{remove, selected, told_by_guard};
use crate::run::running::{DRILL, Ended, Running};
use crate::support::{eventually, shared};

/// The run's deadline, the guard's grace, and what a busy machine adds.
const UNDONE_WITHIN: Duration = Duration::from_secs(3 + 20 + 7);

/// A run whose runner is stopped with the fault in, undone by its guard; the runner is still
/// stopped.
async fn overdue() -> (Running, String) {
    let args = [DRILL, "--respond", "manual", "--keep-workload", "--max-duration", "3s"];
    let mut run = Running::start(&args);
    run.until_phase(Phase::Responding).await;
    run.signal(Signal::STOP);
    let (namespace, client) = (run.namespace(), shared::client().await);
    let stopped = Instant::now();
    eventually("the selector as it was", UNDONE_WITHIN, || async {
        (selected(&client, &namespace).await == "api-service").then_some(())
    })
    .await;
    assert!(stopped.elapsed() > Duration::from_secs(15), "a runner that is alive undoes by itself first");
    let undone = |kind: &Kind| matches!(kind, Kind::Undone(_) | Kind::Aborted { .. });
    assert!(!run.events().iter().any(|event| undone(&event.kind)), "the journal is still the runner's");
    (run, namespace)
}

#[tokio::test]
async fn a_stopped_runner_that_is_killed_later_was_undone_at_its_deadline() {
    let (run, namespace) = overdue().await;
    run.signal(Signal::KILL);
    let ended = run.end().await;
    told_by_guard(&ended.events);
    assert_eq!(selected(&shared::client().await, &namespace).await, "api-service");
    remove(&namespace).await;
}

#[tokio::test]
async fn a_stopped_runner_that_goes_on_ends_in_order() {
    let (run, namespace) = overdue().await;
    run.signal(Signal::CONT);
    let ended: Ended = run.end().await;
    assert_eq!(ended.code, Some(1), "it met its deadline");
    assert!(ended.undo_complete());
    assert_eq!(ended.events.iter().filter(|event| event.kind == Kind::RunEnded).count(), 1);
    assert_eq!(selected(&shared::client().await, &namespace).await, "api-service");
    remove(&namespace).await;
}
