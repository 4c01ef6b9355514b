//! Detection lag: from sending the patch of a selector to knowing that the slice changed, by
//! firedrill's endpoints signal and by a bare HTTP watch, both at once on the same slice.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use firedrill::clock::Stopwatch;
use firedrill::drill::{EndpointsSignal, Signal, SignalState};
use firedrill::signals::blast::{Blast, ServiceName};
use firedrill::signals::{Observation, Seen, Signals, Source};
use futures::AsyncBufReadExt as _;
use futures::TryStreamExt as _;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, Service};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// Between two flips. The controller manager's clients write 20 times a second at most; without a
/// pause the bench would measure that.
const PAUSE: Duration = Duration::from_millis(80);
const WITHIN: Duration = Duration::from_secs(20);

/// What was measured, in milliseconds, one value a flip.
pub struct Lags {
    pub firedrill_ms: Vec<f64>,
    pub bare_ms: Vec<f64>,
}

/// Flips the selector of a Service `flips` times, away and back, in a namespace of this name. As
/// in a run, one watch of the whole cluster goes on beside the signal.
pub async fn measure(kubeconfig: &Path, namespace: &str, flips: usize) -> Lags {
    let control = client(kubeconfig).await;
    deploy(&control, namespace).await;
    let (observed, mut observations) = unbounded_channel();
    let clock = Stopwatch::start();
    let source = Source {
        client: client(kubeconfig).await,
        namespace: namespace.to_owned(),
        node_ports: BTreeMap::new(),
        clock,
        observed,
    };
    let spec = EndpointsSignal { name: None, service: "api".to_owned(), at_least: 1, when: None };
    let signals = Signals::start(&[Signal::Endpoints(spec)], "api", &source);
    let target = ServiceName { namespace: namespace.to_owned(), name: "api".to_owned() };
    let radius = Arc::new(Blast::new(None, &target, clock, Box::new(|_, _| {})));
    let (watching, beside) = (Arc::clone(&radius), client(kubeconfig).await);
    let watching = tokio::spawn(async move { watching.watch(&beside).await });
    radius.arm(WITHIN).await.expect("a whole list");
    let mut bare = bare_watch(client(kubeconfig).await, namespace);
    seen(&mut observations, SignalState::Up).await;
    bare_seen(&mut bare, SignalState::Up).await;

    let services = Api::<Service>::namespaced(control.clone(), namespace);
    let mut lags = Lags { firedrill_ms: Vec::new(), bare_ms: Vec::new() };
    for flip in 0..flips {
        let (value, state) =
            if flip % 2 == 0 { ("nobody", SignalState::Out) } else { ("api", SignalState::Up) };
        tokio::time::sleep(PAUSE).await;
        let patch = Patch::Merge(json!({"spec": {"selector": {"app": value}}}));
        let sent = Instant::now();
        services.patch("api", &PatchParams::default(), &patch).await.expect("a selector can be patched");
        let ours = clock.instant(seen(&mut observations, state).await.stamp.elapsed);
        let theirs = bare_seen(&mut bare, state).await;
        lags.firedrill_ms.push(millis(ours - sent));
        lags.bare_ms.push(millis(theirs - sent));
    }
    signals.stop().await;
    watching.abort();
    let namespaces = Api::<Namespace>::all(control);
    namespaces.delete(namespace, &DeleteParams::default()).await.expect("the namespace can be deleted");
    lags
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

pub async fn client(kubeconfig: &Path) -> Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    Client::try_from(config.expect("a config")).expect("a client")
}

async fn deploy(client: &Client, namespace: &str) {
    let labels = json!({"app": "api"});
    create::<Namespace>(&Api::all(client.clone()), json!({"metadata": {"name": namespace}})).await;
    let deployment = json!({
        "metadata": {"name": "api"},
        "spec": {"replicas": 3, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "api", "image": "api", "ports": [{"containerPort": 8080}]}]},
        }},
    });
    create::<Deployment>(&Api::namespaced(client.clone(), namespace), deployment).await;
    let service =
        json!({"metadata": {"name": "api"}, "spec": {"selector": labels, "ports": [{"port": 8080}]}});
    create::<Service>(&Api::namespaced(client.clone(), namespace), service).await;
}

async fn create<K>(api: &Api<K>, object: Value)
where
    K: Clone + std::fmt::Debug + serde::de::DeserializeOwned + serde::Serialize,
{
    let object = serde_json::from_value(object).expect("an object");
    api.create(&PostParams::default(), &object).await.expect("it can be created");
}

async fn seen(observations: &mut UnboundedReceiver<Observation>, wanted: SignalState) -> Observation {
    let all_three = |usable: u32| wanted == SignalState::Out || usable == 3;
    loop {
        let next = timeout(WITHIN, observations.recv()).await.expect("an event in time").expect("open");
        if matches!(next.seen, Seen::Endpoints { state, usable, .. } if state == wanted && all_three(usable))
        {
            return next;
        }
    }
}

async fn bare_seen(lines: &mut UnboundedReceiver<(Instant, String)>, wanted: SignalState) -> Instant {
    loop {
        let (at, line) = timeout(WITHIN, lines.recv()).await.expect("a line in time").expect("open");
        let ready = line.matches("\"ready\":true").count();
        if ready == if wanted == SignalState::Up { 3 } else { 0 } {
            return at;
        }
    }
}

/// The least that a watch can be: lines of an HTTP answer, stamped as they arrive, unread.
fn bare_watch(client: Client, namespace: &str) -> UnboundedReceiver<(Instant, String)> {
    let (line, lines) = unbounded_channel();
    let path = format!(
        "/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices?watch=true&labelSelector=kubernetes.io%2Fservice-name%3Dapi"
    );
    tokio::spawn(async move {
        let request = http::Request::get(path).body(Vec::new()).expect("a request");
        let mut answer = client.request_stream(request).await.expect("a watch").lines();
        while let Ok(Some(next)) = answer.try_next().await {
            if line.send((Instant::now(), next)).is_err() {
                return;
            }
        }
    });
    lines
}
