//! A cluster that is up already.

use firedrill::cluster::NodePorts;
use firedrill::cluster::kind::{self, Options};
use firedrill::cluster::state::Home;
use serde_json::Value;

use crate::support::sandbox::Sandbox;
use crate::support::{containers, is_here, on_a_runtime, shared};

#[test]
fn it_is_used_and_left() {
    if !is_here("a kind cluster that is up is used") {
        return;
    }
    let cluster = shared::cluster().name();
    let sandbox = Sandbox::that_uses(cluster);
    let output = sandbox.run(&["--output", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["verdict"], "passed");
    assert_eq!(report["cluster"]["createdByRun"], false);
    assert_eq!(containers::of(cluster), [format!("{cluster}-control-plane")]);
}

#[test]
fn other_commands_find_it() {
    if !is_here("status and diagnose find a kind cluster") {
        return;
    }
    let sandbox = Sandbox::new(shared::cluster().name());
    for args in [["status", "--cluster", "kind"].as_slice(), &["diagnose", "kubernetes", "--cluster", "kind"]]
    {
        let output = sandbox.firedrill().args(args).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {stderr}");
    }
}

#[test]
fn its_node_port_is_where_the_engine_says() {
    if !is_here("the node port of a kind cluster") {
        return;
    }
    let shared = shared::cluster();
    let said = containers::engine(&["port", &format!("{}-control-plane", shared.name()), "30080/tcp"]);
    let address = said.trim().parse().expect("an address");
    let NodePorts::Mapped(mapped) = &shared.access.node_ports else {
        panic!("{:?}", shared.access.node_ports)
    };
    assert_eq!(mapped.iter().map(|(port, at)| (*port, *at)).collect::<Vec<_>>(), [(30080, address)]);

    let state = tempfile::tempdir().unwrap();
    let options = Options {
        state: state.path().to_owned(),
        name: shared.name().to_owned(),
        image: None,
        executable: env!("CARGO_BIN_EXE_firedrill").into(),
        keep: false,
    };
    let found = on_a_runtime(kind::find(&options)).unwrap().expect("it is up");
    assert_eq!(found.node_ports, shared.access.node_ports);
    assert_eq!(Home::all_kind(state.path()).unwrap(), [], "to look writes nothing");
}
