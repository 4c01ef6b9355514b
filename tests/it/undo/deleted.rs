//! Deleted objects: who owned them, who holds them, who makes them again.

use std::time::Duration;

use firedrill::drill::Step;
use firedrill::engine::undo::Undo;
use firedrill::journal::{UndoItem, UndoResult};
use firedrill::steps::api::meta;
use serde_json::{Value, json};

use crate::stage::{Stage, config_map};
use crate::support::eventually;

/// A ConfigMap that these own.
async fn owned(stage: &Stage, name: &str, owners: &[&str]) -> Value {
    let mut references = Vec::new();
    for owner in owners {
        let uid = stage.get(&stage.config_map(owner)).await["metadata"]["uid"].clone();
        references.push(json!({"apiVersion": "v1", "kind": "ConfigMap", "name": owner, "uid": uid}));
    }
    let mut map = config_map(name, &json!({"a": "b"}));
    map["metadata"]["ownerReferences"] = json!(references);
    stage.owner_applies(&map).await.unwrap()
}

#[tokio::test]
async fn owners_that_are_still_there_own_it_again_and_others_are_left_out() {
    let stage = Stage::empty(std::collections::BTreeMap::new()).await;
    for owner in ["first", "second"] {
        stage.owner_applies(&config_map(owner, &json!({}))).await.unwrap();
    }
    let both = owned(&stage, "both", &["first", "second"]).await;
    owned(&stage, "one", &["second"]).await;
    stage.change(json!({"delete": "configmap/both"})).await;
    stage.change(json!({"delete": "configmap/one"})).await;
    stage.delete(&stage.config_map("second")).await;
    let (summary, items) = stage.undo().await;
    assert!(summary.complete, "{summary:?} {items:?}");

    let both_again = stage.get(&stage.config_map("both")).await;
    assert_eq!(both_again["metadata"]["ownerReferences"], json!([both["metadata"]["ownerReferences"][0]]));
    assert_ne!(meta(&both_again, "uid"), meta(&both, "uid"));
    assert_ne!(meta(&both_again, "creationTimestamp"), None);
    // Without an owner nobody collects it.
    assert!(stage.get(&stage.config_map("one")).await["metadata"]["ownerReferences"].is_null());
    stage.owner_applies(&config_map("one", &json!({"a": "c"}))).await.expect("no conflict");
}

#[tokio::test]
async fn a_pod_is_left_to_the_controller_that_makes_another() {
    let stage = Stage::incident().await;
    let pods = stage.pods("app=api-service").await;
    let name = meta(&pods[0], "name").unwrap();
    stage.change(json!({"delete": format!("pod/{name}")})).await;
    let (summary, items) = stage.undo().await;
    assert!(summary.complete, "{summary:?} {items:?}");
    assert_eq!(items[0].result, UndoResult::AlreadyAsBefore);
    assert_eq!(stage.ctx.api.get(&stage.object("v1", "Pod", "pods", name)).await.unwrap(), None);
}

fn held() -> Value {
    let mut map = config_map("held", &json!({"a": "b"}));
    map["metadata"]["finalizers"] = json!(["example.com/hold"]);
    map
}

async fn release(stage: &Stage) {
    stage.person_patches(&held(), &json!({"metadata": {"finalizers": null}})).await;
}

async fn being_deleted(stage: &Stage) {
    eventually("the deletion", Duration::from_secs(10), || async {
        let live = stage.ctx.api.get(&stage.config_map("held")).await.unwrap()?;
        meta(&live, "deletionTimestamp").map(str::to_owned)
    })
    .await;
}

#[tokio::test]
async fn a_deletion_waits_for_finalizers() {
    let stage = Stage::empty(std::collections::BTreeMap::new()).await;
    let before = stage.owner_applies(&held()).await.unwrap();
    let let_go = async {
        being_deleted(&stage).await;
        release(&stage).await;
    };
    tokio::join!(stage.change(json!({"delete": "configmap/held"})), let_go);
    assert_eq!(stage.ctx.api.get(&stage.config_map("held")).await.unwrap(), None);
    let (summary, items) = stage.undo().await;
    assert!(summary.complete, "{summary:?} {items:?}");
    let after = stage.get(&stage.config_map("held")).await;
    assert_eq!(after["metadata"]["finalizers"], before["metadata"]["finalizers"]);
    assert_eq!(after["metadata"]["managedFields"], before["metadata"]["managedFields"]);
    release(&stage).await;
}

/// Killed while the step waited: the object is on its way out and must be gone first.
#[tokio::test]
async fn the_undo_waits_for_finalizers_and_removes_none() {
    let stage = Stage::empty(std::collections::BTreeMap::new()).await;
    stage.owner_applies(&held()).await.unwrap();
    let step: Step = serde_json::from_value(json!({"delete": "configmap/held"})).unwrap();
    tokio::select! {
        done = firedrill::steps::run(&step, &stage.ctx) => panic!("{done:?}"),
        () = being_deleted(&stage) => {}
    }
    let records = stage.store.load().await.unwrap();
    let mut hasty = Undo::new(stage.client.clone(), &stage.ctx.run, &stage.ctx.namespace);
    hasty.within = Duration::from_millis(300);
    let mut items: Vec<UndoItem> = Vec::new();
    let summary = hasty.run(&records, &mut |item| items.push(item)).await;
    assert!(!summary.complete);
    assert!(summary.left[0].contains("configmap/held is being deleted"), "{summary:?}");
    assert_eq!(stage.store.load().await.unwrap(), records, "the records stay while something is left");

    let ((summary, items), ()) = tokio::join!(stage.undo(), release(&stage));
    assert!(summary.complete, "{summary:?} {items:?}");
    assert_eq!(items[0].result, UndoResult::Restored);
    let after = stage.get(&stage.config_map("held")).await;
    assert_eq!(after["metadata"]["finalizers"], held()["metadata"]["finalizers"]);
    release(&stage).await;
}
