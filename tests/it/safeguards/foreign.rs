//! The shared cluster as if it were somebody's: another kubeconfig, other names, and a workload
//! that is there already.

use std::path::{Path, PathBuf};
use std::process::Command;

use k8s_openapi::api::core::v1::Service;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

use crate::run::drills::{Drill, WORKLOAD};
use crate::support::namespace::TestNamespace;
use crate::support::{objects, sandbox, shared};

/// The field manager of whoever owns the workload.
const OWNER: &str = "helm";

/// A home folder with a kubeconfig.
pub struct Foreign {
    home: tempfile::TempDir,
}

impl Foreign {
    /// A kubeconfig whose context, cluster and user have these names.
    pub fn new(context: &str, cluster: &str) -> Self {
        let text = std::fs::read_to_string(shared::cluster().home.kubeconfig()).unwrap();
        let mut config: Value = serde_saphyr::from_str(&text).unwrap();
        config["clusters"][0]["name"] = json!(cluster);
        config["contexts"][0]["name"] = json!(context);
        config["contexts"][0]["context"]["cluster"] = json!(cluster);
        config["current-context"] = json!(context);
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".kube")).unwrap();
        std::fs::write(home.path().join(".kube/config"), config.to_string()).unwrap();
        Self { home }
    }

    /// A staging cluster's.
    pub fn staging() -> Self {
        Self::new("staging", "eu-staging-1")
    }

    /// firedrill with this kubeconfig at its default place, and no cluster of its own.
    pub fn firedrill(&self) -> Command {
        sandbox::firedrill(&self.home.path().join("state"), self.home.path())
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.path().join(".kube/config")
    }

    fn path(&self) -> &Path {
        self.home.path()
    }
}

/// A namespace that is open to drills, with the first drill's workload in it, applied by its
/// owner.
pub async fn shop() -> TestNamespace {
    let shop = TestNamespace::new().await;
    let manifests =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("drills/service-has-no-endpoints/workload.yaml");
    let text = std::fs::read_to_string(manifests).unwrap();
    for object in firedrill::drill::manifest::parse("workload.yaml", &text).unwrap() {
        apply(&shop, &object.value).await.unwrap();
    }
    let available = |deployment: Option<&k8s_openapi::api::apps::v1::Deployment>| {
        let status = deployment.and_then(|deployment| deployment.status.as_ref());
        status.and_then(|status| status.available_replicas) == Some(3)
    };
    objects::until(&shop, "api-service", available).await;
    shop
}

/// The owner applies an object, server-side, and forces nothing.
pub async fn apply(shop: &TestNamespace, object: &Value) -> kube::Result<()> {
    let (plural, version) = match object["kind"].as_str().unwrap() {
        "Service" => ("services", "api/v1"),
        "Deployment" => ("deployments", "apis/apps/v1"),
        other => panic!("{other} is not in the workload"),
    };
    let url = format!("/{version}/namespaces/{}/{plural}", shop.name);
    let params = PatchParams::apply(OWNER);
    let name = object["metadata"]["name"].as_str().unwrap();
    let request = kube::core::Request::new(url).patch(name, &params, &Patch::Apply(object)).unwrap();
    shop.client.request::<Value>(request).await.map(drop)
}

/// The Service as it is, without what changes by itself.
pub async fn service(shop: &TestNamespace) -> Value {
    let service = Api::<Service>::namespaced(shop.client.clone(), &shop.name).get("api-service").await;
    let mut service = serde_json::to_value(service.unwrap()).unwrap();
    service["metadata"]["resourceVersion"].take();
    service
}

/// The first drill on a workload that is there already.
pub fn existing_drill() -> Drill {
    Drill::builtin().replace(WORKLOAD, "workload: existing")
}
