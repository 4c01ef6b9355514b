//! What a fresh control plane needs before the pods of a Deployment can be there, and waiting
//! for it.
//!
//! A pod is created once its namespace has the `default` service account, which the controllers
//! make; they begin when the API server has made its roles, a second after it first answers. It
//! is placed once a node is Ready and the controllers have taken the taint off that each new node
//! carries.

use k8s_openapi::api::core::v1::{Node, ServiceAccount};
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use crate::cluster::state::Home;
use crate::cluster::wait::{until, until_ok};
use crate::cluster::{Connection, Error, access};

/// The one node. It has room for all pods of a test process.
pub const NODE: &str = "firedrill-node";

/// Makes the node and waits until pods can be created and placed. `say` is told what is waited
/// for. Returns the API server's version. Without a deadline of its own.
pub(super) async fn ready(home: &Home, say: impl Fn(&'static str)) -> Result<String, Error> {
    let config = access::local_config(&home.kubeconfig()).await?;
    let client = Connection::from(config).client(Some(&home.kubeconfig()))?;
    say("the API server");
    let nodes: Api<Node> = Api::all(client.clone());
    until_ok(|| make_node(&nodes)).await;
    say("the controllers");
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    until(&accounts, "default", |account: Option<&ServiceAccount>| account.is_some()).await;
    say("the node");
    until(&nodes, NODE, takes_pods).await;
    say("the API server's checks");
    let checks = || async {
        let request = http::Request::get("/readyz").body(Vec::new()).map_err(kube::Error::HttpError)?;
        client.request_text(request).await
    };
    until_ok(checks).await;
    let version = until_ok(|| client.apiserver_version()).await;
    Ok(version.git_version)
}

async fn make_node(nodes: &Api<Node>) -> Result<(), kube::Error> {
    let room = json!({"cpu": "1k", "memory": "4Ti", "pods": "1000"});
    let node = json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": NODE,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux", "type": "kwok"},
        },
        // Room for more pods than kwok's own 254 addresses.
        "spec": {"podCIDR": "10.64.0.0/16"},
        "status": {"allocatable": room, "capacity": room, "phase": "Running"},
    });
    nodes.patch(NODE, &PatchParams::apply("firedrill"), &Patch::Apply(node)).await.map(drop)
}

/// Ready, and without the taint of a new node.
fn takes_pods(node: Option<&Node>) -> bool {
    let Some(node) = node else { return false };
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let ready = conditions.into_iter().any(|c| c.type_ == "Ready" && c.status == "True");
    let free = node.spec.as_ref().is_none_or(|s| s.taints.iter().flatten().next().is_none());
    ready && free
}
