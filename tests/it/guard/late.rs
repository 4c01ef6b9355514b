use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use firedrill::clock::Stopwatch;
use firedrill::engine::guard::Charge;
use firedrill::steps::api::{Change, Mode};
use serde_json::json;

use crate::stage::{Stage, essence, fault};
use crate::support::{eventually, shared};

/// The runner died right after it had sent its change, and the change lands after the guard's
/// first look.
#[tokio::test]
async fn a_change_that_lands_late_is_undone_too() {
    let stage = Stage::incident().await;
    let before = essence(&stage.get(&stage.service()).await);
    stage.change(fault()).await;
    let record = stage.records().remove(0);
    assert!(stage.undo().await.0.complete);
    // As the runner left it: recorded, and on its way.
    stage.store.append(&record).await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    let charge = Charge {
        run: stage.ctx.run.clone(),
        namespace: stage.ctx.namespace.clone(),
        keep_workload: false,
        journal: folder.path().join("none.jsonl"),
        kubeconfig: Some(shared::cluster().home.kubeconfig()),
        context: None,
        loopback: true,
        kind_cluster: None,
        private_cluster: None,
        began: Stopwatch::start().began(),
        deadline: 900_000_000_000,
    };
    let mut command = shared::firedrill();
    command.args(charge.arguments()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut guard = command.spawn().unwrap();
    let mut word = String::new();
    BufReader::new(guard.stdout.take().unwrap()).read_line(&mut word).unwrap();
    assert_eq!(word, "ready\n");
    drop(guard.stdin.take());

    eventually("the end of the first look", Duration::from_secs(5), || async {
        stage.store.load().await.unwrap().is_empty().then_some(())
    })
    .await;
    let lands = Change::Merge(json!({"spec": {"selector": {"app": "api-svc"}}}));
    stage.ctx.api.change(&stage.service(), &lands, Mode::Real).await.unwrap();
    let ended = tokio::task::spawn_blocking(move || guard.wait().unwrap()).await.unwrap();
    assert!(ended.success());
    assert_eq!(essence(&stage.get(&stage.service()).await), before);
}
