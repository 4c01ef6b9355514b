//! The rights of a run: what `rbac` prints is enough, and the preflight misses nothing.

mod diagnosed;
mod enough;
mod existing;
mod preflight;
mod printed;
mod whole;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use firedrill::drill::{self, Provider, manifest};
use firedrill::engine::plan::{BlastLimit, Plan, Rehearsal, Wishes};
use firedrill::journal::ResponderKind;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::Request;
use kube::core::params::{Patch, PatchParams};
use serde_json::Value;

/// A plan for a drill in a namespace that is there.
fn plan(drill: &str, namespace: &str) -> Plan {
    let wishes = Wishes {
        run: format!("run-{namespace}"),
        by: "test".to_owned(),
        namespace: Some(namespace.to_owned()),
        responder: ResponderKind::Runbook,
        variant: None,
        max_duration: Duration::from_secs(60),
        keep_workload: false,
        blast_limit: BlastLimit::Namespace,
        provider: Provider::Context,
        respond_after: Duration::ZERO,
        rehearsal: Rehearsal::default(),
        speed: 0,
    };
    Plan::new(drill::load(drill).unwrap(), wishes).unwrap()
}

/// The objects that `firedrill rbac ARGS` prints.
fn printed(args: &[&str]) -> Vec<Value> {
    let mut firedrill = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    let output = firedrill.arg("rbac").args(args).env_clear().output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    manifest::parse("rbac.yaml", &text).unwrap().into_iter().map(|object| object.value).collect()
}

/// Applies an object as `kubectl apply --server-side` does.
async fn apply(client: &kube::Client, object: &Value, dry_run: bool) -> Value {
    let (kind, metadata) = (object["kind"].as_str().unwrap(), &object["metadata"]);
    let root = match object["apiVersion"].as_str().unwrap() {
        "v1" => "/api/v1".to_owned(),
        group => format!("/apis/{group}"),
    };
    let namespace = metadata["namespace"].as_str().map(|name| format!("/namespaces/{name}"));
    let url = format!("{root}{}/{}s", namespace.unwrap_or_default(), kind.to_lowercase());
    let params =
        PatchParams { field_manager: Some("owner".to_owned()), force: true, dry_run, ..Default::default() };
    let request = Request::new(url).patch(metadata["name"].as_str().unwrap(), &params, &Patch::Apply(object));
    client.request(request.unwrap()).await.unwrap()
}

/// The kubeconfig, for the ServiceAccount `firedrill` of a namespace.
fn as_service_account(kubeconfig: &Path, namespace: &str) -> Kubeconfig {
    let mut kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let user = format!("system:serviceaccount:{namespace}:firedrill");
    kubeconfig.auth_infos[0].auth_info.as_mut().unwrap().impersonate = Some(user);
    kubeconfig
}

async fn client(kubeconfig: Kubeconfig) -> kube::Client {
    let options = KubeConfigOptions::default();
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
    config.proxy_url = None;
    kube::Client::try_from(config).unwrap()
}
