use std::time::Duration;

use firedrill::journal::{Kind, Phase, Point};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service};
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::{killed, said, status};
use crate::run::drills::Drill;
use crate::run::running::{DRILL, Running};
use crate::support::{eventually, shared};

fn recover(run: &str) -> (Option<i32>, String) {
    said(shared::firedrill().args(["recover", "--run", run]))
}

fn listed(run: &str) -> Option<Value> {
    status(shared::firedrill()).into_iter().find(|open| open["run"] == run)
}

async fn service(namespace: &str) -> Service {
    let services = Api::<Service>::namespaced(shared::client().await, namespace);
    services.get("api-service").await.unwrap()
}

async fn select(namespace: &str, app: &str) {
    let services = Api::<Service>::namespaced(shared::client().await, namespace);
    let patch = Patch::Merge(json!({"spec": {"selector": {"app": app}}}));
    let person = PatchParams { field_manager: Some("kubectl-edit".to_owned()), ..PatchParams::default() };
    services.patch("api-service", &person, &patch).await.unwrap();
}

/// The names of what a run keeps in the cluster for its undo.
async fn records(namespace: &str) -> Vec<String> {
    let client = shared::client().await;
    let wanted = ListParams::default().labels("firedrill.dev/run");
    let maps = Api::<ConfigMap>::namespaced(client.clone(), namespace).list(&wanted).await.unwrap();
    let leases = Api::<Lease>::namespaced(client, namespace).list(&wanted).await.unwrap();
    let names = maps.items.into_iter().filter_map(|map| map.metadata.name);
    let names = names.chain(leases.items.into_iter().filter_map(|lease| lease.metadata.name));
    names.filter(|name| name.starts_with("firedrill-")).collect()
}

async fn is_as_before(namespace: &str) {
    let service = service(namespace).await;
    assert_eq!(service.spec.unwrap().selector.unwrap()["app"], "api-service");
    let owned = serde_json::to_string(&service.metadata.managed_fields.unwrap()).unwrap();
    // The deployment of the workload is the last write that is left.
    assert_eq!(owned.matches("\"manager\"").count(), 1, "{owned}");
    assert!(owned.contains("\"operation\":\"Apply\""), "{owned}");
    assert_eq!(records(namespace).await, [] as [String; 0]);
}

async fn remove(namespace: &str) {
    let all = Api::<Namespace>::all(shared::client().await);
    all.delete(namespace, &DeleteParams::default()).await.unwrap();
}

#[tokio::test]
async fn a_killed_run_is_listed_and_put_back() {
    let (run, namespace) = killed(shared::firedrill(), &["--keep-workload"]).await;
    assert_eq!(service(&namespace).await.spec.unwrap().selector.unwrap()["app"], "api-svc");
    let open = listed(&run).expect("an open run");
    assert_eq!(open["namespace"], namespace.as_str());
    assert_eq!(open["alive"], false);
    assert_eq!(open["pastDeadline"], false);
    assert_eq!(open["about"]["drill"], DRILL);
    assert_eq!(open["about"]["by"], open["holder"]);
    let change = &open["changed"][0];
    assert_eq!(change["object"], "service/api-service");
    let field = json!({"path": "/spec/selector/app", "before": "api-service", "after": "api-svc"});
    assert_eq!(change["fields"], json!([field]));

    let (code, text) = recover(&run);
    assert_eq!(code, Some(0));
    assert!(text.contains("service/api-service /spec/selector/app: restored"), "{text}");
    is_as_before(&namespace).await;
    let (code, text) = recover(&run);
    assert_eq!(code, Some(0));
    assert!(text.contains("nothing to recover"), "{text}");
    assert_eq!(listed(&run), None, "a kept namespace is no open run");
    remove(&namespace).await;
}

#[tokio::test]
async fn a_live_run_is_refused_and_goes_on() {
    let args = [DRILL, "--respond", "manual", "--output", "json"];
    let mut live = Running::start(&args);
    live.until_point(Point::Detect).await;
    let (run, namespace) = (live.run(), live.namespace());
    let (code, text) = recover(&run);
    assert_eq!(code, Some(3));
    assert!(text.contains("its runner is alive") && text.contains(&run), "{text}");
    assert_eq!(listed(&run).expect("an open run")["alive"], true);
    assert_eq!(service(&namespace).await.spec.unwrap().selector.unwrap()["app"], "api-svc");
    select(&namespace, "api-service").await;
    let ended = live.end().await;
    assert_eq!(ended.code, Some(0));
    assert_eq!(listed(&run), None);
}

