//! An API server, or something before it, that answers what it should not.

use std::time::Duration;

use super::cell::{EVERY, When, judge, once};
use super::own;
use super::proxy::{Fault, Proxy};
use super::rehearsal::Rehearsal;
use crate::support::shared;

/// How long it misbehaves.
const LENGTH: Duration = Duration::from_secs(2);

/// At every phase, each in a run and behind a proxy of its own.
async fn at_every_phase(fault: Fault) {
    shared::client().await;
    let each = EVERY.map(|when| async move {
        let config = own::config(&shared::cluster().home).await;
        let proxy = Proxy::before(config.clone()).await;
        let (starts, mut started) = tokio::sync::watch::channel(false);
        let act = || {
            proxy.misbehave(fault);
            starts.send_replace(true);
        };
        let ends = async {
            started.wait_for(|started| *started).await.unwrap();
            // How long it lasts is what is tested.
            tokio::time::sleep(LENGTH).await;
            proxy.misbehave(Fault::None);
        };
        let run = Rehearsal::new(proxy.config()).run(once(when, act));
        let (run, ()) = tokio::join!(run, ends);
        judge(fault.words(), when, config, &run).await;
        assert!(run.report.aborted.is_none(), "{fault:?}, {when:?}: {:?}", run.report.aborted);
        // Nobody is asked without a pause who turns everything away.
        assert!(proxy.hit() < 150, "{fault:?}, {when:?}: {} in {LENGTH:?}", proxy.hit());
        assert!(run.took < Duration::from_secs(20), "{fault:?}, {when:?}: {:?}", run.took);
        let watched = !matches!(when, When::Preparing | When::Undoing);
        assert!(!watched || proxy.hit() > 0, "{fault:?}, {when:?}: nothing met it");
        assert!(!watched || !run.report.watch_gaps.is_empty(), "{fault:?}, {when:?}: no gap");
    });
    futures::future::join_all(each).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watches_are_closed() {
    at_every_phase(Fault::ClosesWatches).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watches_end_with_410_gone() {
    at_every_phase(Fault::Gone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_turned_away_with_429() {
    at_every_phase(Fault::TooMany).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_answered_with_500() {
    at_every_phase(Fault::Fails).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_come_late() {
    at_every_phase(Fault::Slow(Duration::from_secs(2))).await;
}
