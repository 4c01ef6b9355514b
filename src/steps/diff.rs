//! What a change does to an object, field by field.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::pointer::child;
use crate::journal::FieldChange;

/// What the API server keeps about an object for itself.
const BOOKKEEPING: [&str; 7] = [
    "/status",
    "/metadata/resourceVersion",
    "/metadata/generation",
    "/metadata/managedFields",
    "/metadata/uid",
    "/metadata/creationTimestamp",
    "/metadata/selfLink",
];

/// The fields that differ, the API server's own bookkeeping left out. Arrays are whole values.
///
/// An object that appears is named itself, as `{}`, before the fields in it, and one that goes
/// is named after them: so the undo knows that the object, too, was not there, or was.
#[must_use]
pub fn diff(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    walk("", Some(before), Some(after), &mut changes);
    changes
}

fn walk(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<FieldChange>) {
    if before == after || BOOKKEEPING.contains(&path) {
        return;
    }
    let (none, empty) = (Map::new(), json!({}));
    let (old, new) = match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => (old, new),
        (Some(Value::Object(old)), None) => (old, &none),
        (None, Some(Value::Object(new))) => {
            changes.push(change(path, None, Some(&empty)));
            (&none, new)
        }
        _ => return changes.push(change(path, before, after)),
    };
    for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        walk(&child(path, key), old.get(key), new.get(key), changes);
    }
    if after.is_none() {
        changes.push(change(path, Some(&empty), None));
    }
}

fn change(path: &str, before: Option<&Value>, after: Option<&Value>) -> FieldChange {
    FieldChange { path: path.to_owned(), before: before.cloned(), after: after.cloned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_are_named_and_bookkeeping_is_not() {
        let before =
            json!({"metadata": {"uid": "1", "resourceVersion": "1"}, "spec": {"selector": {"app": "a"}}});
        let after = json!({"metadata": {"uid": "1", "resourceVersion": "2", "generation": 2},
            "spec": {"selector": {"app": "b", "tier": "c"}}, "status": {}});
        assert_eq!(
            diff(&before, &after),
            [
                change("/spec/selector/app", Some(&json!("a")), Some(&json!("b"))),
                change("/spec/selector/tier", None, Some(&json!("c"))),
            ]
        );
    }

    #[test]
    fn arrays_are_whole_values() {
        let changes = diff(&json!({"spec": {"ports": [1, 2]}}), &json!({"spec": {"ports": [1]}}));
        assert_eq!(changes, [change("/spec/ports", Some(&json!([1, 2])), Some(&json!([1])))]);
    }

    #[test]
    fn an_object_that_appears_is_named_before_its_fields() {
        let changes = diff(&json!({"metadata": {}}), &json!({"metadata": {"labels": {"a": "b"}}}));
        assert_eq!(
            changes,
            [
                change("/metadata/labels", None, Some(&json!({}))),
                change("/metadata/labels/a", None, Some(&json!("b"))),
            ]
        );
    }

    #[test]
    fn an_object_that_goes_is_named_after_its_fields() {
        let changes = diff(&json!({"spec": {"selector": {"a": "b"}}}), &json!({"spec": {}}));
        assert_eq!(
            changes,
            [
                change("/spec/selector/a", Some(&json!("b")), None),
                change("/spec/selector", Some(&json!({})), None),
            ]
        );
    }
}
