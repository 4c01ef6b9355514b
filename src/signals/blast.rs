//! The blast limit's eyes: whether a Service that is not the drill's loses all its endpoints.
//!
//! A raw watch of EndpointSlices, of one namespace or of all. Only numbers are kept, a few bytes
//! a slice. After a gap everything is listed anew and compared: a loss is seen late, not never.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::{Api, Client, ResourceExt as _};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::slices::usable;

/// How long a page of a list, or the beginning of a watch, may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How many slices a page holds: a cluster of thousands is not read into memory at once.
const PAGE: u32 = 500;
/// The API server ends a watch after this many seconds; one that lives longer is dead.
const WATCH_SECONDS: u32 = 60;
const WATCH_AT_MOST: Duration = Duration::from_secs(70);
/// The first and the longest pause before the next try, where the server refuses.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));
/// The label of a slice that names its Service.
const OF_SERVICE: &str = "kubernetes.io/service-name";

/// Namespace and name of a Service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "service/{} in namespace {}", self.name, self.namespace)
    }
}

/// Which Services are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Others {
    /// The namespace that is looked at; nothing for all.
    pub namespace: Option<String>,
    /// The drill's own namespace.
    pub home: String,
    /// The drill's Services in it, which do not count; nothing where none in it counts.
    pub own: Option<Vec<String>>,
}

impl Others {
    fn counts(&self, service: &ServiceName) -> bool {
        service.namespace != self.home || self.own.as_ref().is_some_and(|own| !own.contains(&service.name))
    }
}

/// The Services that are looked at, and how many endpoints of each can be used.
#[derive(Debug)]
pub struct Blast {
    others: Others,
    counts: Mutex<Counts>,
    known: Notify,
}

impl Blast {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(others: Others) -> Self {
        Self { others, counts: Mutex::default(), known: Notify::new() }
    }

    /// From now on a loss counts: of a Service that has usable endpoints now. Waits until that
    /// is known.
    ///
    /// # Errors
    /// What the API server said last, where it is not known in time.
    pub async fn arm(&self, within: Duration) -> Result<(), String> {
        let armed = timeout(within, async {
            loop {
                // Asked for before the look, so that no news is missed in between.
                let news = self.known.notified();
                if self.lock().arm() {
                    return;
                }
                news.await;
            }
        });
        let last = || self.lock().refusal.clone().unwrap_or_else(|| "no answer".to_owned());
        armed.await.map_err(|_| last())
    }

