//! Each step's undo, and what it does when someone acted in between.

mod deleted;

use std::collections::BTreeMap;

use firedrill::engine::undo::Undo;
use firedrill::journal::{Record, UndoItem, UndoResult};
use firedrill::steps::api::{label, meta, namespace_ref};
use firedrill::steps::workload::deploy;
use serde_json::json;

use crate::stage::{Stage, deployment, essence, fault, service};

fn results(items: &[UndoItem]) -> Vec<&UndoResult> {
    items.iter().map(|item| &item.result).collect()
}

/// The undo is complete, put back what it says, and a second one finds nothing to do.
async fn undone_twice(stage: &Stage, expected: &[UndoResult]) {
    let records = stage.records();
    let (summary, items) = stage.undo().await;
    assert!(summary.complete, "{summary:?} {items:?}");
    assert_eq!(results(&items), expected.iter().collect::<Vec<_>>(), "{items:?}");
    assert_eq!(stage.store.load().await.unwrap(), [], "the records are not needed any more");
    let (summary, items) = stage.undo_these(&records).await;
    assert!(summary.complete, "{summary:?} {items:?}");
    assert!(items.iter().all(|item| item.result == UndoResult::AlreadyAsBefore), "{items:?}");
}

#[tokio::test]
async fn a_patch_is_undone_with_its_ownership() {
    let stage = Stage::incident().await;
    let before = stage.get(&stage.service()).await;
    stage.change(fault()).await;
    assert!(stage.owner_applies(&service("api-mended")).await.is_err(), "firedrill owns the selector now");
    undone_twice(&stage, &[UndoResult::Restored]).await;
    let after = stage.get(&stage.service()).await;
    assert_eq!(essence(&after), essence(&before));
    stage.owner_applies(&service("api-mended")).await.expect("the owner owns the selector again");
}

#[tokio::test]
async fn what_the_runbook_mended_keeps_its_value_and_gets_its_owner_back() {
    let stage = Stage::incident().await;
    let before = stage.get(&stage.service()).await;
    stage.change(fault()).await;
    let mend = json!({"spec": {"selector": {"app": "api-service"}}});
    stage.change(json!({"patch": {"target": "service/api-service", "merge": mend}})).await;
    undone_twice(&stage, &[UndoResult::AlreadyAsBefore]).await;
    assert_eq!(essence(&stage.get(&stage.service()).await), essence(&before));
    stage.owner_applies(&service("api-mended")).await.expect("no conflict");
}

#[tokio::test]
async fn a_key_that_the_fault_added_goes_and_one_that_it_removed_comes_back() {
    let stage = Stage::incident().await;
    let before = stage.get(&stage.service()).await;
    let merge = json!({"metadata": {"labels": {"team": null}, "annotations": {"a": "b"}},
        "spec": {"selector": {"app": null, "app.kubernetes.io/name": "api"}}});
    stage.change(json!({"patch": {"target": "service/api-service", "merge": merge}})).await;
    let (summary, items) = stage.undo().await;
    assert!(summary.complete, "{summary:?} {items:?}");
    let after = stage.get(&stage.service()).await;
    assert_eq!(essence(&after), essence(&before));
    assert!(after["metadata"]["annotations"].is_null(), "{after}");
}

#[tokio::test]
async fn scale_label_and_apply_are_undone() {
    let stage = Stage::incident().await;
    let (service_before, deployment_before) =
        (stage.get(&stage.service()).await, stage.get(&stage.deployment()).await);
    stage.change(json!({"scale": {"target": "deployment/api-service", "replicas": 1}})).await;
    stage
        .change(json!({"label": {"target": "service/api-service", "set": {"team": "other", "x": "y"}}}))
        .await;
    stage.change(json!({"apply": {"manifests": ["service.yaml"]}})).await;
    let (summary, items) = stage.undo().await;
    assert!(summary.complete, "{summary:?} {items:?}");
    assert_eq!(essence(&stage.get(&stage.service()).await), essence(&service_before));
    assert_eq!(essence(&stage.get(&stage.deployment()).await), essence(&deployment_before));
    stage.owner_applies(&service("api-mended")).await.expect("no conflict");
    stage.owner_applies(&deployment(2)).await.expect("no conflict");
}

