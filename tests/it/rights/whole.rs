use std::time::Duration;

use firedrill::journal::Phase;
use k8s_openapi::api::core::v1::{Namespace, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use kube::config::Kubeconfig;
use serde_json::json;

use super::{apply, as_service_account, client, printed};
use crate::run::running::{DRILL, Ended, Running};
use crate::support::eventually;
use crate::support::sandbox::Sandbox;

/// A Service of somebody else, with an endpoint that nobody checks.
async fn bystander(admin: &kube::Client, namespace: &str) {
    let made = json!({"metadata": {"name": namespace}});
    let made: Namespace = serde_json::from_value(made).unwrap();
    Api::all(admin.clone()).create(&PostParams::default(), &made).await.unwrap();
    let service = json!({"metadata": {"name": "ledger"}, "spec": {"ports": [{"port": 80}]}});
    let service: Service = serde_json::from_value(service).unwrap();
    let services = Api::namespaced(admin.clone(), namespace);
    services.create(&PostParams::default(), &service).await.unwrap();
    serve(admin, namespace).await;
}

async fn serve(admin: &kube::Client, namespace: &str) {
    let slice: EndpointSlice = serde_json::from_value(json!({
        "metadata": {"name": "ledger-1", "labels": {"kubernetes.io/service-name": "ledger"}},
        "addressType": "IPv4", "endpoints": [{"addresses": ["10.1.2.3"]}], "ports": [{"port": 8080}],
    }))
    .unwrap();
    let slices = Api::namespaced(admin.clone(), namespace);
    slices.create(&PostParams::default(), &slice).await.unwrap();
}

/// The namespace of the run before goes a while after the run has: its Service is no bystander.
async fn gone(admin: &kube::Client) {
    let labels = ListParams::default().labels("kubernetes.io/service-name=api-service");
    let slices = Api::<EndpointSlice>::all(admin.clone());
    let gone = || async { slices.list(&labels).await.unwrap().items.is_empty().then_some(()) };
    eventually("the run before is gone", Duration::from_secs(60), gone).await;
}

/// A run during which the bystander goes out.
async fn broken(sandbox: &Sandbox, admin: &kube::Client, args: &[&str]) -> Ended {
    gone(admin).await;
    let args = [&[DRILL, "--output", "json"], args].concat();
    let mut run = Running::start_with(sandbox.firedrill(), &args);
    run.until_phase(Phase::Undetected).await;
    let slices = Api::<EndpointSlice>::namespaced(admin.clone(), "bank");
    slices.delete("ledger-1", &DeleteParams::default()).await.unwrap();
    run.end().await
}

/// In a cluster that no other test uses: elsewhere, others' Services go out all the time, and
/// the kubeconfig that a run takes is everybody's.
#[tokio::test]
async fn a_run_with_exactly_these_rights_and_a_bystander() {
    let sandbox = Sandbox::new();
    assert!(sandbox.firedrill().args(["cluster", "up"]).output().unwrap().status.success());
    let path = sandbox.cluster().kubeconfig();
    let admin = client(Kubeconfig::read_from(&path).unwrap()).await;
    for object in printed(&[DRILL, "-n", "default", "--own-namespace"]) {
        apply(&admin, &object, false).await;
    }
    let restricted = serde_json::to_string(&as_service_account(&path, "default")).unwrap();
    std::fs::write(&path, restricted).unwrap();
    bystander(&admin, "bank").await;

    let args = [DRILL, "--blast-limit", "cluster", "--output", "json"];
    let passed = Running::start_with(sandbox.firedrill(), &args).end().await;
    assert_eq!(passed.code, Some(0));
    assert_eq!(passed.report()["blastRadius"]["complete"], true);
    assert!(passed.undo_complete());

    let aborted = broken(&sandbox, &admin, &["--blast-limit", "cluster"]).await;
    assert_eq!(aborted.code, Some(1));
    assert!(aborted.undo_complete());
    let report = aborted.report();
    assert_eq!(report["aborted"]["reason"], "blast-limit");
    let detail = report["aborted"]["detail"].as_str().unwrap();
    assert!(detail.starts_with("service/ledger in namespace bank lost all its endpoints"), "{detail}");

    serve(&admin, "bank").await;
    let elsewhere = broken(&sandbox, &admin, &[]).await;
    assert_eq!(elsewhere.code, Some(0), "the limit is the target's namespace");
    let beside = &elsewhere.report()["blastRadius"]["services"][1];
    assert_eq!((&beside["namespace"], &beside["service"]), (&json!("bank"), &json!("ledger")));
    assert_eq!((&beside["deleted"], &beside["toMs"]), (&json!(true), &json!(null)));
    assert!(sandbox.firedrill().args(["cluster", "down"]).output().unwrap().status.success());
}
