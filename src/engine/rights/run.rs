//! What every run asks the API server for, whatever its steps are.

use serde_json::Value;

use super::gather::{Gather, Scope};
use super::kinds::Resource;
use super::{Ground, Purpose, watches_others};
use crate::drill::{Signal, Via};
use crate::engine::plan::{BlastLimit, Plan};

/// The resource of namespaces, which are in none themselves.
pub(super) const NAMESPACES: &str = "namespaces";
/// Records and Leases are made, changed, read, found by their label and deleted.
const KEPT: [&str; 5] = ["create", "delete", "get", "list", "patch"];

pub(super) fn services() -> Resource {
    Resource::new("v1", "services")
}

pub(super) fn pods() -> Resource {
    Resource::new("v1", "pods")
}

pub(super) fn apps(plural: &str) -> Resource {
    Resource::new("apps/v1", plural)
}

pub(super) fn slices() -> Resource {
    Resource::new("discovery.k8s.io/v1", "endpointslices")
}

/// The namespace: read where it is somebody's, made and deleted where it is the run's. To the
/// API server, a request for one namespace is a request in it.
pub(super) fn namespace(gather: &mut Gather<'_>, plan: &Plan, ground: Ground) {
    let namespaces = Resource::new("v1", NAMESPACES);
    let name = plan.wishes.namespace.as_deref();
    match (ground, name) {
        (Ground::Existing, _) => {
            gather.add(Purpose::Opened, &namespaces, Some(&plan.namespace), &["get"]);
        }
        (Ground::Own, Some(_)) => gather.add(Purpose::Namespace, &namespaces, name, &["delete", "get"]),
        (Ground::Own, None) => {
            let whole = (&namespaces, None);
            gather.add_in(Scope::Everywhere, Purpose::Namespace, whole, None, &["delete", "get"]);
        }
    }
    if ground == Ground::Own {
        let whole = (&namespaces, None);
        gather.add_in(Scope::Everywhere, Purpose::Namespace, whole, None, &["create"]);
        if plan.wishes.keep_workload {
            // It is marked as no open run's any more.
            gather.add_in(Scope::Everywhere, Purpose::Namespace, whole, None, &["patch"]);
        }
    }
}

/// The run's records and Leases. Their names have the run's name in them, or that of another
/// run, so none is known beforehand.
pub(super) fn bookkeeping(gather: &mut Gather<'_>) {
    gather.add(Purpose::Records, &Resource::new("v1", "configmaps"), None, &KEPT);
    gather.add(Purpose::Presence, &Resource::new("coordination.k8s.io/v1", "leases"), None, &KEPT);
}

/// The before-images of Secrets.
pub(super) fn secret_records(gather: &mut Gather<'_>) {
    gather.add(Purpose::Records, &Resource::new("v1", "secrets"), None, &KEPT);
}

/// Deploying the workload and waiting for it.
pub(super) fn workload<'a>(gather: &mut Gather<'a>, plan: &'a Plan, ground: Ground) {
    for manifest in &plan.manifests {
        super::steps::apply(gather, Purpose::Deploy, manifest, ground == Ground::Existing);
    }
    for object in &plan.rendered {
        super::steps::released(gather, object);
    }
    for deployment in plan.deployments() {
        rollout(gather, Purpose::Ready, deployment);
    }
}

/// Waiting for one Deployment: a list and a watch of one name. What is in its way is read from
/// the pods.
pub(super) fn rollout(gather: &mut Gather<'_>, purpose: Purpose, deployment: &str) {
    gather.add(purpose, &apps("deployments"), Some(deployment), &["list", "watch"]);
    gather.add(purpose, &pods(), None, &["list"]);
}

/// The signals, their heartbeat, and the Services that are not the run's.
pub(super) fn signals(gather: &mut Gather<'_>, plan: &Plan, ground: Ground) {
    let target = &plan.drill.target.service.value;
    gather.add(Purpose::Signals, &services(), Some(target), &["get"]);
    for signal in plan.signals() {
        match signal {
            Signal::Endpoints(_) => gather.add(Purpose::Signals, &slices(), None, &["list", "watch"]),
            Signal::Http(http) if http.via == Via::ApiserverProxy => proxy(gather, plan),
            // No API server is in between.
            Signal::Http(_) => {}
        }
    }
    if !watches_others(plan, ground) {
        return;
    }
    if plan.wishes.blast_limit == BlastLimit::Cluster {
        all_slices(gather);
    } else {
        gather.add(Purpose::Blast, &slices(), None, &["list", "watch"]);
    }
}

/// The slices of all namespaces.
pub(super) fn all_slices(gather: &mut Gather<'_>) {
    gather.add_in(Scope::Everywhere, Purpose::Blast, (&slices(), None), None, &["list", "watch"]);
}

/// Requests through the service proxy. There the API server takes `NAME:PORT` for the name.
fn proxy(gather: &mut Gather<'_>, plan: &Plan) {
    let target = plan.drill.target.service.value.as_str();
    let is_target =
        |object: &&Value| object["kind"] == "Service" && object["metadata"]["name"].as_str() == Some(target);
    let ports = plan.manifests.iter().find(is_target).and_then(|service| service["spec"]["ports"].as_array());
    let names = ports.into_iter().flatten().filter_map(|port| port["port"].as_i64());
    let names: Vec<_> = names.map(|port| format!("{target}:{port}")).collect();
    let whole = (&services(), Some("proxy"));
    if names.is_empty() {
        // Only the cluster knows the port.
        gather.add_in(Scope::Here, Purpose::Signals, whole, None, &["get"]);
    }
    for name in &names {
        gather.add_in(Scope::Here, Purpose::Signals, whole, Some(name), &["get"]);
    }
}

/// The look at the root cause.
pub(super) fn root_cause(gather: &mut Gather<'_>, plan: &Plan) {
    // Which one is behind a workload that is there already, only the cluster knows.
    let deployment = plan.drill.workload.deployed().map(|deployed| deployed.ready.deployment.as_str());
    gather.add(Purpose::RootCause, &services(), Some(&plan.drill.target.service.value), &["get"]);
    gather.add(Purpose::RootCause, &apps("deployments"), deployment, &["get"]);
    gather.add(Purpose::RootCause, &apps("replicasets"), None, &["list"]);
    gather.add(Purpose::RootCause, &pods(), None, &["list"]);
}
