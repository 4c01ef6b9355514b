//! A Secret's values lie in the Secret and in the run's own, and nowhere else.

use firedrill::engine::undo::store::ConfigMapStore;
use firedrill::journal::{Effect, Kind, Phase, Record, StepOutcome};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::recover::{said, status};
use crate::run::drills::Drill;
use crate::run::running::Running;
use crate::stage::Stage;
use crate::support::shared;

/// What the Secrets hold, before and after the fault.
const VALUES: [&str; 4] = [
    "old-value-of-the-token",
    "new-value-of-the-token",
    "value-of-the-certificate",
    "value-in-an-annotation",
];

/// A drill that patches one Secret and deletes another, beside the fault that users feel.
pub fn drill() -> Drill {
    let secret = |name: &str, value: &str| {
        let applied = format!("{{\"data\":\"{}\"}}", VALUES[3]);
        let annotations = json!({"kubectl.kubernetes.io/last-applied-configuration": applied});
        let metadata = json!({"name": name, "annotations": annotations});
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"key": value}})
    };
    let secrets = format!("---\n{}\n---\n{}\n", secret("token", VALUES[0]), secret("certificate", VALUES[2]));
    let fault =
        "    - patch: {target: service/api-service, merge: {spec: {selector: {app: api-svc}}}}\n  expect";
    let merge = json!({"stringData": {"key": VALUES[1]}, "metadata": {"annotations": {"more": VALUES[3]}}});
    let patch = format!("    - patch: {{target: secret/token, merge: {merge}}}\n");
    let delete = "    - delete: secret/certificate\n";
    Drill::builtin().replace(fault, &format!("{patch}{delete}{fault}")).replace_in(
        "workload.yaml",
        "---\napiVersion: v1\nkind: Service\n",
        &format!("{secrets}---\napiVersion: v1\nkind: Service\n"),
    )
}

pub async fn secret(namespace: &str, name: &str) -> Option<Secret> {
    Api::<Secret>::namespaced(shared::client().await, namespace).get_opt(name).await.unwrap()
}

/// Nowhere in this text is a value, readable or in base64.
fn holds_nothing(place: &str, text: &str) {
    for value in VALUES {
        let base64 = json!(ByteString(value.as_bytes().to_vec()));
        let base64 = base64.as_str().unwrap().trim_end_matches('=');
        assert!(!text.contains(value) && !text.contains(base64), "{place} holds {value}: {text}");
    }
}

async fn config_maps_hold_nothing(namespace: &str) {
    let maps = Api::<ConfigMap>::namespaced(shared::client().await, namespace);
    let all = maps.list(&ListParams::default()).await.unwrap();
    let own = |map: &ConfigMap| map.metadata.name.as_ref().is_some_and(|name| name.starts_with("firedrill-"));
    assert!(all.items.iter().any(own), "the run's own is among them");
    holds_nothing("a ConfigMap", &serde_json::to_string(&all).unwrap());
}

fn journal_holds_nothing(run: &Running) {
    let text = std::fs::read_to_string(run.journal()).unwrap();
    holds_nothing("the journal", &text);
    let path = run.journal();
    for output in ["text", "json"] {
        let report = said(shared::firedrill().args(["report", path.to_str().unwrap(), "--output", output]));
        holds_nothing("the report", &report.1);
    }
    let records: Vec<Record> = run
        .events()
        .into_iter()
        .filter_map(|event| match event.kind {
            Kind::Recorded { record } if record.object.is_secret() => Some(record),
            _ => None,
        })
        .collect();
    let [patched, deleted] = records.as_slice() else { panic!("{records:?}") };
    assert!(patched.redacted && deleted.redacted);
    let Effect::Fields { changes } = &patched.effect else { panic!("{patched:?}") };
    assert!(changes.iter().any(|change| change.path == "/data/key"), "{changes:?}");
}

async fn remove(namespace: &str) {
    let all = Api::<Namespace>::all(shared::client().await);
    all.delete(namespace, &DeleteParams::default()).await.unwrap();
}

