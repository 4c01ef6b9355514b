use std::time::Duration;

use firedrill::journal::{Kind, Phase, Point, UndoResult};
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use kube::api::{Api, ListParams, Patch, PatchParams};
use rustix::process::Signal;
use serde_json::json;

use super::running::{DRILL, Running};
use crate::support::shared;

async fn select(namespace: &str, app: &str) {
    let services = Api::<Service>::namespaced(shared::client().await, namespace);
    let patch = Patch::Merge(json!({"spec": {"selector": {"app": app}}}));
    let person = PatchParams { field_manager: Some("kubectl-patch".to_owned()), ..PatchParams::default() };
    services.patch("api-service", &person, &patch).await.unwrap();
}

#[tokio::test]
async fn a_person_mends_it() {
    let mut run = Running::start(&[DRILL, "--respond", "manual", "--output", "json"]);
    run.until_point(Point::Detect).await;
    select(&run.namespace(), "api-service").await;
    let ended = run.end().await;
    assert_eq!(ended.code, Some(0));
    let report = ended.report();
    assert_eq!(report["responder"], "manual");
    assert_eq!(report["verdict"], "passed");
    assert!(report["durationsMs"]["mitigate"].is_number());
    assert!(report["durationsMs"]["acknowledge"].is_null(), "nobody said that they took it");
    assert!(ended.stderr.contains("export KUBECONFIG="), "{}", ended.stderr);
    // The person's own fix is not undone, and nothing of the fault is left.
    let undone = ended.events.iter().find_map(|event| match &event.kind {
        Kind::Undone(item) if item.object == "service/api-service" => Some(item.result.clone()),
        _ => None,
    });
    assert_eq!(undone, Some(UndoResult::AlreadyAsBefore));
}

#[tokio::test]
async fn without_a_mend_the_deadline_undoes() {
    let args = [DRILL, "--respond", "manual", "--max-duration", "4s", "--output", "json"];
    let ended = Running::start(&args).end().await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.undo_complete());
    assert!(ended.report()["durationsMs"]["mitigate"].is_null());
}

#[tokio::test]
async fn a_kept_workload_is_as_it_was_before_the_fault() {
    let mut run = Running::start(&[DRILL, "--respond", "manual", "--keep-workload"]);
    run.until_phase(Phase::Responding).await;
    let namespace = run.namespace();
    run.signal(Signal::INT);
    let ended = run.end().await;
    assert_eq!(ended.code, Some(130));
    assert!(ended.undo_complete());

    let client = shared::client().await;
    let services = Api::<Service>::namespaced(client.clone(), &namespace);
    let service = services.get("api-service").await.unwrap();
    assert_eq!(service.spec.unwrap().selector.unwrap()["app"], "api-service");
    let records = Api::<ConfigMap>::namespaced(client.clone(), &namespace);
    let wanted = ListParams::default().labels("firedrill.dev/run");
    let left: Vec<_> = records.list(&wanted).await.unwrap().items;
    assert!(
        left.iter().all(|map| !map.metadata.name.as_deref().unwrap().starts_with("firedrill-")),
        "{left:?}"
    );
    remove(&client, &namespace).await;
}

#[tokio::test]
async fn another_value_that_a_person_chose_stays() {
    let mut run = Running::start(&[DRILL, "--respond", "manual", "--keep-workload", "--output", "json"]);
    run.until_phase(Phase::Responding).await;
    let namespace = run.namespace();
    select(&namespace, "somebody-elses").await;
    run.signal(Signal::TERM);
    let ended = run.end().await;
    assert_eq!(ended.code, Some(5), "something is left changed, and that is said");
    let left = ended.report()["undo"]["left"].to_string();
    assert!(left.contains("kubectl-patch"), "{left}");
    remove(&shared::client().await, &namespace).await;
}

async fn remove(client: &kube::Client, namespace: &str) {
    let all = Api::<k8s_openapi::api::core::v1::Namespace>::all(client.clone());
    let now = kube::api::DeleteParams::default();
    tokio::time::timeout(Duration::from_secs(10), all.delete(namespace, &now)).await.unwrap().unwrap();
}
