use firedrill::journal::Phase;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::Api;
use rustix::process::Signal;

use super::running::{DRILL, Running};
use crate::support::sandbox::Sandbox;
use crate::support::{eventually, shared};

async fn interrupted_in(phase: Phase, signal: Signal) {
    let mut run = Running::start(&[DRILL, "--respond", "manual", "--output", "json"]);
    run.until_phase(phase).await;
    let namespace = run.namespace();
    run.signal(signal);
    let ended = run.end().await;
    assert_eq!(ended.code, Some(130), "{phase:?}");
    assert!(ended.undo_complete(), "{phase:?}");
    assert_eq!(ended.report()["verdict"], "aborted");
    let namespaces = Api::<Namespace>::all(shared::client().await);
    let left = namespaces.get_opt(&namespace).await.unwrap();
    let going = left.is_none_or(|namespace| namespace.metadata.deletion_timestamp.is_some());
    assert!(going, "{phase:?}: {namespace} is still there");
}

#[tokio::test]
async fn sigint_while_preparing() {
    interrupted_in(Phase::Preparing, Signal::INT).await;
}

#[tokio::test]
async fn sigterm_while_settling() {
    interrupted_in(Phase::Settling, Signal::TERM).await;
}

#[tokio::test]
async fn sighup_while_injecting() {
    interrupted_in(Phase::Injecting, Signal::HUP).await;
}

#[tokio::test]
async fn sigint_before_the_alarm() {
    interrupted_in(Phase::Undetected, Signal::INT).await;
}

#[tokio::test]
async fn sigterm_while_a_person_mends() {
    interrupted_in(Phase::Responding, Signal::TERM).await;
}

#[tokio::test]
async fn a_killed_run_takes_its_private_cluster_along() {
    let sandbox = Sandbox::new();
    let mut run = Running::start_with(sandbox.firedrill(), &[DRILL, "--respond", "manual"]);
    run.until_phase(Phase::Responding).await;
    assert!(!sandbox.processes().is_empty());
    run.signal(Signal::KILL);
    assert_eq!(run.end().await.code, None);
    eventually("no process is left", std::time::Duration::from_secs(10), || async {
        sandbox.processes().is_empty().then_some(())
    })
    .await;
}
