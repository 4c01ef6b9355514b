//! The before-image of a deleted object, made fit to be created again.

use serde_json::Value;

use crate::steps::api::managed_fields;
use crate::steps::diff::diff;
use crate::steps::pointer::set;

/// What the API server sets, and refuses or ignores in a new object.
const SET_BY_SERVER: [&str; 8] = [
    "/status",
    "/metadata/uid",
    "/metadata/resourceVersion",
    "/metadata/generation",
    "/metadata/creationTimestamp",
    "/metadata/deletionTimestamp",
    "/metadata/deletionGracePeriodSeconds",
    "/metadata/selfLink",
];

/// The object without what the API server sets. `managedFields` stay in: they are set after
/// the creation. A Service keeps its addresses and node ports.
pub(super) fn of(before: &Value) -> Value {
    let mut image = before.clone();
    for path in SET_BY_SERVER {
        set(&mut image, path, None);
    }
    image
}

/// What is sent to create it; `owners_alive` says which owners still exist, by UID.
pub(super) fn to_create(image: &Value, owners_alive: impl Fn(&str) -> bool) -> Value {
    let mut body = image.clone();
    set(&mut body, "/metadata/managedFields", None);
    if let Some(owners) = body.pointer_mut("/metadata/ownerReferences").and_then(Value::as_array_mut) {
        owners.retain(|owner| owner.get("uid").and_then(Value::as_str).is_some_and(&owners_alive));
        if owners.is_empty() {
            set(&mut body, "/metadata/ownerReferences", None);
        }
    }
    body
}

/// The owners of the recreated object. A status that is not there yet has none.
pub(super) fn owners(image: &Value) -> Vec<Value> {
    managed_fields(image).iter().filter(|entry| entry.get("subresource").is_none()).cloned().collect()
}

/// Whether `live` is what the image describes: the same labels and the same spec or data.
pub(super) fn same(image: &Value, live: &Value) -> bool {
    diff(image, live)
        .iter()
        .all(|change| change.path.starts_with("/metadata/") && !change.path.starts_with("/metadata/labels"))
}

/// The UID of the controller that makes this object again by itself.
pub(super) fn controller(object: &Value) -> Option<&str> {
    let owners = object.pointer("/metadata/ownerReferences")?.as_array()?;
    owners.iter().find(|owner| owner.get("controller") == Some(&Value::Bool(true)))?.get("uid")?.as_str()
}

/// The owners that the image names, as `(apiVersion, kind, name, uid)`.
pub(super) fn named_owners(image: &Value) -> Vec<(&str, &str, &str, &str)> {
    let owners = image.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    owners
        .into_iter()
        .flatten()
        .filter_map(|owner| {
            let text = |key: &str| owner.get(key).and_then(Value::as_str);
            Some((text("apiVersion")?, text("kind")?, text("name")?, text("uid")?))
        })
        .collect()
}
