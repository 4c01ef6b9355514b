//! Putting back what a run changed, from its records alone.
//!
//! A field gets the value back that it had before the run's first write, and only while it
//! holds the run's last one: what a person changed since stays, and is reported. Doing it twice
//! changes nothing more.

pub mod about;
mod fence;
mod fold;
mod image;
pub mod lease;
mod left;
mod namespaces;
mod object;
pub mod open;
mod ownership;
mod plan;
#[cfg(test)]
mod plan_tests;
pub mod redact;
pub mod store;
pub mod target;
mod unread;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::journal::{Effect, ObjectRef, Record, UndoItem, UndoResult};
use crate::steps::api::{Api, ApiError, Change, Mode, REQUEST_DEADLINE, namespace_ref};
use lease::Lease;
use left::{item, left};
use namespaces::Standing;
use object::Pending;
use store::{ConfigMapStore, Sealed, StoreError};

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The annotation of a run's namespace that stays: the run itself is undone.
const UNDONE: &str = "firedrill.dev/undone";

/// What is to be undone, and how.
#[derive(Clone)]
pub struct Undo {
    /// The cluster.
    pub client: kube::Client,
    /// The run's name.
    pub run: String,
    /// The drill's namespace; deleted where the run made it.
    pub namespace: String,
    /// What the run made and the user wants to keep: its namespace, its workload.
    pub keep: BTreeSet<ObjectRef>,
    /// Changes whose records cannot be read: they are left, and so are the records.
    pub sealed: Vec<Sealed>,
    /// How long failures are retried. At least one try is made.
    pub within: Duration,
}

impl std::fmt::Debug for Undo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Undo")
            .field("run", &self.run)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

/// How an undo ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoSummary {
    /// Whether nothing is left changed.
    pub complete: bool,
    /// What is left, for people.
    pub left: Vec<String>,
}

impl Undo {
    /// An undo that keeps nothing and retries for a minute.
    #[must_use]
    pub fn new(client: kube::Client, run: &str, namespace: &str) -> Self {
        Self {
            client,
            run: run.to_owned(),
            namespace: namespace.to_owned(),
            keep: BTreeSet::new(),
            sealed: Vec::new(),
            within: Duration::from_secs(60),
        }
    }

    /// Undoes these records (in any order, as read from the journal or the store), says what
    /// becomes of each change, then deletes the run's namespace and, when nothing is left, its
    /// records in the cluster.
    pub async fn run(&self, records: &[Record], report: &mut (dyn FnMut(UndoItem) + Send)) -> UndoSummary {
        let deadline = Instant::now() + self.within;
        let api = Api::new(self.client.clone());
        let mut items: Vec<(Option<String>, UndoItem)> = Vec::new();
        let mut say = |namespace: Option<String>, item: UndoItem| {
            report(item.clone());
            items.push((namespace, item));
        };
        let namespaces = namespaces::look(&api, self, records, deadline).await;
        for (name, standing) in &namespaces {
            if *standing == Standing::Gone {
                let now = "the namespace is gone, with all that was in it".to_owned();
                say(Some(name.clone()), item(&namespace_ref(name), UndoResult::LeftGone { now }));
            }
        }
        let here = |record: &&Record| {
            let namespace = record.object.namespace.as_deref().unwrap_or_default();
            !matches!(namespaces.get(namespace), Some(Standing::Gone | Standing::Going))
        };
        for (namespace, item) in unread::items(&self.sealed, records) {
            if namespace.as_ref().and_then(|name| namespaces.get(name)) != Some(&Standing::Gone) {
                say(namespace, item);
            }
        }
        let mut pending = self.objects(records.iter().filter(|record| !record.redacted).filter(here));
        self.retry(&api, &mut pending, deadline, &mut say).await;
        let (leaving, kept) = self.close(&api, namespaces, deadline, &mut say).await;
        let left = left(&items, &leaving);
        if left.is_empty() && !leaving.contains(&self.namespace) {
            return self.forget(&api, kept, deadline).await;
        }
        UndoSummary { complete: left.is_empty(), left }
    }

    /// Deletes the namespaces that the run made; gives the names of those that go or are gone,
    /// and whether the run's own is kept.
    async fn close(
        &self,
        api: &Api,
        namespaces: BTreeMap<String, Standing>,
        deadline: Instant,
        say: &mut (dyn FnMut(Option<String>, UndoItem) + Send),
    ) -> (BTreeSet<String>, bool) {
        let (mut leaving, mut kept) = (BTreeSet::new(), false);
        for (name, standing) in namespaces {
            let object = namespace_ref(&name);
            let result = match standing {
                Standing::Foreign => continue,
                Standing::Ours if self.keep.contains(&object) => {
                    kept |= name == self.namespace;
                    continue;
                }
                Standing::Ours => namespaces::delete(api, &self.run, &object, deadline).await,
                Standing::Going => UndoResult::Deleted,
                Standing::Gone => {
                    leaving.insert(name);
                    continue;
                }
            };
            if result == UndoResult::Deleted {
                leaving.insert(name);
            }
            say(None, item(&object, result));
        }
        (leaving, kept)
    }