/// Both are what they were when they were deployed; the run's own Secret is gone.
async fn are_as_before(namespace: &str) {
    for (name, value) in [("token", VALUES[0]), ("certificate", VALUES[2])] {
        let live = secret(namespace, name).await.unwrap_or_else(|| panic!("no secret/{name}"));
        let data = live.data.unwrap();
        assert_eq!(data.len(), 1);
        assert_eq!(data["key"].0, value.as_bytes());
        assert_eq!(live.metadata.annotations.unwrap().len(), 1);
        assert_eq!(live.type_.as_deref(), Some("Opaque"));
        let owned = json!(live.metadata.managed_fields);
        let [entry] = owned.as_array().unwrap().as_slice() else { panic!("{owned}") };
        assert_eq!((&entry["manager"], &entry["operation"]), (&json!("firedrill"), &json!("Apply")));
    }
    let all = Api::<Secret>::namespaced(shared::client().await, namespace);
    let names: Vec<String> = all
        .list(&ListParams::default())
        .await
        .unwrap()
        .items
        .into_iter()
        .filter_map(|s| s.metadata.name)
        .collect();
    assert_eq!(names, ["certificate", "token"]);
}

#[tokio::test]
async fn a_run_to_its_end_shows_none() {
    let drill = drill();
    let mut run = Running::start(&[drill.path(), "--keep-workload"]);
    run.until_phase(Phase::Responding).await;
    let namespace = run.namespace();
    config_maps_hold_nothing(&namespace).await;
    run.until("the end", |kind| *kind == Kind::RunEnded).await;
    journal_holds_nothing(&run);
    let ended = run.end().await;
    assert_eq!(ended.code, Some(0));
    holds_nothing("stderr", &ended.stderr);
    holds_nothing("stdout", &ended.stdout);
    let patch = r#"patch secret/token {"stringData":{"key":"…"},"metadata":{"annotations":{"more":"…"}}}"#;
    assert!(ended.stderr.contains(patch), "what was done is said");
    are_as_before(&namespace).await;
    remove(&namespace).await;
}

#[tokio::test]
async fn a_killed_run_shows_none_and_recover_puts_all_back() {
    let drill = drill();
    let mut killed = Running::start(&[drill.path(), "--respond", "manual", "--keep-workload"]);
    killed.until_phase(Phase::Responding).await;
    let (run, namespace) = (killed.run(), killed.namespace());
    killed.kill_both();
    journal_holds_nothing(&killed);
    assert_eq!(secret(&namespace, "certificate").await, None);
    config_maps_hold_nothing(&namespace).await;
    let (_, text) = said(shared::firedrill().args(["status", "-n", &namespace]));
    holds_nothing("status", &text);
    assert!(text.contains("secret/token /data/key: (hidden) → (hidden)"), "{text}");
    assert!(text.contains("secret/token /metadata/annotations/more: absent → (hidden)"), "{text}");
    assert!(text.contains("secret/certificate: deleted"), "{text}");
    let open = status(shared::firedrill()).into_iter().find(|open| open["run"] == run.as_str()).unwrap();
    holds_nothing("status", &open.to_string());
    assert_eq!(open["changed"][0]["fields"][0]["before"], "(hidden)");
    assert_eq!(
        (&open["changed"][1]["effect"], &open["changed"][1]["before"]),
        (&json!("deleted"), &json!("(hidden)"))
    );

    let (code, text) = said(shared::firedrill().args(["recover", "--run", &run]));
    assert_eq!(code, Some(0));
    holds_nothing("recover", &text);
    are_as_before(&namespace).await;
    remove(&namespace).await;
}

#[tokio::test]
async fn the_guard_of_a_killed_run_puts_all_back_and_tells_none() {
    let drill = drill();
    let mut killed = Running::start(&[drill.path(), "--respond", "manual", "--keep-workload"]);
    killed.until_phase(Phase::Responding).await;
    let namespace = killed.namespace();
    killed.signal(Signal::KILL);
    let ended = killed.end().await;
    assert!(ended.undo_complete());
    holds_nothing("the journal", &serde_json::to_string(&ended.events).unwrap());
    holds_nothing("stderr", &ended.stderr);
    are_as_before(&namespace).await;
    remove(&namespace).await;
}

