//! Listing and watching, for as long as the run lasts.

use std::time::Duration;

use futures::TryStreamExt as _;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::core::Request;
use kube::{Client, Resource as _};
use tokio::time::{Instant, sleep, timeout};

use super::Blast;
use crate::clock::Nanos;
use crate::signals::slim::{Page, Slim};

/// How long a page of a list, or the beginning of a watch, may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How many slices a page holds. Larger ones weigh more than all that is kept of a cluster of
/// thousands, and while one is decoded the same processor stamps no answer of a probe.
const PAGE: u32 = 250;
/// The API server ends a watch after this many seconds; one that lives longer is dead.
const WATCH_SECONDS: u32 = 60;
const WATCH_AT_MOST: Duration = Duration::from_secs(70);
/// The first and the longest pause before the next try, where the server refuses. A watch that
/// lasts longer was a good one: the next try comes at once.
const PAUSE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Why a watch is over.
struct Broke {
    why: String,
    /// Whether it cannot be taken up where it ended.
    anew: bool,
    /// The last moment that was seen, where it is not that of the API server's last sign.
    since: Option<Nanos>,
}

/// Why there is no answer.
struct Refused {
    why: String,
    /// 401, 403: time alone will not help.
    forbidden: bool,
    /// 410: that version is too old.
    gone: bool,
}

impl Blast {
    /// Watches until it is dropped.
    pub async fn watch(&self, client: &Client) {
        let mut pause = PAUSE.0;
        loop {
            match self.list(client).await {
                Ok(version) => {
                    pause = PAUSE.0;
                    self.follow(client, version).await;
                }
                Err(Refused { why, forbidden, .. }) => {
                    self.broken(None, why.clone());
                    self.refused(why, forbidden);
                }
            }
            // Whatever refuses at once must not be asked all the time.
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// Reads all slices; returns the version to watch from.
    async fn list(&self, client: &Client) -> Result<String, Refused> {
        let request = Request::new(EndpointSlice::url_path(&(), self.namespace()));
        let mut wanted = ListParams::default().limit(PAGE);
        self.lock().counts.begin_list();
        loop {
            let page = request.list(&wanted).map_err(kube::Error::BuildRequest);
            let page = answered(async { client.request::<Page>(page?).await }).await?;
            let stamp = self.clock.stamp();
            let mut state = self.lock();
            for slice in page.slices() {
                // What is new is asked for when the list is whole.
                let _ = state.counts.put(slice);
            }
            let Some(next) = page.metadata.next.filter(|token| !token.is_empty()) else {
                state.counts.end_list();
                drop(state);
                self.caught_up(stamp, true);
                return Ok(page.metadata.resource_version.unwrap_or_default());
            };
            wanted = wanted.continue_token(&next);
        }
    }

    /// Follows the changes from `version` on, until they have to be listed anew.
    async fn follow(&self, client: &Client, mut version: String) {
        let mut pause = PAUSE.0;
        loop {
            let began = Instant::now();
            let broke = self.follow_one(client, &mut version).await;
            self.broken(broke.since, broke.why);
            if broke.anew {
                return;
            }
            if began.elapsed() > PAUSE.1 {
                pause = PAUSE.0;
                continue;
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    /// One watch, from its beginning to its end.
    async fn follow_one(&self, client: &Client, version: &mut String) -> Broke {
        let request = Request::new(EndpointSlice::url_path(&(), self.namespace()));
        let wanted = WatchParams::default().timeout(WATCH_SECONDS);
        let request = request.watch(&wanted, version).map_err(kube::Error::BuildRequest);
        let opened = answered(async { client.request_events::<Slim>(request?).await }).await;
        let stream = match opened {
            Ok(stream) => stream,
            Err(Refused { why, forbidden, gone }) => {
                self.refused(why.clone(), forbidden);
                return Broke { why, anew: gone, since: Some(self.lock().heard) };
            }
        };
        self.caught_up(self.clock.stamp(), false);
        let mut stream = std::pin::pin!(stream);
        let silent = Instant::now() + WATCH_AT_MOST;
        loop {
            let Ok(next) = tokio::time::timeout_at(silent, stream.try_next()).await else {
                let since = Some(self.lock().heard);
                return Broke { why: "the watch fell silent".to_owned(), anew: false, since };
            };
            let broke = match next {
                Ok(Some(event)) => self.take(event, version),
                Ok(None) => Some(("the watch was closed".to_owned(), false)),
                Err(error) => Some(reason(&error)),
            };
            if let Some((why, anew)) = broke {
                return Broke { why, anew, since: None };
            }
        }
    }

    /// Takes an event in; returns why it is the last one, and whether a list has to follow.
    fn take(&self, event: WatchEvent<Slim>, version: &mut String) -> Option<(String, bool)> {
        let stamp = self.clock.stamp();
        let mut state = self.lock();
        let (touched, seen) = match event {
            WatchEvent::Added(slice) | WatchEvent::Modified(slice) => (state.counts.put(&slice), slice),
            WatchEvent::Deleted(slice) => (state.counts.remove(&slice), slice),
            WatchEvent::Bookmark(mark) => {
                state.heard = stamp.elapsed;
                *version = mark.metadata.resource_version;
                return None;
            }
            WatchEvent::Error(status) => return Some((format!("{} {}", status.code, status.reason), true)),
        };
        seen.version().clone_into(version);
        self.touched(&mut state, stamp, touched);
        None
    }
}

/// An answer in time, or why there is none.
async fn answered<T>(answer: impl Future<Output = kube::Result<T>>) -> Result<T, Refused> {
    match timeout(ANSWER_WITHIN, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            let code = if let kube::Error::Api(status) = &error { status.code } else { 0 };
            Err(Refused { why: error.to_string(), forbidden: matches!(code, 401 | 403), gone: code == 410 })
        }
        Err(_) => Err(Refused { why: "no answer".to_owned(), forbidden: false, gone: false }),
    }
}

/// Why a watch that was open is over, and whether a list has to follow: what cannot be read may
/// have been a change.
fn reason(error: &kube::Error) -> (String, bool) {
    match error {
        kube::Error::Api(status) => (format!("{} {}", status.code, status.reason), true),
        kube::Error::ReadEvents(_) => ("the connection broke".to_owned(), false),
        other => (other.to_string(), true),
    }
}
