//! Without its controllers a cluster takes every change, and nothing comes of it.

use std::time::Duration;

use super::cell::{EVERY, judge, once};
use super::own::{Own, Restart};
use super::rehearsal::Rehearsal;
use crate::run::drills::Drill;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_controllers_are_killed() {
    let own = Own::up().await;
    let drill = Drill::builtin().replace("state: out, within: 30s}", "state: out, within: 3s}");
    for when in EVERY {
        let mut restart: Option<Restart> = None;
        let rehearsal = Rehearsal::of(drill.path(), own.config().await).max_duration(Duration::from_secs(12));
        let run = rehearsal.run(once(when, || restart = Some(own.kill("kube-controller-manager")))).await;
        judge("kube-controller-manager killed", when, own.config().await, &run).await;
        assert!(run.took < Duration::from_secs(40), "{when:?}: {:?}", run.took);
        restart.expect("killed").now();
        // A fresh controller needs a moment; the next run's own waiting covers it.
    }
}