    /// Watches until a Service that counts is lost.
    pub async fn watch(&self, client: &Client) -> ServiceName {
        let api: Api<EndpointSlice> = match &self.others.namespace {
            Some(namespace) => Api::namespaced(client.clone(), namespace),
            None => Api::all(client.clone()),
        };
        let mut pause = PAUSE.0;
        loop {
            let why = match self.list(&api).await {
                Ok(version) => {
                    pause = PAUSE.0;
                    self.known.notify_waiters();
                    match self.follow(&api, version).await {
                        Ok(lost) => return lost,
                        Err(why) => why,
                    }
                }
                Err(why) => why,
            };
            self.lock().unsure(why);
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// Reads all slices; returns the version to watch from.
    async fn list(&self, api: &Api<EndpointSlice>) -> Result<String, String> {
        let mut fresh = BTreeMap::new();
        let mut wanted = ListParams::default().limit(PAGE);
        loop {
            let page = timeout(ANSWER_WITHIN, api.list(&wanted)).await;
            let page = page.map_err(|_| "no answer".to_owned())?.map_err(|error| error.to_string())?;
            for slice in &page.items {
                put(&self.others, &mut fresh, slice);
            }
            let Some(next) = page.metadata.continue_.filter(|token| !token.is_empty()) else {
                self.lock().replace(fresh);
                return Ok(page.metadata.resource_version.unwrap_or_default());
            };
            wanted = wanted.continue_token(&next);
        }
    }

    /// Follows the changes from `version` on until a Service is lost; an error says why it
    /// cannot any longer. A watch that ends in order is taken up where it ended.
    async fn follow(&self, api: &Api<EndpointSlice>, mut version: String) -> Result<ServiceName, String> {
        let wanted = WatchParams::default().timeout(WATCH_SECONDS);
        if let Some(lost) = self.lock().lost() {
            return Ok(lost);
        }
        loop {
            let stream = timeout(ANSWER_WITHIN, api.watch(&wanted, &version)).await;
            let stream = stream.map_err(|_| "no answer".to_owned())?.map_err(|error| error.to_string())?;
            let mut stream = stream.boxed();
            let ended = timeout(WATCH_AT_MOST, async {
                while let Some(event) = stream.try_next().await.map_err(|error| error.to_string())? {
                    let lost = self.take(event, &mut version)?;
                    if lost.is_some() {
                        return Ok(lost);
                    }
                }
                Ok::<_, String>(None)
            });
            if let Some(lost) = ended.await.map_err(|_| "the watch fell silent".to_owned())?? {
                return Ok(lost);
            }
            // Whatever ends watches at once must not be asked for them all the time.
            sleep(PAUSE.0).await;
        }
    }

    /// Takes an event in; returns its Service where that is lost now.
    fn take(
        &self,
        event: WatchEvent<EndpointSlice>,
        version: &mut String,
    ) -> Result<Option<ServiceName>, String> {
        let mut counts = self.lock();
        let slice = match event {
            WatchEvent::Added(slice) | WatchEvent::Modified(slice) => {
                put(&self.others, &mut counts.usable, &slice);
                slice
            }
            WatchEvent::Deleted(slice) => {
                counts.remove(&slice);
                slice
            }
            WatchEvent::Bookmark(mark) => {
                *version = mark.metadata.resource_version;
                return Ok(None);
            }
            WatchEvent::Error(status) => return Err(format!("{} {}", status.code, status.reason)),
        };
        *version = slice.resource_version().unwrap_or_default();
        Ok(service(&slice).filter(|service| counts.is_lost(service)))
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The usable endpoints of each Service's slices, by the slice's name.
type Usable = BTreeMap<ServiceName, BTreeMap<String, usize>>;

#[derive(Debug, Default)]
struct Counts {
    usable: Usable,
    /// Whether `usable` is what the API server said last.
    sure: bool,
    /// The Services that had usable endpoints when the injection began.
    before: Option<BTreeSet<ServiceName>>,
    refusal: Option<String>,
}

impl Counts {
    fn replace(&mut self, usable: Usable) {
        self.usable = usable;
        self.sure = true;
    }

    fn unsure(&mut self, why: String) {
        self.sure = false;
        self.refusal = Some(why);
    }

    fn remove(&mut self, slice: &EndpointSlice) {
        let Some(service) = service(slice) else { return };
        if let Some(slices) = self.usable.get_mut(&service) {
            slices.remove(&slice.name_any());
            if slices.is_empty() {
                self.usable.remove(&service);
            }
        }
    }

    /// Says whether it is known what there is to lose.
    fn arm(&mut self) -> bool {
        if self.sure {
            let served = self.usable.iter().filter(|(_, slices)| serves(slices));
            self.before = Some(served.map(|(service, _)| service.clone()).collect());
        }
        self.sure
    }

    fn is_lost(&self, service: &ServiceName) -> bool {
        let had_some = self.before.as_ref().is_some_and(|before| before.contains(service));
        had_some && !self.usable.get(service).is_some_and(serves)
    }

    fn lost(&self) -> Option<ServiceName> {
        self.before.iter().flatten().find(|service| self.is_lost(service)).cloned()
    }
}

fn put(others: &Others, usable_by_service: &mut Usable, slice: &EndpointSlice) {
    if let Some(service) = service(slice).filter(|service| others.counts(service)) {
        usable_by_service.entry(service).or_default().insert(slice.name_any(), usable(slice));
    }
}

fn serves(slices: &BTreeMap<String, usize>) -> bool {
    slices.values().any(|usable| *usable > 0)
}

/// The Service of a slice. One that belongs to none is of no interest.
fn service(slice: &EndpointSlice) -> Option<ServiceName> {
    let name = slice.labels().get(OF_SERVICE)?.clone();
    Some(ServiceName { namespace: slice.namespace()?, name })
}

#[cfg(test)]
#[path = "blast_tests.rs"]
mod tests;
