//! The namespace and the workload: whether they are there, and open to drills.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Refusal;
use crate::drill::Workload;
use crate::engine::plan::Plan;
use crate::journal::ObjectRef;
use crate::steps::api::{ALLOW_LABEL, Api, label, meta, namespace_ref};
use crate::steps::selector;

/// Sees whether the namespace is there and open, and tells the plan.
pub(super) async fn namespace(api: &Api, plan: &mut Plan) -> Result<(), Refusal> {
    let namespace = plan.namespace.clone();
    let live = match api.get(&namespace_ref(&namespace)).await {
        Err(error) if error.status() == Some(403) => {
            // One that may not even be read is not the run's to make; what is missing is listed.
            plan.ground.makes_namespace = false;
            super::rights::check(api.client(), plan).await?;
            return Err(error.into());
        }
        answer => answer?,
    };
    let existing = matches!(plan.drill.workload, Workload::Existing);
    match live {
        None if existing => return Err(Refusal::NoNamespace { namespace }),
        None => plan.ground.makes_namespace = true,
        Some(live) if meta(&live, "deletionTimestamp").is_some() => {
            return Err(Refusal::LeavingNamespace { namespace });
        }
        Some(live) if label(&live, ALLOW_LABEL) != Some("true") => {
            return Err(Refusal::ClosedNamespace { namespace });
        }
        Some(_) => plan.ground.makes_namespace = false,
    }
    Ok(())
}

/// Finds the Deployment of a workload that is there already, and tells the plan.
pub(super) async fn workload(api: &Api, plan: &mut Plan) -> Result<(), Refusal> {
    if matches!(plan.drill.workload, Workload::Existing) {
        let service = &plan.drill.target.service.value;
        let live = target(api, &plan.namespace, service).await?;
        let ports = live.pointer("/spec/ports").and_then(Value::as_array);
        let there = |port| ports.into_iter().flatten().any(|found| found["nodePort"] == port);
        if let Some(port) = plan.node_ports().into_keys().find(|port| !there(*port)) {
            let (service, namespace) = (service.clone(), plan.namespace.clone());
            return Err(Refusal::NoNodePort { service, namespace, port });
        }
        plan.ground.deployment = deployment_behind(api, &plan.namespace, &live).await?;
    }
    Ok(())
}

/// The Service as it is.
async fn target(api: &Api, namespace: &str, service: &str) -> Result<Value, Refusal> {
    let object = ObjectRef {
        api_version: "v1".to_owned(),
        kind: "Service".to_owned(),
        plural: "services".to_owned(),
        namespace: Some(namespace.to_owned()),
        name: service.to_owned(),
    };
    let (service, namespace) = (service.to_owned(), namespace.to_owned());
    api.get(&object).await?.ok_or(Refusal::NoTarget { service, namespace })
}

/// The one Deployment whose pods the Service selects.
async fn deployment_behind(api: &Api, namespace: &str, live: &Value) -> Result<String, Refusal> {
    let selected: BTreeMap<String, String> =
        serde_json::from_value(live["spec"]["selector"].clone()).unwrap_or_default();
    let mut found = BTreeSet::new();
    if !selected.is_empty() {
        let pods = api.list("v1", "pods", namespace, &selector(&selected)).await?;
        let sets = api.list("apps/v1", "replicasets", namespace, "").await?;
        found.extend(pods.iter().filter_map(|pod| deployment_of(pod, &sets)));
    }
    match found.len() {
        1 => Ok(found.pop_first().unwrap_or_default()),
        _ => Err(Refusal::NoDeployment {
            service: meta(live, "name").unwrap_or_default().to_owned(),
            namespace: namespace.to_owned(),
            found: found.into_iter().map(|name| format!("deployment/{name}")).collect(),
        }),
    }
}

/// The Deployment of the pod's ReplicaSet.
fn deployment_of(pod: &Value, sets: &[Value]) -> Option<String> {
    let set = controller(pod, "ReplicaSet")?;
    let set = sets.iter().find(|candidate| meta(candidate, "name") == Some(set))?;
    controller(set, "Deployment").map(str::to_owned)
}

fn controller<'a>(object: &'a Value, kind: &str) -> Option<&'a str> {
    let owners = object.pointer("/metadata/ownerReferences")?.as_array()?;
    let owner = owners.iter().find(|owner| owner["controller"] == true && owner["kind"] == kind)?;
    owner["name"].as_str()
}
