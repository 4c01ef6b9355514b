//! `firedrill evaluate` on the shared cluster: every option of the first drill, for real.

use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Namespace;
use kube::ResourceExt as _;
use kube::api::{Api, ListParams};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::run::drills::Drill;
use crate::run::running::{DRILL, guards_of};
use crate::support::{eventually, shared};

/// A whole evaluation takes some seconds; a machine that is busy takes longer.
const WITHIN: Duration = Duration::from_secs(120);

async fn evaluate(args: &[&str]) -> Output {
    let mut command = shared::firedrill();
    command.arg("evaluate").args(args).stdin(Stdio::null());
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = tokio::time::timeout(WITHIN, ended).await.expect("it ends").unwrap();
    println!("{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The matrix as JSON, and the exit code.
async fn matrix(args: &[&str]) -> (Option<i32>, Value) {
    let output = evaluate(&[args, &["--output", "json"]].concat()).await;
    let matrix = serde_json::from_slice(&output.stdout).expect("a matrix in JSON");
    println!("{matrix:#}");
    (output.status.code(), matrix)
}

fn row<'a>(matrix: &'a Value, name: &str) -> &'a Value {
    let rows = ["options", "paths"].into_iter().flat_map(|key| matrix[key].as_array().unwrap());
    rows.into_iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name}: {matrix:#}"))
}

#[tokio::test]
async fn every_option_of_the_first_drill_does_what_it_promises() {
    let began = Instant::now();
    let (code, matrix) = matrix(&[DRILL, "--variant", "none"]).await;
    let took = began.elapsed();
    assert_eq!((code, &matrix["verdict"], &matrix["broken"]), (Some(0), &json!("holds"), &json!([])));
    assert!(took < Duration::from_secs(60), "{took:?}");

    let measured = |name: &str| row(&matrix, name)["measured"].as_str().unwrap().to_owned();
    for name in ["triage.A", "triage.D"] {
        assert_eq!(measured(name), "unchanged", "{name}");
    }
    assert_eq!(row(&matrix, "triage.C")["verdict"], "not-executable", "nothing logs here");
    assert_eq!(measured("triage.B"), "finds-cause");
    assert_eq!((measured("fix.B").as_str(), &row(&matrix, "fix.B")["refusal"]), ("rejected", &json!(422)));
    for name in ["fix.A", "fix.C", "fix.D", "best", "as-it-happened", "worst"] {
        assert_eq!(measured(name), "resolves", "{name}");
        let left = &row(&matrix, name)["leftBehind"];
        assert_eq!(*left, json!({"orphans": [], "drift": [], "dropped": []}), "{name}");
    }

    // Requests are answered, by pods that nobody owns: mitigated, and not resolved.
    let relabelled = row(&matrix, "fix.E");
    assert_eq!(relabelled["measured"], "mitigates");
    assert_eq!(relabelled["leftBehind"]["orphans"].as_array().unwrap().len(), 3);
    let number = |key: &str| relabelled[key].as_f64().unwrap();
    assert!(0.0 < number("servedMs") && number("servedMs") <= number("mitigateMs"), "{relabelled}");
    assert!(number("requestsLost") > 0.0);
    assert!(row(&matrix, "triage.A")["mitigateMs"].is_null());

    for item in ["harden.endpoints", "harden.requests"] {
        assert_eq!((measured(item).as_str(), &row(&matrix, item)["verdict"]), ("verified", &json!("holds")));
    }
    assert_eq!(row(&matrix, "best")["run"], row(&matrix, "as-it-happened")["run"], "the same path, one run");
}

/// How CI learns that a runbook has rotted.
#[tokio::test]
async fn a_claim_that_does_not_hold_is_named_and_is_exit_1() {
    let drill = Drill::builtin()
        .replace("claim: mitigates", "claim: resolves")
        .replace("claim: rejected", "claim: resolves")
        .replace(
            "        best: true\n        takes: 2m\n        claim: resolves",
            "        best: true\n        takes: 2m\n        claim: rejected",
        );
    let (code, matrix) = matrix(&[drill.path(), "--only", "fix"]).await;
    assert_eq!((code, &matrix["verdict"]), (Some(1), &json!("does-not-hold")));
    assert_eq!(matrix["broken"], json!(["fix.A", "fix.B", "fix.E"]));
    // Rejected, it says, and it succeeds.
    assert_eq!(row(&matrix, "fix.A")["measured"], "resolves");
    // Resolves, it says: the API server refuses it, and so nothing happens.
    assert_eq!(row(&matrix, "fix.B")["measured"], "rejected");
    // Resolves, it says: users are served by orphans.
    assert_eq!(row(&matrix, "fix.E")["measured"], "mitigates");
    assert_eq!(row(&matrix, "fix.C")["verdict"], "holds");
}

