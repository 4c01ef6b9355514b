//! How far apart are a slice's event and the service proxy's first other answer.
//!
//! `cargo test --test it -- --ignored --nocapture skew::lag`

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{Patch, PatchParams, WatchEvent, WatchParams};
use kube::client::Body;
use serde_json::json;
use tokio::sync::watch;

use crate::support::namespace::TestNamespace;
use crate::support::objects::deploy_api_service;

const ROUNDS: usize = 100;
const WITHIN: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: it needs an idle machine"]
async fn between_the_slice_and_the_proxy() {
    let namespace = TestNamespace::new().await;
    deploy_api_service(&namespace, 2).await;
    let (send, mut sizes) = watch::channel((usize::MAX, Instant::now()));
    let slices = namespace.api::<EndpointSlice>();
    let events = tokio::spawn(async move {
        let mut events = Box::pin(slices.watch(&WatchParams::default(), "0").await.unwrap());
        while let Some(event) = events.next().await {
            if let WatchEvent::Added(slice) | WatchEvent::Modified(slice) = event.unwrap() {
                send.send_replace((slice.endpoints.len(), Instant::now()));
            }
        }
    });
    let (mut out, mut back) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        out.push(change(&namespace, &mut sizes, "nobody", 0, 503).await);
        back.push(change(&namespace, &mut sizes, "api-service", 2, 200).await);
    }
    events.abort();
    let version = namespace.client.apiserver_version().await.unwrap().git_version;
    println!("{version}, the proxy's answer against the slice's event, {ROUNDS} rounds:");
    for (what, mut all) in [("first 503", out), ("first 200", back)] {
        all.sort_by(f64::total_cmp);
        let at = |percent: usize| all[(all.len() - 1) * percent / 100];
        let before = all.iter().filter(|lag| **lag < 0.0).count();
        println!(
            "  {what}: p5 {:.1} ms, p50 {:.1} ms, p95 {:.1} ms; earlier in {before}",
            at(5),
            at(50),
            at(95)
        );
    }
}

/// Changes the selector. How much later than the slice's event the first request was sent that was
/// answered so, in milliseconds.
async fn change(
    namespace: &TestNamespace,
    sizes: &mut watch::Receiver<(usize, Instant)>,
    app: &str,
    size: usize,
    status: u16,
) -> f64 {
    let services = namespace.api::<Service>();
    let patch = Patch::Merge(json!({"spec": {"selector": {"app": app}}}));
    let probe = async {
        loop {
            let path = format!("/api/v1/namespaces/{}/services/api-service:80/proxy/healthz", namespace.name);
            let sent = Instant::now();
            let request = http::Request::get(path).body(Body::empty()).unwrap();
            if namespace.client.send(request).await.unwrap().status().as_u16() == status {
                return sent;
            }
        }
    };
    let changed = async { services.patch("api-service", &PatchParams::default(), &patch).await.unwrap() };
    let event = async { sizes.wait_for(|(now, _)| *now == size).await.unwrap().1 };
    let all = async { tokio::join!(probe, event, changed) };
    let (answered, seen, _) = tokio::time::timeout(WITHIN, all).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    if answered >= seen {
        (answered - seen).as_secs_f64() * 1e3
    } else {
        -(seen - answered).as_secs_f64() * 1e3
    }
}
