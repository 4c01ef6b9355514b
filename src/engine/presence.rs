//! That the runner lives, said in the cluster: nobody else undoes a run whose Lease is renewed.

use kube::Client;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::news::Desk;
use super::phase::Input;
use super::undo::about::About;
use super::undo::lease::{Lease, RENEW_EVERY};
use crate::journal::AbortReason;
use crate::steps::api::{Api, ApiError};

/// The run's Lease, and whether it was made.
#[derive(Debug, Clone)]
pub(super) struct Presence {
    lease: Lease,
    about: About,
    begun: watch::Sender<bool>,
}

impl Presence {
    /// The presence of `run` in `namespace`.
    pub fn new(client: Client, namespace: &str, run: &str, about: &About) -> Self {
        let lease = Lease::new(Api::new(client).patient(), namespace, run);
        Self { lease, about: about.clone(), begun: watch::Sender::new(false) }
    }

    /// Makes the Lease. The namespace must be there.
    pub async fn begin(&self) -> Result<(), ApiError> {
        self.lease.take(&self.about.by, &self.about.annotations()).await?;
        self.begun.send_replace(true);
        Ok(())
    }

    /// Renews the Lease from its beginning until the caller ends this, or it is gone: then
    /// somebody else undoes the run, and it must not go on. Ends the run in that case, unless
    /// `stopped` says that it is ending already.
    pub async fn keep(self, desk: Desk, stopped: watch::Receiver<bool>) {
        let mut begun = self.begun.subscribe();
        let _ = begun.wait_for(|begun| *begun).await;
        let mut ticks = interval(RENEW_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // Any other failure passes: who watches the Lease meets the same API server.
            if self.lease.renew().await.is_err_and(|error| error.status() == Some(404)) {
                break;
            }
        }
        if !*stopped.borrow() {
            let detail = "the run's Lease is gone: its namespace was deleted, or somebody undid the run";
            desk.input(Input::Abort(AbortReason::Failed, detail.to_owned()));
        }
    }
}
