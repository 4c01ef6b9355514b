//! A cluster that the run makes.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::{containers, eventually, is_here};

#[test]
fn a_run_makes_a_cluster_passes_and_removes_it() {
    if !is_here("a run makes a kind cluster") {
        return;
    }
    let sandbox = Sandbox::that_makes_a_cluster();
    let output = sandbox.run(&["--output", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["verdict"], "passed");
    let cluster = &report["cluster"];
    assert_eq!(
        *cluster,
        json!({"provider": "kind", "name": sandbox.cluster(), "version": cluster["version"],
            "distribution": "kind", "nodes": 1, "createdByRun": true, "simulatedPods": false})
    );
    sandbox.assert_untouched();
}

#[test]
fn killed_while_the_node_is_made() {
    if !is_here("a run is killed while kind creates") {
        return;
    }
    let sandbox = Sandbox::that_makes_a_cluster();
    let mut run = sandbox.start(&[]);
    let made = || !containers::of(sandbox.cluster()).is_empty();
    eventually("the node's container", Duration::from_secs(60), made);
    run.kill().unwrap();
    run.wait().unwrap();
    let gone = || containers::of(sandbox.cluster()).is_empty() && sandbox.in_state().is_empty();
    eventually("nothing is left", Duration::from_secs(60), gone);
    // What the engine was still asked for would show by now.
    std::thread::sleep(Duration::from_secs(2));
    sandbox.assert_untouched();
}