/// A record in clear about a Secret was written by somebody who may write ConfigMaps only.
#[tokio::test]
async fn a_record_of_a_secret_in_a_configmap_is_not_followed() {
    let stage = Stage::empty(std::collections::BTreeMap::new()).await;
    let object = stage.object("v1", "Secret", "secrets", "token");
    let record = |redacted: bool, object| Record {
        change: 0,
        object,
        uid: None,
        effect: Effect::Created,
        managed_fields: Vec::new(),
        redacted,
    };
    let map = Api::<ConfigMap>::namespaced(stage.client.clone(), &stage.ctx.namespace);
    let forge = async |record: &Record| {
        let data = json!({"data": {"record-000000": json!(record).to_string()}});
        let name = format!("firedrill-{}", stage.ctx.run);
        map.patch(&name, &PatchParams::default(), &Patch::Merge(data)).await.unwrap();
        stage.store.load().await.unwrap_err().to_string()
    };
    stage.store.append(&record(false, object.clone())).await.unwrap();
    assert_eq!(stage.store.load().await.unwrap(), [record(false, object.clone())]);
    let why = forge(&record(false, object)).await;
    assert!(why.contains("about a Secret, whose records lie in a Secret"), "{why}");
    let why = forge(&record(true, stage.service())).await;
    assert!(why.contains("hashes in the place of values"), "{why}");
    let role = stage.object("rbac.authorization.k8s.io/v1", "Role", "roles", "admin");
    let why = forge(&record(false, role)).await;
    assert!(why.contains("about rights, which no drill changes"), "{why}");
}

#[tokio::test]
async fn a_large_secret_is_split_over_secrets() {
    let stage = Stage::empty(std::collections::BTreeMap::new()).await;
    let object = stage.object("v1", "Secret", "secrets", "large");
    let text: String = std::iter::repeat_with(fastrand::alphanumeric).take(400_000).collect();
    let body = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "large"}, "stringData": {"a": text}});
    stage.owner_applies(&body).await.unwrap();
    let before = stage.get(&object).await;
    stage.change(json!({"delete": "secret/large"})).await;
    let labels = format!("firedrill.dev/run={}", stage.ctx.run);
    let kept = async |plural: &str| -> Vec<Value> {
        stage.ctx.api.list("v1", plural, &stage.ctx.namespace, &labels).await.unwrap()
    };
    assert_eq!((kept("secrets").await.len(), kept("configmaps").await.len()), (2, 1));
    let other = ConfigMapStore::new(stage.client.clone(), &stage.ctx.namespace, &stage.ctx.run);
    assert_eq!(other.load().await.unwrap(), stage.records());
    let (summary, items) = stage.undo().await;
    assert!(summary.complete, "{summary:?} {items:?}");
    let after = stage.get(&object).await;
    assert_eq!(
        (&after["data"], &after["metadata"]["managedFields"]),
        (&before["data"], &before["metadata"]["managedFields"])
    );
    assert_eq!((kept("secrets").await.len(), kept("configmaps").await.len()), (0, 0));
}

#[tokio::test]
async fn a_refusal_does_not_quote_what_was_sent() {
    let stage = Stage::empty(std::collections::BTreeMap::new()).await;
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token"}, "data": {}});
    stage.owner_applies(&secret).await.unwrap();
    for merge in [
        json!({"data": {"key": VALUES[1]}}),
        json!({"data": {"key": {"nested": VALUES[1]}}}),
        json!({"type": VALUES[1]}),
        json!({"metadata": {"labels": {"a": format!("{} ", VALUES[1])}}}),
    ] {
        let report = stage.step(json!({"patch": {"target": "secret/token", "merge": merge}})).await;
        let StepOutcome::Rejected { message, .. } = &report.outcome else { panic!("{:?}", report.outcome) };
        assert!(message.contains("the rest is not shown"), "{message}");
        holds_nothing("the refusal", &format!("{report:?}"));
    }
    let absent = stage.step(json!({"delete": "secret/nobody"})).await.outcome;
    assert_eq!(
        absent,
        StepOutcome::Rejected { status: 404, message: "secrets \"nobody\" not found".to_owned() }
    );
    assert_eq!(stage.records(), []);
}