#[tokio::test]
async fn relabelled_pods_get_their_labels_back() {
    let stage = Stage::incident().await;
    let label = json!({"pods": {"app": "api-service"}, "set": {"app": "api-svc"}});
    stage.change(json!({"label": label})).await;
    assert_eq!(stage.pods("app=api-svc").await.len(), 3);
    let (_, items) = stage.undo().await;
    assert_eq!(items.len(), 3, "{items:?}");
    // The ReplicaSet may take surplus pods away; no pod keeps the other label.
    assert_eq!(stage.pods("app=api-svc").await, [] as [serde_json::Value; 0]);
}

#[tokio::test]
async fn what_a_person_changed_since_stays_and_is_named() {
    let stage = Stage::incident().await;
    stage.change(fault()).await;
    let svc = service("x");
    stage.person_patches(&svc, &json!({"spec": {"selector": {"app": "by-hand"}}})).await;
    let records: Vec<Record> = stage.records();
    let (summary, items) = stage.undo().await;
    assert!(!summary.complete);
    let [UndoItem { result: UndoResult::LeftChanged { by, when }, .. }] = items.as_slice() else {
        panic!("{items:?}")
    };
    assert_eq!(by.as_deref(), Some("kubectl-edit"));
    assert!(when.is_some());
    assert!(summary.left[0].contains("changed since by kubectl-edit at "), "{summary:?}");
    let after = stage.get(&stage.service()).await;
    assert_eq!(after["spec"]["selector"]["app"], "by-hand");
    let managers = after["metadata"]["managedFields"].to_string();
    assert!(!managers.contains("firedrill"), "{managers}");
    assert_eq!(stage.store.load().await.unwrap(), records, "the records stay while something is left");
}

#[tokio::test]
async fn a_field_beside_one_that_a_person_changed_is_put_back() {
    let stage = Stage::incident().await;
    let merge = json!({"spec": {"sessionAffinity": "ClientIP", "selector": {"app": "api-svc"}}});
    stage.change(json!({"patch": {"target": "service/api-service", "merge": merge}})).await;
    let svc = service("x");
    stage.person_patches(&svc, &json!({"spec": {"selector": {"app": "by-hand"}}})).await;
    let (summary, items) = stage.undo().await;
    assert!(!summary.complete, "{items:?}");
    let after = stage.get(&stage.service()).await;
    assert_eq!(after["spec"]["selector"]["app"], "by-hand");
    assert_eq!(after["spec"]["sessionAffinity"], "None");
}

#[tokio::test]
async fn a_fix_by_a_person_to_the_old_value_is_as_before() {
    let stage = Stage::incident().await;
    stage.change(fault()).await;
    let svc = service("x");
    stage.person_patches(&svc, &json!({"spec": {"selector": {"app": "api-service"}}})).await;
    undone_twice(&stage, &[UndoResult::AlreadyAsBefore]).await;
    let managers = stage.get(&stage.service()).await["metadata"]["managedFields"].to_string();
    assert!(managers.contains("kubectl-edit") && managers.contains("helm"), "{managers}");
}

#[tokio::test]
async fn an_object_that_was_deleted_or_made_anew_since_is_left() {
    let stage = Stage::incident().await;
    stage.change(fault()).await;
    stage.delete(&stage.service()).await;
    let (summary, items) = stage.undo().await;
    assert!(!summary.complete);
    assert!(matches!(items[0].result, UndoResult::LeftGone { .. }), "{items:?}");

    stage.owner_applies(&service("api-svc")).await.unwrap();
    let (summary, items) = stage.undo().await;
    assert!(!summary.complete);
    let UndoResult::LeftGone { now } = &items[0].result else { panic!("{items:?}") };
    assert!(now.contains("another one of this name"), "{now}");
    assert_eq!(stage.get(&stage.service()).await["spec"]["selector"]["app"], "api-svc");
}

