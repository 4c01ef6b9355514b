//! The kind cluster as somebody's context, for a ServiceAccount that may do what `rbac` prints and no
//! more, on a workload that is there already.

use std::path::PathBuf;
use std::time::Duration;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::{Api, PostParams};
use kube::config::Kubeconfig;
use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::shared::{self, Shared};
use crate::support::shop::{Shop, existing_drill};
use crate::support::{eventually, is_here, on_a_runtime};

const WITHIN: Duration = Duration::from_secs(20);

/// Gives a ServiceAccount of the namespace what `rbac` prints, all or only what is not optional, and
/// writes a kubeconfig with a token of it.
fn restricted(cluster: &Shared, sandbox: &Sandbox, shop: &Shop, drill: &str, optional: bool) -> PathBuf {
    let args = ["rbac", drill, "-n", &shop.name, "--output", "json"];
    let printed = sandbox.firedrill().args(args).output().unwrap();
    let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
    let objects = printed["items"].as_array().unwrap();
    // The last two are the optional ones, for the whole cluster.
    for object in &objects[..if optional { objects.len() } else { 3 }] {
        shop.apply(object).unwrap();
    }
    let request = TokenRequest {
        spec: TokenRequestSpec { audiences: Vec::new(), ..TokenRequestSpec::default() },
        ..TokenRequest::default()
    };
    let made = on_a_runtime(async {
        let accounts = Api::<ServiceAccount>::namespaced(shop.client(), &shop.name);
        accounts.create_token_request("firedrill", &PostParams::default(), &request).await
    });
    let token = made.unwrap().status.unwrap().token;
    let read = serde_json::to_value(Kubeconfig::read_from(cluster.kubeconfig()).unwrap()).unwrap();
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "staging",
        "clusters": [{"name": "eu-staging-1", "cluster": read["clusters"][0]["cluster"]}],
        "users": [{"name": "drills", "user": {"token": token}}],
        "contexts": [{"name": "staging", "context": {"cluster": "eu-staging-1", "user": "drills"}}],
    });
    let file = sandbox.state().join("staging.json");
    std::fs::write(&file, config.to_string()).unwrap();
    file
}

fn run(optional: bool) -> Value {
    let cluster = shared::cluster();
    let sandbox = Sandbox::that_uses(cluster.name());
    let (shop, drill) = (Shop::open(cluster, 30_080), existing_drill());
    let path = drill.path().to_str().unwrap();
    let kubeconfig = restricted(cluster, &sandbox, &shop, path, optional);
    let firedrill = |more: &[&str]| {
        let mut command = sandbox.firedrill();
        command.args(["run", path, "--context", "staging", "-n", &shop.name, "--output", "json"]).args(more);
        let output = command.env("KUBECONFIG", &kubeconfig).output().unwrap();
        println!("{}", String::from_utf8_lossy(&output.stderr));
        output
    };
    // The authorizer hears of a Role a moment after it is written.
    eventually("the rights", WITHIN, || firedrill(&["--dry-run"]).status.success());
    let before = shop.everything();
    let output = firedrill(&[]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(shop.everything(), before, "nothing was deployed, deleted or left");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn what_rbac_prints_is_enough_and_leaves_everything_as_it_was() {
    if !is_here("a restricted ServiceAccount on kind") {
        return;
    }
    let report = run(false);
    assert_eq!(report["verdict"], "passed");
    assert_eq!(report["undo"]["complete"], true);
    let cluster = &report["cluster"];
    assert_eq!((&cluster["provider"], &cluster["name"]), (&json!("context"), &json!("staging")));
    assert_eq!(cluster["nodes"], Value::Null, "no right to list nodes");
    assert_eq!(report["blastRadius"]["complete"], false, "no right to watch the whole cluster");
}

#[test]
fn the_optional_rights_make_the_report_whole() {
    if !is_here("the optional rights on kind") {
        return;
    }
    let report = run(true);
    let cluster = &report["cluster"];
    assert_eq!((&cluster["distribution"], &cluster["nodes"]), (&json!("kind"), &json!(1)));
    assert_eq!(report["blastRadius"]["complete"], true, "{report:#}");
}
