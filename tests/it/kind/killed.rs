//! However a run ends, nothing is left of a cluster that it made, or was about to.

use std::fs;
use std::time::Duration;

use firedrill::journal::Phase;
use rustix::process::{Pid, Signal, kill_process};

use super::fakes::World;
use crate::run::running::Running;
use crate::support::eventually;

const SOON: Duration = Duration::from_secs(15);

/// A run whose `kind create` does not end.
async fn creating(world: &World) -> Running {
    world.let_be("hangs", "");
    let run = Running::start_with(world.firedrill(), &[world.drill(), "--cluster", "kind"]);
    eventually("kind is creating", SOON, || async { world.path("creating").exists().then_some(()) }).await;
    run
}

async fn nothing_is_left(world: &World) {
    eventually("nothing is left", SOON, || async { world.nothing_is_left().then_some(()) }).await;
}

fn keepers(world: &World) -> Vec<i32> {
    let all = world.sandbox.processes();
    let keepers = all.iter().filter(|line| line.contains(" kind-keeper "));
    keepers.map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn interrupted_while_kind_creates() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let world = World::new();
        let run = creating(&world).await;
        run.signal(signal);
        let ended = run.end().await;
        assert_eq!(ended.code, Some(130));
        assert!(world.nothing_is_left(), "at its end, not later");
        assert_eq!(world.calls("kind delete"), 1, "{}", world.log());
    }
}

#[tokio::test]
async fn who_does_not_wait_for_the_removal_leaves_it_to_the_keeper() {
    let world = World::new();
    let run = creating(&world).await;
    world.let_be("no-delete", "");
    run.signal(Signal::INT);
    let tried = || async { (world.calls("kind delete") > 0).then_some(()) };
    eventually("the removal began", SOON, tried).await;
    run.signal(Signal::INT);
    let over = || async { (!run.lives()).then_some(()) };
    eventually("the run is over", SOON, over).await;
    assert!(world.container().exists());
    world.end("no-delete");
    nothing_is_left(&world).await;
    assert_eq!(run.end().await.code, Some(130));
}

#[tokio::test]
async fn killed_while_kind_creates() {
    let world = World::new();
    let run = creating(&world).await;
    run.signal(Signal::KILL);
    assert_eq!(run.end().await.code, None);
    nothing_is_left(&world).await;
    assert_eq!(world.calls("kind delete"), 1, "{}", world.log());
}

#[tokio::test]
async fn a_container_that_comes_after_kinds_end_is_removed_too() {
    let world = World::new();
    world.let_be("late", "");
    let run = Running::start_with(world.firedrill(), &[world.drill(), "--cluster", "kind"]);
    eventually("kind began", SOON, || async { (world.calls("kind create") == 1).then_some(()) }).await;
    run.signal(Signal::KILL);
    run.end().await;
    // It is made half a second after kind began.
    nothing_is_left(&world).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(world.nothing_is_left());
}

#[tokio::test]
async fn killed_in_the_middle_of_the_drill() {
    let world = World::new();
    let mut run =
        Running::start_with(world.firedrill(), &[world.drill(), "--cluster", "kind", "--respond", "manual"]);
    run.until_phase(Phase::Responding).await;
    run.signal(Signal::KILL);
    let ended = run.end().await;
    nothing_is_left(&world).await;
    // The cluster goes with everything in it, and the guard says so.
    assert!(ended.stderr.contains("Its guard put everything back."), "{}", ended.stderr);
}

#[tokio::test]
async fn what_stays_when_the_keeper_is_killed_too_is_removed_by_the_next_run() {
    let world = World::new();
    let run = creating(&world).await;
    let keepers = keepers(&world);
    assert_eq!(keepers.len(), 1);
    run.signal(Signal::STOP);
    kill_process(Pid::from_raw(keepers[0]).unwrap(), Signal::KILL).unwrap();
    run.signal(Signal::KILL);
    world.end("hangs");
    run.end().await;
    assert!(world.container().exists());
    assert!(world.folder().join("state.json").exists());

    let said = world.run(&[]);
    assert_eq!(said.code, Some(0));
    assert!(said.stderr.contains("removing the kind cluster pretended, which a killed run left"));
    assert_eq!(world.calls("kind create"), 2, "{}", world.log());
    assert!(world.nothing_is_left());
}

#[tokio::test]
async fn a_run_whose_keeper_is_killed_removes_its_cluster_itself() {
    let world = World::new();
    let run = creating(&world).await;
    let keepers = keepers(&world);
    kill_process(Pid::from_raw(keepers[0]).unwrap(), Signal::KILL).unwrap();
    world.end("hangs");
    let ended = run.end().await;
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains("its keeper process ended"), "{}", ended.stderr);
    nothing_is_left(&world).await;
}

#[tokio::test]
async fn what_is_left_of_another_name_is_removed_by_the_next_run_as_well() {
    let world = World::new();
    let run = creating(&world).await;
    let keeper = keepers(&world)[0];
    run.signal(Signal::STOP);
    kill_process(Pid::from_raw(keeper).unwrap(), Signal::KILL).unwrap();
    run.signal(Signal::KILL);
    world.end("hangs");
    run.end().await;
    assert!(world.container().exists());
    let said = world.run(&["--kind-cluster", "another"]);
    assert_eq!(said.code, Some(0));
    assert!(world.nothing_is_left());
}

#[test]
fn a_mark_that_fits_no_container_removes_nothing() {
    let world = World::new();
    world.somebody_made_a_cluster();
    fs::create_dir_all(world.folder()).unwrap();
    let stale = r#"{"schema":"firedrill.dev/kind/v1","owner":"run","since":"2026-11-22T00:00:00Z","apiserverPort":40003}"#;
    fs::write(world.folder().join("state.json"), stale).unwrap();
    let said = world.run(&[]);
    assert_eq!(said.code, Some(0));
    assert!(said.stderr.contains("is up: it is used, and left"), "{}", said.stderr);
    assert!(world.container().exists());
    assert_eq!(world.calls("kind delete"), 0, "{}", world.log());
}
