//! The blast limit on a real control plane: what a fault takes out beside its target.

use std::sync::Arc;
use std::time::Duration;

use firedrill::signals::blast::{Blast, Others};
use serde_json::json;

use crate::stage::{Stage, service};
use crate::support::eventually;

const WITHIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_second_service_of_the_same_pods_goes_out_with_the_target() {
    let stage = Stage::incident().await;
    let label = |tier| json!({"label": {"pods": {"app": "api-service"}, "set": {"tier": tier}}});
    stage.change(label(json!("front"))).await;
    let mut second = service("api-service");
    second["metadata"]["name"] = json!("storefront");
    second["spec"]["selector"] = json!({"tier": "front"});
    stage.owner_applies(&second).await.unwrap();
    let others = Others {
        namespace: Some(stage.ctx.namespace.clone()),
        home: stage.ctx.namespace.clone(),
        own: Some(vec!["api-service".to_owned()]),
    };
    let served = || async {
        let labels = "kubernetes.io/service-name=storefront";
        let slices =
            stage.ctx.api.list("discovery.k8s.io/v1", "endpointslices", &stage.ctx.namespace, labels);
        slices
            .await
            .unwrap()
            .iter()
            .any(|slice| slice["endpoints"][0]["conditions"]["ready"] == true)
            .then_some(())
    };
    eventually("storefront has endpoints", WITHIN, served).await;

    let blast = Arc::new(Blast::new(others));
    let (watching, client) = (Arc::clone(&blast), stage.client.clone());
    let watch = tokio::spawn(async move { watching.watch(&client).await });
    blast.arm(WITHIN).await.unwrap();
    // The target alone goes out: nobody minds.
    stage.change(crate::stage::fault()).await;
    stage.change(label(json!(null))).await;
    let lost = tokio::time::timeout(WITHIN, watch).await.expect("a loss in time").unwrap();
    assert_eq!(lost.to_string(), format!("service/storefront in namespace {}", stage.ctx.namespace));
}
