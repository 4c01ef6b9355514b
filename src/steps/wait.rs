//! Waiting for what a step before was to bring about.

use super::error::Error;
use super::{Context, Done, rollout};
use crate::drill::WaitStep;
use crate::journal::StepOutcome;

/// Waits for a signal's state or for a rollout; both where both are given.
pub(super) async fn wait(ctx: &Context, step: &WaitStep) -> Result<Done, Error> {
    if let Some(deployment) = &step.deployment {
        rollout::rolled_out(&ctx.api, &ctx.namespace, deployment, step.within).await?;
    }
    match (&step.signal, step.state) {
        (Some(signal), Some(state)) => {
            if !ctx.signals.reached(signal, state, step.within.0).await {
                return Err(Error::NotReached { signal: signal.clone(), state, within: step.within });
            }
        }
        _ if step.deployment.is_some() => {}
        _ => return Err(Error::NothingToWaitFor),
    }
    Ok(Done { outcome: StepOutcome::Unchanged, answered: ctx.clock.stamp() })
}
