//! Who owns a field: `metadata.managedFields`, read.

use serde_json::Value;

use super::pointer::segments;

/// Who wrote a field last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The field manager: `kubectl-patch`, `helm`, …
    pub manager: String,
    /// RFC 3339, in whole seconds.
    pub time: Option<String>,
}

/// The newest owner of the field at `path`.
#[must_use]
pub fn owner(managed_fields: &[Value], path: &str) -> Option<Owner> {
    newest(managed_fields.iter().filter(|entry| owns(entry, path)))
}

/// The newest of these entries that has a manager.
pub fn newest<'a>(entries: impl Iterator<Item = &'a Value>) -> Option<Owner> {
    entries
        .filter_map(|entry| {
            Some(Owner {
                manager: entry.get("manager")?.as_str()?.to_owned(),
                time: entry.get("time").and_then(Value::as_str).map(str::to_owned),
            })
        })
        // RFC 3339 in UTC and whole seconds sorts as text.
        .max_by(|a, b| a.time.cmp(&b.time))
}

/// Whether an entry of `managedFields` owns the field at `path`, or something in it.
#[must_use]
pub fn owns(entry: &Value, path: &str) -> bool {
    entry.get("fieldsV1").is_some_and(|set| subset(set, path).is_some())
}

/// The part of a field set (`fieldsV1`) that covers `path`: the keys that lead to it and what
/// is owned there. The keys end early where a map or list is owned as a whole (atomic).
#[must_use]
pub fn subset<'a>(set: &'a Value, path: &str) -> Option<(Vec<String>, &'a Value)> {
    let mut keys = Vec::new();
    let mut at = set;
    for segment in segments(path) {
        if at.as_object().is_some_and(serde_json::Map::is_empty) && !keys.is_empty() {
            break;
        }
        let key = format!("f:{segment}");
        at = at.get(&key)?;
        keys.push(key);
    }
    Some((keys, at))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entries() -> Vec<Value> {
        vec![
            json!({"manager": "helm", "time": "2026-11-22T14:00:00Z",
                "fieldsV1": {"f:spec": {"f:ports": {".": {}, "k:{\"port\":80}": {"f:port": {}}}, "f:selector": {}}}}),
            json!({"manager": "kubectl-patch", "time": "2026-11-22T14:10:00Z",
                "fieldsV1": {"f:spec": {"f:selector": {}}}}),
        ]
    }

    #[test]
    fn the_newest_owner_is_named() {
        let owner = owner(&entries(), "/spec/selector/app").unwrap();
        assert_eq!(owner.manager, "kubectl-patch");
        assert_eq!(owner.time.as_deref(), Some("2026-11-22T14:10:00Z"));
    }

    #[test]
    fn a_list_is_owned_by_who_owns_its_items() {
        assert_eq!(owner(&entries(), "/spec/ports").unwrap().manager, "helm");
    }

    #[test]
    fn what_nobody_owns_has_no_owner() {
        assert_eq!(owner(&entries(), "/spec/type"), None);
        assert_eq!(owner(&[json!({"manager": "x", "fieldsV1": {}})], "/spec"), None);
    }
}
