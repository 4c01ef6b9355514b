//! The blast limit of a run: another Service that goes out ends it.

use std::sync::Arc;

use super::phase::Input;
use super::plan::{BlastLimit, Plan};
use super::rights::{Ground, watches_others};
use super::tasks::Tasks;
use crate::journal::AbortReason;
use crate::signals::blast::{Blast, Others};
use crate::steps::api::REQUEST_DEADLINE;

/// What a run looks at; nothing where the limit is off, or no Service but the run's own can be
/// there.
pub(super) fn limit(plan: &Plan) -> Option<Arc<Blast>> {
    let ground = Ground::of(plan);
    watches_others(plan, ground).then(|| Arc::new(Blast::new(others(plan, ground))))
}

fn others(plan: &Plan, ground: Ground) -> Others {
    let everywhere = plan.wishes.blast_limit == BlastLimit::Cluster;
    let services = || {
        let made = plan.manifests_by_file.values().flatten().filter(|object| object["kind"] == "Service");
        let names = made.filter_map(|service| service["metadata"]["name"].as_str());
        names.chain([plan.drill.target.service.value.as_str()]).map(str::to_owned).collect()
    };
    Others {
        namespace: (!everywhere).then(|| plan.namespace.clone()),
        home: plan.namespace.clone(),
        own: (ground == Ground::Existing).then(services),
    }
}

impl Tasks {
    /// Watches the other Services until the run is being ended, or one of them is lost.
    pub fn watch_others(&self) -> impl Future<Output = ()> + Send + 'static {
        let tasks = self.clone();
        async move {
            let Some(blast) = &tasks.blast else { return };
            tokio::select! {
                () = tasks.stopped() => {}
                lost = blast.watch(&tasks.client) => {
                    let detail = format!("{lost} lost all its endpoints (--blast-limit)");
                    tasks.desk.input(Input::Abort(AbortReason::BlastLimit, detail));
                }
            }
        }
    }

    /// What the other Services have now is what they can lose. To be called before the fault.
    pub(super) async fn arm_blast_limit(&self) -> Result<(), String> {
        let Some(blast) = &self.blast else { return Ok(()) };
        tokio::select! {
            () = self.stopped() => Err("the run is being ended".to_owned()),
            armed = blast.arm(REQUEST_DEADLINE) => {
                armed.map_err(|why| format!("the blast limit cannot be watched: {why}"))
            }
        }
    }
}
