use serde_json::{Value, json};

use super::*;

fn root_cause() -> RootCause {
    RootCause { namespace: "ns".into(), service: "api".into(), deployment: "api".into(), replicas: 1 }
}

fn parse<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// A healthy Service, its Deployment of one replica, the current ReplicaSet and one pod.
fn facts() -> Facts {
    let replica_set = json!({
        "metadata": {"name": "api-1", "uid": "rs", "annotations": {REVISION: "1"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "api", "uid": "d"}]},
        "spec": {"selector": {}},
    });
    Facts {
        service: Some(parse(json!({"metadata": {"name": "api"}, "spec": {"selector": {"app": "api"}}}))),
        deployment: Some(parse(json!({
            "metadata": {"name": "api", "uid": "d", "generation": 1, "annotations": {REVISION: "1"}},
            "spec": {"replicas": 1, "selector": {}, "template": {"metadata": {"labels": {"app": "api"}}}},
            "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1},
        }))),
        replica_sets: vec![parse(replica_set)],
        pods: vec![pod("api-1-x", "api", Some("rs"))],
    }
}

fn pod(name: &str, app: &str, owner: Option<&str>) -> Pod {
    let owners: Vec<_> = owner
        .iter()
        .map(|uid| json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "api-1", "uid": uid}))
        .collect();
    parse(json!({"metadata": {"name": name, "labels": {"app": app}, "ownerReferences": owners}}))
}

#[test]
fn a_healthy_set_is_resolved() {
    assert_eq!(root_cause().judge(&facts()), Vec::<String>::new());
}

#[test]
fn a_selector_that_matches_no_template_is_not() {
    let mut facts = facts();
    facts.service = Some(parse(json!({"metadata": {"name": "api"}, "spec": {"selector": {"app": "svc"}}})));
    let reasons = root_cause().judge(&facts);
    assert_eq!(reasons, ["service api selects app=svc, which the pods of deployment api do not carry"]);
}

#[test]
fn live_pods_relabelled_by_hand_are_strangers() {
    let mut facts = facts();
    facts.pods.push(pod("orphan", "api", None));
    let reasons = root_cause().judge(&facts);
    assert_eq!(reasons, ["behind service api are pods that deployment api does not own: orphan"]);
}

#[test]
fn scaled_to_nothing_is_not_resolved() {
    let mut facts = facts();
    facts.deployment = Some(parse(json!({
        "metadata": {"name": "api", "uid": "d", "generation": 2, "annotations": {REVISION: "1"}},
        "spec": {"replicas": 0, "selector": {}, "template": {"metadata": {"labels": {"app": "api"}}}},
        "status": {"observedGeneration": 2},
    })));
    facts.pods.clear();
    assert_eq!(root_cause().judge(&facts), ["deployment api has 0 replicas, it had 1"]);
}

#[test]
fn orphans_are_pods_of_the_workload_that_its_replica_set_does_not_own() {
    let mut facts = facts();
    let labels = BTreeMap::from([("app".to_owned(), "api".to_owned())]);
    assert_eq!(orphans(&facts, &labels), Vec::<String>::new());
    facts.pods.push(pod("relabelled", "svc", None));
    assert_eq!(orphans(&facts, &labels), Vec::<String>::new(), "nobody's business, as far as is known");
    facts.pods.push(pod("stray", "api", None));
    facts.pods.push(pod("older", "api", Some("another")));
    facts.pods.push(parse(json!({"metadata": {"name": "lost", "labels": {"app": "x", TEMPLATE_HASH: "1"}}})));
    assert_eq!(orphans(&facts, &labels), ["lost", "older", "stray"]);
    facts.service = Some(parse(json!({"metadata": {"name": "api"}, "spec": {"selector": {"app": "svc"}}})));
    assert_eq!(orphans(&facts, &labels), ["lost", "older", "relabelled", "stray"]);
    facts.deployment = None;
    assert_eq!(orphans(&facts, &labels).len(), 5, "without a Deployment every pod is one");
}
