//! How many endpoints of a Service can be used, over the union of its EndpointSlices.
//!
//! An endpoint is usable when it is ready (`nil` counts as ready, says the API's documentation)
//! and its slice has a port: a named `targetPort` that no container has leaves ready endpoints
//! without any. Endpoints of two slices that stand for one pod count once (dual-stack).

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};

/// The endpoints of one Service.
#[derive(Debug, Default)]
pub struct Slices {
    by_name: BTreeMap<String, Slice>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Slice {
    usable: BTreeSet<String>,
    total: BTreeSet<String>,
}

/// The union's size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Ready and with a port.
    pub usable: u32,
    /// All.
    pub total: u32,
}

impl Slices {
    /// Takes the place of everything known so far.
    pub fn replace(&mut self, slices: &[EndpointSlice]) {
        self.by_name.clear();
        for slice in slices {
            self.put(slice);
        }
    }

    /// A slice was added or changed.
    pub fn put(&mut self, slice: &EndpointSlice) {
        let has_port = has_port(slice);
        let mut known = Slice::default();
        for endpoint in &slice.endpoints {
            let id = identity(endpoint);
            if has_port && is_ready(endpoint) {
                known.usable.insert(id.clone());
            }
            known.total.insert(id);
        }
        self.by_name.insert(name(slice), known);
    }

    /// A slice was deleted.
    pub fn remove(&mut self, slice: &EndpointSlice) {
        self.by_name.remove(&name(slice));
    }

    /// The size of the union.
    #[must_use]
    pub fn count(&self) -> Count {
        let union = |of: fn(&Slice) -> &BTreeSet<String>| {
            let ids: BTreeSet<_> = self.by_name.values().flat_map(of).collect();
            u32::try_from(ids.len()).unwrap_or(u32::MAX)
        };
        Count { usable: union(|s| &s.usable), total: union(|s| &s.total) }
    }
}

fn has_port(slice: &EndpointSlice) -> bool {
    slice.ports.as_ref().is_some_and(|ports| !ports.is_empty())
}

fn name(slice: &EndpointSlice) -> String {
    slice.metadata.name.clone().unwrap_or_default()
}

fn is_ready(endpoint: &Endpoint) -> bool {
    endpoint.conditions.as_ref().and_then(|c| c.ready).unwrap_or(true)
}

/// The pod behind an endpoint where there is one, else its address.
fn identity(endpoint: &Endpoint) -> String {
    let pod = endpoint.target_ref.as_ref().and_then(|r| r.uid.clone().or_else(|| r.name.clone()));
    pod.unwrap_or_else(|| endpoint.addresses.first().cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn slice(name: &str, endpoints: &serde_json::Value, ports: &serde_json::Value) -> EndpointSlice {
        serde_json::from_value(json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": name}, "endpoints": endpoints, "ports": ports,
        }))
        .unwrap()
    }

    fn count(slices: &[EndpointSlice]) -> (u32, u32) {
        let mut known = Slices::default();
        known.replace(slices);
        let count = known.count();
        (count.usable, count.total)
    }

    #[test]
    fn emptied_by_a_selector_that_matches_nothing() {
        assert_eq!(count(&[slice("a", &json!(null), &json!(null))]), (0, 0));
    }

    #[test]
    fn unknown_readiness_counts_as_ready() {
        let ports = json!([{"name": "http", "port": 8080}]);
        let endpoints = json!([
            {"addresses": ["10.0.0.1"]},
            {"addresses": ["10.0.0.2"], "conditions": {"ready": true}},
            {"addresses": ["10.0.0.3"], "conditions": {"ready": false}},
        ]);
        assert_eq!(count(&[slice("a", &endpoints, &ports)]), (2, 3));
    }

    #[test]
    fn ready_without_a_port_is_of_no_use() {
        let endpoints = json!([{"addresses": ["10.0.0.1"], "conditions": {"ready": true}}]);
        assert_eq!(count(&[slice("a", &endpoints, &json!([]))]), (0, 1));
    }

    #[test]
    fn one_pod_in_two_slices_counts_once() {
        let ports = json!([{"port": 8080}]);
        let v4 = json!([{"addresses": ["10.0.0.1"], "targetRef": {"uid": "p"}}]);
        let v6 = json!([{"addresses": ["fd00::1"], "targetRef": {"uid": "p"}}]);
        assert_eq!(count(&[slice("a", &v4, &ports), slice("b", &v6, &ports)]), (1, 1));
    }

    #[test]
    fn a_deleted_slice_takes_its_endpoints_along() {
        let ports = json!([{"port": 8080}]);
        let first = slice("a", &json!([{"addresses": ["10.0.0.1"]}]), &ports);
        let second = slice("b", &json!([{"addresses": ["10.0.0.2"]}]), &ports);
        let mut known = Slices::default();
        known.replace(&[first.clone(), second]);
        known.remove(&first);
        assert_eq!(known.count(), Count { usable: 1, total: 1 });
    }
}
