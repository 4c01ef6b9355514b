//! Which object the API server's service proxy finds its pods in.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Endpoints, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::ListParams;
use serde_json::{Value, json};

use super::proxy_reads_slices;
use crate::support::eventually;
use crate::support::namespace::TestNamespace;
use crate::support::objects::{PORT, deploy_api_service};

/// What the service proxy answers.
async fn answer(namespace: &TestNamespace, service: &str) -> u16 {
    let path = format!("/api/v1/namespaces/{}/services/{service}:80/proxy/healthz", namespace.name);
    let request = http::Request::get(path).body(kube::client::Body::empty()).unwrap();
    namespace.client.send(request).await.unwrap().status().as_u16()
}

/// A Service without a selector, so that nobody writes its endpoints but the test.
async fn unattended(namespace: &TestNamespace, name: &str) -> Pod {
    let service = json!({"metadata": {"name": name}, "spec": {"ports": [{"name": "http", "port": 80}]}});
    namespace.create::<Service>(service).await;
    let pods = namespace.api::<Pod>().list(&ListParams::default()).await.unwrap();
    pods.items.into_iter().next().unwrap()
}

fn target(pod: &Pod) -> Value {
    json!({"kind": "Pod", "namespace": pod.metadata.namespace, "name": pod.metadata.name,
        "uid": pod.metadata.uid})
}

#[tokio::test]
async fn the_reports_note_names_the_object_that_decides() {
    let namespace = TestNamespace::new().await;
    deploy_api_service(&namespace, 1).await;

    let pod = unattended(&namespace, "by-slice").await;
    let ip = pod.status.as_ref().unwrap().pod_ip.clone();
    let slice = json!({"metadata": {"name": "by-slice-1", "labels": {"kubernetes.io/service-name": "by-slice"}},
        "addressType": "IPv4", "ports": [{"name": "http", "port": PORT}],
        "endpoints": [{"addresses": [ip], "conditions": {"ready": true}, "targetRef": target(&pod)}]});
    namespace.create::<EndpointSlice>(slice).await;

    unattended(&namespace, "by-endpoints").await;
    let endpoints = json!({"metadata": {"name": "by-endpoints",
            "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
        "subsets": [{"addresses": [{"ip": ip, "targetRef": target(&pod)}],
            "ports": [{"name": "http", "port": PORT}]}]});
    namespace.create::<Endpoints>(endpoints).await;

    let (works, not) =
        if proxy_reads_slices().await { ("by-slice", "by-endpoints") } else { ("by-endpoints", "by-slice") };
    eventually(works, Duration::from_secs(10), || async {
        (answer(&namespace, works).await == 200).then_some(())
    })
    .await;
    assert_ne!(answer(&namespace, not).await, 200);
}
