//! What is looked at before a run changes anything. It only reads, and tries changes out by
//! server-side dry runs; where something speaks against the run, nothing has happened yet.

mod ground;
pub mod refusal;
pub mod rights;
pub mod tries;

use kube::Client;

use super::plan::Plan;
use super::undo::target::Target;
use crate::steps::api::Api;
pub use refusal::Refusal;

/// Looks whether the plan may be run on this cluster. The plan learns what it stands on; in a
/// namespace that exists, the steps are tried out.
///
/// # Errors
/// What speaks against the run, the first thing that was found.
pub async fn preflight(client: &Client, plan: &mut Plan) -> Result<(), Refusal> {
    let api = Api::new(client.clone());
    ground::namespace(&api, plan).await?;
    rights::check(client, plan).await?;
    if plan.drill.needs_helm() && plan.wishes.keep_workload {
        return Err(Refusal::HelmKept);
    }
    plan.ground.all_slices = rights::sees_all(client).await?;
    if plan.ground.makes_namespace {
        // There is nothing yet to be in anybody's way, or to try a step out on.
        return Ok(());
    }
    if plan.drill.needs_helm() {
        return Err(Refusal::Helm { namespace: plan.namespace.clone() });
    }
    // First: a target that is broken right now says little about the workload.
    Target::new(api.clone(), &plan.namespace, &plan.drill.target.service.value).is_free().await?;
    ground::workload(&api, plan).await?;
    tries::accepted(&tries::all(&api, plan).await?)
}
