use firedrill::cluster::binaries::Release;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service};
use kube::api::{Api, ListParams};
use serde_json::Value;

use super::foreign::{Foreign, existing_drill, shop};
use crate::run::drills::Drill;
use crate::run::running::DRILL;
use crate::support::namespace::TestNamespace;
use crate::support::shared;

/// What is printed, whichever Kubernetes the tests run on.
fn dry_run(mut firedrill: std::process::Command, args: &[&str]) -> String {
    let output = firedrill.args(["run", "--dry-run"]).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let printed = String::from_utf8(output.stdout).unwrap();
    Release::ALL.iter().fold(printed, |printed, release| printed.replace(release.version(), "VERSION"))
}

/// The version of everything that a run could touch.
async fn versions(shop: &TestNamespace) -> Vec<Option<String>> {
    let mut versions = Vec::new();
    for service in shop.api::<Service>().list(&ListParams::default()).await.unwrap() {
        versions.push(service.metadata.resource_version);
    }
    for deployment in shop.api::<Deployment>().list(&ListParams::default()).await.unwrap() {
        versions.push(deployment.metadata.resource_version);
    }
    for map in shop.api::<ConfigMap>().list(&ListParams::default()).await.unwrap() {
        versions.push(map.metadata.resource_version);
    }
    let namespace = Api::<Namespace>::all(shop.client.clone()).get(&shop.name).await.unwrap();
    versions.push(namespace.metadata.resource_version);
    versions
}

#[tokio::test]
async fn it_prints_every_change_with_its_undo_and_changes_nothing() {
    let shop = shop().await;
    let before = versions(&shop).await;
    let foreign = Foreign::staging();
    let drill = existing_drill()
        .replace("runbook: [triage.B, fix.A, harden]", "runbook: [triage.A, triage.D, fix.B, fix.A, harden]");
    let args = [drill.path(), "--context", "staging", "-n", &shop.name];
    let text = dry_run(foreign.firedrill(), &args).replace(&shop.name, "NAMESPACE");
    insta::assert_snapshot!(text);
    let json = dry_run(foreign.firedrill(), &[&args[..], &["--output", "json"]].concat());
    let plan: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(plan["schema"], "firedrill.dev/plan/v1");
    let fault = &plan["steps"][0]["requests"][0];
    assert_eq!(fault["body"], serde_json::json!({"spec": {"selector": {"app": "api-svc"}}}));
    assert_eq!(fault["undo"][0], r#"/spec/selector/app: "api-svc" back to "api-service""#);
    assert_eq!(versions(&shop).await, before);
}

#[tokio::test]
async fn what_the_drill_deploys_is_marked_unchecked() {
    let text = dry_run(shared::firedrill(), &[DRILL, "-n", "not-there-yet"]);
    insta::assert_snapshot!(text);
    let all = Api::<Namespace>::all(shared::client().await);
    assert!(all.get_opt("not-there-yet").await.unwrap().is_none());
}

#[tokio::test]
async fn what_would_be_refused_is_refused() {
    let shop = shop().await;
    let foreign = Foreign::staging();
    let drill = Drill::builtin();
    let args = ["run", drill.path(), "--dry-run", "--context", "staging", "-n", "kube-system"];
    let output = foreign.firedrill().args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    drop(shop);
}