#[tokio::test]
async fn a_deleted_service_comes_back_with_its_address_and_owner() {
    let stage = Stage::incident().await;
    stage.person_patches(&service("x"), &json!({"spec": {"type": "NodePort"}})).await;
    let before = stage.get(&stage.service()).await;
    stage.change(json!({"delete": "service/api-service"})).await;
    undone_twice(&stage, &[UndoResult::Restored]).await;
    let after = stage.get(&stage.service()).await;
    assert_eq!(after["spec"], before["spec"], "clusterIP and nodePort included");
    assert_eq!(essence(&after), essence(&before));
    stage.owner_applies(&service("api-mended")).await.expect("no conflict");
}

#[tokio::test]
async fn a_service_that_was_broken_deleted_and_made_again_ends_as_it_was() {
    let stage = Stage::incident().await;
    let before = stage.get(&stage.service()).await;
    stage.change(fault()).await;
    stage.change(json!({"delete": "service/api-service"})).await;
    stage.change(json!({"apply": {"manifests": ["service.yaml"]}})).await;
    let made = stage.get(&stage.service()).await;
    assert_ne!(made["metadata"]["uid"], before["metadata"]["uid"]);
    let mend = json!({"spec": {"selector": {"app": "api-service"}}});
    stage.change(json!({"patch": {"target": "service/api-service", "merge": mend}})).await;
    undone_twice(&stage, &[UndoResult::Restored]).await;
    let after = stage.get(&stage.service()).await;
    assert_eq!(essence(&after), essence(&before));
    assert_eq!(label(&after, "firedrill.dev/run"), None);
}

#[tokio::test]
async fn what_the_run_made_is_deleted() {
    let manifests = BTreeMap::from([("service.yaml".to_owned(), vec![service("api-svc")])]);
    let stage = Stage::empty(manifests).await;
    stage.change(json!({"apply": {"manifests": ["service.yaml"]}})).await;
    undone_twice(&stage, &[UndoResult::Deleted]).await;
    assert_eq!(stage.ctx.api.get(&stage.service()).await.unwrap(), None);
}

#[tokio::test]
async fn the_namespace_of_the_run_goes_after_the_fields() {
    let stage = Stage::without_namespace().await;
    deploy(&[service("api-service"), deployment(1)], true, &stage.ctx).await.unwrap();
    stage.change(fault()).await;
    let records = stage.records();
    let (summary, items) = stage.undo().await;
    assert!(summary.complete, "{summary:?} {items:?}");
    assert_eq!(results(&items), [&UndoResult::Restored, &UndoResult::Deleted], "{items:?}");
    assert_eq!(items[1].object, format!("namespace/{}", stage.ctx.namespace));
    let namespace = stage.ctx.api.get(&namespace_ref(&stage.ctx.namespace)).await.unwrap();
    assert!(namespace.is_none_or(|live| meta(&live, "deletionTimestamp").is_some()));
    let (summary, items) = stage.undo_these(&records).await;
    assert!(summary.complete, "{summary:?} {items:?}");
}

#[tokio::test]
async fn a_workload_that_is_kept_loses_the_fault_only() {
    let stage = Stage::without_namespace().await;
    deploy(&[service("api-service")], true, &stage.ctx).await.unwrap();
    stage.change(fault()).await;
    let mut undo = Undo::new(stage.client.clone(), &stage.ctx.run, &stage.ctx.namespace);
    undo.keep.insert(namespace_ref(&stage.ctx.namespace));
    let mut items = Vec::new();
    let summary = undo.run(&stage.records(), &mut |item| items.push(item)).await;
    assert!(summary.complete, "{summary:?} {items:?}");
    let live = stage.get(&stage.service()).await;
    assert_eq!(live["spec"]["selector"]["app"], "api-service");
    assert_eq!(stage.store.load().await.unwrap(), []);
}
