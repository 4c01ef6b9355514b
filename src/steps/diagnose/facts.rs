//! Objects, as a diagnosis sees them.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;
use serde_json::Value;

use crate::diagnose::{
    Changed, Labels, PodFacts, PortFacts, ReleaseName, ServiceFacts, SliceFacts, TargetPort, WorkloadFacts,
    not_ready, plain,
};
use crate::steps::api;
use crate::steps::kinds::check_name;
use crate::steps::ownership::owner;

/// The Service.
pub(super) fn service_facts(live: &Value) -> ServiceFacts {
    let spec = &live["spec"];
    let port = |port: &Value| {
        let number = i32::try_from(port["port"].as_i64()?).ok()?;
        let target = match &port["targetPort"] {
            Value::String(name) => TargetPort::Name(name.clone()),
            Value::Number(n) => TargetPort::Number(i32::try_from(n.as_i64()?).ok()?),
            _ => TargetPort::Number(number),
        };
        Some(PortFacts { port: number, target })
    };
    ServiceFacts {
        external_name: spec["externalName"]
            .as_str()
            .filter(|_| spec["type"] == "ExternalName")
            .map(str::to_owned),
        selector: labels(&spec["selector"]),
        ports: spec["ports"].as_array().into_iter().flatten().filter_map(port).collect(),
        selector_changed: changed(live, "/spec/selector"),
        ports_changed: changed(live, "/spec/ports"),
        release: release(live),
        chart: api::label(live, "helm.sh/chart").map(plain),
    }
}

/// An EndpointSlice.
pub(super) fn slice_facts(slice: &Value) -> SliceFacts {
    let items = |key: &str| slice[key].as_array().into_iter().flatten();
    let ready = |endpoint: &&Value| endpoint["conditions"]["ready"] != Value::Bool(false);
    SliceFacts { ready: items("endpoints").filter(ready).count(), ports: items("ports").count() }
}

/// A pod; nothing where it is over and will never serve.
pub(super) fn pod_facts(live: &Value, sets: &BTreeMap<String, String>) -> Option<PodFacts> {
    let pod: Pod = serde_json::from_value(live.clone()).ok()?;
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    if matches!(phase, Some("Succeeded" | "Failed")) {
        return None;
    }
    // A sidecar is an init container that goes on; its ports are ports of the pod.
    let sidecars = pod.spec.iter().flat_map(|spec| spec.init_containers.iter().flatten());
    let sidecars = sidecars.filter(|container| container.restart_policy.as_deref() == Some("Always"));
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let ports = containers
        .chain(sidecars)
        .flat_map(|container| container.ports.iter().flatten())
        .map(|port| (port.name.clone(), port.container_port))
        .collect();
    let owner = pod.metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true));
    let workload = owner.map(|owner| match sets.get(&owner.name) {
        Some(deployment) if owner.kind == "ReplicaSet" => deployment.clone(),
        _ => format!("{} {}", owner.kind, owner.name),
    });
    Some(PodFacts {
        not_ready: not_ready(&pod),
        name: pod.metadata.name.unwrap_or_default(),
        labels: pod.metadata.labels.unwrap_or_default(),
        ports,
        workload,
    })
}

/// ReplicaSet to `Deployment NAME`.
pub(super) fn replica_sets(sets: &[Value]) -> BTreeMap<String, String> {
    let owned = |set: &Value| {
        let owners = set.pointer("/metadata/ownerReferences")?.as_array()?;
        let owner = owners.iter().find(|owner| owner["controller"] == true)?;
        let workload = format!("{} {}", owner["kind"].as_str()?, owner["name"].as_str()?);
        Some((api::meta(set, "name")?.to_owned(), workload))
    };
    sets.iter().filter_map(owned).collect()
}

/// A Deployment or StatefulSet.
pub(super) fn workload_facts(kind: &str, live: &Value) -> WorkloadFacts {
    let conditions = live.pointer("/status/conditions").and_then(Value::as_array);
    let failure = conditions
        .into_iter()
        .flatten()
        .find(|c| c["type"] == "ReplicaFailure" && c["status"] == "True")
        .and_then(|c| c["message"].as_str());
    WorkloadFacts {
        kind: kind.to_owned(),
        name: api::meta(live, "name").unwrap_or_default().to_owned(),
        replicas: live["spec"]["replicas"].as_i64().and_then(|n| i32::try_from(n).ok()).unwrap_or(1),
        replicas_changed: changed(live, "/spec/replicas"),
        labels: labels(&live["spec"]["template"]["metadata"]["labels"]),
        failure: failure.map(plain),
        release: release(live),
    }
}

/// Who changed the field last.
fn changed(live: &Value, path: &str) -> Option<Changed> {
    let owner = owner(api::managed_fields(live), path)?;
    Some(Changed { by: plain(&owner.manager), at: owner.time })
}

/// The Helm release that made the object.
fn release(live: &Value) -> Option<ReleaseName> {
    let annotations = &live["metadata"]["annotations"];
    let annotation = |key: &str| annotations[key].as_str();
    if api::label(live, "app.kubernetes.io/managed-by") != Some("Helm") {
        return None;
    }
    let name = annotation("meta.helm.sh/release-name")?;
    let namespace = annotation("meta.helm.sh/release-namespace").or_else(|| api::meta(live, "namespace"))?;
    // What is no name of an object would ask for something else than a release.
    let named = |text: &&str| check_name(text).is_ok();
    Some(ReleaseName {
        name: named(&name).then(|| name.to_owned())?,
        namespace: named(&namespace).then(|| namespace.to_owned())?,
    })
}

fn labels(value: &Value) -> Labels {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
