//! JSON pointers (RFC 6901) into objects. Arrays are values as a whole: nothing points into one.

use serde_json::{Map, Value};

/// `path` with one more segment.
#[must_use]
pub fn child(path: &str, segment: &str) -> String {
    format!("{path}/{}", segment.replace('~', "~0").replace('/', "~1"))
}

/// The segments of a pointer, unescaped.
pub fn segments(path: &str) -> impl Iterator<Item = String> + '_ {
    path.split('/').skip(1).map(|s| s.replace("~1", "/").replace("~0", "~"))
}

/// Whether `ancestor` points at something that contains what `path` points at.
#[must_use]
pub fn contains(ancestor: &str, path: &str) -> bool {
    path.strip_prefix(ancestor).is_some_and(|rest| rest.starts_with('/'))
}

/// The value at `path`; nothing where it is absent, or an array lies on the way.
#[must_use]
pub fn get<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    segments(path).try_fold(document, |value, segment| value.as_object()?.get(&segment))
}

/// Sets the value at `path`, or removes it. Missing objects on the way to a value are made;
/// what is no object on the way becomes one.
pub fn set(document: &mut Value, path: &str, value: Option<Value>) {
    let segments: Vec<String> = segments(path).collect();
    if segments.is_empty() {
        *document = value.unwrap_or(Value::Null);
        return;
    }
    if !document.is_object() {
        *document = Value::Object(Map::new());
    }
    if let Value::Object(map) = document {
        set_in(map, &segments, value);
    }
}

fn set_in(map: &mut Map<String, Value>, segments: &[String], value: Option<Value>) {
    match (segments, value) {
        ([last], Some(value)) => {
            map.insert(last.clone(), value);
        }
        ([last], None) => {
            map.remove(last);
        }
        ([first, rest @ ..], Some(value)) => {
            let inner = map.entry(first.clone()).or_insert(Value::Null);
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                set_in(inner, rest, Some(value));
            }
        }
        ([first, rest @ ..], None) => {
            if let Some(Value::Object(inner)) = map.get_mut(first) {
                set_in(inner, rest, None);
            }
        }
        ([], _) => {}
    }
}

/// The merge patch (RFC 7386) that makes `to` of `from`; nothing where they are equal.
#[must_use]
pub fn merge_patch(from: &Value, to: &Value) -> Option<Value> {
    if from == to {
        return None;
    }
    let (Value::Object(old), Value::Object(new)) = (from, to) else { return Some(to.clone()) };
    let gone = old.keys().filter(|key| !new.contains_key(*key)).map(|key| (key.clone(), Value::Null));
    let set = new.iter().filter_map(|(key, value)| {
        let patch = old.get(key).map_or_else(|| Some(value.clone()), |before| merge_patch(before, value));
        Some((key.clone(), patch?))
    });
    Some(Value::Object(gone.chain(set).collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_slash_in_a_key_survives() {
        let path = child("/metadata/labels", "app.kubernetes.io/name");
        assert_eq!(path, "/metadata/labels/app.kubernetes.io~1name");
        let mut document = json!({});
        set(&mut document, &path, Some(json!("api")));
        assert_eq!(document, json!({"metadata": {"labels": {"app.kubernetes.io/name": "api"}}}));
        assert_eq!(get(&document, &path), Some(&json!("api")));
    }

    #[test]
    fn removing_what_is_absent_makes_nothing() {
        let mut document = json!({"spec": {}});
        set(&mut document, "/spec/selector/app", None);
        assert_eq!(document, json!({"spec": {}}));
    }

    #[test]
    fn a_patch_names_only_what_differs_and_removes_with_null() {
        let from = json!({"spec": {"a": 1, "b": {"x": 1, "y": 2}, "c": [1], "d": {"e": 1}}});
        let to = json!({"spec": {"a": 1, "b": {"x": 1}, "c": [2], "f": {}}});
        let patch = json!({"spec": {"b": {"y": null}, "c": [2], "d": null, "f": {}}});
        assert_eq!(merge_patch(&from, &to), Some(patch));
        assert_eq!(merge_patch(&to, &to), None);
    }

    #[test]
    fn containment_ends_at_a_segment() {
        assert!(contains("/spec/a", "/spec/a/b"));
        assert!(!contains("/spec/a", "/spec/ab"));
        assert!(!contains("/spec/a", "/spec/a"));
    }
}
