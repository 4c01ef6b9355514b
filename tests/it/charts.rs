//! The first drill's chart as it evolved, rendered by helm and held against the drill's manifests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use firedrill::drill::manifest;
use serde_json::{Value, json};

use crate::support::helm;

/// Objects by kind; no chart and no manifest here has two of a kind and name.
type Objects = BTreeMap<String, Value>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("drills/service-has-no-endpoints")
}

fn parse(name: &str, text: &str) -> Objects {
    let objects = manifest::parse(name, text).unwrap();
    let named = objects.iter().map(|it| (format!("{} {}", it.kind(), it.name()), it.value.clone()));
    let all: Objects = named.collect();
    assert_eq!(all.len(), objects.len(), "{name}: two of a name");
    all
}

fn file(name: &str) -> Objects {
    parse(name, &std::fs::read_to_string(folder().join(name)).unwrap())
}

async fn chart(version: &str, arguments: &[&str]) -> Objects {
    let rendered = helm::template(&folder().join("chart").join(version), arguments).await;
    parse(version, &rendered)
}

const SERVICE: &str = "Service api-service";
const DEPLOYMENT: &str = "Deployment api-service";
const BUDGET: &str = "PodDisruptionBudget api-service";
const TEST: &str = "Pod api-service-endpoints";

#[tokio::test]
async fn the_good_release_is_what_the_plain_workload_deploys() {
    assert_eq!(chart("1.0.0", &[]).await, file("workload.yaml"));
}

#[tokio::test]
async fn the_broken_release_changes_the_selector_and_adds_a_budget() {
    let broken = chart("1.1.0", &[]).await;
    let mut expected = file("workload.yaml");
    expected.extend(file("service-as-released.yaml"));
    expected.insert(BUDGET.to_owned(), broken[BUDGET].clone());
    assert_eq!(broken, expected);
    assert_eq!(broken[BUDGET]["spec"]["minAvailable"], 2);
    assert_eq!(broken[BUDGET]["spec"]["selector"], expected[DEPLOYMENT]["spec"]["selector"]);
}

#[tokio::test]
async fn the_release_with_the_test_alone_is_as_broken() {
    let mut tested = chart("1.1.0-test", &[]).await;
    assert_eq!(tested.remove(TEST), chart("1.1.1", &[]).await.remove(TEST));
    assert_eq!(tested, chart("1.1.0", &[]).await);
}

#[tokio::test]
async fn the_mended_release_keeps_the_budget_and_rolls_no_pod() {
    let mut mended = chart("1.1.1", &[]).await;
    let test = mended.remove(TEST).unwrap();
    assert_eq!(test["metadata"]["annotations"]["helm.sh/hook"], "test");
    assert_eq!(test["metadata"]["labels"], Value::Null, "the Service must not select it");
    let mut expected = file("workload.yaml");
    expected.insert(BUDGET.to_owned(), chart("1.1.0", &[]).await[BUDGET].clone());
    assert_eq!(mended, expected);
}

#[tokio::test]
async fn a_node_port_is_asked_for_by_a_value() {
    for version in ["1.0.0", "1.1.0", "1.1.0-test", "1.1.1"] {
        let mut expected = chart(version, &[]).await;
        let service = expected.get_mut(SERVICE).unwrap();
        assert_eq!(service["spec"]["type"], Value::Null, "{version}");
        service["spec"]["type"] = json!("NodePort");
        service["spec"]["ports"][0]["nodePort"] = json!(30080);
        assert_eq!(chart(version, &["--set", "service.nodePort=30080"]).await, expected, "{version}");
    }
}
