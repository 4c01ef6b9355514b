use firedrill::journal::{Kind, Point};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service};
use kube::api::{Api, ListParams, Patch, PatchParams};
use serde_json::json;

use super::foreign::{Foreign, apply, existing_drill, service, shop};
use crate::run::drills::Drill;
use crate::run::running::{Ended, Running};
use crate::support::namespace::TestNamespace;

async fn run(shop: &TestNamespace, drill: &Drill, more: &[&str]) -> Ended {
    let foreign = Foreign::staging();
    let args = [drill.path(), "--context", "staging", "-n", &shop.name, "--output", "json"];
    Running::start_with(foreign.firedrill(), &[&args[..], more].concat()).end().await
}

/// What of firedrill is in a namespace that it did not make.
async fn traces(shop: &TestNamespace) -> Vec<String> {
    let labelled = ListParams::default().labels("firedrill.dev/run");
    let mut names = Vec::new();
    let maps = shop.api::<ConfigMap>().list(&labelled).await.unwrap();
    names.extend(maps.items.into_iter().filter_map(|object| object.metadata.name));
    let leases = shop.api::<Lease>().list(&labelled).await.unwrap();
    names.extend(leases.items.into_iter().filter_map(|object| object.metadata.name));
    let services = shop.api::<Service>().list(&labelled).await.unwrap();
    names.extend(services.items.into_iter().filter_map(|object| object.metadata.name));
    let deployments = shop.api::<Deployment>().list(&labelled).await.unwrap();
    names.extend(deployments.items.into_iter().filter_map(|object| object.metadata.name));
    names
}

#[tokio::test]
async fn a_workload_that_is_there_is_broken_mended_and_as_before() {
    let shop = shop().await;
    let before = service(&shop).await;
    let ended = run(&shop, &existing_drill(), &[]).await;
    assert_eq!(ended.code, Some(0));
    let report = ended.report();
    assert_eq!(report["cluster"]["provider"], "context");
    assert_eq!(report["cluster"]["name"], "staging");
    assert_eq!(report["cluster"]["createdByRun"], false);
    assert_eq!(report["undo"]["complete"], true);
    assert!(report["durationsMs"]["resolve"].is_number(), "the Deployment behind the Service was found");
    assert_eq!(service(&shop).await, before, "spec, labels and owners of fields");
    assert_eq!(traces(&shop).await, [] as [String; 0]);
    // The owner's next release changes the field without a conflict.
    let other = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api-service"},
        "spec": {"selector": {"app": "other"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}});
    apply(&shop, &other).await.unwrap();
}

/// Nobody's Service is given a port: it has one, or the signal would never be up.
#[tokio::test]
async fn a_target_without_the_node_port_that_a_signal_asks_is_refused() {
    let shop = shop().await;
    let before = service(&shop).await;
    let signal = "  - http: {name: node, via: {nodePort: 30123}}\n\nsteadyState:";
    let drill = existing_drill().replace("\nsteadyState:", signal);
    let ended = run(&shop, &drill, &["--node-address", "127.0.0.1"]).await;
    assert_eq!(ended.code, Some(3));
    assert!(ended.stderr.contains("has no node port 30123"), "{}", ended.stderr);
    assert!(ended.events.is_empty(), "nothing began");
    assert_eq!(service(&shop).await, before);
}

#[tokio::test]
async fn a_drill_deploys_into_an_open_namespace_and_clears_it() {
    let shop = TestNamespace::new().await;
    let bystander = json!({"metadata": {"name": "bystander"}, "spec": {"ports": [{"port": 80}]}});
    shop.create::<Service>(bystander).await;
    let ended = run(&shop, &Drill::builtin(), &[]).await;
    assert_eq!(ended.code, Some(0));
    assert_eq!(traces(&shop).await, [] as [String; 0]);
    let left = shop.api::<Service>().list(&ListParams::default()).await.unwrap().items;
    assert_eq!(left.len(), 1, "{left:?}");
    let namespace = Api::<Namespace>::all(shop.client.clone()).get(&shop.name).await.unwrap();
    assert_eq!(namespace.metadata.deletion_timestamp, None);
}

