//! A Service of a Helm release: which revision broke it is read from the labels of Secrets.

use firedrill::diagnose::{Changed, Diagnosis};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, PostParams};
use serde_json::{Value, json};

use crate::stage::{Stage, service};

/// The Service as Helm installs it.
fn released(stage: &Stage, app: &str) -> Value {
    let mut service = service(app);
    service["metadata"]["labels"] =
        json!({"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "api-service-1.1.0"});
    service["metadata"]["annotations"] = json!({"meta.helm.sh/release-name": "api-service",
        "meta.helm.sh/release-namespace": stage.ctx.namespace});
    service
}

/// What Helm keeps of a revision, written long after it began; the data is what nobody may ask for.
async fn keeps(stage: &Stage, release: &str, version: &str, status: &str, label: &str) {
    let labels = json!({"owner": "helm", "name": release, "version": version, "status": status,
        label: "4039509902"});
    let secret = json!({"type": "helm.sh/release.v1", "stringData": {"release": "H4sI"},
        "metadata": {"name": format!("sh.helm.release.v1.{release}.v{version}"), "labels": labels}});
    let secret: Secret = serde_json::from_value(secret).unwrap();
    let secrets = Api::namespaced(stage.client.clone(), &stage.ctx.namespace);
    secrets.create(&PostParams::default(), &secret).await.unwrap();
}

async fn diagnosed(stage: &Stage) -> Diagnosis {
    stage.step(json!({"diagnose": "service/api-service"})).await.diagnosis.unwrap()
}

#[tokio::test]
async fn the_revision_that_broke_it_is_named_and_who_drifted() {
    let stage = Stage::incident().await;
    keeps(&stage, "api-service", "1", "superseded", "modifiedAt").await;
    keeps(&stage, "api-service", "2", "deployed", "modifiedAt").await;
    keeps(&stage, "another", "7", "failed", "createdAt").await;
    stage.owner_applies(&released(&stage, "api-svc")).await.unwrap();
    let found = diagnosed(&stage).await;
    let Some(Changed { by, at: Some(at) }) = &found.changed else { panic!("{found:#?}") };
    let (_, at) = at.split_once('T').unwrap();
    assert_eq!(by, "helm");
    assert_eq!(
        found.lines[2],
        format!(
            "Selector last changed by helm at {at}: Helm release api-service, revision 2 \
             (deployed at 14:05:02Z, chart api-service-1.1.0)."
        )
    );
    let namespace = &stage.ctx.namespace;
    assert_eq!(found.then, [format!("helm -n {namespace} rollback api-service 1")]);

    stage
        .person_patches(&service(""), &json!({"spec": {"selector": {"app": "api-srv", "tier": null}}}))
        .await;
    let drifted = diagnosed(&stage).await;
    assert!(
        drifted.lines[2].contains("kubectl-edit at ")
            && drifted.lines[2].contains("after revision 2 of Helm release api-service: it has drifted"),
        "{:?}",
        drifted.lines
    );
    assert_eq!((drifted.release.unwrap().drifted, drifted.then.len()), (true, 0));
}

#[tokio::test]
async fn only_metadata_of_secrets_is_read() {
    let stage = Stage::empty(firedrill::steps::Manifests::new()).await;
    keeps(&stage, "api-service", "1", "deployed", "createdAt").await;
    let page = firedrill::steps::api::Page {
        api_version: "v1",
        plural: "secrets",
        namespace: Some(&stage.ctx.namespace),
        labels: "owner=helm",
        fields: "",
        limit: 10,
        metadata_only: true,
    };
    let secrets = stage.ctx.api.page(page).await.unwrap();
    assert_eq!(secrets[0]["metadata"]["labels"]["version"], "1");
    assert_eq!(secrets[0].get("data"), None, "{:#}", secrets[0]);
}
