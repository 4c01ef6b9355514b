//! One object, put back.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fold::{Fields, Verdict};
use super::plan::{self, Plan};
use super::{fence, image, item, ownership};
use crate::journal::{Effect, FieldChange, ObjectRef, Record, UndoItem, UndoResult};
use crate::steps::api::{Api, ApiError, Change, Mode, managed_fields, meta};
use crate::steps::plural;
use crate::steps::pointer::{get, merge_patch, set};

/// An object that is to be put back, over all its tries.
pub(super) struct Pending<'a> {
    /// The object.
    pub object: &'a ObjectRef,
    /// Its records, in the order of the changes.
    pub records: Vec<&'a Record>,
    /// The fields that an earlier try put back.
    restored: BTreeSet<String>,
    /// `managedFields` before an earlier try put them back.
    seen: Option<Vec<Value>>,
    /// Whether an earlier try made the object again.
    recreated: bool,
    /// Whether what may still be under way can arrive no more.
    fenced: bool,
}

impl<'a> Pending<'a> {
    /// The work that `record` begins.
    pub fn new(record: &'a Record) -> Self {
        Self {
            object: &record.object,
            records: vec![record],
            restored: BTreeSet::new(),
            seen: None,
            recreated: false,
            fenced: false,
        }
    }

    /// Whether the run's last change of the object was recorded and is not to be seen: it was never
    /// sent, or it was and has not arrived. The records alone cannot tell.
    fn may_be_under_way(&self, live: &Value) -> bool {
        let Some(last) = self.records.last() else { return false };
        let same = last.uid.as_deref() == meta(live, "uid") && meta(live, "deletionTimestamp").is_none();
        same && match &last.effect {
            Effect::Deleted { .. } => true,
            Effect::Fields { changes } => {
                let unseen = |change: &FieldChange| {
                    let now = get(live, &change.path);
                    now == change.before.as_ref() && now != change.after.as_ref()
                };
                !changes.is_empty() && changes.iter().all(unseen)
            }
            Effect::Created => false,
        }
    }

    /// One try: reads the object, puts it back, says what was done.
    pub async fn once(&mut self, api: &Api, run: &str) -> Result<Vec<UndoItem>, ApiError> {
        let mut live = api.get(self.object).await?;
        if let Some(found) = live.as_ref().filter(|found| !self.fenced && self.may_be_under_way(found)) {
            fence::put_up(api, self.object, found, run).await?;
            self.fenced = true;
            live = api.get(self.object).await?;
        }
        let result = match plan::plan(&self.records, live.as_ref(), run) {
            Plan::Said(result) => result,
            Plan::Deleting => return Err(self.busy("being deleted")),
            Plan::Fields { fields, first } => {
                let live = live.unwrap_or_default();
                return self.fields(api, &fields, first, &live).await;
            }
            Plan::Delete => {
                let uid = live.as_ref().and_then(|live| meta(live, "uid")).map(str::to_owned);
                match api.delete(self.object, uid, None, Mode::Real).await {
                    Ok(()) => UndoResult::Deleted,
                    Err(error) if error.status() == Some(404) => UndoResult::Deleted,
                    Err(error) => return Err(error),
                }
            }
            Plan::Recreate { image, in_place_of } => self.recreate(api, &image, in_place_of).await?,
            Plan::OwnAgain { image } => {
                self.own(api, &live.unwrap_or_default(), &image::owners(&image)).await?;
                UndoResult::AlreadyAsBefore
            }
        };
        let result = match result {
            UndoResult::AlreadyAsBefore if self.recreated => UndoResult::Restored,
            result => result,
        };
        Ok(vec![item(self.object, result)])
    }

