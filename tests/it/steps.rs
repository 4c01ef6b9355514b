//! Each step's effect and its record.

use std::collections::BTreeMap;

use firedrill::drill::{Length, Step};
use firedrill::journal::{Effect, FieldChange, StepOutcome};
use firedrill::steps::workload::{deploy, ready};
use serde_json::{Value, json};

use crate::stage::{Stage, deployment, fault, service};

fn fields(effect: &Effect) -> &[FieldChange] {
    match effect {
        Effect::Fields { changes } => changes,
        other => panic!("no fields: {other:?}"),
    }
}

#[tokio::test]
async fn a_patch_is_recorded_in_two_places_before_it_changes_anything() {
    let stage = Stage::incident().await;
    let before = stage.get(&stage.service()).await;
    let report = stage.step(fault()).await;
    assert_eq!(report.outcome, StepOutcome::Changed);
    assert_eq!(report.what, r#"patch service/api-service {"spec":{"selector":{"app":"api-svc"}}}"#);
    assert!(report.answered.elapsed > 0);

    let records = stage.records();
    assert_eq!(records, stage.store.load().await.unwrap());
    let [record] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!(record.uid.as_deref(), before["metadata"]["uid"].as_str());
    assert_eq!(json!(record.managed_fields), before["metadata"]["managedFields"]);
    assert_eq!(
        fields(&record.effect),
        [FieldChange {
            path: "/spec/selector/app".to_owned(),
            before: Some(json!("api-service")),
            after: Some(json!("api-svc")),
        }]
    );
    let after = stage.get(&stage.service()).await;
    assert_eq!(after["spec"]["selector"], json!({"app": "api-svc"}));

    assert_eq!(stage.step(fault()).await.outcome, StepOutcome::Unchanged);
    assert_eq!(stage.records().len(), 1, "what changes nothing needs no record");
}

#[tokio::test]
async fn a_refusal_changes_and_records_nothing() {
    let stage = Stage::incident().await;
    let labels = json!({"spec": {"template": {"metadata": {"labels": {"app": "api-svc"}}}}});
    let report = stage.step(json!({"patch": {"target": "deployment/api-service", "merge": labels}})).await;
    let StepOutcome::Rejected { status: 422, message } = report.outcome else {
        panic!("{:?}", report.outcome)
    };
    assert!(message.contains("`selector` does not match template `labels`"), "{message}");

    let report = stage.step(json!({"scale": {"target": "deployment/nobody", "replicas": 1}})).await;
    assert!(matches!(report.outcome, StepOutcome::Rejected { status: 404, .. }), "{:?}", report.outcome);
    assert_eq!(stage.records(), []);
}

#[tokio::test]
async fn what_grants_rights_is_left_alone() {
    let role =
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "x"}});
    let stage = Stage::empty(BTreeMap::from([("role.yaml".to_owned(), vec![role.clone()])])).await;
    for step in [
        json!({"delete": "rolebinding/x"}),
        json!({"label": {"target": "role/x", "set": {"a": "b"}}}),
        json!({"apply": {"manifests": ["role.yaml"]}}),
    ] {
        let step: Step = serde_json::from_value(step).unwrap();
        let error = firedrill::steps::run(&step, &stage.ctx).await.unwrap_err();
        assert!(error.to_string().contains("grants rights"), "{error}");
    }
    assert_eq!(stage.records(), []);
    // With a workload in a namespace of the run's own there is no record to mislead anybody.
    let own = Stage::without_namespace().await;
    assert_eq!(deploy(&[role], true, &own.ctx).await.unwrap().created.len(), 1);
}

#[tokio::test]
async fn scale_restart_and_label_do_what_kubectl_does() {
    let stage = Stage::incident().await;
    stage.change(json!({"scale": {"target": "deploy/api-service", "replicas": 1}})).await;
    assert_eq!(stage.get(&stage.deployment()).await["spec"]["replicas"], 1);
    stage.change(json!({"restart": "deployment/api-service"})).await;
    stage.step(json!({"wait": {"deployment": "api-service", "within": "30s"}})).await;
    let template = stage.get(&stage.deployment()).await["spec"]["template"]["metadata"].clone();
    assert!(template["annotations"]["kubectl.kubernetes.io/restartedAt"].is_string(), "{template}");
    assert_eq!(stage.records().len(), 1, "a restart has nothing to undo");

    let label = json!({"pods": {"app": "api-service"}, "set": {"app": "api-svc", "moved": "yes"}});
    stage.change(json!({"label": label})).await;
    assert_eq!(stage.pods("app=api-svc,moved=yes").await.len(), 1);
}

