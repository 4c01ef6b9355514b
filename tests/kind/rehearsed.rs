//! What only containers can prove: a Helm test, logs; and the first drill played to its end.

use std::process::{Command, Output, Stdio};

use firedrill::drill::catalogue;
use firedrill::play::keys::keys;
use serde_json::Value;

use crate::support::sandbox::Sandbox;
use crate::support::{DRILL, is_here, shared};

/// Runs a command to its end; what it says is shown where the test fails.
fn ended(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    println!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    println!("{}", String::from_utf8_lossy(&output.stdout));
    output
}

fn evaluate(only: &str) -> Value {
    let sandbox = Sandbox::that_uses(shared::cluster().name());
    let mut command = sandbox.firedrill();
    command.args(["evaluate", DRILL, "--cluster", "kind", "--only", only, "--output", "json"]);
    let output = ended(&mut command);
    assert_eq!(output.status.code(), Some(0), "{only}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn verdicts(matrix: &Value) -> Vec<(&str, &str)> {
    let rows = matrix["options"].as_array().unwrap().iter();
    rows.map(|row| (row["name"].as_str().unwrap(), row["verdict"].as_str().unwrap())).collect()
}

#[test]
fn what_needs_a_container_is_proven() {
    if !is_here("evaluate on kind") {
        return;
    }
    // kube-proxy says nothing of the fault, and says so: its logs were read.
    assert_eq!(verdicts(&evaluate("triage.C")), [("triage.C", "holds")]);
    assert_eq!(verdicts(&evaluate("root-cause.D")), [("root-cause.D", "holds")]);
    let checklist = evaluate("harden");
    let names = ["harden.endpoints", "harden.requests", "harden.deploy", "harden.test", "harden.check"];
    assert_eq!(verdicts(&checklist), names.map(|name| (name, "holds")));
}

/// An option that begins before the node has heard of the outage would seem to have changed something.
#[test]
fn a_restart_changes_nothing_on_a_node_either() {
    if !is_here("evaluate on kind, seen from a node") {
        return;
    }
    assert_eq!(verdicts(&evaluate("triage.A")), [("triage.A", "holds")]);
}

/// The keys of the best way, each with Enter once its answer is read.
fn best_way() -> String {
    let drill = catalogue::load(DRILL).unwrap().drill;
    let drill = drill.with_variant("helm").unwrap();
    let mut typed = String::from("\n");
    for round in &drill.rounds {
        let entries = round.choices();
        let best = keys(&entries).into_iter().zip(&entries).filter(|(_, entry)| entry.best);
        typed.extend(best.flat_map(|(key, _)| [key, '\n', '\n']));
    }
    typed
}

#[test]
fn the_incident_is_played_from_alert_to_report() {
    if !is_here("play on kind") {
        return;
    }
    let sandbox = Sandbox::that_uses(shared::cluster().name());
    let input = sandbox.state().join("typed");
    std::fs::write(&input, best_way()).unwrap();
    let mut command = sandbox.firedrill();
    command.args(["play", DRILL, "--cluster", "kind", "--plain", "--speed", "60", "--output", "json"]);
    command.stdin(Stdio::from(std::fs::File::open(input).unwrap()));
    let output = ended(&mut command);
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["verdict"], &report["responder"]), (&"passed".into(), &"player".into()));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("test api-service-endpoints: Succeeded"), "the Helm test ran");
}
