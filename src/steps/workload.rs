//! Deploying what a drill breaks.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::api::{ALLOW_LABEL, Change, Mode, RUN_LABEL, label, namespace_ref};
use super::apply::{self, Creations};
use super::error::Error;
use super::{Context, Done, kinds, rollout};
use crate::drill::Length;
use crate::journal::{ObjectRef, StepOutcome};

/// What the API server says of a node port that another Service has (`portallocator.ErrAllocated`).
const PORT_TAKEN: &str = "provided port is already allocated";
/// How long such a port is waited for.
const PORT_FREE_WITHIN: Duration = Duration::from_secs(15);
/// Between two tries; who has it is not to be found without reading all Services of the cluster.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What was deployed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deployed {
    /// Whether the run made the namespace.
    pub namespace_created: bool,
    /// The objects that were not there before, in the order of their creation.
    pub created: Vec<ObjectRef>,
}

/// Makes the drill's namespace. It carries the run's label from its creation, and is open to
/// drills. Where this context has made it already, there is nothing to do.
pub async fn create_namespace(ctx: &Context) -> Result<(), Error> {
    if ctx.opened.load(Ordering::Relaxed) {
        return Ok(());
    }
    let object = namespace_ref(&ctx.namespace);
    let labels = json!({RUN_LABEL: ctx.run, ALLOW_LABEL: "true"});
    let body = json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": ctx.namespace, "labels": labels, "annotations": ctx.annotations}});
    match ctx.api.create(&object, &body).await {
        Ok(_) => {}
        Err(error) if error.is_conflict() => match ctx.api.get(&object).await? {
            // The creation arrived, its answer did not.
            Some(live) if label(&live, RUN_LABEL) == Some(&ctx.run) => {}
            _ => return Err(Error::NamespaceTaken { namespace: ctx.namespace.clone() }),
        },
        Err(error) => return Err(error.into()),
    }
    ctx.opened.store(true, Ordering::Relaxed);
    Ok(())
}

/// Applies the workload's manifests, what others depend on first, in a namespace of its own
/// where `new_namespace` asks for one. What it makes carries the run's label.
pub async fn deploy(manifests: &[Value], new_namespace: bool, ctx: &Context) -> Result<Deployed, Error> {
    let mut objects = Vec::new();
    for manifest in manifests {
        objects.push((kinds::resolve_manifest(&ctx.api, &ctx.namespace, manifest).await?, manifest));
    }
    objects.sort_by_key(|(object, _)| rank(&object.kind));
    if new_namespace {
        create_namespace(ctx).await?;
    }
    let creations =
        if new_namespace || ctx.keep_workload { Creations::Labelled } else { Creations::Recorded };
    let mut deployed = Deployed { namespace_created: new_namespace, created: Vec::new() };
    for (object, manifest) in objects {
        let (done, made) = one(ctx, &object, manifest, creations).await?;
        if let StepOutcome::Rejected { status, message } = done.outcome {
            return Err(Error::ManifestRefused {
                object: object.to_string(),
                namespace: ctx.namespace.clone(),
                status,
                message,
            });
        }
        if made {
            deployed.created.push(object);
        }
    }
    Ok(deployed)
}

/// Applies one manifest. A node port that somebody has is waited for: where the run before this one has
/// just ended, its Service goes with its namespace, a moment after that was asked for.
async fn one(
    ctx: &Context,
    object: &ObjectRef,
    manifest: &Value,
    creations: Creations,
) -> Result<(Done, bool), Error> {
    let deadline = Instant::now() + PORT_FREE_WITHIN;
    loop {
        let (done, made) = apply::one(ctx, object, manifest, creations).await?;
        let taken =
            matches!(&done.outcome, StepOutcome::Rejected { message, .. } if message.contains(PORT_TAKEN));
        if !taken || Instant::now() + LOOK_EVERY >= deadline {
            return Ok((done, made));
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Waits until the node ports that these objects want are free, as far as a try without effect tells:
/// whoever deploys them otherwise has one try only.
pub(super) async fn node_ports_free(ctx: &Context, objects: &[Value]) -> Result<(), Error> {
    let deadline = Instant::now() + PORT_FREE_WITHIN;
    for manifest in objects.iter().filter(|object| object["kind"] == "Service") {
        let object = kinds::resolve_manifest(&ctx.api, &ctx.namespace, manifest).await?;
        let wanted = Change::Apply(apply::body(&ctx.namespace, manifest));
        loop {
            let tried = ctx.api.change(&object, &wanted, Mode::DryRun).await;
            let taken = tried.is_err_and(|error| error.to_string().contains(PORT_TAKEN));
            if !taken || Instant::now() + LOOK_EVERY >= deadline {
                break;
            }
            sleep(LOOK_EVERY).await;
        }
    }
    Ok(())
}

/// Waits until the workload's Deployment is rolled out. On timeout the error says how far it
/// got, and the pods' reasons.
pub async fn ready(ctx: &Context, deployment: &str, within: Length) -> Result<(), Error> {
    rollout::rolled_out(&ctx.api, &ctx.namespace, deployment, within).await
}

/// What is referred to comes before what refers to it.
fn rank(kind: &str) -> u8 {
    match kind {
        "ResourceQuota" | "LimitRange" | "NetworkPolicy" => 0,
        "ServiceAccount" | "Role" | "RoleBinding" => 1,
        "ConfigMap" | "Secret" | "PersistentVolumeClaim" => 2,
        "Service" => 3,
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Pod" | "Job" | "CronJob" => 4,
        _ => 5,
    }
}
