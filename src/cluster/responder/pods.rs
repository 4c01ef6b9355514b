//! The pods that are Ready, kept by a watch: their addresses and the ports that they declare.

use std::collections::HashMap;
use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::core::v1 as core;
use kube::Api;
use kube::core::{ApiResource, Object};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{self, Event, watcher};
use serde::{Deserialize, Deserializer};
use tokio::sync::oneshot;

use super::log::note;

/// As many pods as one answer of the first list holds: the memory for them is freed after each.
const PAGE: u32 = 50;
/// Between two attempts at a watch. The API server may be frozen or restarted in a drill, and its
/// pods must be known again soon after.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// The pods that are Ready, by namespace and name.
#[derive(Debug, Default)]
pub(super) struct Pods(RwLock<HashMap<Key, Ready>>);

type Key = (String, String);

/// A pod that is Ready.
#[derive(Debug, PartialEq, Eq)]
struct Ready {
    addresses: Vec<IpAddr>,
    ports: Vec<u16>,
}

impl Pods {
    /// The name of the Ready pod that has the address and declares the port.
    pub(super) fn at(&self, address: SocketAddr) -> Option<String> {
        let pods = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let answers =
            |ready: &Ready| ready.addresses.contains(&address.ip()) && ready.ports.contains(&address.port());
        pods.iter().find(|(_, ready)| answers(ready)).map(|((_, name), _)| name.clone())
    }

    fn replace(&self, pods: HashMap<Key, Ready>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = pods;
    }

    fn put(&self, key: Key, ready: Option<Ready>) {
        let mut pods = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match ready {
            Some(ready) => pods.insert(key, ready),
            None => pods.remove(&key),
        };
    }
}

/// What matters of a pod; the rest is not even kept while it is read.
type Pod = Object<Spec, Status>;

#[derive(Debug, Clone, Default, Deserialize)]
struct Spec {
    #[serde(default, deserialize_with = "or_empty")]
    containers: Vec<Container>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Container {
    #[serde(default, deserialize_with = "or_empty")]
    ports: Vec<Port>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Port {
    container_port: u16,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(rename = "podIP")]
    address: Option<String>,
    #[serde(rename = "podIPs", default, deserialize_with = "or_empty")]
    addresses: Vec<Address>,
    #[serde(default, deserialize_with = "or_empty")]
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Address {
    ip: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

/// `null` is an empty list, as everywhere in Kubernetes.
fn or_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn key(pod: &Pod) -> Key {
    let metadata = &pod.metadata;
    (metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default())
}

/// The pod's addresses and ports, where it is Ready.
fn ready(pod: &Pod) -> Option<Ready> {
    let status = pod.status.as_ref()?;
    if !status.conditions.iter().any(|c| c.kind == "Ready" && c.status == "True") {
        return None;
    }
    let written = status.addresses.iter().map(|address| &address.ip).chain(&status.address);
    let addresses = written.filter_map(|address| address.parse().ok()).collect();
    let ports = pod.spec.containers.iter().flat_map(|container| &container.ports);
    Some(Ready { addresses, ports: ports.map(|port| port.container_port).collect() })
}

/// Watches the pods of all namespaces for as long as the process lives. `known` is told when
/// those that there are at the beginning are known.
pub(super) async fn watch(client: kube::Client, pods: Arc<Pods>, known: oneshot::Sender<()>) {
    let api: Api<Pod> = Api::all_with(client, &ApiResource::erase::<core::Pod>(&()));
    let events = watcher(api, watcher::Config::default().page_size(PAGE)).backoff(Steady);
    let mut events = pin!(events);
    let mut known = Some(known);
    let mut listed = HashMap::new();
    let mut failing = false;
    while let Some(event) = events.next().await {
        let failed = event.is_err();
        match event {
            Ok(Event::Init) => listed = HashMap::new(),
            Ok(Event::InitApply(pod)) => listed.extend(ready(&pod).map(|ready| (key(&pod), ready))),
            Ok(Event::InitDone) => {
                pods.replace(std::mem::take(&mut listed));
                if let Some(known) = known.take() {
                    // Nobody waits for it any more; then nobody needs it.
                    let _ = known.send(());
                }
            }
            Ok(Event::Apply(pod)) => pods.put(key(&pod), ready(&pod)),
            Ok(Event::Delete(pod)) => pods.put(key(&pod), None),
            // Once for each time that it begins: the log has no end.
            Err(error) if !failing => note(&format!("the watch of the pods fails: {error}")),
            Err(_) => {}
        }
        failing = failed;
    }
    note("the watch of the pods ended");
}

/// The same pause each time.
struct Steady;

impl Iterator for Steady {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(AGAIN_AFTER)
    }
}

impl Backoff for Steady {
    fn reset(&mut self) {}
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(ready: &str) -> Pod {
        serde_json::from_value(json!({
            "metadata": {"namespace": "a", "name": "api-1"},
            "spec": {"containers": [{"ports": null}, {"ports": [{"containerPort": 8080}]}]},
            "status": {
                "podIP": "10.64.0.7",
                "podIPs": [{"ip": "10.64.0.7"}, {"ip": "fd00::7"}],
                "conditions": [{"type": "Ready", "status": ready}],
            },
        }))
        .unwrap()
    }

    #[test]
    fn only_a_ready_pod_answers_and_only_on_its_ports() {
        let pods = Pods::default();
        let there = |address: &str| pods.at(address.parse().unwrap());
        pods.put(key(&pod("True")), ready(&pod("True")));
        assert_eq!(there("10.64.0.7:8080").as_deref(), Some("api-1"));
        assert_eq!(there("[fd00::7]:8080").as_deref(), Some("api-1"));
        assert_eq!(there("10.64.0.7:9090"), None);
        assert_eq!(there("10.64.0.8:8080"), None);

        pods.put(key(&pod("False")), ready(&pod("False")));
        assert_eq!(there("10.64.0.7:8080"), None);
    }

    #[test]
    fn a_pod_without_a_status_is_not_ready() {
        let mut pod = pod("True");
        pod.status = None;
        assert_eq!(ready(&pod), None);
    }
}