#[tokio::test]
async fn what_changes_the_declared_state_drifts() {
    let drill = Drill::builtin().replace(
        "patch: {target: service/api-service, merge: {spec: {selector: {app: api-service}}}}\n        teaches",
        "patch: {target: service/api-service, merge: {spec: {selector: {app: api-service}, ports: [{name: http, port: 80, targetPort: 8080}]}}}\n        teaches",
    );
    let (code, matrix) = matrix(&[drill.path(), "--variant", "none", "--only", "fix.A"]).await;
    assert_eq!(code, Some(0));
    let drift = &row(&matrix, "fix.A")["leftBehind"]["drift"];
    let wanted = json!([{"object": "service/api-service", "field": "/spec/ports/0/targetPort",
        "declared": "\"http\"", "live": "8080", "owner": "firedrill"}]);
    assert_eq!(*drift, wanted);
}

#[tokio::test]
async fn what_breaks_again_after_an_option_is_measured_too() {
    let next = "        claim: resolves\n        next:\n          - label: The next release\n            claim: breaks-again\n            steps: [{apply: {manifests: [service-as-released.yaml]}}]\n          - label: A release that changes nothing\n            claim: breaks-again\n            steps: [{diagnose: service/api-service}]\n        steps:\n          - patch: {target: service/api-service, merge: {spec: {selector: {app: api-service}}}}";
    let drill = Drill::builtin().replace(
        "        claim: resolves\n        steps:\n          - patch: {target: service/api-service, merge: {spec: {selector: {app: api-service}}}}",
        next,
    );
    let (code, matrix) = matrix(&[drill.path(), "--variant", "none", "--only", "fix.A"]).await;
    assert_eq!((code, &matrix["broken"]), (Some(1), &json!(["fix.A.next.1"])));
    assert_eq!(row(&matrix, "fix.A.next.0")["measured"], "breaks-again");
    assert_eq!(row(&matrix, "fix.A.next.1")["measured"], "unchanged");
}

#[tokio::test]
async fn a_control_is_quiet_and_one_that_breaks_by_itself_is_not() {
    let (code, quiet) = matrix(&[DRILL, "--variant", "none", "--control"]).await;
    assert_eq!((code, &quiet["control"], &quiet["verdict"]), (Some(0), &json!(true), &json!("holds")));
    assert_eq!(row(&quiet, "best")["measured"], "no-impact");

    let drill = Drill::builtin()
        .replace(
            "- patch: {target: service/api-service, merge: {spec: {selector: {app: api-service}}}}\n        teaches",
            "- scale: {target: deployment/api-service, replicas: 0}\n        teaches",
        )
        .replace("state: up, within: 30s", "state: up, within: 1s");
    let (code, loud) = matrix(&[drill.path(), "--control"]).await;
    assert_eq!((code, &loud["broken"]), (Some(1), &json!(["best", "as-it-happened"])));
    assert_eq!(row(&loud, "best")["measured"], "impact");
    assert_eq!(
        row(&loud, "best")["detail"],
        "nothing was broken, and yet users were hurt and an alarm was raised"
    );
}

#[tokio::test]
async fn one_option_as_json() {
    let (code, mut matrix) = matrix(&[DRILL, "--variant", "none", "--only", "fix.E"]).await;
    assert_eq!(code, Some(0));
    for (pointer, redacted) in [
        ("/drillHash", json!("[sha256]")),
        ("/firedrill", json!("[version]")),
        ("/cluster/version", json!("[version]")),
        ("/tookMs", json!("[ms]")),
        ("/journals", json!("[folder]")),
        ("/options/0/mitigateMs", json!("[ms]")),
        ("/options/0/servedMs", json!("[ms]")),
        ("/options/0/requestsLost", json!("[count]")),
        ("/options/0/leftBehind/orphans", json!("[pods]")),
        ("/options/0/detail", json!("[words]")),
        ("/options/0/run", json!("[run]")),
    ] {
        *matrix.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = redacted;
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&matrix).unwrap());
}