#[tokio::test]
async fn a_live_run_that_is_undone_by_force_stops() {
    // Longer than the runner takes to look at its Lease: the service alone would end the incident.
    let drill = Drill::builtin().replace("stableFor: 1s", "stableFor: 3s");
    let args = [drill.path(), "--respond", "manual", "--keep-workload", "--output", "json"];
    let mut live = Running::start(&args);
    live.until_point(Point::Detect).await;
    let (run, namespace) = (live.run(), live.namespace());
    let (code, _) = said(shared::firedrill().args(["recover", "--force", "--run", &run]));
    assert_eq!(code, Some(0));
    let ended = live.end().await;
    let stopped = |kind: &Kind| matches!(kind, Kind::Aborted { detail, .. } if detail.contains("Lease"));
    assert!(ended.events.iter().any(|event| stopped(&event.kind)), "{:?}", ended.events.last());
    assert!(ended.undo_complete());
    is_as_before(&namespace).await;
    remove(&namespace).await;
}

#[tokio::test]
async fn a_runner_that_was_stopped_meanwhile_ends_when_it_goes_on() {
    let mut live = Running::start(&[DRILL, "--respond", "manual", "--keep-workload", "--output", "json"]);
    live.until_phase(Phase::Responding).await;
    let (run, namespace) = (live.run(), live.namespace());
    live.signal(Signal::STOP);
    assert_eq!(recover(&run).0, Some(0), "it renews nothing, so it counts as dead");
    is_as_before(&namespace).await;
    live.signal(Signal::CONT);
    let ended = live.end().await;
    assert!(ended.undo_complete());
    is_as_before(&namespace).await;
    remove(&namespace).await;
}

#[tokio::test]
async fn two_at_once_both_end_well() {
    let (run, namespace) = killed(shared::firedrill(), &["--keep-workload"]).await;
    let one = || {
        let run = run.clone();
        tokio::task::spawn_blocking(move || recover(&run))
    };
    let (first, second) = (one(), one());
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!((first.0, second.0), (Some(0), Some(0)), "{}\n{}", first.1, second.1);
    is_as_before(&namespace).await;
    remove(&namespace).await;
}

#[tokio::test]
async fn killed_while_preparing_there_is_a_namespace_to_delete() {
    let drill = Drill::builtin().replace_in(
        "workload.yaml",
        "      containers:",
        "      nodeSelector: {disk: none-has-this}\n      containers:",
    );
    let mut preparing = Running::start(&[drill.path(), "--respond", "manual"]);
    preparing.until_phase(Phase::Preparing).await;
    let (run, namespace) = (preparing.run(), preparing.namespace());
    let all = Api::<Namespace>::all(shared::client().await);
    eventually("the namespace", Duration::from_secs(10), || async { all.get_opt(&namespace).await.unwrap() })
        .await;
    preparing.kill_both();
    assert_eq!(preparing.end().await.code, None);
    let open = listed(&run).expect("an open run");
    assert_eq!(open["changed"], json!([]));
    assert_eq!(open["about"]["drill"], DRILL);
    assert_eq!(recover(&run).0, Some(0));
    let left = all.get_opt(&namespace).await.unwrap();
    assert!(left.is_none_or(|live| live.metadata.deletion_timestamp.is_some()));
    assert_eq!(listed(&run), None, "what is being deleted is undone");
}

#[tokio::test]
async fn what_somebody_changed_since_stays_and_is_said() {
    let (run, namespace) = killed(shared::firedrill(), &["--keep-workload"]).await;
    select(&namespace, "by-hand").await;
    let (code, text) = recover(&run);
    assert_eq!(code, Some(5));
    assert!(text.contains("NOT COMPLETE") && text.contains("changed since by kubectl-edit at "), "{text}");
    assert_eq!(service(&namespace).await.spec.unwrap().selector.unwrap()["app"], "by-hand");
    assert!(listed(&run).is_some(), "the records stay while something is left");
    assert_eq!(recover(&run).0, Some(5), "as often as it is tried");
    select(&namespace, "api-service").await;
    assert_eq!(recover(&run).0, Some(0));
    assert_eq!(records(&namespace).await, [] as [String; 0]);
    remove(&namespace).await;
}

#[tokio::test]
async fn a_record_about_another_namespace_is_not_followed() {
    let (run, namespace) = killed(shared::firedrill(), &["--keep-workload"]).await;
    let maps = Api::<ConfigMap>::namespaced(shared::client().await, &namespace);
    let name = format!("firedrill-{run}");
    let text = maps.get(&name).await.unwrap().data.unwrap()["record-000000"].clone();
    let mut record: Value = serde_json::from_str(&text).unwrap();
    record["object"]["namespace"] = json!("kube-system");
    let key = "\u{1b}[2J";
    let forged = json!({"data": {"record-000001": record.to_string()},
        "metadata": {"annotations": {"firedrill.dev/by": format!("root{key}@host/1")}}});
    maps.patch(&name, &PatchParams::default(), &Patch::Merge(forged)).await.unwrap();
    let (code, text) = recover(&run);
    assert_eq!(code, Some(5));
    assert!(text.contains("outside its namespace"), "{text}");
    assert!(!text.contains(key), "what a cluster says must not reach a terminal as it is");
    let (_, text) = said(shared::firedrill().args(["status", "-n", &namespace]));
    assert!(text.contains("by         root\\u{1b}[2J@host/1") && !text.contains(key), "{text}");
    remove(&namespace).await;
}
