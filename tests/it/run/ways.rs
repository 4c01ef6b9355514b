//! Runs whose signals take other ways than the API server's, beside one that does.

use firedrill::drill::SignalState;
use firedrill::journal::{Kind, Point};
use k8s_openapi::api::core::v1::Service;
use kube::api::{Api, Patch, PatchParams};
use kube::config::Kubeconfig;
use serde_json::json;

use super::drills::Drill;
use super::running::{DRILL, Running};
use crate::safeguards::foreign::Foreign;
use crate::support::shared;
use crate::support::web::{Does, OK, Web};

/// The built-in drill with more signals.
pub fn with(signals: &str) -> Drill {
    Drill::builtin().replace("\nsteadyState:", &format!("{signals}\n\nsteadyState:"))
}

fn request(wanted_signal: &str, wanted: SignalState) -> impl Fn(&Kind) -> bool {
    move |kind| matches!(kind, Kind::Request { signal, state, .. } if signal == wanted_signal && *state == Some(wanted))
}

async fn mend(namespace: &str) {
    let services = Api::<Service>::namespaced(shared::client().await, namespace);
    let patch = Patch::Merge(json!({"spec": {"selector": {"app": "api-service"}}}));
    services.patch("api-service", &PatchParams::default(), &patch).await.unwrap();
}

/// The URL is out later than the endpoints, and back later: one report shows both, and the lag.
#[tokio::test]
async fn one_report_shows_what_the_control_plane_and_two_clients_saw() {
    let web = Web::that(Does::Answers(OK)).await;
    // TLS, with this cluster's own issuer for one that the machine knows.
    let read = Kubeconfig::read_from(shared::cluster().home.kubeconfig()).unwrap();
    let cluster = read.clusters[0].cluster.clone().unwrap();
    let drill = with(&format!(
        "  - http: {{name: shop, via: {{url: 'http://{}'}}, path: /shop, every: 20ms, timeout: 500ms}}\n  \
           - http: {{name: api, via: {{url: '{}'}}, path: /livez}}\n  \
           - http: {{name: node, via: {{nodePort: 30080}}, when: [kind, context]}}",
        web.address(),
        cluster.server.unwrap(),
    ));
    let mut command = shared::firedrill();
    command.env("SSL_CERT_FILE", cluster.certificate_authority.unwrap());
    let args = [drill.path(), "--respond", "manual", "--output", "json"];
    let mut run = Running::start_with(command, &args);
    run.until_point(Point::Detect).await;
    web.now(Does::Resets);
    run.until("an outage of the URL", request("shop", SignalState::Out)).await;
    mend(&run.namespace()).await;
    web.now(Does::Answers(OK));
    let ended = run.end().await;
    assert_eq!(ended.code, Some(0));

    let report = ended.report();
    let signals = report["signals"].as_array().unwrap();
    let names: Vec<_> =
        signals.iter().map(|s| (s["name"].as_str().unwrap(), s["via"].as_str().unwrap())).collect();
    let expected = [("endpoints", "slices"), ("http", "apiserver-proxy"), ("shop", "url"), ("api", "url")];
    assert_eq!(names, expected);
    let (http, shop, api) = (&signals[1], &signals[2], &signals[3]);
    // Each result stands at the signal that saw it.
    assert!(shop["requests"]["byResult"]["reset"].as_u64() > Some(0), "{shop}");
    assert!(http["requests"]["byResult"]["reset"].is_null(), "{http}");
    assert_eq!(http["requests"]["byResult"]["503 no endpoints"], http["requests"]["failed"]);
    assert_eq!((&api["requests"]["failed"], &api["intervals"]), (&json!(0), &json!([])), "{api}");
    // The detector had three failures of http before the URL began to fail.
    let lag = |signal: &serde_json::Value| signal["lagMs"]["out"].as_f64().unwrap();
    assert!(lag(shop) > lag(http) + 50.0, "{signals:#?}");
    assert!(
        shop["lagMs"]["up"].is_number() && shop["lagMs"]["outUncertainty"].as_f64() >= Some(10.0),
        "{shop}"
    );
    assert_eq!(api["lagMs"]["out"], json!(null));
}

/// A node's address and a port make the address that is asked.
#[tokio::test]
async fn a_context_is_asked_at_its_node_port() {
    let web = Web::at_a_node_port(Does::Answers(OK)).await;
    let port = web.address().rsplit_once(':').unwrap().1.to_owned();
    let drill = with(&format!("  - http: {{name: node, via: {{nodePort: {port}}}}}"));
    let args = [drill.path(), "--context", "staging", "--node-address", "127.0.0.1", "--output", "json"];
    let ended = Running::start_with(Foreign::staging().firedrill(), &args).end().await;
    assert_eq!(ended.code, Some(0));
    let node = &ended.report()["signals"][2];
    assert_eq!(node["via"], "nodePort");
    assert!(node["requests"]["byResult"]["200"].as_u64() > Some(10), "{node}");
}

#[test]
fn a_node_port_that_nobody_can_reach_is_refused_before_anything_is_changed() {
    let signal = "  - http: {name: node, via: {nodePort: 30080}}";
    let drill = with(signal);
    let foreign = Foreign::staging();
    let said = |mut command: std::process::Command, args: &[&str]| {
        let output = command.arg("run").args(args).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for more in [&[][..], &["--dry-run"]] {
        let args = [&[drill.path(), "--context", "staging"], more].concat();
        let (code, text) = said(foreign.firedrill(), &args);
        assert_eq!(code, Some(3), "{text}");
        assert!(text.contains("the signal `node` asks node port 30080"), "{text}");
        assert!(text.contains("--node-address HOST") && text.contains("`when: kind`"), "{text}");
        // No cluster is started only to say so.
        let (code, text) = said(foreign.firedrill(), &[&[drill.path()], more].concat());
        assert_eq!(code, Some(3), "{text}");
        assert!(text.contains("nodes are simulated") && !text.contains("starting the cluster"), "{text}");
    }
    let elsewhere = with(&signal.replace("}}", "}, when: kind}"));
    let (code, text) = said(foreign.firedrill(), &[elsewhere.path(), "--context", "staging", "--dry-run"]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = said(foreign.firedrill(), &[DRILL, "--node-address", "127.0.0.1"]);
    assert_eq!((code, text.contains("add --context NAME")), (Some(2), true), "{text}");
    let url = ["--context", "staging", "--node-address", "http://10.0.0.7:30080"];
    let (code, text) = said(foreign.firedrill(), &[&[DRILL], &url[..]].concat());
    assert_eq!((code, text.contains("this is no host")), (Some(2), true), "{text}");
}
