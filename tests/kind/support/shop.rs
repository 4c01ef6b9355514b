//! A namespace of somebody else's that is open to drills, with the first drill's workload in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams,
};
use kube::{Client, Config};
use serde_json::{Value, json};

use super::shared::Shared;
use super::{eventually, on_a_runtime};

/// The field manager of whoever owns the workload.
const OWNER: &str = "helm";
/// How long pods may take to become Ready.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Everything that a run could leave or take.
const KINDS: [(&str, &str, &str); 8] = [
    ("", "v1", "Service"),
    ("", "v1", "ConfigMap"),
    ("", "v1", "Secret"),
    ("", "v1", "Pod"),
    ("", "v1", "ServiceAccount"),
    ("apps", "v1", "Deployment"),
    ("apps", "v1", "ReplicaSet"),
    ("coordination.k8s.io", "v1", "Lease"),
];

/// The namespace; deleted at the end.
pub struct Shop {
    pub name: String,
    config: Config,
}

impl Shop {
    /// One whose Service has this node port. It is opened, filled and Ready.
    pub fn open(cluster: &Shared, node_port: u16) -> Self {
        let suffix: String = std::iter::repeat_with(fastrand::lowercase).take(8).collect();
        let shop = Self { name: format!("shop-{suffix}"), config: cluster.access.connection.config.clone() };
        let labels = json!({"firedrill.dev/allow": "true"});
        let metadata = json!({"name": shop.name, "labels": labels});
        shop.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})).unwrap();
        for file in ["workload.yaml", "storefront.yaml"] {
            let path = drill_folder().join(file);
            for object in firedrill::drill::manifest::parse(file, &fs::read_to_string(path).unwrap()).unwrap()
            {
                let mut object = object.value;
                if object["kind"] == "Service" && object["metadata"]["name"] == "api-service" {
                    object["spec"]["type"] = json!("NodePort");
                    object["spec"]["ports"][0]["nodePort"] = json!(node_port);
                }
                // The port may still be that of the test before, whose namespace is going.
                eventually("the object is taken", READY_WITHIN, || shop.apply(&object).is_ok());
            }
        }
        let replicas = |object: &Value| object["status"]["availableReplicas"] == object["spec"]["replicas"];
        let ready = || shop.list("apps", "v1", "Deployment").iter().all(replicas);
        eventually("all pods are Ready", READY_WITHIN, ready);
        shop
    }

    /// Applies an object as its owner does, server-side and without force.
    pub fn apply(&self, object: &Value) -> kube::Result<DynamicObject> {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap();
        let (group, version) = text("/apiVersion").rsplit_once('/').unwrap_or(("", text("/apiVersion")));
        let (params, patch) = (PatchParams::apply(OWNER), Patch::Apply(object));
        on_a_runtime(async {
            self.api(group, version, text("/kind")).patch(text("/metadata/name"), &params, &patch).await
        })
    }

    /// All objects in it, without what changes by itself.
    pub fn everything(&self) -> Value {
        let of_kind = |(group, version, kind): &(&str, &str, &str)| {
            let mut objects = self.list(group, version, kind);
            for object in &mut objects {
                object["metadata"]["resourceVersion"].take();
                object["metadata"]["generation"].take();
                object["status"].take();
                if let Some(owners) = object["metadata"]["managedFields"].as_array_mut() {
                    owners.retain(|owner| owner["subresource"].is_null());
                    owners.sort_by_key(|owner| owner["manager"].to_string());
                }
            }
            (kind.to_string(), json!(objects))
        };
        KINDS.iter().map(of_kind).collect()
    }

    pub fn list(&self, group: &str, version: &str, kind: &str) -> Vec<Value> {
        let found = on_a_runtime(async { self.api(group, version, kind).list(&ListParams::default()).await });
        let mut objects: Vec<Value> =
            found.unwrap().items.iter().map(|object| serde_json::to_value(object).unwrap()).collect();
        objects.sort_by_key(|object| object["metadata"]["name"].to_string());
        objects
    }

    pub fn client(&self) -> Client {
        Client::try_from(self.config.clone()).unwrap()
    }

    fn api(&self, group: &str, version: &str, kind: &str) -> Api<DynamicObject> {
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        match kind {
            "Namespace" | "ClusterRole" | "ClusterRoleBinding" => Api::all_with(self.client(), &resource),
            _ => Api::namespaced_with(self.client(), &self.name, &resource),
        }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let deleted = on_a_runtime(async {
            self.api("", "v1", "Namespace").delete(&self.name, &DeleteParams::default()).await
        });
        if let Err(error) = deleted {
            println!("namespace {} is left: {error}", self.name);
        }
    }
}

/// The first drill on a workload that is there already, as a folder.
pub fn existing_drill() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&drill_folder(), folder.path());
    let file = folder.path().join("drill.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once("workload:\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    fs::write(file, format!("{before}workload: existing\n\n{after}")).unwrap();
    folder
}

fn drill_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("drills").join(super::DRILL)
}

/// Copies what is in a folder, with the folders below.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir(&place).unwrap();
            copy(&path, &place);
        } else {
            fs::copy(&path, &place).unwrap();
        }
    }
}
