//! One outage, as the control plane, a client of the API server's proxy, a client of the node and
//! those who depend on the Service see it.

use serde_json::Value;

use crate::support::client::Client;
use crate::support::sandbox::Sandbox;
use crate::support::{is_here, shared};

/// The time between two requests of the drill.
const PROBE_MS: f64 = 50.0;

fn number(value: &Value, pointer: &str) -> f64 {
    value.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer}: {value:#}"))
}

#[test]
fn an_outage_is_seen_by_all_and_falls_on_who_depends_on_it() {
    if !is_here("the whole drill, with its node port and its downstream") {
        return;
    }
    let cluster = shared::cluster();
    let sandbox = Sandbox::that_uses(cluster.name());
    // Nobody of firedrill: it finds its own moment of the outage, ten times as often.
    let client = Client::asking(cluster.node_port());
    // Longer than the storefront's readiness probe takes to give up: three calls, one a second.
    let output = sandbox.run(&["--respond-after", "4s", "--output", "json"]);
    let outside = client.end();
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();

    let [endpoints, http, node_port] = report["signals"].as_array().unwrap().as_slice() else {
        panic!("three signals: {report:#}")
    };
    assert_eq!((&endpoints["via"], &http["via"]), (&"slices".into(), &"apiserver-proxy".into()));
    assert_eq!(node_port["via"], "nodePort");
    assert!(number(http, "/requests/byResult/503 no endpoints") > 50.0, "{http:#}");
    let results = node_port["requests"]["byResult"].as_object().unwrap();
    let cut = ["reset", "empty answer", "refused", "timeout"];
    assert!(results.keys().all(|result| result == "200" || cut.contains(&result.as_str())), "{results:?}");
    // kube-proxy learns from the slices and needs its time.
    let lag = number(node_port, "/lagMs/out");
    assert!((0.0..5_000.0).contains(&lag), "{node_port:#}");

    let measured = number(node_port, "/downtimeMs");
    let difference = (measured - outside.downtime_ms).abs();
    println!("node port: firedrill {measured:.0} ms, an independent client {:.0} ms", outside.downtime_ms);
    assert!(difference <= PROBE_MS + outside.every_ms, "{measured} {outside:?} {node_port:#}");

    let lost = |service: &str| {
        let services = report["blastRadius"]["services"].as_array().unwrap();
        let found = services.iter().find(|lost| lost["service"] == service);
        found.unwrap_or_else(|| panic!("{service} was not lost: {services:#?}")).clone()
    };
    let storefront = lost("storefront");
    assert!((1_500.0..4_500.0).contains(&number(&storefront, "/fromMs")), "{storefront}");
    assert!(number(&storefront, "/toMs") > number(&lost("api-service"), "/toMs"), "{storefront}");
    assert_eq!(report["blastRadius"]["complete"], true, "{report:#}");
    assert_eq!(report["undo"]["complete"], true);
}
