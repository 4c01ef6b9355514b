use firedrill::diagnose::{Cause, diagnose};
use firedrill::steps::api::Api;
use firedrill::steps::facts;
use k8s_openapi::api::core::v1::Service;
use serde_json::json;

use super::{apply, as_service_account, client, printed};
use crate::support::namespace::TestNamespace;
use crate::support::{eventually, shared};

/// Where Helm's Secrets, Events and other namespaces may not be read, a diagnosis says less.
#[tokio::test]
async fn a_diagnosis_needs_none_of_what_stands_beside() {
    let namespace = TestNamespace::new().await;
    let name = namespace.name.as_str();
    for object in &printed(&[crate::run::running::DRILL, "-n", name])[..3] {
        apply(&namespace.client, object, false).await;
    }
    namespace
        .create::<Service>(json!({
            "metadata": {"name": "api-service", "labels": {"app.kubernetes.io/managed-by": "Helm"},
                "annotations": {"meta.helm.sh/release-name": "cart", "meta.helm.sh/release-namespace": name}},
            "spec": {"selector": {"app": "api-svc"}, "ports": [{"port": 80}]}}))
        .await;
    let api = Api::new(client(as_service_account(&shared::cluster().home.kubeconfig(), name)).await);
    let read = || async { facts(&api, name, "api-service").await.ok() };
    let facts = eventually("the rights are there", std::time::Duration::from_secs(10), read).await;
    assert_eq!((&facts.revisions, facts.elsewhere.len()), (&None, 0));
    let found = diagnose(&facts);
    assert_eq!(found.cause, Cause::NoPodMatches);
    let drifted = " of Helm release cart: it has drifted from the chart.";
    assert!(found.lines.iter().any(|line| line.ends_with(drifted)), "{:?}", found.lines);
}
