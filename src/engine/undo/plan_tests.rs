//! No order of writes leaves a field other than as it was before, or as a person made it.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::fold::{Fields, Verdict};
use super::plan::{Plan, plan};
use crate::journal::{Effect, ObjectRef, Record, UndoResult};
use crate::steps::api::RUN_LABEL;
use crate::steps::diff::diff;
use crate::steps::pointer::{get, merge_patch, set};

const LEAVES: [&str; 5] = ["/a", "/b/x", "/b/y", "/c/d/x", "/c/e"];
const BRANCHES: [&str; 3] = ["/b", "/c", "/c/d"];

/// A write: by whom, where, and whether it sets or removes.
#[derive(Debug, Clone)]
struct Write {
    by_run: bool,
    path: &'static str,
    set: bool,
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let set = (any::<bool>(), prop::sample::select(&LEAVES[..]), any::<bool>());
    let set = set.prop_map(|(by_run, path, set)| Write { by_run, path, set });
    let clear = (any::<bool>(), prop::sample::select(&BRANCHES[..]));
    let clear = clear.prop_map(|(by_run, path)| Write { by_run, path, set: false });
    prop::collection::vec(prop_oneof![4 => set, 1 => clear], 0..14)
}

/// A document with some of the leaves.
fn document() -> impl Strategy<Value = Value> {
    prop::collection::vec(any::<bool>(), LEAVES.len()).prop_map(|there| {
        let mut document = json!({});
        for (path, _) in LEAVES.iter().zip(there).filter(|(_, there)| *there) {
            set(&mut document, path, Some(json!(format!("initial {path}"))));
        }
        document
    })
}

fn object() -> ObjectRef {
    ObjectRef {
        api_version: "v1".to_owned(),
        kind: "Service".to_owned(),
        plural: "services".to_owned(),
        namespace: Some("ns".to_owned()),
        name: "api".to_owned(),
    }
}

fn record(change: u64, uid: Option<&str>, effect: Effect) -> Record {
    Record {
        change,
        object: object(),
        uid: uid.map(str::to_owned),
        effect,
        managed_fields: Vec::new(),
        redacted: false,
    }
}

/// RFC 7386, as the API server applies a merge patch.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    for (key, value) in patch {
        if value.is_null() {
            target.as_object_mut().unwrap().remove(key);
        } else {
            merge(&mut target[key], value);
        }
    }
}

/// The document after the undo of these records.
fn undo(records: &[Record], live: &Value) -> Value {
    let mut fields = Fields::default();
    for record in records {
        let Effect::Fields { changes } = &record.effect else { continue };
        for change in changes {
            fields.add(change, &[]);
        }
    }
    let mut result = live.clone();
    if let Some(patch) = merge_patch(live, &fields.undone(live)) {
        merge(&mut result, &patch);
    }
    result
}

fn write(document: &Value, path: &str, value: Option<Value>, records: &mut Vec<Record>) -> Value {
    let mut after = document.clone();
    set(&mut after, path, value);
    let changes = diff(document, &after);
    if !changes.is_empty() {
        let number = records.len() as u64;
        records.push(record(number, Some("1"), Effect::Fields { changes }));
    }
    after
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_field_ends_as_it_was_or_as_a_person_made_it(initial in document(), writes in writes()) {
        let mut live = initial.clone();
        let mut records = Vec::new();
        // Per leaf: who wrote it last, and whether the run's last write removed it.
        let mut last = [(false, false); LEAVES.len()];
        for (n, w) in writes.iter().enumerate() {
            let by = if w.by_run { "run" } else { "person" };
            let value = w.set.then(|| json!(format!("{by} {n}")));
            let before = live.clone();
            if w.by_run {
                live = write(&live, w.path, value, &mut records);
            } else {
                set(&mut live, w.path, value);
            }
            for (path, (by_person, removed)) in LEAVES.iter().zip(&mut last) {
                if get(&before, path) != get(&live, path) {
                    *by_person = !w.by_run;
                    *removed = if w.by_run { get(&live, path).is_none() } else { *removed };
                }
            }
        }
        let result = undo(&records, &live);
        for (path, (by_person, removed)) in LEAVES.iter().zip(last) {
            let now = get(&result, path);
            prop_assert!(
                !now.and_then(Value::as_str).is_some_and(|text| text.starts_with("run")),
                "{path} still holds the run's {now:?}"
            );
            // What is absent after both removed it cannot be told from what the run removed.
            if by_person && !(removed && get(&live, path).is_none()) {
                prop_assert_eq!(now, get(&live, path), "a person's {} was overwritten", path);
            }
        }
        prop_assert_eq!(undo(&records, &result), result, "a second undo changed something");
    }

    #[test]
    fn a_run_alone_leaves_nothing(
        initial in document(),
        writes in prop::collection::vec((prop::sample::select([&LEAVES[..], &BRANCHES[..]].concat()), 0..5_u8), 0..14),
    ) {
        let mut live = initial.clone();
        let mut records = Vec::new();
        for (n, (path, kind)) in writes.into_iter().enumerate() {
            // What was an object may become text, and text an object.
            let value = match kind {
                0 => None,
                1 => Some(json!({"x": n})),
                2 => Some(json!({})),
                3 => Some(json!([n])),
                _ => Some(json!(n)),
            };
            live = write(&live, path, value, &mut records);
        }
        prop_assert_eq!(undo(&records, &live), initial);
    }
}

fn service(uid: &str, app: &str) -> Value {
    json!({"metadata": {"name": "api", "uid": uid}, "spec": {"selector": {"app": app}, "clusterIP": "10.0.0.1"}})
}

fn by_run(mut live: Value) -> Value {
    live["metadata"]["labels"] = json!({RUN_LABEL: "r1"});
    live
}

