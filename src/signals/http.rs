//! The HTTP signal: requests at a fixed rate, sent on time whether or not earlier ones have
//! been answered (no coordinated omission).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use k8s_openapi::api::core::v1::Service;
use kube::client::Body;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::classify::{Verdict, classify};
use super::heartbeat::Heartbeat;
use super::{Seen, Source, stopped};
use crate::clock::Nanos;
use crate::drill::HttpSignal;

/// How much of a body is read; the API server's own answers are far shorter.
const BODY_LIMIT: usize = 16 * 1024;

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

/// Asks until told to stop.
pub async fn run(
    signal: usize,
    spec: &HttpSignal,
    service: &str,
    source: &Source,
    (heartbeat, in_flight): (&Arc<Heartbeat>, &Arc<InFlight>),
    mut stop: watch::Receiver<bool>,
) {
    let port = tokio::select! {
        () = stopped(&mut stop) => return,
        port = service_port(source, service) => port,
    };
    let probe = Arc::new(Probe {
        signal,
        path: proxy_path(&source.namespace, service, port, &spec.path),
        timeout: spec.timeout.value.into(),
        expect: spec.expect,
        source: source.clone(),
        heartbeat: Arc::clone(heartbeat),
        in_flight: Arc::clone(in_flight),
    });
    let mut ticks = interval(spec.every.value.into());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            () = stopped(&mut stop) => break,
            _ = ticks.tick() => {
                let probe = Arc::clone(&probe);
                under_way.spawn(async move { probe.ask().await });
            }
            Some(_) = under_way.join_next() => {}
        }
    }
    under_way.shutdown().await;
}

/// The port to ask for: the Service's first, as a number. A Service that cannot be read now
/// is tried again with the rhythm of the heartbeat.
async fn service_port(source: &Source, service: &str) -> i32 {
    let services = Api::<Service>::namespaced(source.client.clone(), &source.namespace);
    let mut ticks = interval(super::heartbeat::EVERY);
    loop {
        ticks.tick().await;
        if let Ok(Ok(found)) = timeout(super::heartbeat::EVERY, services.get(service)).await {
            let ports = found.spec.and_then(|spec| spec.ports).unwrap_or_default();
            return ports.first().map_or(80, |port| port.port);
        }
    }
}

/// The service proxy's path (Kubernetes API, `connect GET requests to proxy of Service`).
fn proxy_path(namespace: &str, service: &str, port: i32, path: &str) -> String {
    let path = path.trim_start_matches('/');
    format!("/api/v1/namespaces/{namespace}/services/{service}:{port}/proxy/{path}")
}

struct Probe {
    signal: usize,
    path: String,
    timeout: Duration,
    expect: u16,
    source: Source,
    heartbeat: Arc<Heartbeat>,
    in_flight: Arc<InFlight>,
}

impl Probe {
    async fn ask(&self) {
        let sent = self.source.clock.elapsed();
        self.in_flight.lock().insert(sent);
        let answer = timeout(self.timeout, ask(&self.source.client, &self.path, self.expect)).await;
        let stamp = self.source.clock.stamp();
        let verdict = match answer {
            Ok(Ok(verdict)) => {
                self.heartbeat.answered(stamp.elapsed);
                verdict
            }
            // The connection to the API server broke: that says nothing about the Service.
            Ok(Err(_)) => Verdict::unknown("no connection to the API server"),
            Err(_) => self.silence(sent, stamp.elapsed).await,
        };
        let seen = Seen::Request { sent, result: verdict.result, state: verdict.state };
        self.source.emit(self.signal, stamp, seen);
        // After the answer is told: whoever sees none in flight has all answers.
        self.in_flight.lock().remove(&sent);
    }

    /// No answer in time: the pods' silence, if the API server was there all the time.
    async fn silence(&self, sent: Nanos, given_up: Nanos) -> Verdict {
        if self.heartbeat.was_there(sent, given_up).await {
            Verdict::timeout()
        } else {
            Verdict::unknown("silence of the API server")
        }
    }
}

/// Asks once and says what the answer means, whatever it is. At most 16 KiB of its body are read.
///
/// # Errors
/// Where nothing came that is an HTTP answer.
pub async fn ask(client: &Client, path: &str, expect: u16) -> Result<Verdict, kube::Error> {
    let request = http::Request::get(path).body(Body::empty()).map_err(kube::Error::HttpError)?;
    let (head, body) = client.send(request).await?.into_parts();
    // A longer or broken body does not change what the status says.
    let body = Limited::new(body, BODY_LIMIT).collect().await;
    let bytes = body.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    Ok(classify(head.status.as_u16(), &bytes, expect))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_asked_for_once() {
        let path = proxy_path("ns", "api", 80, "/healthz");
        assert_eq!(path, "/api/v1/namespaces/ns/services/api:80/proxy/healthz");
    }
}