    async fn fields(
        &mut self,
        api: &Api,
        fields: &Fields<'_>,
        first: &[Value],
        live: &Value,
    ) -> Result<Vec<UndoItem>, ApiError> {
        let verdicts = fields.verdicts(live);
        let mut now = live.clone();
        if let Some(mut patch) = merge_patch(live, &fields.undone(live)) {
            set(&mut patch, "/metadata/resourceVersion", meta(live, "resourceVersion").map(|v| json!(v)));
            now = api.change(self.object, &Change::Merge(patch), Mode::Real).await?;
            self.seen = Some(managed_fields(live).to_vec());
            self.restored.extend(plan::paths(fields, live, &[Verdict::Restore]));
        }
        let settled = plan::paths(fields, live, &[Verdict::Restore, Verdict::AsBefore]);
        let left = plan::paths(fields, live, &[Verdict::Changed]);
        let seen = self.seen.clone().unwrap_or_else(|| managed_fields(live).to_vec());
        let owners = ownership::give_back(fields, first, &seen, managed_fields(&now), &settled, &left);
        if let Some(owners) = owners {
            match self.own(api, &now, &owners).await {
                // Someone wrote in between: what they own now counts, so it is read anew.
                Err(error) if error.is_conflict() => {
                    self.seen = None;
                    return Err(error);
                }
                answer => answer?,
            }
        }
        Ok(self.said(&verdicts, live))
    }

    fn said(&self, verdicts: &[(&str, Verdict)], live: &Value) -> Vec<UndoItem> {
        let item = |(path, verdict): &(&str, Verdict)| UndoItem {
            object: self.object.to_string(),
            field: Some((*path).to_owned()),
            result: match plan::result(*verdict, live, path) {
                UndoResult::AlreadyAsBefore if self.restored.contains(*path) => UndoResult::Restored,
                result => result,
            },
        };
        verdicts.iter().map(item).collect()
    }

    async fn own(&self, api: &Api, now: &Value, owners: &[Value]) -> Result<(), ApiError> {
        set_owners(api, self.object, now, owners).await
    }

    async fn recreate(
        &mut self,
        api: &Api,
        image: &Value,
        in_place_of: Option<String>,
    ) -> Result<UndoResult, ApiError> {
        if in_place_of.is_some() {
            api.delete(self.object, in_place_of, None, Mode::Real).await?;
            if api.get(self.object).await?.is_some() {
                return Err(self.busy("still going"));
            }
        }
        let alive = self.owners_alive(api, image).await?;
        if image::controller(image).is_some_and(|controller| alive.contains(controller)) {
            // Its controller makes one when it wants one.
            return Ok(UndoResult::AlreadyAsBefore);
        }
        let body = image::to_create(image, |uid| alive.contains(uid));
        let made = api.create(self.object, &body).await?;
        self.recreated = true;
        self.own(api, &made, &image::owners(image)).await?;
        Ok(UndoResult::Restored)
    }

    /// The UIDs of those owners that still exist.
    async fn owners_alive(&self, api: &Api, image: &Value) -> Result<BTreeSet<String>, ApiError> {
        let mut alive = BTreeSet::new();
        for (api_version, kind, name, uid) in image::named_owners(image) {
            let Some(resource) = plural(api, api_version, kind).await? else { continue };
            let owner = ObjectRef {
                api_version: api_version.to_owned(),
                kind: kind.to_owned(),
                plural: resource.name,
                namespace: self.object.namespace.clone().filter(|_| resource.namespaced),
                name: name.to_owned(),
            };
            if api.get(&owner).await?.is_some_and(|live| meta(&live, "uid") == Some(uid)) {
                alive.insert(uid.to_owned());
            }
        }
        Ok(alive)
    }

    /// To be tried again: the object is on its way out.
    fn busy(&self, state: &str) -> ApiError {
        ApiError::Refused {
            what: format!("put back {}", self.object),
            status: 409,
            reason: "Conflict".to_owned(),
            message: format!("{} is {state}", self.object),
        }
    }
}

/// Sets `managedFields`; an object that is gone meanwhile has no owners to be told.
pub(super) async fn set_owners(
    api: &Api,
    object: &ObjectRef,
    now: &Value,
    owners: &[Value],
) -> Result<(), ApiError> {
    let version = meta(now, "resourceVersion");
    let metadata = json!({"managedFields": ownership::as_patch(owners), "resourceVersion": version});
    let patch = Change::Merge(json!({"metadata": metadata}));
    match api.change(object, &patch, Mode::Real).await {
        Err(error) if error.status() != Some(404) => Err(error),
        _ => Ok(()),
    }
}
