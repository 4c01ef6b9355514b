//! What is missing here and is in another namespace; what Events say.

use std::time::Duration;

use firedrill::diagnose::{Diagnosis, diagnose};
use firedrill::steps::api::Api;
use firedrill::steps::facts;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Pod, ResourceQuota, Service};
use serde_json::json;

use crate::support::eventually;
use crate::support::namespace::TestNamespace;

async fn said(namespace: &TestNamespace, service: &str) -> Diagnosis {
    let api = Api::new(namespace.client.clone());
    diagnose(&facts(&api, &namespace.name, service).await.unwrap())
}

#[tokio::test]
async fn it_is_in_another_namespace() {
    let (here, there) = (TestNamespace::new().await, TestNamespace::new().await);
    // A name that no other test has.
    let name = there.name.replace("it-", "only-");
    let spec = json!({"selector": {"app": name}, "ports": [{"port": 80}]});
    let service = json!({"metadata": {"name": name}, "spec": spec});
    there.create::<Service>(service.clone()).await;
    let missing = said(&here, &name).await;
    assert_eq!(
        missing.lines[1],
        format!("Namespace {} has one; from {}, its clients reach it as {name}.{0}.", there.name, here.name)
    );
    assert_eq!(missing.fix, Some(format!("firedrill diagnose {name} -n {}", there.name)));

    here.create::<Service>(service).await;
    there
        .create::<Pod>(json!({"metadata": {"name": "api", "labels": {"app": name}},
            "spec": {"containers": [{"name": "c", "image": "none"}]}}))
        .await;
    let line = format!(
        "1 ready pod that matches it runs in namespace {}; a Service selects pods of its own namespace only.",
        there.name
    );
    let told = || async { said(&here, &name).await.lines.contains(&line).then_some(()) };
    eventually("the pod elsewhere is told", Duration::from_secs(30), told).await;
}

#[tokio::test]
async fn a_warning_says_why_there_are_no_pods() {
    let namespace = TestNamespace::new().await;
    namespace
        .create::<ResourceQuota>(json!({"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}))
        .await;
    let labels = json!({"app": "state"});
    let spec = json!({"selector": labels, "ports": [{"port": 80}]});
    namespace.create::<Service>(json!({"metadata": {"name": "state"}, "spec": spec})).await;
    namespace
        .create::<StatefulSet>(json!({"metadata": {"name": "state"}, "spec": {"serviceName": "state",
            "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
                "spec": {"containers": [{"name": "c", "image": "none"}]}}}}))
        .await;
    let told = || async {
        let lines = said(&namespace, "state").await.lines;
        lines.into_iter().find(|line| line.starts_with("Event FailedCreate, statefulset/state, "))
    };
    let line = eventually("the warning is told", Duration::from_secs(30), told).await;
    assert!(line.contains("exceeded quota: none"), "{line}");
}
