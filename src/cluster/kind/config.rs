//! What kind is told: the repository's `kind-config.yaml`, with ports that are free.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::Error;
use crate::cluster::state::{Home, at};

/// The file that also works by hand.
const CONFIG: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/kind-config.yaml"));
/// The node port that is mapped, and the port of this machine that it is mapped to where it is free.
pub const NODE_PORT: u16 = 30080;

/// Ports of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ports {
    pub apiserver: u16,
    /// What the node port is mapped to.
    pub node: u16,
}

impl Ports {
    /// Ports that are free now, the usual one for the node port where it is wanted and free. Another
    /// process can take one before the engine does: then the creation is tried again.
    pub fn free(usual: bool) -> io::Result<Self> {
        let any = || TcpListener::bind(("127.0.0.1", 0));
        let node =
            if usual { TcpListener::bind(("127.0.0.1", NODE_PORT)).or_else(|_| any()) } else { any() }?;
        let apiserver = any()?;
        Ok(Self { apiserver: apiserver.local_addr()?.port(), node: node.local_addr()?.port() })
    }
}

/// The file for kind in the cluster's folder.
pub(super) fn file(home: &Home) -> PathBuf {
    home.path().join("kind-config.yaml")
}

/// Writes it.
pub(super) fn write(home: &Home, ports: Ports) -> Result<(), crate::cluster::Error> {
    let file = file(home);
    // JSON is YAML.
    let content = format!("{:#}\n", config(home.name(), ports)?);
    std::fs::write(&file, content).map_err(at("write", &file))
}

fn config(name: &str, ports: Ports) -> Result<Value, Error> {
    let mut config: Value =
        serde_saphyr::from_str(CONFIG).map_err(|error| Error::Config { why: error.to_string() })?;
    config["name"] = json!(name);
    config["networking"]["apiServerAddress"] = json!("127.0.0.1");
    config["networking"]["apiServerPort"] = json!(ports.apiserver);
    let nodes = config["nodes"].as_array_mut().into_iter().flatten();
    let mappings = nodes.filter_map(|node| node["extraPortMappings"].as_array_mut()).flatten();
    for mapping in mappings.filter(|mapping| mapping["containerPort"] == json!(NODE_PORT)) {
        mapping["hostPort"] = json!(ports.node);
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_repository_with_other_ports() {
        insta::assert_snapshot!(
            format!("{:#}", config("x", Ports { apiserver: 40001, node: 40002 }).unwrap()),
            @r#"
        {
          "kind": "Cluster",
          "apiVersion": "kind.x-k8s.io/v1alpha4",
          "name": "x",
          "nodes": [
            {
              "role": "control-plane",
              "extraPortMappings": [
                {
                  "containerPort": 30080,
                  "hostPort": 40002,
                  "listenAddress": "127.0.0.1",
                  "protocol": "TCP"
                }
              ]
            }
          ],
          "networking": {
            "apiServerAddress": "127.0.0.1",
            "apiServerPort": 40001
          }
        }
        "#
        );
    }

    #[test]
    fn by_hand_it_makes_the_same_cluster_at_the_usual_port() {
        let by_hand: Value = serde_saphyr::from_str(CONFIG).unwrap();
        let mut ours = config("firedrill", Ports { apiserver: 40001, node: NODE_PORT }).unwrap();
        ours.as_object_mut().unwrap().remove("networking");
        assert_eq!(ours, by_hand);
    }

    #[test]
    fn a_port_that_is_taken_is_not_chosen() {
        // Who else has it may give it back in between; only what is held here is sure.
        let held = TcpListener::bind(("127.0.0.1", NODE_PORT));
        let ports = Ports::free(true).unwrap();
        if held.is_ok() {
            assert_ne!(ports.node, NODE_PORT);
        }
        assert_ne!(ports.node, ports.apiserver);
    }
}