#[tokio::test]
async fn what_only_does_not_name_is_refused() {
    let output = evaluate(&[DRILL, "--variant", "none", "--only", "fix.F"]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("--only fix.F") && said.contains("fix.A"), "{said}");
}

#[tokio::test]
async fn an_interrupt_ends_every_run_and_leaves_nothing() {
    let drill = Drill::builtin().replace("name: service-has-no-endpoints", "name: cut-short");
    let mut command = shared::firedrill();
    command.args(["evaluate", drill.path(), "--variant", "none", "--output", "json"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    let namespaces = Api::<Namespace>::all(shared::client().await);
    let all = async || {
        let list = namespaces.list(&ListParams::default()).await.unwrap().items;
        list.into_iter()
            .filter(|namespace| namespace.name_any().starts_with("cut-short-"))
            .collect::<Vec<_>>()
    };
    eventually("two runs at once", WITHIN, async || (all().await.len() >= 2).then_some(())).await;
    kill_process(pid, Signal::INT).unwrap();
    let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    println!("{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(130));
    let left = all().await;
    let left: Vec<_> = left.iter().filter(|n| n.metadata.deletion_timestamp.is_none()).collect();
    assert!(left.is_empty(), "{left:?}");

    let matrix: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(matrix["left"], json!([]));
    let rows = ["options", "paths"].into_iter().flat_map(|key| matrix[key].as_array().unwrap());
    let rows: Vec<_> = rows.collect();
    assert_eq!(rows.len(), 14, "each row is there, told or not");
    for row in rows {
        let journal =
            format!("{}/{}.jsonl", matrix["journals"].as_str().unwrap(), row["run"].as_str().unwrap());
        assert_eq!(guards_of(std::path::Path::new(&journal)), [] as [u32; 0], "a guard is left");
    }
}

/// The variant that `evaluate` takes by itself: a release breaks it, and releases mend it.
#[tokio::test]
async fn every_option_against_a_real_release() {
    crate::support::helm::helm().await;
    let began = Instant::now();
    let (code, matrix) = matrix(&[DRILL]).await;
    let took = began.elapsed();
    assert_eq!((code, &matrix["variant"], &matrix["broken"]), (Some(0), &json!("helm"), &json!([])));
    assert!(took < Duration::from_secs(90), "{took:?}");
    let measured = |name: &str| row(&matrix, name)["measured"].as_str().unwrap().to_owned();
    let left = |name: &str| row(&matrix, name)["leftBehind"].clone();

    // The hot fix drifts from the chart, and the next release decides what becomes of it.
    assert_eq!(measured("fix.A"), "resolves");
    let drift = &left("fix.A")["drift"][0];
    assert_eq!((&drift["field"], &drift["owner"]), (&json!("/spec/selector/app"), &json!("firedrill")));
    assert_eq!(measured("fix.A.next.0"), "breaks-again", "client-side apply");
    let conflict = row(&matrix, "fix.A.next.1");
    assert_eq!((&conflict["measured"], &conflict["refusal"]), (&json!("rejected"), &json!(409)));

    // A rollback resolves, and takes what else the release brought.
    assert_eq!(measured("fix.C"), "resolves");
    assert_eq!(left("fix.C")["dropped"], json!(["poddisruptionbudget/api-service"]));
    assert_eq!(measured("fix.C.next.0"), "breaks-again");

    // The mended chart resolves for good, and drops nothing.
    assert_eq!((measured("fix.D").as_str(), measured("fix.D.next.0").as_str()), ("resolves", "unchanged"));
    assert_eq!(left("fix.D"), json!({"orphans": [], "drift": [], "dropped": []}));

    // A test alone comes after the damage, a check of the templates before it.
    assert_eq!(measured("root-cause.B"), "breaks-again");
    assert_eq!(measured("root-cause.C"), "finds-cause");
    assert_eq!(measured("root-cause.D"), "resolves");
    assert_eq!(row(&matrix, "harden.test")["verdict"], "not-executable");
    for name in ["best", "as-it-happened", "worst"] {
        assert_eq!(measured(name), "resolves", "{name}");
    }
}
