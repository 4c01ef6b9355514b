//! What the signals say, for steps that wait.

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::drill::SignalState;
use crate::steps::SignalView;

/// The latest state of every signal; nothing where none is known.
pub type States = watch::Receiver<Vec<Option<SignalState>>>;

/// Whether users are served, as every signal sees it.
#[must_use]
pub fn all_up(states: &[Option<SignalState>]) -> bool {
    states.iter().all(|state| *state == Some(SignalState::Up))
}

/// What the signals say, for steps that wait.
pub struct View {
    /// The signals' names, in the drill's order.
    pub names: Vec<String>,
    /// The latest state of each.
    pub states: States,
    /// Whether the run is being ended.
    pub stopped: watch::Receiver<bool>,
}

impl SignalView for View {
    fn reached<'a>(&'a self, signal: &'a str, state: SignalState, within: Duration) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let Some(index) = self.names.iter().position(|name| name == signal) else { return false };
            let (mut states, mut stopped) = (self.states.clone(), self.stopped.clone());
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => false,
                seen = timeout(within, states.wait_for(|all| all[index] == Some(state))) => {
                    seen.is_ok_and(|seen| seen.is_ok())
                }
            }
        })
    }
}
