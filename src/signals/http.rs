//! The HTTP signal through the API server's service proxy, which every cluster has.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use k8s_openapi::api::core::v1::Service;
use kube::client::Body;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::time::{interval, timeout};

use super::classify::{Verdict, classify};
use super::heartbeat::Heartbeat;
use super::requests::{Asking, InFlight, Way};
use super::{Source, stopped};
use crate::clock::{Nanos, Stamp};
use crate::drill::HttpSignal;

/// How much of a body is read; the API server's own answers are far shorter.
pub(super) const BODY_LIMIT: usize = 16 * 1024;

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
    let way = Proxy {
        path: proxy_path(&source.namespace, service, port, &spec.path),
        timeout: spec.timeout.value.into(),
        expect: spec.expect,
        source: source.clone(),
        heartbeat: Arc::clone(heartbeat),
    };
    let (every, source, in_flight) = (spec.every.value, source.clone(), Arc::clone(in_flight));
    Asking { signal, every, way, source, in_flight }.run(stop).await;
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

struct Proxy {
    path: String,
    timeout: Duration,
    expect: u16,
    source: Source,
    heartbeat: Arc<Heartbeat>,
}

impl Way for Proxy {
    async fn ask(&self, sent: Nanos) -> (Stamp, Verdict) {
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
        (stamp, verdict)
    }
}

impl Proxy {
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
