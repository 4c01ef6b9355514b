//! The endpoints signal: a raw watch of a Service's EndpointSlices.
//!
//! A raw watch, because a watcher that resumes by itself hides that it was away: here every
//! closed stream, 410 and restart of the server becomes a gap, from the last moment that the
//! server was heard to the answer of the list that catches up.

use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::Api;
use kube::api::{ListParams, WatchEvent, WatchParams};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::heartbeat::Heartbeat;
use super::slices::{Count, Slices};
use super::{Seen, Source, stopped};
use crate::clock::{Nanos, Stamp};
use crate::drill::{EndpointsSignal, SignalState};

/// How long a list may take.
const LIST_WITHIN: Duration = Duration::from_secs(5);
/// The first and the longest pause before the next try, where the server refuses. A watch that
/// lasts longer was a good one: the next try comes at once.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Watches until told to stop.
pub async fn run(
    signal: usize,
    spec: &EndpointsSignal,
    source: &Source,
    heartbeat: &Heartbeat,
    mut stop: watch::Receiver<bool>,
) {
    let mut watch = Watch {
        signal,
        at_least: spec.at_least,
        api: Api::namespaced(source.client.clone(), &source.namespace),
        selector: format!("kubernetes.io/service-name={}", spec.service),
        source,
        heartbeat,
        slices: Slices::default(),
        said: None,
    };
    tokio::select! {
        () = stopped(&mut stop) => {}
        () = watch.keep_watching() => {}
    }
}

struct Watch<'a> {
    signal: usize,
    at_least: u32,
    api: Api<EndpointSlice>,
    selector: String,
    source: &'a Source,
    heartbeat: &'a Heartbeat,
    slices: Slices,
    said: Option<Count>,
}

impl Watch<'_> {
    async fn keep_watching(&mut self) {
        let mut away: Option<(Nanos, String)> = None;
        let mut pause = PAUSE.0;
        loop {
            match self.list().await {
                Ok((version, stamp)) => {
                    if let Some((from, reason)) = away.take() {
                        self.source.emit(self.signal, stamp, Seen::Gap { from, to: stamp.elapsed, reason });
                    }
                    self.say(stamp);
                    let began = Instant::now();
                    let why = self.follow(&version).await;
                    away = Some((self.heartbeat.last(), why));
                    if began.elapsed() > PAUSE.1 {
                        pause = PAUSE.0;
                        continue;
                    }
                }
                Err(why) => drop(away.get_or_insert((self.heartbeat.last(), why))),
            }
            // Also where each watch is closed as soon as it is open: no server gets well by that.
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// Reads all slices; returns the version to watch from and when the answer arrived.
    async fn list(&mut self) -> Result<(String, Stamp), String> {
        let wanted = ListParams::default().labels(&self.selector);
        let answer = timeout(LIST_WITHIN, self.api.list(&wanted)).await;
        let stamp = self.source.clock.stamp();
        let list = answer
            .map_err(|_| "the API server did not answer".to_owned())?
            .map_err(|error| reason(&error))?;
        self.heartbeat.answered(stamp.elapsed);
        self.slices.replace(&list.items);
        Ok((list.metadata.resource_version.unwrap_or_default(), stamp))
    }

    /// Follows the changes from `version` on; returns why it cannot any longer.
    async fn follow(&mut self, version: &str) -> String {
        let wanted = WatchParams::default().labels(&self.selector);
        let stream = match self.api.watch(&wanted, version).await {
            Ok(stream) => stream,
            Err(error) => return reason(&error),
        };
        let mut stream = stream.boxed();
        loop {
            let next = stream.try_next().await;
            let stamp = self.source.clock.stamp();
            match next {
                Ok(Some(WatchEvent::Added(slice) | WatchEvent::Modified(slice))) => self.slices.put(&slice),
                Ok(Some(WatchEvent::Deleted(slice))) => self.slices.remove(&slice),
                Ok(Some(WatchEvent::Bookmark(_))) => {}
                Ok(Some(WatchEvent::Error(status))) => return format!("{} {}", status.code, status.reason),
                Ok(None) => return "the watch was closed".to_owned(),
                Err(error) => return reason(&error),
            }
            self.heartbeat.answered(stamp.elapsed);
            self.say(stamp);
        }
    }

    /// Tells the count where it differs from what was told before.
    fn say(&mut self, stamp: Stamp) {
        let count = self.slices.count();
        if self.said.replace(count) == Some(count) {
            return;
        }
        let state = if count.usable < self.at_least { SignalState::Out } else { SignalState::Up };
        let seen = Seen::Endpoints { usable: count.usable, total: count.total, state };
        self.source.emit(self.signal, stamp, seen);
    }
}

fn reason(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => format!("{} {}", status.code, status.reason),
        _ => "the connection broke".to_owned(),
    }
}
