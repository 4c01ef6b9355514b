//! What is looked at before a run changes anything. It only reads, and tries changes out by
//! server-side dry runs; where something speaks against the run, nothing has happened yet.

mod ground;
pub mod refusal;
pub mod tries;

use kube::Client;

use super::plan::Plan;
use super::undo::target::Target;
use crate::steps::api::Api;
pub use refusal::Refusal;
use tries::Try;

/// Looks whether the plan may be run on this cluster. The plan learns what it stands on; the
/// steps on objects that exist are tried out.
///
/// # Errors
/// What speaks against the run, the first thing that was found.
pub async fn preflight(client: &Client, plan: &mut Plan) -> Result<Vec<Try>, Refusal> {
    let api = Api::new(client.clone());
    ground::look(&api, plan).await?;
    if !plan.ground.makes_namespace {
        let target = Target::new(api.clone(), &plan.namespace, &plan.drill.target.service.value);
        target.is_free().await?;
    }
    let tried = tries::all(&api, plan).await?;
    tries::accepted(&tried)?;
    Ok(tried)
}
