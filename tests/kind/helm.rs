//! The variant that is broken by a release, where its test is a pod that runs.

use serde_json::Value;

use crate::support::sandbox::Sandbox;
use crate::support::{is_here, shared};

#[test]
fn the_chart_is_mended_and_its_test_passes() {
    if !is_here("the helm variant on kind") {
        return;
    }
    let sandbox = Sandbox::that_uses(shared::cluster().name());
    let output = sandbox.run(&["--variant", "helm", "--respond-after", "2s", "--output", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    for choice in report["choices"].as_array().unwrap() {
        assert_eq!(choice["held"], true, "{choice}");
    }
    // The chart's Service has the node port that the signal asks, in every release of it.
    let signals = report["signals"].as_array().unwrap();
    let node_port = signals.iter().find(|signal| signal["via"] == "nodePort").expect("a node port");
    assert!(node_port["downtimeMs"].as_f64().unwrap() > 500.0, "{node_port}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("test api-service-endpoints: Succeeded"), "{stderr}");
}
