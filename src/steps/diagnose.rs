//! Reading what a diagnosis is made from.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;
use serde_json::Value;

use super::api::{self, Api, ApiError};
use super::error::Error;
use super::ownership::owner;
use crate::diagnose::{
    Changed, Facts, Labels, PodFacts, PortFacts, ServiceFacts, SliceFacts, TargetPort, WorkloadFacts,
    not_ready, plain,
};
use crate::journal::ObjectRef;

/// Reads the Service, its slices, and the pods and workloads of its namespace.
///
/// Without the right to read workloads the diagnosis goes on without them.
pub async fn facts(api: &Api, namespace: &str, service: &str) -> Result<Facts, Error> {
    let object = ObjectRef {
        api_version: "v1".to_owned(),
        kind: "Service".to_owned(),
        plural: "services".to_owned(),
        namespace: Some(namespace.to_owned()),
        name: service.to_owned(),
    };
    super::kinds::check_name(service)?;
    let mut facts = Facts { name: service.to_owned(), namespace: namespace.to_owned(), ..Facts::default() };
    let Some(live) = api.get(&object).await? else {
        facts.services = services(api, namespace).await?;
        return Ok(facts);
    };
    facts.service = Some(service_facts(&live));
    let of_service = format!("kubernetes.io/service-name={service}");
    let (slices, pods, sets, deployments, stateful) = tokio::join!(
        api.list("discovery.k8s.io/v1", "endpointslices", namespace, &of_service),
        api.list("v1", "pods", namespace, ""),
        api.list("apps/v1", "replicasets", namespace, ""),
        api.list("apps/v1", "deployments", namespace, ""),
        api.list("apps/v1", "statefulsets", namespace, ""),
    );
    let sets = replica_sets(&readable(sets)?);
    facts.slices = slices?.iter().map(slice_facts).collect();
    facts.pods = pods?.iter().filter_map(|pod| pod_facts(pod, &sets)).collect();
    for (kind, workloads) in [("Deployment", deployments), ("StatefulSet", stateful)] {
        facts.workloads.extend(readable(workloads)?.iter().map(|live| workload_facts(kind, live)));
    }
    Ok(facts)
}

async fn services(api: &Api, namespace: &str) -> Result<Vec<String>, ApiError> {
    let services = api.list("v1", "services", namespace, "").await?;
    Ok(services.iter().filter_map(|s| api::meta(s, "name")).map(str::to_owned).collect())
}

/// What may be read; nothing where it may not.
fn readable(answer: Result<Vec<Value>, ApiError>) -> Result<Vec<Value>, ApiError> {
    match answer {
        Err(error) if error.status() == Some(403) => Ok(Vec::new()),
        answer => answer,
    }
}

fn service_facts(live: &Value) -> ServiceFacts {
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
    let changed = owner(api::managed_fields(live), "/spec/selector");
    ServiceFacts {
        external_name: spec["externalName"]
            .as_str()
            .filter(|_| spec["type"] == "ExternalName")
            .map(str::to_owned),
        selector: labels(&spec["selector"]),
        ports: spec["ports"].as_array().into_iter().flatten().filter_map(port).collect(),
        selector_changed: changed.map(|owner| Changed { by: plain(&owner.manager), at: owner.time }),
    }
}

fn slice_facts(slice: &Value) -> SliceFacts {
    let items = |key: &str| slice[key].as_array().into_iter().flatten();
    let ready = |endpoint: &&Value| endpoint["conditions"]["ready"] != Value::Bool(false);
    SliceFacts { ready: items("endpoints").filter(ready).count(), ports: items("ports").count() }
}

/// A pod; nothing where it is over and will never serve.
fn pod_facts(live: &Value, sets: &BTreeMap<String, String>) -> Option<PodFacts> {
    let pod: Pod = serde_json::from_value(live.clone()).ok()?;
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    if matches!(phase, Some("Succeeded" | "Failed")) {
        return None;
    }
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let ports = containers
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
fn replica_sets(sets: &[Value]) -> BTreeMap<String, String> {
    let owned = |set: &Value| {
        let owners = set.pointer("/metadata/ownerReferences")?.as_array()?;
        let owner = owners.iter().find(|owner| owner["controller"] == true)?;
        let workload = format!("{} {}", owner["kind"].as_str()?, owner["name"].as_str()?);
        Some((api::meta(set, "name")?.to_owned(), workload))
    };
    sets.iter().filter_map(owned).collect()
}

fn workload_facts(kind: &str, live: &Value) -> WorkloadFacts {
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
        labels: labels(&live["spec"]["template"]["metadata"]["labels"]),
        failure: failure.map(plain),
    }
}

fn labels(value: &Value) -> Labels {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
