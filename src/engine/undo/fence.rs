//! A change whose answer was lost may still be under way: in the socket of a frozen API server, in
//! a proxy, between the API server and etcd. Each is pinned to the version of the object that was
//! read before, so one more write of the object keeps all of them out.

use serde_json::{Value, json};

use super::object::set_owners;
use crate::journal::ObjectRef;
use crate::steps::api::{Api, ApiError, Change, Mode, managed_fields, meta};

/// The annotation that is written and taken away again.
const FENCE: &str = "firedrill.dev/fence";

/// Writes the object and leaves it as it was. An object that is gone meanwhile needs no fence.
pub(super) async fn put_up(api: &Api, object: &ObjectRef, live: &Value, run: &str) -> Result<(), ApiError> {
    let owners = managed_fields(live).to_vec();
    let annotated = live.pointer("/metadata/annotations").is_some_and(|all| !all.is_null());
    let mark = json!({"annotations": {FENCE: run}, "resourceVersion": meta(live, "resourceVersion")});
    let Some(marked) = write(api, object, &mark).await? else { return Ok(()) };
    let rest = if annotated { json!({FENCE: null}) } else { Value::Null };
    let unmark = json!({"annotations": rest, "resourceVersion": meta(&marked, "resourceVersion")});
    let Some(now) = write(api, object, &unmark).await? else { return Ok(()) };
    set_owners(api, object, &now, &owners).await
}

async fn write(api: &Api, object: &ObjectRef, metadata: &Value) -> Result<Option<Value>, ApiError> {
    match api.change(object, &Change::Merge(json!({"metadata": metadata})), Mode::Real).await {
        Ok(now) => Ok(Some(now)),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}
