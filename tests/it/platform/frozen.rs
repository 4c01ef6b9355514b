//! Processes that are stopped for a while and then go on, as after a pause of their machine.

use std::time::Duration;

use firedrill::journal::AbortReason;
use firedrill::report::ReportExit;
use firedrill::steps::api::REQUEST_DEADLINE;

use super::cell::{EVERY, When, blind_for, judge, nothing_is_left, once, tell};
use super::own::Own;
use super::rehearsal::{Rehearsal, Rehearsed};

/// One run, in which a component is frozen for `length` at a phase.
async fn frozen(own: &Own, component: &'static str, length: Duration, when: When) -> Rehearsed {
    let rehearsal = Rehearsal::new(own.config().await).within(length + Duration::from_secs(60));
    let runtime = tokio::runtime::Handle::current();
    let act = || {
        own.freeze(component);
        let own = own.clone();
        // The length of the pause is what is tested.
        runtime.spawn(async move {
            tokio::time::sleep(length).await;
            own.thaw(component);
        });
    };
    let run = rehearsal.run(once(when, act)).await;
    let fault = format!("{component} frozen for {} s", length.as_secs());
    judge(&fault, when, own.config().await, &run).await;
    // What the outage adds is its own length, and little more.
    let longest = length + Duration::from_secs(25);
    assert!(run.took < longest, "{fault}, {when:?}: {:?}", run.took);
    // Where a request that is given up ends the run, the watch ends with it.
    let blind = length.min(REQUEST_DEADLINE).mul_f32(0.8);
    let watched = !matches!(when, When::Preparing | When::Undoing);
    assert!(!watched || blind_for(&run.report, blind), "{fault}, {when:?}: {:#?}", run.report.watch_gaps);
    run
}

/// What a short pause does: the run waits, and passes but for its budgets. Before it has a
/// connection it does not wait for one.
fn goes_on(when: When, run: &Rehearsed) {
    if when == When::Preparing {
        return;
    }
    assert!(run.report.aborted.is_none(), "{:?}", run.report.aborted);
    assert!(run.report.durations_ms.resolve.is_some(), "{:#?}", run.report.durations_ms);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_api_server_for_one_second() {
    let own = Own::up().await;
    for when in EVERY {
        let run = frozen(&own, "kube-apiserver", Duration::from_secs(1), when).await;
        goes_on(when, &run);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_api_server_for_five_seconds() {
    let own = Own::up().await;
    for when in EVERY {
        let run = frozen(&own, "kube-apiserver", Duration::from_secs(5), when).await;
        goes_on(when, &run);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn etcd_for_five_seconds() {
    let own = Own::up().await;
    for when in EVERY {
        let run = frozen(&own, "etcd", Duration::from_secs(5), when).await;
        goes_on(when, &run);
    }
}

/// Longer than any request is waited for, and than most phases wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_api_server_for_longer_than_requests_wait() {
    let length = Duration::from_secs(40);
    let each = [When::Settling, When::Injecting, When::Responding, When::Undoing].map(|when| async move {
        let own = Own::up().await;
        let run = frozen(&own, "kube-apiserver", length, when).await;
        match when {
            // The record could not be kept, so nothing was changed.
            When::Injecting => assert_eq!(run.report.aborted.unwrap().reason, Some(AbortReason::Failed)),
            _ => goes_on(when, &run),
        }
    });
    let mut each: Vec<_> = each.into_iter().map(tokio::spawn).collect();
    each.push(tokio::spawn(longer_than_the_undo_tries()));
    for cell in each {
        cell.await.unwrap();
    }
}

/// The undo gives up, says what is left, and `recover` does the rest when the API server is back.
async fn longer_than_the_undo_tries() {
    let own = Own::up().await;
    let rehearsal = Rehearsal::new(own.config().await).within(Duration::from_secs(100));
    let run = rehearsal.run(once(When::Undoing, || own.freeze("kube-apiserver"))).await;
    own.thaw("kube-apiserver");
    tell("kube-apiserver frozen for longer than the undo tries", When::Undoing, &run);
    assert!(!run.report.undo.complete);
    assert_eq!(run.report.exit(), ReportExit::LeftChanged);
    let left = run.report.undo.left.join("\n");
    assert!(left.contains("service/api-service") && left.contains(&run.namespace), "{left}");
    assert!(run.took < Duration::from_secs(90), "{:?}", run.took);
    let recover = || own.firedrill().args(["recover", "--run", &run.report.run]).output().unwrap();
    let recovered = recover();
    let said = String::from_utf8_lossy(&recovered.stderr).into_owned();
    assert_eq!(recovered.status.code(), Some(0), "{said}");
    nothing_is_left("recovered", own.config().await, &run.namespace).await;
}