#[tokio::test]
async fn a_deleted_object_is_recorded_whole_and_gone() {
    let stage = Stage::incident().await;
    let before = stage.get(&stage.service()).await;
    stage.change(json!({"delete": "service/api-service"})).await;
    assert_eq!(stage.ctx.api.get(&stage.service()).await.unwrap(), None);
    let records = stage.records();
    assert_eq!(records[0].effect, Effect::Deleted { before: Box::new(before) });

    stage.change(json!({"apply": {"manifests": ["service.yaml"]}})).await;
    let made = stage.get(&stage.service()).await;
    assert_eq!(made["metadata"]["labels"]["firedrill.dev/run"], json!(stage.ctx.run));
    assert_eq!(stage.records()[1].effect, Effect::Created);
}

#[tokio::test]
async fn apply_on_an_object_of_another_owner_is_recorded_field_by_field() {
    let stage = Stage::incident().await;
    stage.change(json!({"apply": {"manifests": ["service.yaml"]}})).await;
    let records = stage.records();
    let paths: Vec<&str> = fields(&records[0].effect).iter().map(|change| change.path.as_str()).collect();
    assert_eq!(paths, ["/spec/selector/app"]);
    assert_eq!(stage.get(&stage.service()).await["spec"]["selector"]["app"], "api-svc");
}

#[tokio::test]
async fn deploy_makes_a_labelled_namespace_and_waits_for_the_rollout() {
    let stage = Stage::without_namespace().await;
    let deployed = deploy(&[deployment(2), service("api-service")], true, &stage.ctx).await.unwrap();
    let created: Vec<String> = deployed.created.iter().map(ToString::to_string).collect();
    assert_eq!(created, ["service/api-service", "deployment/api-service"]);
    let namespace = stage.get(&firedrill::steps::api::namespace_ref(&stage.ctx.namespace)).await;
    assert_eq!(namespace["metadata"]["labels"]["firedrill.dev/run"], json!(stage.ctx.run));
    assert_eq!(namespace["metadata"]["labels"]["firedrill.dev/allow"], "true");
    ready(&stage.ctx, "api-service", Length::secs(30)).await.unwrap();
    assert_eq!(stage.get(&stage.deployment()).await["status"]["availableReplicas"], 2);

    let taken = Stage::empty(BTreeMap::new()).await;
    let error = deploy(&[], true, &taken.ctx).await.unwrap_err();
    assert!(error.to_string().contains("exists already"), "{error}");
}

#[tokio::test]
async fn a_refused_manifest_says_which_and_why() {
    let stage = Stage::without_namespace().await;
    let mut broken = deployment(1);
    broken["spec"]["selector"]["matchLabels"]["app"] = json!("other");
    let error = deploy(&[broken], true, &stage.ctx).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("deployment/api-service") && text.contains("does not match template"), "{text}");

    let mut elsewhere = service("api");
    elsewhere["metadata"]["namespace"] = json!("default");
    let error = deploy(&[elsewhere], false, &stage.ctx).await.unwrap_err();
    assert!(error.to_string().contains("is for the namespace default"), "{error}");
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "x"}});
    let error = deploy(&[role], false, &stage.ctx).await.unwrap_err();
    assert!(error.to_string().contains("belongs to the whole cluster"), "{error}");
}

#[tokio::test]
async fn a_workload_that_never_gets_ready_says_why() {
    let stage = Stage::without_namespace().await;
    let mut stuck = deployment(2);
    stuck["spec"]["template"]["spec"]["nodeSelector"] = json!({"disk": "none-like-this"});
    deploy(&[stuck], true, &stage.ctx).await.unwrap();
    let error = ready(&stage.ctx, "api-service", Length::millis(1500)).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("0 of 2 replicas available"), "{text}");
    assert!(text.contains("2 pods: Unschedulable: 0/"), "{text}");

    let error = ready(&stage.ctx, "nobody", Length::millis(300)).await.unwrap_err();
    assert!(error.to_string().contains("it does not exist"), "{error}");
}

#[tokio::test]
async fn a_wait_for_a_signal_that_does_not_come_is_an_error() {
    let stage = Stage::without_namespace().await;
    let wait = |state: &str| -> Step {
        let wait: Value = json!({"wait": {"signal": "http", "state": state, "within": "1s"}});
        serde_json::from_value(wait).unwrap()
    };
    firedrill::steps::run(&wait("up"), &stage.ctx).await.unwrap();
    let error = firedrill::steps::run(&wait("out"), &stage.ctx).await.unwrap_err();
    assert_eq!(error.to_string(), "the signal `http` was not out within 1s");
}
