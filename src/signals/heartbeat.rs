//! Knowing when nothing can be seen. A frozen API server keeps its connections open, so a
//! silent watch proves nothing: a small read every 500 ms does.

use std::time::Duration;

use k8s_openapi::api::core::v1::Service;
use kube::Api;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Seen, Source, stopped};
use crate::clock::Nanos;

/// The time between two reads, and the longest that an answer may take.
pub const EVERY: Duration = Duration::from_millis(500);

/// When the API server was last known to answer.
#[derive(Debug)]
pub struct Heartbeat {
    last: watch::Sender<Nanos>,
}

impl Heartbeat {
    /// Counts `now` as the first answer.
    #[must_use]
    pub fn new(now: Nanos) -> Self {
        Self { last: watch::Sender::new(now) }
    }

    /// The API server answered something at `now`.
    pub fn answered(&self, now: Nanos) {
        self.last.send_if_modified(|last| {
            let later = now > *last;
            *last = now.max(*last);
            later
        });
    }

    /// When it last answered.
    #[must_use]
    pub fn last(&self) -> Nanos {
        *self.last.borrow()
    }

    /// Whether the API server answers anything that was under way after `sent`, within two
    /// reads' time.
    pub async fn answers_after(&self, sent: Nanos) -> bool {
        let mut last = self.last.subscribe();
        timeout(EVERY * 2, last.wait_for(|last| *last > sent)).await.is_ok_and(|seen| seen.is_ok())
    }
}

/// Reads the target every [`EVERY`] until told to stop. While the reads go unanswered, the
/// `watched` signals have a gap: from the last answer to the next.
pub async fn run(
    heartbeat: &Heartbeat,
    source: &Source,
    service: &str,
    watched: Vec<usize>,
    mut stop: watch::Receiver<bool>,
) {
    let services = Api::<Service>::namespaced(source.client.clone(), &source.namespace);
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut gap: Option<Nanos> = None;
    loop {
        tokio::select! {
            () = stopped(&mut stop) => break,
            _ = ticks.tick() => {}
        }
        let before = heartbeat.last();
        let answer = tokio::select! {
            () = stopped(&mut stop) => break,
            answer = timeout(EVERY, services.get_metadata_opt(service)) => answer,
        };
        let alive = match answer {
            Ok(Ok(_)) => true,
            Ok(Err(kube::Error::Api(status))) => (400..429).contains(&status.code),
            Ok(Err(_)) | Err(_) => false,
        };
        if alive {
            let stamp = source.clock.stamp();
            heartbeat.answered(stamp.elapsed);
            if let Some(from) = gap.take() {
                emit(source, &watched, from, stamp);
            }
        } else {
            gap.get_or_insert(before);
        }
    }
    if let Some(from) = gap {
        emit(source, &watched, from, source.clock.stamp());
    }
}

fn emit(source: &Source, watched: &[usize], from: Nanos, until: crate::clock::Stamp) {
    for signal in watched {
        let reason = "the API server did not answer".to_owned();
        source.emit(*signal, until, Seen::Gap { from, to: until.elapsed, reason });
    }
}
