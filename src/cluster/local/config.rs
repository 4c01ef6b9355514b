//! What kwokctl and the API server are told.

use std::fs;
use std::net::TcpListener;

use serde_json::{Value, json};

use super::super::binaries::{Binaries, Release};
use crate::cluster::Error;
use crate::cluster::state::{Home, at};

/// The responder's socket, relative to the components' working folder: the path of a Unix socket
/// ends at 108 bytes, and that of a state folder need not.
pub const SOCKET: &str = "egress.sock";

/// Writes the configuration for kwokctl and for the API server's way to the pods.
pub(super) fn write(home: &Home, binaries: &Binaries, kubernetes: Release) -> Result<(), Error> {
    let ports = free_ports().map_err(at("find free ports for", home.path()))?;
    let egress = home.path().join("egress.yaml");
    // JSON is YAML, and quotes any path.
    for (file, content) in [
        (egress.clone(), egress_selector()),
        (home.path().join("kwokctl.yaml"), kwokctl(binaries, kubernetes, ports, &egress)),
    ] {
        fs::write(&file, format!("{content:#}\n")).map_err(at("write", &file))?;
    }
    Ok(())
}

fn egress_selector() -> Value {
    json!({
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{
            "name": "cluster",
            "connection": {
                "proxyProtocol": "HTTPConnect",
                "transport": {"uds": {"udsName": SOCKET}},
            },
        }],
    })
}

fn kwokctl(binaries: &Binaries, kubernetes: Release, ports: [u16; 6], egress: &std::path::Path) -> Value {
    let [etcd, peer, apiserver, kwok, controllers, scheduler] = ports;
    json!({
        "kind": "KwokctlConfiguration",
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "options": {
            "runtime": "binary",
            "bindAddress": "127.0.0.1",
            "kubeVersion": kubernetes.version(),
            "kubeApiserverBinary": binaries.kube_apiserver,
            "kubeControllerManagerBinary": binaries.kube_controller_manager,
            "kubeSchedulerBinary": binaries.kube_scheduler,
            "kubectlBinary": binaries.kubectl,
            "etcdBinary": binaries.etcd,
            "kwokControllerBinary": binaries.kwok,
            "etcdPort": etcd,
            "etcdPeerPort": peer,
            "kubeApiserverPort": apiserver,
            "kwokControllerPort": kwok,
            "kubeControllerManagerPort": controllers,
            "kubeSchedulerPort": scheduler,
        },
        "componentsPatches": [
            patch("kube-apiserver", &[("egress-selector-config-file", &egress.to_string_lossy())]),
            // Nothing of this store outlives its machine, so nothing needs to reach the disk: on a
            // fast one it makes no difference, on a slow one a write waits for it. And it is alone:
            // an election that ends at once saves half a second of the start.
            patch("etcd", &[
                ("unsafe-no-fsync", "true"),
                ("heartbeat-interval", "10"),
                ("election-timeout", "100"),
            ]),
            // One of each: a lease would only end them when the API server is frozen on purpose.
            patch("kube-controller-manager", &[("leader-elect", "false")]),
            patch("kube-scheduler", &[("leader-elect", "false")]),
        ],
    })
}

fn patch(component: &str, arguments: &[(&str, &str)]) -> Value {
    let arguments: Vec<Value> =
        arguments.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    json!({"name": component, "extraArgs": arguments})
}

/// Ports of loopback that are free now, all different because all are held at once. Another
/// process can take one before its component does: then the start is tried again.
fn free_ports() -> std::io::Result<[u16; 6]> {
    let mut held = Vec::new();
    let mut ports = [0; 6];
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_differ() {
        let mut ports = free_ports().unwrap().to_vec();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 6);
        assert!(!ports.contains(&0));
    }
}
