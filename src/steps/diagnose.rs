//! Reading what a diagnosis is made from.

mod beside;
mod facts;

use std::collections::BTreeMap;

use serde_json::Value;

use super::api::{self, Api, ApiError};
use super::error::Error;
use crate::diagnose::{Facts, explained_by_events, missing};
use crate::journal::ObjectRef;
use facts::{pod_facts, replica_sets, service_facts, slice_facts, workload_facts};

/// Reads the Service, its slices, and the pods and workloads of its namespace.
///
/// Without the right to read workloads the diagnosis goes on without them. The same goes for what
/// stands beside: Events and the Helm release's history, and what other namespaces have; they are
/// read only where they can explain something, and in one bounded request each.
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
        beside(api, &mut facts, &BTreeMap::new()).await;
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
    beside(api, &mut facts, &sets).await;
    Ok(facts)
}

/// What may explain the rest, where it is needed and may be read.
async fn beside(api: &Api, facts: &mut Facts, sets: &BTreeMap<String, String>) {
    let release = facts.service.as_ref().and_then(|service| service.release.as_ref());
    let (missing, warned) = (missing(facts), explained_by_events(facts));
    let (revisions, elsewhere, events) = tokio::join!(
        async {
            match release {
                Some(release) => beside::revisions(api, release).await,
                None => None,
            }
        },
        async {
            match &missing {
                Some(missing) => beside::elsewhere(api, facts, missing).await,
                None => Vec::new(),
            }
        },
        async { if warned { beside::events(api, facts, sets).await } else { Vec::new() } },
    );
    (facts.revisions, facts.elsewhere, facts.events) = (revisions, elsewhere, events);
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
