//! A workload for tests: a Deployment and its Service.

use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Service;
use kube::runtime::conditions::Condition;
use kube::runtime::wait::await_condition;
use serde_json::{Value, json};

use super::namespace::TestNamespace;

/// The port that the pods declare.
pub const PORT: u16 = 8080;

/// Deploys `api-service`: pods and a Service that selects them; waits until all pods are
/// available.
pub async fn deploy_api_service(namespace: &TestNamespace, replicas: i32) {
    namespace.create::<Deployment>(deployment(replicas)).await;
    namespace.create::<Service>(service()).await;
    let available = move |deployment: Option<&Deployment>| {
        let status = deployment.and_then(|deployment| deployment.status.as_ref());
        status.and_then(|status| status.available_replicas) == Some(replicas)
    };
    until(namespace, "api-service", available).await;
}

/// Waits until an object is as it should be.
pub async fn until<K>(namespace: &TestNamespace, name: &str, condition: impl Condition<K>)
where
    K: kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>,
    K: Clone + std::fmt::Debug + Send + serde::de::DeserializeOwned + 'static,
{
    let waiting = await_condition(namespace.api::<K>(), name, condition);
    let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    waited.unwrap_or_else(|_| panic!("{name} is not as it should be after 30 s")).unwrap();
}

fn deployment(replicas: i32) -> Value {
    let labels = json!({"app": "api-service"});
    json!({
        "metadata": {"name": "api-service"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{
                    "name": "api",
                    "image": "registry.k8s.io/e2e-test-images/agnhost:2.53",
                    "ports": [{"containerPort": PORT}],
                }]},
            },
        },
    })
}

fn service() -> Value {
    json!({
        "metadata": {"name": "api-service"},
        "spec": {
            "selector": {"app": "api-service"},
            "ports": [{"name": "http", "port": 80, "targetPort": PORT}],
        },
    })
}
