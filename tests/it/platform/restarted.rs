//! The API server is killed and started again, as by a kubelet.

use std::time::Duration;

use firedrill::journal::AbortReason;

use super::cell::{EVERY, When, blind_for, judge, once};
use super::own::Own;
use super::rehearsal::Rehearsal;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_server_is_killed_and_comes_back() {
    for when in EVERY {
        // Its controllers take their time to come back, and would be late for the next run.
        let own = Own::up().await;
        let runtime = tokio::runtime::Handle::current();
        let act = || {
            let restart = own.kill("kube-apiserver");
            runtime.spawn_blocking(move || restart.now());
        };
        let rehearsal = Rehearsal::new(own.config().await).within(Duration::from_secs(120));
        let run = rehearsal.run(once(when, act)).await;
        judge("kube-apiserver killed, restarted", when, own.config().await, &run).await;
        // A record that could not be kept ends the run, and so does a very slow start.
        if !matches!(when, When::Preparing | When::Injecting) {
            // The controllers may be slower than the run's patience; the report says so.
            let aborted = run.report.aborted.as_ref().and_then(|aborted| aborted.reason);
            assert!(matches!(aborted, None | Some(AbortReason::NotRecovered)), "{when:?}: {aborted:?}");
            assert!(when == When::Undoing || blind_for(&run.report, Duration::from_millis(300)), "{when:?}");
        }
    }
}
