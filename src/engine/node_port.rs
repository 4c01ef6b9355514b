//! Node ports for the target Service, where the drill sends requests to them.
//!
//! One drill file serves clusters whose nodes can be reached and clusters whose nodes cannot: its
//! manifest need not say `type: NodePort` with a number that only one run in a cluster can have.
//! Where a signal asks a node port, and nothing else of the drill has it, the target is deployed with
//! it, and comes back with it whatever the runbook applies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::drill::{Chart, Drill, HttpSignal, Signal, Values, Via};

/// The node ports that the drill's signals ask, each with the name of the first signal that does.
pub(super) fn asked(drill: &Drill) -> BTreeMap<u16, String> {
    let mut ports = BTreeMap::new();
    for signal in &drill.signals {
        if let Signal::Http(HttpSignal { via: Via::NodePort(port), .. }) = &signal.value {
            ports.entry(*port).or_insert_with(|| signal.value.name().to_owned());
        }
    }
    ports
}

/// Gives the target Service, in each manifest of it, the node ports that no manifest has.
pub(super) fn give_to(drill: &Drill, manifests_by_file: &mut BTreeMap<String, Vec<Value>>) {
    let there: BTreeSet<u64> = manifests_by_file.values().flatten().flat_map(node_ports_of).collect();
    let missing: Vec<u16> =
        asked(drill).into_keys().filter(|port| !there.contains(&u64::from(*port))).collect();
    let target = drill.target.service.value.as_str();
    for object in manifests_by_file.values_mut().flatten() {
        if object["kind"] == "Service" && object["metadata"]["name"] == target {
            give(object, &missing);
        }
    }
}

/// A chart's values with the node port at the place that the drill names for it.
pub(super) fn in_values(chart: &Chart, port: Option<u16>) -> Values {
    let mut values = chart.values.clone();
    if let (Some(path), Some(port)) = (&chart.node_port_value, port) {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let mut at = values.entry(first.to_owned()).or_insert(Value::Null);
        for key in rest.split('.').filter(|key| !key.is_empty()) {
            if !at.is_object() {
                *at = json!({});
            }
            at = &mut at[key];
        }
        *at = json!(port);
    }
    values
}

/// The node ports that a Service asks for by their numbers.
pub(super) fn node_ports_of(object: &Value) -> Vec<u64> {
    let ports = object.pointer("/spec/ports").and_then(Value::as_array);
    ports.into_iter().flatten().filter_map(|port| port["nodePort"].as_u64()).collect()
}

/// Gives a Service these node ports, one to each of its ports in their order, where it does not
/// have them yet. A Service inside of the cluster only becomes one of type `NodePort`; what has no
/// port of its own (`ExternalName`, headless) stays as it is.
fn give(service: &mut Value, node_ports: &[u16]) {
    let Some(spec) = service.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let kind = spec.get("type").and_then(Value::as_str).unwrap_or("ClusterIP").to_owned();
    let headless = spec.get("clusterIP").is_some_and(|ip| ip == "None");
    if headless || node_ports.is_empty() || kind == "ExternalName" {
        return;
    }
    let Some(ports) = spec.get_mut("ports").and_then(Value::as_array_mut) else { return };
    let taken: Vec<u64> = ports.iter().filter_map(|port| port["nodePort"].as_u64()).collect();
    let wanted = node_ports.iter().filter(|port| !taken.contains(&u64::from(**port)));
    let free = ports.iter_mut().filter(|port| port.get("nodePort").is_none());
    for (port, number) in free.zip(wanted) {
        if let Some(port) = port.as_object_mut() {
            port.insert("nodePort".to_owned(), json!(number));
        }
    }
    if kind == "ClusterIP" {
        spec.insert("type".to_owned(), json!("NodePort"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(mut spec: Value, node_ports: &[u16]) -> Value {
        spec = json!({"kind": "Service", "spec": spec});
        give(&mut spec, node_ports);
        spec["spec"].clone()
    }

    #[test]
    fn a_service_of_the_cluster_opens_to_its_nodes() {
        let spec = given(json!({"ports": [{"port": 80}, {"port": 81}]}), &[30080]);
        assert_eq!(
            spec,
            json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}, {"port": 81}]})
        );
    }

    #[test]
    fn what_the_manifest_says_stays() {
        let own = json!({"type": "LoadBalancer", "ports": [{"port": 80, "nodePort": 30080}, {"port": 81}]});
        assert_eq!(given(own.clone(), &[30080]), own);
        let other = json!({"type": "NodePort", "ports": [{"port": 80, "nodePort": 31000}]});
        assert_eq!(given(other.clone(), &[30080]), other, "the API server would have to choose between two");
    }

    #[test]
    fn what_cannot_have_one_stays() {
        for spec in [
            json!({"type": "ExternalName", "externalName": "elsewhere"}),
            json!({"clusterIP": "None", "ports": [{"port": 80}]}),
        ] {
            assert_eq!(given(spec.clone(), &[30080]), spec);
        }
        let untouched = json!({"ports": [{"port": 80}]});
        assert_eq!(given(untouched.clone(), &[]), untouched);
    }
}
