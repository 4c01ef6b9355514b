//! What each step asks the API server for, and what its undo does.

use serde_json::Value;

use super::Purpose;
use super::gather::Gather;
use super::kinds::Resource;
use super::run::{apps, pods, rollout, secret_records, services, slices};
use crate::drill::{LabelStep, ObjectName, Step};
use crate::engine::plan::Plan;

/// The steps of the fault, and of whoever mends by the drill.
pub(super) fn all<'a>(gather: &mut Gather<'a>, plan: &'a Plan) {
    let of_fault = plan.drill.fault.steps.len();
    for (index, step) in plan.steps().into_iter().enumerate() {
        one(gather, if index < of_fault { Purpose::Fault } else { Purpose::Runbook }, step, plan);
    }
}

fn one<'a>(gather: &mut Gather<'a>, purpose: Purpose, step: &Step, plan: &'a Plan) {
    match step {
        Step::Patch(step) => change_named(gather, purpose, &step.target),
        Step::Scale(step) => change_named(gather, purpose, &step.target),
        Step::Label(step) => label(gather, purpose, step),
        Step::Restart(target) => {
            if let Some(resource) = gather.target(target) {
                gather.add(purpose, &resource, Some(&target.name), &["patch"]);
            }
        }
        Step::Delete(target) => delete(gather, purpose, target),
        Step::Apply(step) => {
            let files = step.manifests.iter().filter_map(|file| plan.manifests_by_file.get(file));
            for manifest in files.flatten() {
                apply(gather, purpose, manifest, true);
            }
        }
        Step::Wait(step) => {
            if let Some(deployment) = &step.deployment {
                rollout(gather, purpose, deployment);
            }
        }
        Step::Diagnose(service) => diagnose(gather, purpose, service),
        Step::Helm(_) => releases(gather, purpose),
        // Somebody else's namespace; without the right, the step says so and the run goes on.
        Step::Logs(_) => {}
    }
}

fn change_named(gather: &mut Gather<'_>, purpose: Purpose, target: &ObjectName) {
    if let Some(resource) = gather.target(target) {
        change(gather, purpose, &resource, Some(&target.name));
    }
}

/// A change of an object: read, tried out, sent; its undo reads and patches, owners too.
fn change(gather: &mut Gather<'_>, purpose: Purpose, resource: &Resource, name: Option<&str>) {
    for purpose in [purpose, Purpose::Undo] {
        gather.add(purpose, resource, name, &["get", "patch"]);
    }
    keep_secret(gather, resource);
}

fn label(gather: &mut Gather<'_>, purpose: Purpose, step: &LabelStep) {
    if let Some(target) = &step.target {
        change_named(gather, purpose, target);
    } else if step.pods.is_some() {
        gather.add(purpose, &pods(), None, &["list"]);
        change(gather, purpose, &pods(), None);
    }
}

/// A server-side apply: a patch, which is also asked for as `create` where the object is new.
/// What it makes is deleted by the undo, unless it goes with its namespace.
pub(super) fn apply<'a>(gather: &mut Gather<'a>, purpose: Purpose, manifest: &'a Value, undone: bool) {
    let Some((resource, name)) = gather.manifest(manifest) else { return };
    gather.add(purpose, &resource, Some(name), &["create", "get", "patch"]);
    if undone {
        gather.add(Purpose::Undo, &resource, Some(name), &["delete", "get", "patch"]);
        keep_secret(gather, &resource);
    }
}

/// What helm keeps of its releases: a Secret for each revision.
fn releases(gather: &mut Gather<'_>, purpose: Purpose) {
    let verbs = ["create", "delete", "get", "list", "update"];
    gather.add(purpose, &Resource::new("v1", "secrets"), None, &verbs);
}

/// An object of a chart, as helm makes, changes and removes it. A hook is watched until it is over.
pub(super) fn released<'a>(gather: &mut Gather<'a>, object: &'a Value) {
    releases(gather, Purpose::Deploy);
    let Some((resource, name)) = gather.manifest(object) else { return };
    let verbs = ["create", "delete", "get", "patch", "update"];
    gather.add(Purpose::Deploy, &resource, Some(name), &verbs);
    if object.pointer("/metadata/annotations/helm.sh~1hook").is_some() {
        gather.add(Purpose::Deploy, &resource, None, &["list", "watch"]);
    }
}

/// A deletion, watched until the object is gone. Its undo makes the object again by a plain
/// creation, which has no name for the API server, gives it its owners, and looks first whether
/// a controller that owns it does so by itself.
fn delete(gather: &mut Gather<'_>, purpose: Purpose, target: &ObjectName) {
    let Some(resource) = gather.target(target) else { return };
    let name = Some(target.name.as_str());
    gather.add(purpose, &resource, name, &["delete", "get", "list", "watch"]);
    gather.add(Purpose::Undo, &resource, None, &["create"]);
    gather.add(Purpose::Undo, &resource, name, &["delete", "get", "patch"]);
    for owner in owners(&resource) {
        gather.add(Purpose::Undo, &owner, None, &["get"]);
    }
    keep_secret(gather, &resource);
}

/// What usually owns the objects of a resource.
fn owners(resource: &Resource) -> Vec<Resource> {
    match resource.plural.as_str() {
        "pods" => {
            let mut owners: Vec<_> = ["daemonsets", "replicasets", "statefulsets"].map(apps).into();
            owners.push(Resource::new("batch/v1", "jobs"));
            owners
        }
        "replicasets" => vec![apps("deployments")],
        "controllerrevisions" => vec![apps("daemonsets"), apps("statefulsets")],
        "jobs" => vec![Resource::new("batch/v1", "cronjobs")],
        "endpointslices" => vec![services()],
        _ => Vec::new(),
    }
}

fn keep_secret(gather: &mut Gather<'_>, resource: &Resource) {
    if *resource == Resource::new("v1", "secrets") {
        secret_records(gather);
    }
}

/// The Service, and what stands behind it; where it is missing, its neighbours' names. Events, the
/// Secrets of Helm and other namespaces are read where that is allowed, and needed by nobody.
fn diagnose(gather: &mut Gather<'_>, purpose: Purpose, service: &ObjectName) {
    gather.add(purpose, &services(), Some(&service.name), &["get"]);
    for resource in
        [services(), slices(), pods(), apps("replicasets"), apps("deployments"), apps("statefulsets")]
    {
        gather.add(purpose, &resource, None, &["list"]);
    }
}
