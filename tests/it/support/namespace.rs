//! A namespace for one test.

use std::fmt::Write as _;
use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Event, Namespace, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{Api, DeleteParams, ListParams, PostParams};
use kube::core::NamespaceResourceScope;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::shared;

/// How long the last words of a test may take.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// A namespace of a random name in the shared cluster, which firedrill may use. Deleted at the
/// end; when the test fails, its events and objects are printed first.
pub struct TestNamespace {
    /// Its name.
    pub name: String,
    /// A client of the shared cluster.
    pub client: kube::Client,
}

impl TestNamespace {
    /// A new one.
    pub async fn new() -> Self {
        let client = shared::client().await;
        let namespace: Namespace = serde_json::from_value(json!({
            "metadata": {
                "generateName": "it-",
                "labels": {"firedrill.dev/allow": "true"},
            },
        }))
        .unwrap();
        let all: Api<Namespace> = Api::all(client.clone());
        let made = all.create(&PostParams::default(), &namespace).await.unwrap();
        Self { name: made.metadata.name.unwrap(), client }
    }

    /// Objects of this namespace.
    pub fn api<K>(&self) -> Api<K>
    where
        K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.name)
    }

    /// Creates an object from JSON.
    pub async fn create<K>(&self, object: Value) -> K
    where
        K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>,
        K: Clone + std::fmt::Debug + serde::Serialize + DeserializeOwned,
    {
        let object: K = serde_json::from_value(object).unwrap();
        self.api::<K>().create(&PostParams::default(), &object).await.unwrap()
    }
}

impl Drop for TestNamespace {
    fn drop(&mut self) {
        let failed = std::thread::panicking();
        let name = self.name.clone();
        // A thread and a runtime of its own: the test's own runtime cannot be entered again.
        let last_words = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            let work = async { tokio::time::timeout(LAST_WORDS, end(&name, failed)).await };
            if runtime.block_on(work).is_err() {
                eprintln!("namespace {name}: the cluster does not answer");
            }
        });
        let _ = last_words.join();
    }
}

async fn end(name: &str, failed: bool) {
    let client = shared::client().await;
    if failed {
        eprintln!("{}", dump(&client, name).await);
    }
    let all: Api<Namespace> = Api::all(client);
    // The namespace's controller does the rest; nobody waits for it.
    let _ = all.delete(name, &DeleteParams::background()).await;
}

/// The namespace's events and objects, in short.
async fn dump(client: &kube::Client, name: &str) -> String {
    let mut text = format!("namespace {name}\n");
    for event in list::<Event>(client, name).await {
        let object = event.involved_object;
        let _ = writeln!(
            text,
            "  event {}/{} {}: {}",
            object.kind.unwrap_or_default(),
            object.name.unwrap_or_default(),
            event.reason.unwrap_or_default(),
            event.message.unwrap_or_default()
        );
    }
    add::<Service>(&mut text, "service", client, name, &["/spec"]).await;
    add::<EndpointSlice>(&mut text, "slice", client, name, &["/endpoints", "/ports"]).await;
    add::<Deployment>(&mut text, "deployment", client, name, &["/spec/selector", "/status"]).await;
    let pod = ["/metadata/labels", "/status/phase", "/status/podIP", "/status/conditions"];
    add::<Pod>(&mut text, "pod", client, name, &pod).await;
    text
}

async fn add<K>(text: &mut String, kind: &str, client: &kube::Client, name: &str, show: &[&str])
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    K: Clone + std::fmt::Debug + serde::Serialize + DeserializeOwned,
{
    for object in list::<K>(client, name).await {
        let value = serde_json::to_value(&object).unwrap_or_default();
        let _ = writeln!(text, "  {kind} {}", object.meta().name.as_deref().unwrap_or_default());
        for path in show {
            let _ = writeln!(text, "    {path} {}", value.pointer(path).unwrap_or(&Value::Null));
        }
    }
}

async fn list<K>(client: &kube::Client, name: &str) -> Vec<K>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    K: Clone + std::fmt::Debug + DeserializeOwned,
{
    let api: Api<K> = Api::namespaced(client.clone(), name);
    api.list(&ListParams::default()).await.map(|list| list.items).unwrap_or_default()
}
