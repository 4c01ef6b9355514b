//! What an option has left behind, whatever the users see: pods that nobody owns, fields that are not
//! as they were declared, objects that went with the fault.

mod compare;

use serde_json::Value;

use super::tasks::Tasks;
use crate::drill::Step;
use crate::journal::{Aftermath, Drift, Kind};
use crate::steps::api::{Api, managed_fields};
use crate::steps::helm;
use crate::steps::ownership::owner;
use crate::steps::resolve_manifest;
use compare::{Difference, differences, shown};

impl Tasks {
    /// What is declared of the workload now: by the newest revision of its release, by its manifests.
    async fn declared(&self) -> Result<Vec<Value>, String> {
        let mut declared = self.released(None).await?;
        declared.extend(self.plan().manifests.iter().cloned());
        Ok(declared)
    }

    /// What the broken release declared, for which the fault's steps made one revision after another.
    async fn brought(&self) -> Result<Vec<Value>, String> {
        let steps = self.plan().drill.fault.steps.iter();
        let released = steps.filter(|step| matches!(&step.value, Step::Helm(step) if step.makes_revision()));
        match u32::try_from(released.count()) {
            Ok(0) | Err(_) => Ok(Vec::new()),
            Ok(count) => self.released(Some(count + 1)).await,
        }
    }

    /// The objects of a revision of the workload's release, the newest unless a number is given.
    async fn released(&self, revision: Option<u32>) -> Result<Vec<Value>, String> {
        let Some(chart) = self.plan().drill.workload.chart() else { return Ok(Vec::new()) };
        helm::manifest(self.context(), &chart.release, revision).await.map_err(|error| error.to_string())
    }

    /// Tells the journal what the path that ended with `option` has left behind, less the drift
    /// that was there before it: that is the fault's.
    pub(super) async fn tell_aftermath(&self, option: String, before: Result<Vec<Drift>, String>) {
        let aftermath = async {
            let before = before?;
            let drift = self.drift().await?.into_iter();
            let same =
                |a: &Drift, b: &Drift| (&a.object, &a.field, &a.live) == (&b.object, &b.field, &b.live);
            let drift = drift.filter(|now| !before.iter().any(|then| same(then, now))).collect();
            let orphans = self.root_cause().orphans(&self.client, &self.healthy().labels).await?;
            let dropped = self.dropped().await?;
            Ok::<_, String>(Aftermath { option, orphans, drift, dropped })
        };
        self.desk.event(match aftermath.await {
            Ok(aftermath) => Kind::Aftermath(aftermath),
            Err(why) => Kind::Warning { message: format!("what was left behind could not be read: {why}") },
        });
    }

    /// Every declared field that is not as it is declared.
    pub(super) async fn drift(&self) -> Result<Vec<Drift>, String> {
        let mut drift = Vec::new();
        for declared in self.declared().await? {
            let (object, live) = self.live(&declared).await?;
            match live {
                None => drift.push(missing(object)),
                Some(live) => drift.extend(
                    differences(&declared, &live)
                        .into_iter()
                        .map(|difference| drifted(&object, &declared, &live, difference)),
                ),
            }
        }
        Ok(drift)
    }

    /// What the broken release brought and what is gone.
    async fn dropped(&self) -> Result<Vec<String>, String> {
        let mut dropped = Vec::new();
        for brought in self.brought().await? {
            let (object, live) = self.live(&brought).await?;
            if live.is_none() {
                dropped.push(object);
            }
        }
        Ok(dropped)
    }

    /// The name of a declared object, and what is there under it.
    async fn live(&self, declared: &Value) -> Result<(String, Option<Value>), String> {
        let api = Api::new(self.client.clone());
        let object = resolve_manifest(&api, &self.plan().namespace, declared).await;
        let object = object.map_err(|error| error.to_string())?;
        let live = api.get(&object).await.map_err(|error| error.to_string())?;
        Ok((object.to_string(), live))
    }
}

fn missing(object: String) -> Drift {
    Drift { object, field: None, declared: None, live: None, owner: None }
}

fn drifted(object: &str, declared: &Value, live: &Value, difference: Difference) -> Drift {
    let secret = declared["kind"] == "Secret";
    Drift {
        object: object.to_owned(),
        declared: difference.declared.as_ref().map(|value| shown(value, secret)),
        live: difference.live.as_ref().map(|value| shown(value, secret)),
        owner: owner(managed_fields(live), difference.owned()).map(|owner| owner.manager),
        field: Some(difference.field),
    }
}
