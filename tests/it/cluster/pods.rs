//! Requests through the API server's service proxy: they meet the real choice of an endpoint, and
//! the responder.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::{Api, ListParams, Patch, PatchParams};
use serde_json::json;

use crate::support::eventually;
use crate::support::namespace::TestNamespace;
use crate::support::objects::{PORT, deploy_api_service};

const SOON: Duration = Duration::from_secs(10);

/// The status and what was said.
async fn get(namespace: &TestNamespace, path: &str) -> (u16, String) {
    let path = format!("/api/v1/namespaces/{}/{path}", namespace.name);
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    match namespace.client.request_text(request).await {
        Ok(body) => (200, body),
        Err(kube::Error::Api(status)) => (status.code, status.message.clone()),
        Err(error) => panic!("{error}"),
    }
}

async fn until_answered(namespace: &TestNamespace, path: &str, status: u16) -> String {
    eventually(&format!("{status} from {path}"), SOON, || async {
        let (answered, said) = get(namespace, path).await;
        (answered == status).then_some(said)
    })
    .await
}

async fn select(namespace: &TestNamespace, app: &str) {
    let patch = Patch::Merge(json!({"spec": {"selector": {"app": app}}}));
    let services: Api<Service> = namespace.api();
    services.patch("api-service", &PatchParams::default(), &patch).await.unwrap();
}

async fn pods(namespace: &TestNamespace) -> Vec<String> {
    let pods = namespace.api::<Pod>().list(&ListParams::default()).await.unwrap();
    pods.items.into_iter().filter_map(|pod| pod.metadata.name).collect()
}

#[tokio::test]
async fn a_service_without_endpoints_answers_503_and_200_again_after() {
    let namespace = TestNamespace::new().await;
    deploy_api_service(&namespace, 3).await;
    let hostname = "services/api-service:http/proxy/hostname";
    let answered = until_answered(&namespace, hostname, 200).await;
    assert!(pods(&namespace).await.contains(&answered.trim().to_owned()), "{answered}");
    let healthz = until_answered(&namespace, "services/api-service:http/proxy/healthz", 200).await;
    assert_eq!(healthz, "ok\n");

    select(&namespace, "api-svc").await;
    let said = until_answered(&namespace, hostname, 503).await;
    assert_eq!(said, "no endpoints available for service \"api-service\"");

    select(&namespace, "api-service").await;
    until_answered(&namespace, hostname, 200).await;
}

#[tokio::test]
async fn only_a_ready_pod_answers_and_only_on_a_port_it_declares() {
    let namespace = TestNamespace::new().await;
    deploy_api_service(&namespace, 1).await;
    let pod = pods(&namespace).await.remove(0);
    let path = format!("pods/{pod}:{PORT}/proxy/hostname");
    assert_eq!(until_answered(&namespace, &path, 200).await, format!("{pod}\n"));
    let (status, said) = get(&namespace, &format!("pods/{pod}:9090/proxy/")).await;
    assert_eq!(status, 503, "{said}");
    assert!(said.contains("error trying to reach service"), "{said}");

    // The connection of the request before is open still.
    let not_ready = json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}});
    let api = namespace.api::<Pod>();
    api.patch_status(&pod, &PatchParams::default(), &Patch::Strategic(not_ready)).await.unwrap();
    let said = until_answered(&namespace, &path, 503).await;
    assert!(said.contains("error trying to reach service"), "{said}");
}
