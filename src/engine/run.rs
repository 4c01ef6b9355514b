//! Running a drill: what it needs from outside, and how it ends.

use std::collections::BTreeMap;

use kube::Client;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;

use super::ending::Ending;
use super::event_loop::{EventLoop, Inbox};
use super::guard::held::Guard;
use super::news::Desk;
use super::plan::Plan;
use super::playing::Move;
use super::tasks::{Means, Tasks};
use super::watch::Watched;
use crate::clock::Stopwatch;
use crate::journal::write::Journal;
use crate::journal::{Cluster, Event};
use crate::signals::Source;
use crate::steps::helm::Helm;

/// What a run needs from outside.
pub struct Setup {
    /// What to run.
    pub plan: Plan,
    /// For changes and reads; retries what is worth it.
    pub control: Client,
    /// For measurements; retries nothing.
    pub probe: Client,
    /// `HOST:PORT` for each node port that the drill's signals ask: see [`Plan::node_ports`].
    pub node_ports: BTreeMap<u16, String>,
    /// The control plane, for the report.
    pub cluster: Cluster,
    /// What helm steps need; nothing where the drill has none.
    pub helm: Option<Helm>,
    /// What undoes when this process dies; nothing where the caller sees to that.
    pub guard: Option<Guard>,
    /// Where events go.
    pub journal: Journal,
    /// Began when the journal did.
    pub clock: Stopwatch,
    /// One message for each SIGINT, SIGTERM or SIGHUP.
    pub interrupts: UnboundedReceiver<()>,
    /// What a player decides; nothing where nobody plays.
    pub moves: Option<UnboundedReceiver<Move>>,
}

/// Runs a drill to its end. Whatever fails on the way is in the journal; `observe` sees every
/// event right after it is written, and must be quick.
pub async fn run(setup: Setup, observe: &mut (dyn FnMut(&Event) + Send)) -> Ending {
    let Setup { plan, control, probe, node_ports, cluster, helm, guard, journal, clock, interrupts, moves } =
        setup;
    let (send_news, news) = unbounded_channel();
    let (observed, observations) = unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let watched = Watched::new(&plan.signals(), plan.detector());
    let source = Source { client: probe, namespace: plan.namespace.clone(), node_ports, clock, observed };
    let desk = Desk::new(send_news, clock);
    let guard = guard.map(|guard| guard.watch(desk.clone()));
    let means = Means { helm, containers: !cluster.simulated_pods };
    let tasks = Tasks::new(plan, control, means, desk, watched.states(), stopped);
    tasks.moves.come_from(moves);
    let present = tokio::spawn(tasks.stay_present());
    let others = tokio::spawn(tasks.watch_others());
    let mut event_loop = EventLoop::new(tasks, watched, source, journal, stop, observe);
    event_loop.begin(cluster);
    let ending = event_loop.turn(Inbox { news, observations, interrupts }).await;
    // Each was ended, or it ended by itself; there is nothing to learn from which.
    for task in [present, others] {
        task.abort();
        let _ = task.await;
    }
    // Also where the run left at once: what it leaves was said, and is for the user to undo.
    if let Some(guard) = guard {
        guard.dismiss().await;
    }
    ending
}
