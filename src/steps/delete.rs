//! Deleting an object, until it is really gone.

use std::time::Duration;

use futures::StreamExt as _;
use kube::Api as KubeApi;
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::runtime::{WatchStreamExt as _, watcher};
use serde_json::Value;

use super::api::{self, Mode};
use super::change::{self, TRIES};
use super::error::Error;
use super::{Context, Done, kinds};
use crate::drill::ObjectName;
use crate::journal::{Effect, ObjectRef, Record, StepOutcome};

/// How long finalizers and grace periods may hold a deleted object.
const GONE_WITHIN: Duration = Duration::from_secs(60);

/// Deletes the object and waits until it is gone.
pub(super) async fn delete(ctx: &Context, target: &ObjectName) -> Result<Done, Error> {
    let object = kinds::resolve(&ctx.api, &ctx.namespace, target).await?;
    change::refuse_rights(&object)?;
    let mut number = None;
    for _ in 0..TRIES {
        let live = match change::must_exist(&ctx.api, &object).await {
            Ok(live) => live,
            refused => return change::outcome(refused, ctx.clock.stamp(), StepOutcome::Unchanged),
        };
        let uid = api::meta(&live, "uid").map(str::to_owned);
        let version = api::meta(&live, "resourceVersion").map(str::to_owned);
        match ctx.api.delete(&object, uid.clone(), version.clone(), Mode::DryRun).await {
            Ok(()) => {}
            Err(error) if error.is_conflict() => continue,
            refused => return change::outcome(refused, ctx.clock.stamp(), StepOutcome::Unchanged),
        }
        let change = *number.get_or_insert_with(|| ctx.next_change());
        keep(ctx, &object, change, &live).await?;
        match ctx.api.delete(&object, uid.clone(), version, Mode::Real).await {
            Ok(()) => {
                let answered = ctx.clock.stamp();
                gone(&ctx.api, &object, uid.as_deref(), GONE_WITHIN).await?;
                return Ok(Done { outcome: StepOutcome::Changed, answered });
            }
            Err(error) if error.is_conflict() => {}
            refused => return change::outcome(refused, ctx.clock.stamp(), StepOutcome::Unchanged),
        }
    }
    Err(Error::Contended { object: object.to_string(), namespace: ctx.namespace.clone(), tries: TRIES })
}

async fn keep(ctx: &Context, object: &ObjectRef, change: u64, live: &Value) -> Result<(), Error> {
    let record = Record {
        change,
        object: object.clone(),
        uid: api::meta(live, "uid").map(str::to_owned),
        effect: Effect::Deleted { before: Box::new(live.clone()) },
        managed_fields: api::managed_fields(live).to_vec(),
        redacted: false,
    };
    Ok(ctx.recorder.record(record).await?)
}

/// Waits until the object of this UID is no more (one of the same name may be).
pub(crate) async fn gone(
    api: &api::Api,
    object: &ObjectRef,
    uid: Option<&str>,
    within: Duration,
) -> Result<(), Error> {
    let same = |live: &Value| uid.is_none_or(|uid| api::meta(live, "uid") == Some(uid));
    if !api.get(object).await?.is_some_and(|live| same(&live)) {
        return Ok(());
    }
    let mut versions = watch(api, object).boxed();
    let mut finalizers = Vec::new();
    let waited = tokio::time::timeout(within, async {
        while let Some(seen) = versions.next().await {
            match seen {
                Ok(Some(live)) if uid.is_none_or(|uid| live.metadata.uid.as_deref() == Some(uid)) => {
                    finalizers = live.metadata.finalizers.unwrap_or_default();
                }
                Ok(_) => break,
                // The watch starts anew by itself, more slowly each time.
                Err(_) => {}
            }
        }
    });
    waited.await.map_err(|_| Error::StillThere {
        object: object.to_string(),
        namespace: object.namespace.clone().unwrap_or_default(),
        finalizers: if finalizers.is_empty() { "none".to_owned() } else { finalizers.join(", ") },
        within,
    })
}

fn watch(
    api: &api::Api,
    object: &ObjectRef,
) -> impl futures::Stream<Item = Result<Option<DynamicObject>, watcher::Error>> + Send + use<> {
    let (group, version) = object.api_version.split_once('/').unwrap_or(("", &object.api_version));
    let gvk = GroupVersionKind::gvk(group, version, &object.kind);
    let resource = ApiResource::from_gvk_with_plural(&gvk, &object.plural);
    let client = api.client().clone();
    let objects: KubeApi<DynamicObject> = match &object.namespace {
        Some(namespace) => KubeApi::namespaced_with(client, namespace, &resource),
        None => KubeApi::all_with(client, &resource),
    };
    watcher::watch_object(objects, &object.name).default_backoff()
}
