use firedrill::journal::{Phase, Point};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{DeleteParams, PostParams};
use rustix::process::Signal;
use serde_json::json;

use super::foreign::{Foreign, existing_drill, shop};
use crate::run::running::Running;

#[tokio::test]
async fn one_run_a_target() {
    let shop = shop().await;
    let foreign = Foreign::staging();
    let drill = existing_drill();
    let args = [drill.path(), "--context", "staging", "-n", &shop.name, "--output", "json"];
    let mut first = Running::start_with(foreign.firedrill(), &[&args[..], &["--respond", "manual"]].concat());
    first.until_point(Point::Detect).await;
    let second = Running::start_with(foreign.firedrill(), &args).end().await;
    assert_eq!(second.code, Some(3));
    assert!(
        second.stderr.contains(&first.run()) && second.stderr.contains("which goes on"),
        "{}",
        second.stderr
    );
    first.signal(Signal::INT);
    assert_eq!(first.end().await.code, Some(130));
    let third = Running::start_with(foreign.firedrill(), &args).end().await;
    assert_eq!(third.code, Some(0), "the target is free again");
}

#[tokio::test]
async fn two_that_begin_at_once_do_not_both_break_it() {
    let shop = shop().await;
    let foreign = Foreign::staging();
    let drill = existing_drill();
    let args = [drill.path(), "--context", "staging", "-n", &shop.name, "--output", "json"];
    let start = || Running::start_with(foreign.firedrill(), &args);
    let (first, second) = (start(), start());
    let (first, second) = (first.end().await, second.end().await);
    let mut codes = [first.code, second.code];
    codes.sort_unstable();
    // The slower one may also find the target free again.
    assert!(codes == [Some(0), Some(3)] || codes == [Some(0), Some(0)], "{codes:?}");
    assert!(first.events.is_empty() || first.undo_complete());
    assert!(second.events.is_empty() || second.undo_complete());
}

#[tokio::test]
async fn a_run_that_died_without_undo_is_named() {
    let shop = shop().await;
    let foreign = Foreign::staging();
    let drill = existing_drill();
    let args = [drill.path(), "--context", "staging", "-n", &shop.name, "--output", "json"];
    let mut dead = Running::start_with(foreign.firedrill(), &[&args[..], &["--respond", "manual"]].concat());
    dead.until_phase(Phase::Responding).await;
    let run = dead.run();
    dead.kill_both();
    assert_eq!(dead.end().await.code, None);
    let ended = Running::start_with(foreign.firedrill(), &args).end().await;
    assert_eq!(ended.code, Some(3));
    let command = format!("firedrill recover -n {} --run {run}", shop.name);
    assert!(ended.stderr.contains("which died") && ended.stderr.contains(&command), "{}", ended.stderr);
    let recover = ["recover", "--context", "staging", "-n", &shop.name, "--run", &run];
    assert!(foreign.firedrill().args(recover).status().unwrap().success());
    assert_eq!(Running::start_with(foreign.firedrill(), &args).end().await.code, Some(0));
}

#[tokio::test]
async fn a_lease_that_its_run_left_behind_holds_nobody_up() {
    let shop = shop().await;
    let lease = json!({"metadata": {"name": "firedrill-target-api-service", "labels": {"firedrill.dev/run": "long-gone"}}});
    let leases = shop.api::<Lease>();
    leases.create(&PostParams::default(), &serde_json::from_value(lease).unwrap()).await.unwrap();
    let foreign = Foreign::staging();
    let drill = existing_drill();
    let args = [drill.path(), "--context", "staging", "-n", &shop.name, "--output", "json"];
    assert_eq!(Running::start_with(foreign.firedrill(), &args).end().await.code, Some(0));
    assert!(leases.delete("firedrill-target-api-service", &DeleteParams::default()).await.is_err());
}
