use firedrill::engine::undo::open::find;
use firedrill::journal::{Effect, Record, UndoResult};
use firedrill::steps::api::meta;
use serde_json::{Value, json};

use crate::stage::{Stage, config_map};

/// Text that hardly compresses.
fn noise(bytes: usize) -> String {
    std::iter::repeat_with(fastrand::alphanumeric).take(bytes).collect()
}

async fn stage() -> Stage {
    Stage::empty(std::collections::BTreeMap::new()).await
}

/// The run's ConfigMaps, by name.
async fn kept(stage: &Stage) -> Vec<Value> {
    let labels = format!("firedrill.dev/run={}", stage.ctx.run);
    stage.ctx.api.list("v1", "configmaps", &stage.ctx.namespace, &labels).await.unwrap()
}

fn names(kept: &[Value]) -> Vec<&str> {
    kept.iter().filter_map(|map| meta(map, "name")).collect()
}

fn own(stage: &Stage) -> String {
    format!("firedrill-{}", stage.ctx.run)
}

/// What must be the same after the undo.
fn essence(map: &Value) -> Value {
    json!({"data": map["data"], "labels": map["metadata"]["labels"], "owners": map["metadata"]["managedFields"]})
}

/// A record of this number about a large object.
fn record(stage: &Stage, change: u64, text: &str) -> Record {
    let before = Box::new(config_map("assets", &json!({"text": text})));
    let (object, effect) = (stage.config_map("assets"), Effect::Deleted { before });
    Record { change, object, uid: None, effect, managed_fields: Vec::new(), redacted: false }
}

#[tokio::test]
async fn an_object_as_large_as_any_comes_back() {
    let stage = stage().await;
    stage.owner_applies(&config_map("assets", &json!({"text": noise(1_000_000)}))).await.unwrap();
    let before = stage.get(&stage.config_map("assets")).await;
    stage.change(json!({"delete": "configmap/assets"})).await;
    let kept_now = kept(&stage).await;
    let name = own(&stage);
    assert_eq!(names(&kept_now), [&name, &format!("{name}-000000-0"), &format!("{name}-000000-1")]);
    assert!(kept_now.iter().all(|map| map.to_string().len() < 800_000), "well under 1 MiB");
    assert_eq!(stage.store.load().await.unwrap(), stage.records());

    let (summary, items) = stage.undo().await;
    assert!(summary.complete, "{summary:?}");
    assert_eq!(items[0].result, UndoResult::Restored);
    assert_eq!(essence(&stage.get(&stage.config_map("assets")).await), essence(&before));
    assert_eq!(names(&kept(&stage).await), [] as [&str; 0]);
}

#[tokio::test]
async fn many_middling_records_do_not_fill_the_configmap() {
    let stage = stage().await;
    let text = noise(110_000);
    for n in 0..9 {
        stage.owner_applies(&config_map(&format!("page-{n}"), &json!({"text": text}))).await.unwrap();
        stage.change(json!({"delete": format!("configmap/page-{n}")})).await;
    }
    let kept_now = kept(&stage).await;
    assert_eq!(kept_now.len(), 1 + 3, "six have room, three do not: {:?}", names(&kept_now));
    let (summary, items) = stage.undo().await;
    assert!(summary.complete, "{summary:?}");
    assert_eq!(items.len(), 9);
    assert_eq!(stage.get(&stage.config_map("page-8")).await["data"]["text"], text);
    assert_eq!(names(&kept(&stage).await), [] as [&str; 0]);
}

#[tokio::test]
async fn a_later_try_does_not_spoil_the_parts_of_the_one_before() {
    let stage = stage().await;
    let (first, second) = (record(&stage, 0, &noise(900_000)), record(&stage, 0, &noise(200_000)));
    stage.store.append(&first).await.unwrap();
    let parts = kept(&stage).await.into_iter().filter(|map| map["binaryData"].is_object());
    let parts: Vec<Value> = parts.collect();
    stage.store.append(&second).await.unwrap();
    let kept_now = kept(&stage).await;
    assert!(parts.iter().all(|part| kept_now.contains(part)), "killed here, they would still be needed");
    assert_eq!(stage.store.load().await.unwrap(), [second]);
    let small = record(&stage, 0, "small");
    stage.store.append(&small).await.unwrap();
    assert_eq!(stage.store.load().await.unwrap(), [small]);
    stage.store.delete().await.unwrap();
    assert_eq!(names(&kept(&stage).await), [] as [&str; 0], "those that no entry names go, too");
}

#[tokio::test]
async fn a_run_that_was_killed_between_its_parts_is_found_and_cleared_away() {
    let stage = stage().await;
    stage.store.append(&record(&stage, 0, &noise(900_000))).await.unwrap();
    stage.delete(&stage.config_map(&own(&stage))).await;
    let workload = json!({"metadata": {"labels": {"firedrill.dev/run": stage.ctx.run}}});
    let other = config_map("settings", &json!({"a": "b"}));
    stage.owner_applies(&other).await.unwrap();
    stage.person_patches(&other, &workload).await;

    let open = find(&stage.ctx.api, Some(&stage.ctx.namespace)).await.unwrap();
    let [run] = open.as_slice() else { panic!("{open:?}") };
    assert_eq!((&run.run, run.records.as_ref().unwrap().len()), (&stage.ctx.run, 0));
    let summary = run.undo(stage.client.clone()).run(&[], &mut |_| {}).await;
    assert!(summary.complete, "{summary:?}");
    assert_eq!(names(&kept(&stage).await), ["settings"], "what else carries the label stays");
    assert!(find(&stage.ctx.api, Some(&stage.ctx.namespace)).await.unwrap().is_empty());
}

#[tokio::test]
async fn parts_that_are_not_what_was_written_undo_nothing() {
    let stage = stage().await;
    stage.store.append(&record(&stage, 0, &noise(900_000))).await.unwrap();
    stage.store.append(&record(&stage, 1, &noise(300_000))).await.unwrap();
    let part = |change: u32, number: u32| format!("{}-{change:06}-{number}", own(&stage));
    let said = async || stage.store.load().await.unwrap_err().to_string();

    let as_manifest = |name: &str| config_map(name, &json!({}));
    let good = stage.get(&stage.config_map(&part(0, 1))).await["binaryData"].clone();
    let other = stage.get(&stage.config_map(&part(1, 0))).await["binaryData"].clone();
    stage.person_patches(&as_manifest(&part(0, 1)), &json!({"binaryData": other})).await;
    assert!(said().await.contains("do not have the checksum"), "{}", said().await);
    stage.person_patches(&as_manifest(&part(0, 1)), &json!({"binaryData": good})).await;
    assert_eq!(stage.store.load().await.unwrap().len(), 2);

    // The parts of one change under the key of another.
    let map = stage.get(&stage.config_map(&own(&stage))).await;
    let forged = json!({"data": {"record-000000": map["data"]["record-000001"]}});
    stage.person_patches(&as_manifest(&own(&stage)), &forged).await;
    assert!(said().await.contains("is about the change 1"), "{}", said().await);
    stage.person_patches(&as_manifest(&own(&stage)), &json!({"data": map["data"]})).await;

    stage.delete(&stage.config_map(&part(1, 0))).await;
    assert!(said().await.contains("is missing"), "{}", said().await);
    let open = find(&stage.ctx.api, Some(&stage.ctx.namespace)).await.unwrap();
    assert!(open[0].records.is_err(), "{open:?}");
}
