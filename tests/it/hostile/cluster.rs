//! Objects of a real cluster, with what an API server lets people write into them.

use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Pod, Service};
use kube::api::{Api, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use super::{HOSTILE, SEEN, assert_harmless, harmless};
use crate::run::drills::Drill;
use crate::run::running::Running;
use crate::support::namespace::TestNamespace;
use crate::support::{eventually, shared};

/// A pod that no scheduler takes, so that nobody else writes its status.
fn pod(name: &str) -> Value {
    json!({"metadata": {"name": name, "labels": {"app": "api"}},
        "spec": {"schedulerName": "nobody", "containers": [{"name": "c", "image": "none"}]}})
}

async fn says(pods: &Api<Pod>, name: &str, message: &str) {
    let condition = json!({"type": "PodScheduled", "status": "False", "reason": HOSTILE, "message": message});
    let patch = Patch::Strategic(json!({"status": {"conditions": [condition]}}));
    pods.patch_status(name, &PatchParams::default(), &patch).await.unwrap();
}

#[tokio::test]
async fn a_pods_message_is_harmless_in_a_diagnosis() {
    let namespace = TestNamespace::new().await;
    let spec = json!({"selector": {"app": "api"}, "ports": [{"port": 80}]});
    namespace.create::<Service>(json!({"metadata": {"name": "api"}, "spec": spec})).await;
    namespace.create::<Pod>(pod("api-1")).await;
    says(&namespace.api(), "api-1", &format!("{HOSTILE}{}", "x".repeat(100_000))).await;
    let (code, text) = harmless(shared::firedrill().args(["diagnose", "api", "-n", &namespace.name]));
    assert_eq!((code, text.contains(SEEN)), (Some(1), true), "{text}");
    assert!(text.len() < 10_000, "{}", text.len());
}

#[tokio::test]
async fn a_record_that_somebody_edited_is_harmless() {
    let namespace = TestNamespace::new().await;
    let name = &namespace.name;
    let victim = json!({"metadata": {"name": "victim"}, "data": {"key": HOSTILE}});
    let victim = namespace.create::<ConfigMap>(victim).await;
    let object = json!({"apiVersion": "v1", "kind": HOSTILE, "plural": "configmaps", "namespace": name,
        "name": "victim"});
    let change = |path: &str| json!({"path": path, "before": HOSTILE, "after": HOSTILE.repeat(9)});
    let record = json!({"change": 0, "object": object, "uid": victim.metadata.uid,
        "effect": {"effect": "fields", "changes": [change("/data/key"), change(&format!("/data/{HOSTILE}"))]}});
    let map = json!({
        "metadata": {
            "name": "firedrill-20261122-141500-aaaaaa",
            "labels": {"firedrill.dev/run": "20261122-141500-aaaaaa"},
            "annotations": {
                "firedrill.dev/drill": HOSTILE, "firedrill.dev/by": HOSTILE,
                "firedrill.dev/began": "2026-11-22T14:15:00Z", "firedrill.dev/deadline": "2026-11-22T14:30:00Z",
            },
        },
        "data": {"record-000000": record.to_string()},
    });
    namespace.create::<ConfigMap>(map).await;
    let (code, text) = harmless(shared::firedrill().args(["status", "-n", name]));
    assert_eq!((code, text.contains(SEEN)), (Some(0), true), "{text}");
    let json = shared::firedrill().args(["status", "-n", name, "--output", "json"]).output().unwrap();
    assert_harmless(&String::from_utf8(json.stdout).unwrap());
    let (code, text) = harmless(shared::firedrill().args(["recover", "-n", name]));
    assert_eq!((code, text.contains(SEEN)), (Some(5), true), "{text}");
}

#[tokio::test]
async fn a_workload_that_is_never_ready_is_told_in_harmless_words() {
    let drill = Drill::builtin()
        .replace_in("workload.yaml", "containers:", "schedulerName: nobody\n      containers:")
        .replace("within: 60s}", "within: 6s}");
    let name: String = std::iter::repeat_with(fastrand::lowercase).take(8).collect();
    let name = format!("it-{name}");
    let run = Running::start(&[drill.path(), "--namespace", &name]);
    let pods = Api::<Pod>::namespaced(shared::client().await, &name);
    let made = eventually("a pod", Duration::from_secs(20), || async {
        pods.list(&ListParams::default()).await.ok()?.items.into_iter().find_map(|pod| pod.metadata.name)
    })
    .await;
    says(&pods, &made, &format!("{HOSTILE} and so on").repeat(300)).await;
    let ended = run.end().await;
    assert_eq!(ended.code, Some(4));
    for text in [&ended.stderr, &ended.stdout] {
        assert_harmless(text);
        assert!(text.contains(SEEN), "{text}");
    }
}
