//! Knowing when nothing can be seen. A frozen API server keeps its connections open, so a
//! silent watch proves nothing: a small read every 500 ms does.

use std::collections::VecDeque;
use std::time::Duration;

use k8s_openapi::api::core::v1::Service;
use kube::Api;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Seen, Source, stopped};
use crate::clock::{Nanos, Stamp};

/// The time between two reads, and the longest that an answer may take.
pub const EVERY: Duration = Duration::from_millis(500);

/// No answer for longer than this is a silence: one read and a half.
const SILENCE: Nanos = 750_000_000;
/// How many silences are remembered. A request lives for seconds, so the latest will do.
const REMEMBERED: usize = 64;

/// When the API server was last known to answer, and when it was silent.
#[derive(Debug)]
pub struct Heartbeat {
    heard: watch::Sender<Heard>,
}

#[derive(Debug)]
struct Heard {
    last: Nanos,
    silences: VecDeque<(Nanos, Nanos)>,
    /// Those of them that no signal was told of yet.
    untold: Vec<(Nanos, Nanos)>,
}

impl Heartbeat {
    /// Counts `now` as the first answer.
    #[must_use]
    pub fn new(now: Nanos) -> Self {
        Self { heard: watch::Sender::new(Heard { last: now, silences: VecDeque::new(), untold: Vec::new() }) }
    }

    /// The API server answered something at `now`.
    pub fn answered(&self, now: Nanos) {
        self.heard.send_if_modified(|heard| {
            if now <= heard.last {
                return false;
            }
            if now - heard.last > SILENCE {
                heard.silences.push_back((heard.last, now));
                heard.untold.push((heard.last, now));
                if heard.silences.len() > REMEMBERED {
                    heard.silences.pop_front();
                }
            }
            heard.last = now;
            true
        });
    }

    /// When it last answered.
    #[must_use]
    pub fn last(&self) -> Nanos {
        self.heard.borrow().last
    }

    /// The silences since the last call.
    fn silences(&self) -> Vec<(Nanos, Nanos)> {
        let mut silences = Vec::new();
        self.heard.send_if_modified(|heard| {
            silences = std::mem::take(&mut heard.untold);
            false
        });
        silences
    }

    /// Whether the API server was there all the time from `from` to `to`. Waits for its next
    /// answer, two reads' time at most: only that ends a silence.
    pub async fn was_there(&self, from: Nanos, to: Nanos) -> bool {
        let mut heard = self.heard.subscribe();
        let next = timeout(EVERY * 2, heard.wait_for(|heard| heard.last > to)).await;
        next.is_ok_and(|heard| {
            heard.is_ok_and(|heard| !heard.silences.iter().any(|silent| silent.0 < to && from < silent.1))
        })
    }
}

/// Reads the target every [`EVERY`] until told to stop. While the reads go unanswered, or nothing
/// else is answered for as long as one and a half, the `watched` signals have a gap: from the last
/// answer to the next.
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
            let since = gap.take();
            for (from, to) in heartbeat.silences() {
                if since.is_none_or(|since| from < since) {
                    emit(source, &watched, (from, to), stamp);
                }
            }
            if let Some(from) = since {
                emit(source, &watched, (from, stamp.elapsed), stamp);
            }
        } else {
            gap.get_or_insert(before);
        }
    }
    if let Some(from) = gap {
        let stamp = source.clock.stamp();
        emit(source, &watched, (from, stamp.elapsed), stamp);
    }
}

fn emit(source: &Source, watched: &[usize], (from, to): (Nanos, Nanos), stamp: Stamp) {
    for signal in watched {
        let reason = "the API server did not answer".to_owned();
        source.emit(*signal, stamp, Seen::Gap { from, to, reason });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Nanos = 1_000_000;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_met_a_silence_proves_nothing() {
        let heartbeat = Heartbeat::new(0);
        for answer in [500, 2_300, 2_800, 3_300] {
            heartbeat.answered(answer * MS);
        }
        assert!(!heartbeat.was_there(400 * MS, 1_400 * MS).await, "sent before the silence");
        assert!(!heartbeat.was_there(1_000 * MS, 2_000 * MS).await, "all of it in the silence");
        assert!(!heartbeat.was_there(2_200 * MS, 3_200 * MS).await, "sent in the silence");
        assert!(heartbeat.was_there(2_300 * MS, 3_200 * MS).await, "after the silence");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silence_that_lasts_proves_nothing() {
        let heartbeat = Heartbeat::new(0);
        assert!(!heartbeat.was_there(100 * MS, 1_100 * MS).await);
    }
}