#[tokio::test]
async fn a_kept_workload_stays_in_a_namespace_that_was_there() {
    let shop = TestNamespace::new().await;
    let ended = run(&shop, &Drill::builtin(), &["--keep-workload"]).await;
    assert_eq!(ended.code, Some(0));
    let service = shop.api::<Service>().get("api-service").await.unwrap();
    assert_eq!(service.spec.unwrap().selector.unwrap()["app"], "api-service");
    assert!(ended.undo_complete());
}

#[tokio::test]
async fn a_namespace_that_nobody_opened_is_refused() {
    let shop = shop().await;
    let closed = Patch::Merge(json!({"metadata": {"labels": {"firedrill.dev/allow": "yes"}}}));
    let all = Api::<Namespace>::all(shop.client.clone());
    all.patch(&shop.name, &PatchParams::default(), &closed).await.unwrap();
    for drill in [existing_drill(), Drill::builtin()] {
        let ended = run(&shop, &drill, &[]).await;
        assert_eq!(ended.code, Some(3));
        assert!(ended.stderr.contains("is not open to drills"), "{}", ended.stderr);
        assert!(ended.stderr.contains("firedrill.dev/allow=true"), "{}", ended.stderr);
        assert!(ended.events.is_empty(), "nothing began");
    }
    assert_eq!(traces(&shop).await, [] as [String; 0]);
}

#[tokio::test]
async fn what_is_to_be_broken_must_be_there() {
    let empty = TestNamespace::new().await;
    let foreign = Foreign::staging();
    let drill = existing_drill();
    let args = [drill.path(), "--context", "staging"];
    for (namespace, code, words) in [
        (&["-n", empty.name.as_str()][..], 3, "there is no service/api-service"),
        (&["-n", "nowhere-at-all"], 3, "there is no namespace nowhere-at-all"),
        (&[], 2, "nothing says in which namespace"),
    ] {
        let ended = Running::start_with(foreign.firedrill(), &[&args[..], namespace].concat()).end().await;
        assert_eq!(ended.code, Some(code));
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
    let shop = shop().await;
    let other = json!({"metadata": {"name": "other"}, "spec": {"replicas": 1,
        "selector": {"matchLabels": {"app": "api-service", "of": "other"}},
        "template": {"metadata": {"labels": {"app": "api-service", "of": "other"}},
            "spec": {"containers": [{"name": "c", "image": "registry.k8s.io/pause:3.10"}]}}}});
    shop.create::<Deployment>(other).await;
    crate::support::objects::until(&shop, "other", |found: Option<&Deployment>| {
        found.and_then(|found| found.status.as_ref()).and_then(|status| status.replicas) == Some(1)
    })
    .await;
    let ended = run(&shop, &drill, &[]).await;
    assert_eq!(ended.code, Some(3));
    assert!(ended.stderr.contains("deployment/api-service, deployment/other"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_step_that_would_be_refused_is_known_before_anything_changes() {
    let shop = shop().await;
    let drill = existing_drill().replace(
        "    - patch: {target: service/api-service, merge: {spec: {selector: {app: api-svc}}}}\n",
        "    - patch: {target: service/api-service, merge: {spec: {selector: {app: api-svc}}}}\n    - patch: {target: deployment/api-service, merge: {spec: {replicas: -1}}}\n",
    );
    let ended = run(&shop, &drill, &[]).await;
    assert_eq!(ended.code, Some(3));
    assert!(ended.stderr.contains("refuses a step of the drill in a dry run"), "{}", ended.stderr);
    assert!(ended.events.is_empty(), "nothing began");
}

#[tokio::test]
async fn a_deployed_workload_is_tried_out_before_the_fault() {
    let drill = Drill::builtin().replace(
        "    - patch: {target: service/api-service, merge: {spec: {selector: {app: api-svc}}}}\n",
        "    - patch: {target: service/api-service, merge: {spec: {selector: {app: api-svc}}}}\n    - patch: {target: deployment/api-service, merge: {spec: {replicas: -1}}}\n",
    );
    let ended = Running::start(&[drill.path(), "--output", "json"]).end().await;
    assert_eq!(ended.code, Some(3));
    assert_eq!(ended.report()["aborted"]["reason"], "refused");
    let fault = |kind: &Kind| matches!(kind, Kind::Recorded { .. } | Kind::Point { point: Point::Fault, .. });
    assert!(!ended.events.iter().any(|event| fault(&event.kind)), "nothing was broken");
    assert!(ended.undo_complete());
}
