//! The Lease of a run: as long as its runner lives, `renewTime` changes. Whoever wants to undo
//! the run watches it; what the time says is never compared with another machine's clock.

use std::time::Duration;

use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::journal::ObjectRef;
use crate::steps::api::{Api, ApiError, Change, Mode, RUN_LABEL};

/// Between two renewals.
pub const RENEW_EVERY: Duration = Duration::from_secs(2);
/// How long a Lease is watched before its holder counts as dead: two renewals, and what a busy
/// machine adds.
pub const WATCH_FOR: Duration = Duration::from_secs(5);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The kind's group and version.
pub(super) const API_VERSION: &str = "coordination.k8s.io/v1";

/// The Lease of one run, in the target's namespace.
#[derive(Debug, Clone)]
pub struct Lease {
    api: Api,
    run: String,
    object: ObjectRef,
}

impl Lease {
    /// The Lease of `run` in `namespace`.
    #[must_use]
    pub fn new(api: Api, namespace: &str, run: &str) -> Self {
        let object = ObjectRef {
            api_version: API_VERSION.to_owned(),
            kind: "Lease".to_owned(),
            plural: "leases".to_owned(),
            namespace: Some(namespace.to_owned()),
            name: super::store::name(run),
        };
        Self { api, run: run.to_owned(), object }
    }

    /// Makes it. `holder` is `user@host/pid`; `annotations` say what it is about.
    pub async fn take(&self, holder: &str, annotations: &Value) -> Result<(), ApiError> {
        let seconds = WATCH_FOR.as_secs();
        let spec =
            json!({"holderIdentity": holder, "leaseDurationSeconds": seconds, "renewTime": time_now()});
        let body = json!({"apiVersion": API_VERSION, "kind": "Lease",
            "metadata": {"name": self.object.name, "labels": {RUN_LABEL: self.run},
                "annotations": annotations}, "spec": spec});
        match self.api.create(&self.object, &body).await {
            // The creation arrived, its answer did not: the name is the run's alone.
            Err(error) if error.is_conflict() => self.renew().await,
            answer => answer.map(drop),
        }
    }

    /// Says that the holder lives. A Lease that is gone is not made again (404).
    pub async fn renew(&self) -> Result<(), ApiError> {
        let change = Change::Merge(json!({"spec": {"renewTime": time_now()}}));
        self.api.within(RENEW_EVERY).change(&self.object, &change, Mode::Real).await.map(drop)
    }

    /// Deletes it; that it is not there is fine.
    pub async fn delete(&self) -> Result<(), ApiError> {
        match self.api.delete(&self.object, None, None, Mode::Real).await {
            Err(error) if error.status() == Some(404) => Ok(()),
            answer => answer,
        }
    }

    /// Whether somebody renews it, or makes it, while it is watched for this long.
    pub async fn is_renewed(&self, within: Duration) -> Result<bool, ApiError> {
        let deadline = Instant::now() + within;
        let first = self.renewed().await?;
        while Instant::now() < deadline {
            sleep(LOOK_EVERY).await;
            match self.renewed().await? {
                None if first.is_some() => return Ok(false),
                now if now != first => return Ok(true),
                _ => {}
            }
        }
        Ok(false)
    }

    async fn renewed(&self) -> Result<Option<String>, ApiError> {
        let found = self.api.get(&self.object).await?;
        Ok(found.and_then(|lease| lease.pointer("/spec/renewTime")?.as_str().map(str::to_owned)))
    }
}

/// Who holds a Lease.
pub(super) fn holder(lease: &Value) -> Option<&str> {
    lease.pointer("/spec/holderIdentity")?.as_str()
}

fn time_now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)
}
