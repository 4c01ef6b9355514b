//! An API server, or something before it, that answers what it should not.

use std::sync::Arc;
use std::time::Duration;

use firedrill::journal::{AbortReason, Event, Kind, Phase};
use k8s_openapi::api::core::v1::{Namespace, Service};
use kube::api::{Api, DeleteParams};
use tokio::sync::Semaphore;

use super::cell::{EVERY, When, judge, once};
use super::own;
use super::proxy::{Fault, Proxy};
use super::rehearsal::Rehearsal;
use crate::support::shared;

/// How long it misbehaves.
const LENGTH: Duration = Duration::from_secs(2);

/// Runs at the same time: more would measure the machine.
static TURNS: Semaphore = Semaphore::const_new(4);

/// At every phase, each in a run and behind a proxy of its own.
async fn at_every_phase(fault: Fault) {
    shared::client().await;
    let each = EVERY.map(|when| tokio::spawn(at(when, fault)));
    for run in each {
        run.await.unwrap();
    }
}

async fn at(when: When, fault: Fault) {
    let _turn = TURNS.acquire().await.unwrap();
    let config = own::config(&shared::cluster().home).await;
    let proxy = Arc::new(Proxy::before(config.clone()).await);
    let runtime = tokio::runtime::Handle::current();
    let act = || {
        proxy.misbehave(fault);
        let proxy = Arc::clone(&proxy);
        // How long it lasts is what is tested.
        runtime.spawn(async move {
            tokio::time::sleep(LENGTH).await;
            proxy.misbehave(Fault::None);
        });
    };
    let run = Rehearsal::new(proxy.config()).run(once(when, act)).await;
    judge(fault.words(), when, config, &run).await;
    // A record that could not be kept ends a run.
    let aborted = run.report.aborted.as_ref().and_then(|aborted| aborted.reason);
    let failed = when == When::Injecting && aborted == Some(AbortReason::Failed);
    assert!(aborted.is_none() || failed, "{fault:?}, {when:?}: {:?}", run.report.aborted);
    let watched = !matches!(when, When::Preparing | When::Undoing);
    assert!(!watched || proxy.hit() > 0, "{fault:?}, {when:?}: nothing met it");
    // Nobody is asked without a pause who turns everything away. (kube's watcher, which waits for
    // the rollout, knows no pause after a watch that ends in order.)
    assert!(!watched || proxy.hit() < 200, "{fault:?}, {when:?}: {} in {LENGTH:?}", proxy.hit());
    assert!(!watched || failed || !run.report.watch_gaps.is_empty(), "{fault:?}, {when:?}: no gap");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn watches_are_closed() {
    at_every_phase(Fault::ClosesWatches).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn watches_end_with_410_gone() {
    at_every_phase(Fault::Gone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_is_turned_away_with_429() {
    at_every_phase(Fault::TooMany).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_is_answered_with_500() {
    at_every_phase(Fault::Fails).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_come_late() {
    at_every_phase(Fault::Slow(Duration::from_secs(2))).await;
}

/// The fault is sent, and kept on its way until the run has given up and undone: it must not
/// break a Service that nobody watches any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_change_that_arrives_after_the_undo_changes_nothing() {
    let client = shared::client().await;
    let config = own::config(&shared::cluster().home).await;
    let proxy = Proxy::before(config.clone()).await;
    let rehearsal = Rehearsal::new(proxy.config()).keep_workload();
    let act = |event: &Event| {
        if matches!(event.kind, Kind::Recorded { .. }) {
            proxy.misbehave(Fault::KeepsChanges);
        } else if (event.kind == Kind::Phase { phase: Phase::Undoing }) {
            proxy.misbehave(Fault::None);
        }
    };
    let run = rehearsal.run(act).await;
    judge(Fault::KeepsChanges.words(), When::Injecting, config, &run).await;
    let services = Api::<Service>::namespaced(client.clone(), &run.namespace);
    let before = services.get("api-service").await.unwrap();
    assert_eq!(proxy.pass_on_what_was_kept().await, [409]);
    let after = services.get("api-service").await.unwrap();
    assert_eq!(after.spec.unwrap().selector.unwrap()["app"], "api-service");
    // And the fence is not to be seen.
    assert_eq!(before.metadata.annotations, None);
    let managers: Vec<_> = before.metadata.managed_fields.into_iter().flatten().collect();
    assert_eq!(managers.len(), 1, "{managers:?}");
    Api::<Namespace>::all(client).delete(&run.namespace, &DeleteParams::default()).await.unwrap();
}