#[test]
fn a_service_that_the_run_deleted_and_made_again_ends_as_before_the_first_change() {
    let broken = Effect::Fields { changes: diff(&service("1", "api"), &service("1", "api-svc")) };
    let deleted = Effect::Deleted { before: Box::new(service("1", "api-svc")) };
    let records =
        [record(0, Some("1"), broken), record(1, Some("1"), deleted), record(2, None, Effect::Created)];
    let records: Vec<&Record> = records.iter().collect();
    let live = by_run(service("2", "api-svc"));
    let Plan::Recreate { image, in_place_of } = plan(&records, Some(&live), "r1") else {
        panic!("{:?}", plan(&records, Some(&live), "r1"));
    };
    assert_eq!(in_place_of.as_deref(), Some("2"));
    assert_eq!(
        image,
        json!({"metadata": {"name": "api"},
        "spec": {"selector": {"app": "api"}, "clusterIP": "10.0.0.1"}})
    );
    // Once more, after it was made again.
    let done = service("3", "api");
    assert_eq!(plan(&records, Some(&done), "r1"), Plan::Said(UndoResult::AlreadyAsBefore));
    // Somebody made another one.
    let other = service("4", "other");
    assert!(matches!(plan(&records, Some(&other), "r1"), Plan::Said(UndoResult::LeftGone { .. })));
}

#[test]
fn a_deletion_that_never_arrived_leaves_the_fields_to_put_back() {
    let broken = Effect::Fields { changes: diff(&service("1", "api"), &service("1", "api-svc")) };
    let deleted = Effect::Deleted { before: Box::new(service("1", "api-svc")) };
    let records = [record(0, Some("1"), broken), record(1, Some("1"), deleted)];
    let records: Vec<&Record> = records.iter().collect();
    let live = service("1", "api-svc");
    let Plan::Fields { fields, .. } = plan(&records, Some(&live), "r1") else { panic!("not fields") };
    assert_eq!(fields.verdicts(&live), [("/spec/selector/app", Verdict::Restore)]);
}

/// The Service, as this field manager wrote it last.
fn written_by(manager: &str, mut service: Value) -> Value {
    let owned =
        json!([{"manager": manager, "operation": "Update", "fieldsV1": {"f:spec": {"f:selector": {}}}}]);
    service["metadata"]["managedFields"] = owned;
    service
}

#[test]
fn a_mend_that_was_recorded_and_never_sent_leaves_the_fault_to_put_back() {
    let (before, broken) = (service("1", "api"), service("1", "api-svc"));
    let fault = Effect::Fields { changes: diff(&before, &broken) };
    let mend = Effect::Fields { changes: diff(&broken, &before) };
    let records = [record(0, Some("1"), fault), record(1, Some("1"), mend)];
    let records: Vec<&Record> = records.iter().collect();
    for (live, verdict, app) in [
        (written_by("firedrill", broken.clone()), Verdict::Restore, "api"),
        // It did arrive; then somebody broke the Service again.
        (written_by("kubectl-edit", broken), Verdict::Theirs, "api-svc"),
        (written_by("firedrill", before), Verdict::AsBefore, "api"),
    ] {
        let Plan::Fields { fields, .. } = plan(&records, Some(&live), "r1") else { panic!("not fields") };
        assert_eq!(fields.verdicts(&live), [("/spec/selector/app", verdict)]);
        assert_eq!(fields.undone(&live)["spec"]["selector"]["app"], app);
    }
}

#[test]
fn a_field_that_is_absent_since_an_earlier_write_comes_back_while_nobody_wrote_since() {
    let before = service("1", "api");
    let mut broken = written_by("firedrill", before.clone());
    set(&mut broken, "/spec/selector/app", None);
    let fault = Effect::Fields { changes: diff(&before, &broken) };
    let mend = Effect::Fields { changes: diff(&broken, &before) };
    let mut records = [record(0, Some("1"), fault), record(1, Some("1"), mend)];
    records[1].managed_fields = vec![broken["metadata"]["managedFields"][0].clone()];
    let records: Vec<&Record> = records.iter().collect();
    let mut touched = written_by("kubectl-edit", broken.clone());
    touched["metadata"]["labels"] = json!({"team": "shop"});
    for (live, restored) in [(broken, true), (touched, false)] {
        let Plan::Fields { fields, .. } = plan(&records, Some(&live), "r1") else { panic!("not fields") };
        assert_eq!(get(&fields.undone(&live), "/spec/selector/app").is_some(), restored, "{live}");
    }
}

#[test]
fn what_the_run_made_goes_and_what_another_made_stays() {
    let records = [record(0, None, Effect::Created)];
    let records: Vec<&Record> = records.iter().collect();
    assert_eq!(plan(&records, None, "r1"), Plan::Said(UndoResult::AlreadyAsBefore));
    assert_eq!(plan(&records, Some(&by_run(service("1", "a"))), "r1"), Plan::Delete);
    assert!(matches!(
        plan(&records, Some(&service("1", "a")), "r1"),
        Plan::Said(UndoResult::LeftGone { .. })
    ));
}

#[test]
fn an_object_of_another_uid_is_left() {
    let broken = Effect::Fields { changes: diff(&service("1", "api"), &service("1", "api-svc")) };
    let records = [record(0, Some("1"), broken)];
    let records: Vec<&Record> = records.iter().collect();
    let other = service("2", "api-svc");
    assert!(matches!(plan(&records, Some(&other), "r1"), Plan::Said(UndoResult::LeftGone { .. })));
    assert!(matches!(plan(&records, None, "r1"), Plan::Said(UndoResult::LeftGone { .. })));
}
