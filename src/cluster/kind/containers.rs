//! The containers that are a cluster's nodes, asked of the engine.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::Deserialize;

use super::Error;
use super::mark::Mark;
use super::tools::Tools;
use crate::cluster::NodePorts;

/// The API server's port inside its node.
const APISERVER: &str = "6443/tcp";
/// How often the nodes are asked for when one goes away in between.
const TRIES: u32 = 3;

/// Ports of a container that are mapped to this machine, `30080/tcp`, each with where to.
type Bindings = BTreeMap<String, Option<Vec<Binding>>>;

/// A node, as `docker inspect` and its like tell it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Node {
    /// The container's name.
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    host_config: HostConfig,
    #[serde(default)]
    network_settings: NetworkSettings,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    /// As it was asked for.
    #[serde(default)]
    port_bindings: Option<Bindings>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NetworkSettings {
    /// As it is, while the container runs.
    #[serde(default)]
    ports: Option<Bindings>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    #[serde(default)]
    host_ip: String,
    #[serde(default)]
    host_port: String,
}

impl Binding {
    fn address(&self) -> Option<SocketAddr> {
        let everywhere = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let ip = self.host_ip.parse().ok().filter(|ip: &IpAddr| !ip.is_unspecified());
        Some(SocketAddr::new(ip.unwrap_or(everywhere), self.port()?))
    }

    fn port(&self) -> Option<u16> {
        self.host_port.parse().ok().filter(|port| *port != 0)
    }
}

impl Node {
    /// Where its ports are reached, what runs before what was asked for.
    fn bindings(&self) -> impl Iterator<Item = (&String, &Binding)> {
        let both = [&self.network_settings.ports, &self.host_config.port_bindings];
        let each = both.into_iter().flatten().flatten();
        each.flat_map(|(port, bound)| bound.iter().flatten().map(move |binding| (port, binding)))
    }

    /// Whether firedrill made it, as the mark says.
    fn carries(&self, mark: &Mark) -> bool {
        self.bindings()
            .any(|(port, binding)| port == APISERVER && binding.port() == Some(mark.apiserver_port))
    }
}

/// The nodes of a cluster, running or not.
async fn nodes(tools: &Tools, name: &str) -> Result<Vec<Node>, Error> {
    let label = format!("label=io.x-k8s.kind.cluster={name}");
    let mut tried = 0;
    loop {
        tried += 1;
        let ids = tools.engine(["ps", "--all", "--quiet", "--no-trunc", "--filter", &label]).await?;
        let ids: Vec<&str> = ids.split_whitespace().collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        match tools.engine(std::iter::once("inspect").chain(ids)).await {
            Ok(said) => return parse(&said),
            Err(error) if tried >= TRIES => return Err(error),
            // One of them went meanwhile.
            Err(_) => {}
        }
    }
}

fn parse(said: &str) -> Result<Vec<Node>, Error> {
    serde_json::from_str(said)
        .map_err(|error| Error::Answer { what: "inspect".to_owned(), why: error.to_string() })
}

/// Those nodes of the cluster that firedrill made, as the mark says.
pub(super) async fn marked(tools: &Tools, name: &str, mark: &Mark) -> Result<Vec<Node>, Error> {
    let mut nodes = nodes(tools, name).await?;
    nodes.retain(|node| node.carries(mark));
    Ok(nodes)
}

/// Where the node ports of a cluster are reached from this machine.
pub(super) async fn node_ports(tools: &Tools, name: &str) -> Result<NodePorts, Error> {
    Ok(mapped(&nodes(tools, name).await?))
}

/// Every mapped TCP port but the API server's.
fn mapped(nodes: &[Node]) -> NodePorts {
    let mut all = BTreeMap::new();
    for (port, binding) in nodes.iter().flat_map(Node::bindings).filter(|(port, _)| *port != APISERVER) {
        let inside = port.strip_suffix("/tcp").and_then(|port| port.parse().ok());
        if let (Some(inside), Some(address)) = (inside, binding.address()) {
            all.entry(inside).or_insert(address);
        }
    }
    if all.is_empty() { NodePorts::Unreachable } else { NodePorts::Mapped(all) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(asked: &serde_json::Value, is: &serde_json::Value) -> Node {
        let all = json!([{"Id": "1", "Name": "/x-control-plane",
            "HostConfig": {"PortBindings": asked}, "NetworkSettings": {"Ports": is}}]);
        parse(&all.to_string()).unwrap().remove(0)
    }

    #[test]
    fn a_node_carries_its_mark_before_it_runs() {
        let asked = json!({"6443/tcp": [{"HostIp": "127.0.0.1", "HostPort": "39593"}]});
        let made = node(&asked, &json!({}));
        assert!(made.carries(&Mark::of_a_run(39593)));
        assert!(!made.carries(&Mark::of_a_run(39594)));
        let other = json!({"30080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "39593"}], "6443/tcp": null});
        assert!(!node(&other, &json!(null)).carries(&Mark::of_a_run(39593)), "another port of it");
    }

    #[test]
    fn node_ports_are_where_they_are_mapped_to() {
        let asked = json!({
            "6443/tcp": [{"HostIp": "127.0.0.1", "HostPort": "39593"}],
            "30080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "30080"}],
            "30081/tcp": [{"HostIp": "0.0.0.0", "HostPort": "0"}],
            "30082/udp": [{"HostIp": "", "HostPort": "30082"}],
        });
        let is = json!({"30081/tcp": [{"HostIp": "0.0.0.0", "HostPort": "41000"}], "80/tcp": null});
        let NodePorts::Mapped(all) = mapped(&[node(&asked, &is)]) else { panic!("mapped") };
        let all: Vec<String> = all.iter().map(|(port, at)| format!("{port} {at}")).collect();
        assert_eq!(all, ["30080 127.0.0.1:30080", "30081 127.0.0.1:41000"]);
    }

    #[test]
    fn where_nothing_is_mapped_node_ports_are_out_of_reach() {
        let asked = json!({"6443/tcp": [{"HostIp": "127.0.0.1", "HostPort": "39593"}]});
        assert_eq!(mapped(&[node(&asked, &asked)]), NodePorts::Unreachable);
        assert_eq!(mapped(&[]), NodePorts::Unreachable);
    }
}
