//! What is declared, held against what is there. Pure.
//!
//! Only what is declared counts: defaults that the API server fills in, and what controllers add,
//! are nobody's drift.

use serde_json::{Map, Value};

use crate::steps::pointer::child;

/// What a manifest says that is no field of the object itself.
const NOT_FIELDS: [&str; 5] =
    ["/apiVersion", "/kind", "/status", "/metadata/namespace", "/metadata/creationTimestamp"];

/// One field that is not as it is declared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    /// A JSON pointer.
    pub field: String,
    /// What is declared.
    pub declared: Option<Value>,
    /// What is there.
    pub live: Option<Value>,
    /// How much of `field` leads to its first list, if any is on the way.
    list: Option<usize>,
}

impl Difference {
    /// The pointer whose owner is the field's: of what is in a list, the list's.
    pub fn owned(&self) -> &str {
        self.list.and_then(|length| self.field.get(..length)).unwrap_or(&self.field)
    }
}

/// The declared fields that differ.
pub(super) fn differences(declared: &Value, live: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk("", None, declared, Some(live), &mut found);
    found
}

/// A value as the journal tells it.
pub(super) fn shown(value: &Value, secret: bool) -> String {
    if secret { "\"(hidden)\"".to_owned() } else { value.to_string() }
}

fn walk(
    path: &str,
    list: Option<usize>,
    declared: &Value,
    live: Option<&Value>,
    found: &mut Vec<Difference>,
) {
    if NOT_FIELDS.contains(&path) || (is_nothing(declared) && live.is_none_or(is_nothing)) {
        return;
    }
    match (declared, live) {
        (Value::Object(declared), Some(Value::Object(live))) => {
            for (key, value) in declared {
                walk(&child(path, key), list, value, live.get(key), found);
            }
        }
        (Value::Array(declared), Some(Value::Array(live))) if named(declared) && named(live) => {
            for (index, item) in declared.iter().enumerate() {
                let same = live.iter().find(|candidate| candidate["name"] == item["name"]);
                let path = child(path, &index.to_string());
                walk(&path, list.or(Some(path.rfind('/').unwrap_or(0))), item, same, found);
            }
        }
        (Value::Array(items), Some(Value::Array(others))) if items.len() == others.len() => {
            for (index, (item, other)) in items.iter().zip(others).enumerate() {
                let path = child(path, &index.to_string());
                walk(&path, list.or(Some(path.rfind('/').unwrap_or(0))), item, Some(other), found);
            }
        }
        (declared, Some(live)) if declared == live => {}
        (declared, live) => found.push(Difference {
            field: path.to_owned(),
            declared: Some(declared.clone()).filter(|value| !value.is_null()),
            live: live.cloned(),
            list,
        }),
    }
}

/// What the API server does not keep.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => Map::is_empty(map),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Whether the items of a list are told apart by their names, as containers and ports are.
fn named(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|item| item["name"].is_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(declared: &Value, live: &Value) -> Vec<(String, Option<Value>)> {
        differences(declared, live).into_iter().map(|found| (found.field, found.live)).collect()
    }

    #[test]
    fn only_what_is_declared_counts() {
        let declared = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "labels": {}},
            "spec": {"selector": {"app": "a"}, "ports": [{"name": "http", "port": 80}], "externalIPs": []}});
        let live = json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "a", "uid": "u", "namespace": "n"}, "status": {"loadBalancer": {}},
            "spec": {"selector": {"app": "a"}, "clusterIP": "10.0.0.1",
                "ports": [{"name": "extra", "port": 1}, {"name": "http", "port": 80, "protocol": "TCP"}]}});
        assert_eq!(fields(&declared, &live), []);
    }

    #[test]
    fn what_differs_is_named_with_what_is_there() {
        let declared = json!({"spec": {"selector": {"app": "a", "tier": "b"}, "replicas": 3, "old": null,
            "containers": [{"name": "c", "args": ["x", "y"], "image": "i:1"}]}});
        let live = json!({"spec": {"selector": {"app": "z"}, "replicas": 3, "old": 1,
            "containers": [{"name": "c", "args": ["x"], "image": "i:2"}]}});
        let mut found = fields(&declared, &live);
        found.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(
            found,
            [
                ("/spec/containers/0/args".to_owned(), Some(json!(["x"]))),
                ("/spec/containers/0/image".to_owned(), Some(json!("i:2"))),
                ("/spec/old".to_owned(), Some(json!(1))),
                ("/spec/selector/app".to_owned(), Some(json!("z"))),
                ("/spec/selector/tier".to_owned(), None),
            ]
        );
    }

    #[test]
    fn a_list_is_owned_as_a_whole() {
        let declared = json!({"spec": {"containers": [{"name": "c", "image": "i:1"}], "x/y": 1}});
        let live = json!({"spec": {"containers": [{"name": "c", "image": "i:2"}], "x/y": 2}});
        let owned: Vec<_> = differences(&declared, &live).iter().map(|d| d.owned().to_owned()).collect();
        assert_eq!(owned, ["/spec/containers", "/spec/x~1y"]);
    }
}
