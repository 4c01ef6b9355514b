//! The blast radius: which Services beside the drill's target lose all their endpoints.
//!
//! One raw watch of EndpointSlices, of one namespace or of the whole cluster. Only numbers are
//! kept, a few bytes a slice. A watch that ends is taken up where it ended, so that nothing is
//! lost; where the API server no longer knows that place, everything is listed anew and compared:
//! a Service that is out then is known late, one that is back by then is not known at all. Either
//! is told as what it is.

mod counts;
mod follow;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::heartbeat::Heartbeat;
use crate::clock::{Nanos, Stamp, Stopwatch};
use counts::{Counts, News, Touched, named};

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

/// What is told, from the moment on at which what can be lost is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// From now on, a Service that has a usable endpoint now can be told as lost.
    Armed,
    /// A Service lost its last usable endpoint.
    Out {
        /// Which.
        service: ServiceName,
        /// Whether it has no slice left: it, or they, were deleted. Told again where that comes
        /// later than the loss.
        deleted: bool,
    },
    /// It has one again.
    Back {
        /// Which.
        service: ServiceName,
    },
    /// From now on changes are not seen.
    Broken {
        /// The last moment that is known to be seen.
        from: Nanos,
        /// Why.
        reason: String,
    },
    /// Changes are seen again.
    Mended {
        /// The last moment before that is known to be seen.
        from: Nanos,
        /// The first moment that is seen again.
        to: Nanos,
        /// Why they were not.
        reason: String,
        /// Whether what came and went in between is not known.
        lost: bool,
    },
}

/// Who is told, and when it arrived.
pub type Tell = Box<dyn Fn(Stamp, Sighting) + Send + Sync>;

/// The Services of a namespace or of the cluster, and how many endpoints of each can be used.
pub struct Blast {
    /// The namespace that is looked at; nothing for all.
    namespace: Option<String>,
    clock: Stopwatch,
    tell: Tell,
    heartbeat: OnceLock<Arc<Heartbeat>>,
    state: Mutex<State>,
    known: Notify,
}

#[derive(Default)]
struct State {
    counts: Counts,
    /// Whether `counts` is what the API server said last.
    sure: bool,
    armed: Armed,
    /// Since when and why changes are not seen.
    gap: Option<(Nanos, String)>,
    /// What the API server said last, where it was no answer; and whether it means that.
    refusal: Option<(String, bool)>,
    /// When anything last came.
    heard: Nanos,
}

#[derive(Default, PartialEq, Eq)]
enum Armed {
    #[default]
    No,
    /// As soon as it is known what there is to lose.
    Soon,
    Yes,
}

impl Blast {
    /// Looks at one namespace, or at all, but not at the `target`. Nothing is known yet.
    #[must_use]
    pub fn new(namespace: Option<String>, target: &ServiceName, clock: Stopwatch, tell: Tell) -> Self {
        let counts = Counts::except(format!("{}/{}", target.namespace, target.name));
        let state = Mutex::new(State { counts, ..State::default() });
        Self { namespace, clock, tell, heartbeat: OnceLock::new(), state, known: Notify::new() }
    }

    /// The namespace that is looked at; nothing for all.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// What hears the API server on other connections: how far back a gap can reach.
    pub fn hear(&self, heartbeat: Arc<Heartbeat>) {
        let _ = self.heartbeat.set(heartbeat);
    }

    /// From now on a loss counts: of a Service that has usable endpoints now. Waits until that is
    /// known; where it is not known in time, it counts from when it is.
    ///
    /// # Errors
    /// What the API server said last, where it forbids the watch or its answer is not there in
    /// time.
    pub async fn arm(&self, within: Duration) -> Result<(), String> {
        let armed = timeout(within, async {
            loop {
                // Asked for before the look, so that no news is missed in between.
                let news = self.known.notified();
                if let Some(outcome) = self.try_to_arm() {
                    return outcome;
                }
                news.await;
            }
        });
        let last = || self.lock().refusal.clone().map_or_else(|| "no answer".to_owned(), |(why, _)| why);
        armed.await.unwrap_or_else(|_| Err(last()))
    }

    fn try_to_arm(&self) -> Option<Result<(), String>> {
        let mut state = self.lock();
        if state.armed == Armed::No {
            state.armed = Armed::Soon;
        }
        self.arm_if_known(&mut state, self.clock.stamp());
        match (&state.armed, &state.refusal) {
            (Armed::Yes, _) => Some(Ok(())),
            (_, Some((why, true))) => Some(Err(why.clone())),
            _ => None,
        }
    }

    fn arm_if_known(&self, state: &mut State, stamp: Stamp) {
        if state.sure && state.armed == Armed::Soon {
            state.counts.arm();
            state.armed = Armed::Yes;
            (self.tell)(stamp, Sighting::Armed);
        }
    }

    /// Something about a few Services is new.
    fn touched(&self, state: &mut State, stamp: Stamp, touched: Touched) {
        state.heard = stamp.elapsed;
        for key in touched.into_iter().flatten() {
            if let Some(news) = state.counts.news(&key) {
                (self.tell)(stamp, sighting(&key, news));
            }
        }
    }

    /// Changes are not seen any more, since `from` or the last sign of the API server.
    fn broken(&self, from: Option<Nanos>, reason: String) {
        let mut state = self.lock();
        state.sure = false;
        if state.gap.is_some() {
            return;
        }
        let heard = self.heartbeat.get().map_or(0, |heartbeat| heartbeat.last()).max(state.heard);
        let from = from.unwrap_or(heard);
        state.gap = Some((from, reason.clone()));
        if state.armed == Armed::Yes {
            (self.tell)(self.clock.stamp(), Sighting::Broken { from, reason });
        }
    }

    /// All that the API server knows is known again. `listed`: it was asked for anew.
    fn caught_up(&self, stamp: Stamp, listed: bool) {
        let mut state = self.lock();
        (state.sure, state.refusal, state.heard) = (true, None, stamp.elapsed);
        let gap = state.gap.take();
        if state.armed == Armed::Yes {
            if let Some((from, reason)) = gap {
                let to = stamp.elapsed;
                (self.tell)(stamp, Sighting::Mended { from, to, reason, lost: listed });
            }
            for (key, news) in state.counts.all_news() {
                (self.tell)(stamp, sighting(&key, news));
            }
        }
        self.arm_if_known(&mut state, stamp);
        self.known.notify_waiters();
    }

    /// A list, or the beginning of a watch, was not answered. `forbidden`: it never will be.
    fn refused(&self, why: String, forbidden: bool) {
        self.lock().refusal = Some((why, forbidden));
        self.known.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sighting(key: &str, news: News) -> Sighting {
    let service = named(key);
    match news {
        News::Out { deleted } => Sighting::Out { service, deleted },
        News::Back => Sighting::Back { service },
    }
}
