//! A cluster with many Services: objects of the bench's own, which no controller touches, and
//! changes of some of them for as long as something is measured.

use std::path::Path;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::{Namespace, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, Client};
use serde_json::json;
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use super::lag::client;

/// Requests that are under way at once.
const AT_ONCE: usize = 16;
/// As many Services share a namespace.
const EACH: usize = 100;
/// The number of endpoints of each.
const ENDPOINTS: usize = 10;

fn namespace(number: usize) -> String {
    format!("crowd-{}", number / EACH)
}

/// Creates `services` Services with a slice of ten endpoints each.
pub async fn create(kubeconfig: &Path, services: usize) {
    let client = client(kubeconfig).await;
    let namespaces = (0..services).step_by(EACH).map(|first| {
        let object: Namespace =
            serde_json::from_value(json!({"metadata": {"name": namespace(first)}})).expect("an object");
        let api = Api::all(client.clone());
        async move { api.create(&PostParams::default(), &object).await.map(drop) }
    });
    at_once(namespaces).await;
    at_once((0..services).map(|number| make(client.clone(), number))).await;
}

async fn at_once(requests: impl Iterator<Item = impl Future<Output = kube::Result<()>>>) {
    let all = futures::stream::iter(requests).buffer_unordered(AT_ONCE);
    all.try_collect::<()>().await.expect("the API server takes it");
}

/// A Service without a selector and its slice: no controller writes either of them. Headless, as
/// the local cluster has few addresses for Services.
async fn make(client: Client, number: usize) -> kube::Result<()> {
    let (namespace, name) = (namespace(number), format!("service-of-some-team-{number}"));
    let service = json!({"metadata": {"name": name}, "spec": {"clusterIP": "None", "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}});
    let service: Service = serde_json::from_value(service).expect("an object");
    Api::namespaced(client.clone(), &namespace).create(&PostParams::default(), &service).await?;
    let slice: EndpointSlice = serde_json::from_value(slice(number, &name)).expect("an object");
    Api::namespaced(client, &namespace).create(&PostParams::default(), &slice).await.map(drop)
}

/// As a controller would write it, field for field.
fn slice(number: usize, service: &str) -> serde_json::Value {
    let endpoint = |n: usize| {
        let pod = format!("{service}-674459bcb4-{n:05}");
        json!({"addresses": [format!("10.{}.{}.{}", number / 250, number % 250, n + 1)],
            "conditions": {"ready": true, "serving": true, "terminating": false},
            "nodeName": format!("node-{}", n % 7), "zone": "zone-1",
            "targetRef": {"kind": "Pod", "namespace": namespace(number), "name": pod,
                "uid": format!("6f2c1f6e-9a0e-4a51-8a55-{:012}", number * ENDPOINTS + n)}})
    };
    json!({"metadata": {"name": format!("{service}-abcde"), "labels": {
            "kubernetes.io/service-name": service,
            "endpointslice.kubernetes.io/managed-by": "firedrill-bench"}},
        "addressType": "IPv4", "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
        "endpoints": (0..ENDPOINTS).map(endpoint).collect::<Vec<_>>()})
}

/// Changes of slices, at a steady rate, until they are stopped.
pub struct Churn {
    task: JoinHandle<u32>,
    stop: tokio::sync::watch::Sender<bool>,
}

impl Churn {
    /// That many a second, of `services` Services in turn: an endpoint goes, and comes back.
    pub async fn start(kubeconfig: &Path, services: usize, a_second: u32) -> Self {
        let client = client(kubeconfig).await;
        let (stop, mut stopped) = tokio::sync::watch::channel(false);
        let task = tokio::spawn(async move {
            let mut ticks = interval(Duration::from_secs(1) / a_second);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            let mut under_way = JoinSet::new();
            let mut done = 0_u32;
            for number in 0.. {
                tokio::select! {
                    _ = stopped.wait_for(|stop| *stop) => break,
                    _ = ticks.tick() => {}
                }
                under_way.spawn(change(client.clone(), number % services, number / services % 2 == 1));
                while under_way.len() >= AT_ONCE {
                    done += u32::from(under_way.join_next().await.as_ref().is_some_and(changed));
                }
            }
            while let Some(ended) = under_way.join_next().await {
                done += u32::from(changed(&ended));
            }
            done
        });
        Self { task, stop }
    }

    /// Ends it; returns how many changes were made.
    pub async fn stop(self) -> u32 {
        let _ = self.stop.send(true);
        self.task.await.expect("a task that ends")
    }
}

fn changed(ended: &Result<kube::Result<()>, JoinError>) -> bool {
    matches!(ended, Ok(Ok(())))
}

async fn change(client: Client, number: usize, ready: bool) -> kube::Result<()> {
    let name = format!("service-of-some-team-{number}");
    let mut endpoints = slice(number, &name)["endpoints"].take();
    endpoints[0]["conditions"]["ready"] = json!(ready);
    let patch = Patch::Merge(json!({"endpoints": endpoints}));
    let slices = Api::<EndpointSlice>::namespaced(client, &namespace(number));
    slices.patch(&format!("{name}-abcde"), &PatchParams::default(), &patch).await.map(drop)
}
