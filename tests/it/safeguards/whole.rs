//! Everything in the namespace of a workload that was there, before and after.

use std::collections::BTreeMap;

use firedrill::journal::Phase;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service};
use kube::api::{Api, DynamicObject, ListParams};
use kube::discovery::{Discovery, Scope, verbs};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::foreign::{Foreign, existing_drill, shop};
use crate::run::running::Running;
use crate::support::namespace::TestNamespace;

/// Every object of every kind that can be listed, by kind and name, without its version. What
/// controllers derive from a Service, and write anew while it is broken, counts by its content.
/// Events come and go.
async fn everything(namespace: &TestNamespace) -> BTreeMap<String, Value> {
    let found = Discovery::new(namespace.client.clone()).exclude(&["events.k8s.io"]).run().await.unwrap();
    let kinds = found.groups().flat_map(kube::discovery::ApiGroup::recommended_resources);
    let mut all = BTreeMap::new();
    for (kind, can) in kinds {
        let events = kind.kind == "Event";
        if events || can.scope != Scope::Namespaced || !can.supports_operation(verbs::LIST) {
            continue;
        }
        let api = Api::<DynamicObject>::namespaced_with(namespace.client.clone(), &namespace.name, &kind);
        for object in api.list(&ListParams::default()).await.unwrap().items {
            let name = format!("{} {}", kind.kind, object.metadata.name.clone().unwrap());
            let mut object = serde_json::to_value(&object).unwrap();
            let metadata = object["metadata"].as_object_mut().unwrap();
            metadata.remove("resourceVersion");
            if matches!(kind.kind.as_str(), "EndpointSlice" | "Endpoints") {
                for written in ["generation", "managedFields", "annotations"] {
                    metadata.remove(written);
                }
                in_order(&mut object["endpoints"]);
                for subset in object["subsets"].as_array_mut().into_iter().flatten() {
                    in_order(&mut subset["addresses"]);
                }
            }
            all.insert(name, object);
        }
    }
    all
}

/// Controllers write endpoints in any order.
fn in_order(endpoints: &mut Value) {
    if let Some(endpoints) = endpoints.as_array_mut() {
        endpoints.sort_by_key(ToString::to_string);
    }
}

/// With something of every sort beside the target that a careless hand could touch.
async fn crowded_shop() -> TestNamespace {
    let shop = shop().await;
    shop.create::<ConfigMap>(json!({"metadata": {"name": "settings"}, "data": {"a": "b"}})).await;
    shop.create::<Secret>(json!({"metadata": {"name": "keys"}, "stringData": {"a": "b"}})).await;
    shop.create::<Service>(json!({"metadata": {"name": "other"}, "spec": {"ports": [{"port": 80}],
        "selector": {"app": "other"}}}))
        .await;
    shop.create::<Deployment>(json!({"metadata": {"name": "other"}, "spec": {"replicas": 0,
        "selector": {"matchLabels": {"app": "other"}},
        "template": {"metadata": {"labels": {"app": "other"}},
            "spec": {"containers": [{"name": "c", "image": "registry.k8s.io/pause:3.10"}]}}}}))
        .await;
    // Until the controllers have written what they write about all this.
    crate::support::objects::until(&shop, "other", |found: Option<&Deployment>| {
        found.and_then(|found| found.status.as_ref()).and_then(|status| status.observed_generation) == Some(1)
    })
    .await;
    shop
}

#[tokio::test]
async fn a_run_on_what_is_there_deploys_and_deletes_nothing_and_leaves_every_object_as_it_was() {
    let shop = crowded_shop().await;
    let (foreign, drill) = (Foreign::staging(), existing_drill());
    let before = everything(&shop).await;
    for expected in ["Deployment api-service", "Service other", "Secret keys", "ServiceAccount default"] {
        assert!(before.contains_key(expected), "{:?}", before.keys());
    }
    let args = [drill.path(), "--context", "staging", "-n", &shop.name];
    let passed = Running::start_with(foreign.firedrill(), &args).end().await;
    assert_eq!(passed.code, Some(0));
    assert_same(&before, &everything(&shop).await);

    let manual = [&args[..], &["--respond", "manual"]].concat();
    let mut run = Running::start_with(foreign.firedrill(), &manual);
    run.until_phase(Phase::Responding).await;
    let broken = everything(&shop).await;
    assert_ne!(before["Service api-service"], broken["Service api-service"], "the comparison sees a fault");
    run.signal(Signal::INT);
    assert_eq!(run.end().await.code, Some(130));
    // The slices follow the Service within milliseconds.
    crate::support::eventually("everything as before", std::time::Duration::from_secs(10), || async {
        (everything(&shop).await == before).then_some(())
    })
    .await;
}

fn assert_same(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) {
    let names = |all: &BTreeMap<String, Value>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(before), names(after));
    for (name, object) in before {
        assert_eq!(object, &after[name], "{name}");
    }
}