    /// The records go when there is nothing left that they are needed for, the Leases after them:
    /// whatever dies in between, the run is still found. A namespace that stays says that it is
    /// no open run's any more.
    async fn forget(&self, api: &Api, kept: bool, deadline: Instant) -> UndoSummary {
        let mut patience = Patience::until(deadline);
        loop {
            let Err((error, passing)) = self.forget_once(&requests(api, deadline), kept).await else {
                return UndoSummary { complete: true, left: Vec::new() };
            };
            if !passing || !patience.pause().await {
                return UndoSummary { complete: false, left: vec![error] };
            }
        }
    }

    /// One try; an error, and whether it may pass.
    async fn forget_once(&self, api: &Api, kept: bool) -> Result<(), (String, bool)> {
        let failed = |error: ApiError| (error.to_string(), error.is_passing());
        if kept {
            let undone = Change::Merge(json!({"metadata": {"annotations": {UNDONE: "true"}}}));
            api.change(&namespace_ref(&self.namespace), &undone, Mode::Real).await.map_err(failed)?;
        }
        let store = ConfigMapStore::new(self.client.clone(), &self.namespace, &self.run);
        store.delete().await.map_err(|error| match error {
            StoreError::Api { source, .. } => failed(source),
            error => (error.to_string(), false),
        })?;
        target::give_back(api, &self.namespace, &self.run).await.map_err(failed)?;
        Lease::new(api.clone(), &self.namespace, &self.run).delete().await.map_err(failed)
    }

    /// One piece of work per object, the last changed first.
    fn objects<'a>(&self, records: impl Iterator<Item = &'a Record>) -> Vec<Pending<'a>> {
        let mut latest: BTreeMap<u64, &Record> = BTreeMap::new();
        for record in records {
            let kept = record.effect == Effect::Created && self.keep.contains(&record.object);
            if !kept {
                // A change that was recorded twice was tried twice; the last try is the one.
                latest.insert(record.change, record);
            }
        }
        let mut objects: Vec<Pending<'_>> = Vec::new();
        for record in latest.into_values() {
            match objects.iter().position(|pending| pending.object.is_at(&record.object)) {
                Some(at) => {
                    let mut pending = objects.remove(at);
                    pending.records.push(record);
                    objects.push(pending);
                }
                None => objects.push(Pending::new(record)),
            }
        }
        objects.reverse();
        objects
    }

    /// Tries all that is pending, again and again, more slowly each time, until nothing is
    /// pending or the deadline has passed: one object that cannot be put back holds up no other.
    async fn retry(
        &self,
        api: &Api,
        pending: &mut Vec<Pending<'_>>,
        deadline: Instant,
        say: &mut (dyn FnMut(Option<String>, UndoItem) + Send),
    ) {
        let mut pause = Duration::from_millis(50);
        loop {
            let mut again = Vec::new();
            for mut object in pending.drain(..) {
                let namespace = object.object.namespace.clone();
                match object.once(&requests(api, deadline), &self.run).await {
                    Ok(items) => items.into_iter().for_each(|item| say(namespace.clone(), item)),
                    Err(error) => again.push((object, error)),
                }
            }
            let over = Instant::now() + pause >= deadline;
            let (later, given_up): (Vec<_>, Vec<_>) =
                again.into_iter().partition(|(_, error)| !over && error.is_passing());
            for (object, error) in given_up {
                let failed = UndoResult::Failed { message: error.to_string() };
                say(object.object.namespace.clone(), item(object.object, failed));
            }
            if later.is_empty() {
                return;
            }
            pending.extend(later.into_iter().map(|(object, _)| object));
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Requests that do not outlive the deadline by much.
fn requests(api: &Api, deadline: Instant) -> Api {
    let rest = deadline.saturating_duration_since(Instant::now());
    api.within(rest.clamp(Duration::from_secs(1), REQUEST_DEADLINE))
}

/// Tries again, more slowly each time, until the deadline.
pub(super) struct Patience {
    deadline: Instant,
    pause: Duration,
}

impl Patience {
    pub fn until(deadline: Instant) -> Self {
        Self { deadline, pause: Duration::from_millis(50) }
    }

    /// Pauses before the next try; an answer that will not change, or that came too late for
    /// another try, is final.
    pub async fn after(&mut self, error: ApiError) -> Result<(), ApiError> {
        if error.is_passing() && self.pause().await { Ok(()) } else { Err(error) }
    }

    /// Pauses, where there is time for another try.
    async fn pause(&mut self) -> bool {
        if Instant::now() + self.pause >= self.deadline {
            return false;
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}
