//! Giving fields back to those who owned them before the run.
//!
//! A patch makes its sender the owner of what it changes, and patching the old value back does
//! not return it. As long as firedrill stays the owner, the next server-side apply of the real
//! one meets a conflict.

use serde_json::{Map, Value, json};

use super::fold::Fields;
use crate::steps::api::MANAGER;
use crate::steps::ownership::subset;

/// `managedFields` as they are to be, or nothing where `now` is that already.
///
/// `seen` is what they were when the values were read, before the undo wrote any; `now` is
/// what they are, `first` what they were before the run's first change. `settled` are the
/// fields that are as before again, `left` those that the run wrote and keeps.
pub(super) fn give_back(
    fields: &Fields<'_>,
    first: &[Value],
    seen: &[Value],
    now: &[Value],
    settled: &[impl AsRef<str>],
    left: &[impl AsRef<str>],
) -> Option<Vec<Value>> {
    let (ours, mut target): (Vec<Value>, Vec<Value>) = seen.iter().cloned().partition(is_ours);
    for path in settled.iter().map(AsRef::as_ref) {
        for owner in fields.owners(path).iter().filter(|entry| !is_ours(entry)) {
            graft(&mut target, owner, path);
        }
    }
    target.extend(first.iter().filter(|entry| is_ours(entry)).cloned());
    for path in left.iter().map(AsRef::as_ref) {
        for entry in &ours {
            graft(&mut target, entry, path);
        }
    }
    for entry in &mut target {
        // Whose fields are what they were gets the time back that they had, too.
        if let Some(before) = first.iter().find(|before| same_entry(before, entry))
            && before.get("fieldsV1") == entry.get("fieldsV1")
        {
            entry.clone_from(before);
        }
    }
    (!same_set(&target, now)).then_some(target)
}

/// The patch body that sets `managedFields`. An empty list would mean "leave them".
pub(super) fn as_patch(target: &[Value]) -> Value {
    if target.is_empty() { json!([{}]) } else { json!(target) }
}

fn is_ours(entry: &Value) -> bool {
    entry.get("manager").is_some_and(|manager| manager == MANAGER) && entry.get("subresource").is_none()
}

fn same_entry(a: &Value, b: &Value) -> bool {
    ["manager", "operation", "apiVersion", "subresource"].iter().all(|key| a.get(key) == b.get(key))
}

fn same_set(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().all(|entry| b.contains(entry))
}

/// Copies what `from` owns at `path` into the entry of the same manager in `target`, which is
/// made where it is missing.
fn graft(target: &mut Vec<Value>, from: &Value, path: &str) {
    let Some(set) = from.get("fieldsV1") else { return };
    let Some((keys, owned)) = subset(set, path) else { return };
    if !target.iter().any(|entry| same_entry(entry, from)) {
        let mut entry = from.clone();
        entry["fieldsV1"] = json!({});
        target.push(entry);
    }
    let Some(entry) = target.iter_mut().find(|entry| same_entry(entry, from)) else { return };
    let mut source = set;
    let mut at = &mut entry["fieldsV1"];
    for key in &keys {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        if let (Some(mark), Some(map)) = (source.get("."), at.as_object_mut()) {
            // `.` is the object itself: that it exists.
            map.insert(".".to_owned(), mark.clone());
        }
        source = &source[key];
        at = &mut at[key];
    }
    *at = owned.clone();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::FieldChange;

    const NONE: &[&str] = &[];

    fn entry(manager: &str, operation: &str, time: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "time": time,
            "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    fn selector_change() -> FieldChange {
        FieldChange {
            path: "/spec/selector/app".to_owned(),
            before: Some(json!("api")),
            after: Some(json!("api-svc")),
        }
    }

    fn helm() -> Value {
        entry("helm", "Apply", "T0", &json!({"f:spec": {"f:ports": {}, "f:selector": {}}}))
    }

    #[test]
    fn the_owner_gets_the_field_back_with_its_time() {
        let first = [helm()];
        let mut fields = Fields::default();
        fields.add(&selector_change(), &first);
        let now = [
            entry("helm", "Apply", "T0", &json!({"f:spec": {"f:ports": {}}})),
            entry("firedrill", "Update", "T1", &json!({"f:spec": {"f:selector": {}}})),
        ];
        let target = give_back(&fields, &first, &now, &now, &["/spec/selector/app"], NONE);
        assert_eq!(target, Some(vec![helm()]));
        assert_eq!(give_back(&fields, &first, &first, &first, &["/spec/selector/app"], NONE), None);
    }

    #[test]
    fn an_entry_that_the_change_emptied_is_made_again() {
        let owner = entry("kubectl", "Update", "T0", &json!({"f:spec": {"f:selector": {}}}));
        let first = [owner.clone()];
        let mut fields = Fields::default();
        fields.add(&selector_change(), &first);
        let now = [entry("firedrill", "Update", "T1", &json!({"f:spec": {"f:selector": {}}}))];
        let target = give_back(&fields, &first, &now, &now, &["/spec/selector/app"], NONE);
        assert_eq!(target, Some(vec![owner]));
    }

    #[test]
    fn who_took_a_field_since_keeps_it() {
        let first = [helm()];
        let mut fields = Fields::default();
        fields.add(&selector_change(), &first);
        let human = entry("kubectl-edit", "Update", "T2", &json!({"f:spec": {"f:selector": {}}}));
        let now = [entry("helm", "Apply", "T0", &json!({"f:spec": {"f:ports": {}}})), human];
        assert_eq!(give_back(&fields, &first, &now, &now, NONE, &["/spec/selector/app"]), None);
    }

    #[test]
    fn what_firedrill_leaves_changed_it_still_owns() {
        let first = [entry("helm", "Apply", "T0", &json!({"f:spec": {"f:a": {}, "f:b": {}}}))];
        let mut fields = Fields::default();
        for path in ["/spec/a", "/spec/b"] {
            let change = FieldChange { path: path.to_owned(), before: Some(json!(1)), after: Some(json!(2)) };
            fields.add(&change, &first);
        }
        let now = [entry("firedrill", "Update", "T1", &json!({"f:spec": {"f:a": {}, "f:b": {}}}))];
        let target = give_back(&fields, &first, &now, &now, &["/spec/a"], &["/spec/b"]).unwrap();
        assert_eq!(target[0]["fieldsV1"], json!({"f:spec": {"f:a": {}}}));
        assert_eq!(target[1]["fieldsV1"], json!({"f:spec": {"f:b": {}}}));
        assert_eq!(target.len(), 2);
    }

    #[test]
    fn the_mark_of_an_object_comes_back_with_its_field() {
        let set = json!({"f:metadata": {"f:labels": {".": {}, "f:app": {}}}});
        let owner = entry("kubectl", "Update", "T0", &set);
        let first = [owner.clone()];
        let change =
            FieldChange { path: "/metadata/labels/app".to_owned(), before: Some(json!("a")), after: None };
        let mut fields = Fields::default();
        fields.add(&change, &first);
        let target = give_back(&fields, &first, &[], &[], &["/metadata/labels/app"], NONE);
        assert_eq!(target, Some(vec![owner]));
    }
}
