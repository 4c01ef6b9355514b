//! Processes that are stopped for a while and then go on, as after a pause of their machine.

use std::time::Duration;

use firedrill::journal::Phase;
use firedrill::report::Verdict;
use firedrill::steps::api::REQUEST_DEADLINE;

use super::cell::{EVERY, When, blind_for, judge, once};
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
    let longest = length + Duration::from_secs(15);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_server_for_one_second() {
    let own = Own::up().await;
    for when in EVERY {
        let run = frozen(&own, "kube-apiserver", Duration::from_secs(1), when).await;
        goes_on(when, &run);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_server_for_five_seconds() {
    let own = Own::up().await;
    for when in EVERY {
        let run = frozen(&own, "kube-apiserver", Duration::from_secs(5), when).await;
        goes_on(when, &run);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn etcd_for_five_seconds() {
    let own = Own::up().await;
    for when in EVERY {
        let run = frozen(&own, "etcd", Duration::from_secs(5), when).await;
        goes_on(when, &run);
    }
}

/// Longer than any request is waited for, and than most phases wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_server_for_forty_seconds() {
    let phases = [When::Settling, When::Injecting, When::Responding, When::Undoing];
    let each = phases.map(|when| async move {
        let own = Own::up().await;
        let run = frozen(&own, "kube-apiserver", Duration::from_secs(40), when).await;
        if when == When::Undoing {
            assert_eq!(run.report.verdict, Verdict::Passed);
            assert!(run.took > run.entered(Phase::Undoing).unwrap() + Duration::from_secs(39));
        }
    });
    futures::future::join_all(each).await;
}
