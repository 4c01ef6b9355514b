use super::drills::Drill;
use super::running::{DRILL, Ended, Running};
use crate::support::shared;

const SELECTOR_PATCH: &str =
    "- patch: {target: service/api-service, merge: {spec: {selector: {app: api-svc}}}}";

async fn run(drill: &Drill) -> Ended {
    let ended = Running::start(&[drill.path(), "--output", "json"]).end().await;
    assert!(ended.undo_complete());
    ended
}

#[tokio::test]
async fn a_workload_that_never_gets_ready_is_explained() {
    let drill = Drill::builtin().replace("within: 60s}", "within: 2s}").replace_in(
        "workload.yaml",
        "      containers:",
        "      nodeSelector: {disk: none-has-this}\n      containers:",
    );
    let ended = run(&drill).await;
    assert_eq!(ended.code, Some(4));
    let report = ended.report();
    let detail = report["aborted"]["detail"].as_str().unwrap();
    assert!(detail.contains("api-service") && detail.contains("nodes are available"), "{detail}");
}

#[tokio::test]
async fn a_refused_injection_breaks_nothing() {
    let template = "- patch: {target: deployment/api-service, merge: {spec: {template: {metadata: {labels: {app: x}}}}}}";
    let ended = run(&Drill::builtin().replace(SELECTOR_PATCH, template)).await;
    assert_eq!(ended.code, Some(3), "known by a dry run, before the fault");
    assert!(ended.report()["durationsMs"]["impact"].is_null());
}

#[tokio::test]
async fn a_fault_without_effect_is_no_drill() {
    let drill = Drill::builtin()
        .replace(SELECTOR_PATCH, "- label: {target: service/api-service, set: {tier: front}}")
        .replace("state: out, within: 30s}", "state: out, within: 1s}");
    let ended = run(&drill).await;
    assert_eq!(ended.code, Some(1));
}

#[tokio::test]
async fn a_runbook_that_mends_nothing_misses() {
    let drill = Drill::builtin().replace("runbook: [triage.B, fix.A, harden]", "runbook: [triage.B, fix.B]");
    let ended = Running::start(&[drill.path(), "--max-duration", "5s", "--output", "json"]).end().await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.undo_complete());
    let report = ended.report();
    let refused = report["choices"].as_array().unwrap().iter().find(|c| c["option"] == "fix.B").unwrap();
    assert_eq!(refused["held"], true, "the API server refuses it with 422: {refused}");
    assert!(refused["detail"].as_str().unwrap().starts_with("422"), "{refused}");
}

#[tokio::test]
async fn an_unknown_drill_is_bad_usage() {
    let output = shared::firedrill().args(["run", "service-has-no-endpoint"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains(DRILL));
}
