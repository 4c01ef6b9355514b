//! Requests at a fixed rate, sent on time whether or not earlier ones have been answered (no
//! coordinated omission). What is asked, and what an answer means, is a [`Way`]'s matter.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::classify::Verdict;
use super::{Seen, Source, stopped};
use crate::clock::{Nanos, Stamp};
use crate::drill::Length;

/// The requests that are not answered yet, by the moment of their sending. A late failure
/// among them can still end what looks stable now.
#[derive(Debug, Default)]
pub struct InFlight {
    sent: Mutex<BTreeSet<Nanos>>,
}

impl InFlight {
    /// When the oldest was sent.
    #[must_use]
    pub fn oldest(&self) -> Option<Nanos> {
        self.lock().first().copied()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Nanos>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A way to the users' service.
pub trait Way: Send + Sync + 'static {
    /// Asks once, and waits no longer than the drill's timeout; says when that ended, and what it
    /// means. `sent` is the moment of the call.
    fn ask(&self, sent: Nanos) -> impl Future<Output = (Stamp, Verdict)> + Send;
}

/// A signal that sends requests.
pub(super) struct Asking<W> {
    pub signal: usize,
    pub every: Length,
    pub way: W,
    pub source: Source,
    pub in_flight: Arc<InFlight>,
}

impl<W: Way> Asking<W> {
    /// Asks until told to stop. As a request lives no longer than its timeout, no more are in
    /// flight than were sent in that time.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut ticks = interval(self.every.into());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let asking = Arc::new(self);
        let mut under_way = JoinSet::new();
        loop {
            tokio::select! {
                () = stopped(&mut stop) => break,
                _ = ticks.tick() => {
                    let asking = Arc::clone(&asking);
                    under_way.spawn(async move { asking.ask().await });
                }
                Some(_) = under_way.join_next() => {}
            }
        }
        under_way.shutdown().await;
    }

    async fn ask(&self) {
        let sent = self.source.clock.elapsed();
        self.in_flight.lock().insert(sent);
        let (stamp, verdict) = self.way.ask(sent).await;
        let seen = Seen::Request { sent, result: verdict.result, state: verdict.state };
        self.source.emit(self.signal, stamp, seen);
        // After the answer is told: whoever sees none in flight has all answers.
        self.in_flight.lock().remove(&sent);
    }
}
