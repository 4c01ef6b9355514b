//! A cluster that the run makes: with which calls, and what becomes of it.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use firedrill::journal::Phase;
use serde_json::{Value, json};

use super::fakes::{NAME, Said, World, users_kubeconfig};
use crate::run::running::Running;
use crate::support::eventually;

#[test]
fn a_run_makes_a_cluster_passes_and_removes_it() {
    let world = World::new();
    let (file, before) = users_kubeconfig(&world.sandbox.home());
    let mut command = world.firedrill();
    command.args(["run", world.drill(), "--cluster", "kind", "--node-image", "node:x", "--output", "json"]);
    let said = Said::new(&command.env("KUBECONFIG", &file).output().unwrap());
    assert_eq!(said.code, Some(0));
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let cluster = json!({"provider": "kind", "name": NAME, "distribution": "kind", "nodes": 1,
        "version": report["cluster"]["version"], "createdByRun": true, "simulatedPods": false});
    assert_eq!(report["cluster"], cluster);
    assert!(said.stderr.contains("kind: Preparing nodes\n"), "{}", said.stderr);

    let log = world.log();
    let own = world.folder().canonicalize().unwrap_or(world.folder()).join("kubeconfig");
    let own = own.to_str().unwrap();
    for call in log.lines().filter(|line| line.starts_with("kind")) {
        assert!(call.contains("PROVIDER=docker"), "{call}");
        assert!(call.contains(&format!("KUBECONFIG={own}")), "{call}");
    }
    let create = log.lines().find(|line| line.starts_with("kind create")).unwrap();
    assert!(create.contains(&format!("--name {NAME} --config")), "{create}");
    assert!(create.contains(&format!("--kubeconfig {own} --image node:x")), "{create}");
    assert_eq!(world.calls("kind delete"), 1, "{log}");
    assert!(world.nothing_is_left());
    assert_eq!(fs::read_to_string(file).unwrap(), before);
}

#[test]
fn a_creation_that_fails_is_quoted_and_removed() {
    let world = World::new();
    let words = " ✗ Preparing nodes 📦\nERROR: failed to create cluster: no space left on device\n";
    world.let_be("fails", words);
    let said = world.run(&[]);
    assert_eq!(said.code, Some(4));
    assert!(said.stderr.contains("`kind create cluster` failed (exit status: 1)"), "{}", said.stderr);
    let quoted = "kind | ERROR: failed to create cluster: no space left on device";
    assert!(said.stderr.contains(quoted), "{}", said.stderr);
    assert!(world.nothing_is_left());
    assert_eq!(world.calls("kind create"), 1, "{}", world.log());
}

#[tokio::test]
async fn a_removal_that_fails_is_tried_again() {
    let world = World::new();
    world.let_be("fails", "ERROR: no\n");
    world.let_be("no-delete", "");
    let run = Running::start_with(world.firedrill(), &[world.drill(), "--cluster", "kind"]);
    let twice = || async { (world.calls("kind delete") == 2).then_some(()) };
    eventually("it was tried twice", Duration::from_secs(10), twice).await;
    world.end("no-delete");
    let ended = run.end().await;
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains("kind | ERROR: no"), "{}", ended.stderr);
    assert!(world.nothing_is_left());
}

#[test]
fn a_port_that_is_taken_is_not_used() {
    let world = World::new();
    // It may be taken already: that is as good.
    let _taken = TcpListener::bind("127.0.0.1:30080");
    let said = world.run(&[]);
    assert_eq!(said.code, Some(0));
    let mapping = &world.config()["nodes"][0]["extraPortMappings"][0];
    assert_eq!(mapping["containerPort"], 30080);
    assert_ne!(mapping["hostPort"], 30080);
    let told = format!("node port 30080 is at 127.0.0.1:{}", mapping["hostPort"]);
    assert!(said.stderr.contains(&told), "{}", said.stderr);
}

#[test]
fn a_port_that_is_taken_meanwhile_is_replaced() {
    let world = World::new();
    let words =
        "docker: Error response from daemon: Bind for 127.0.0.1:30080 failed: port is already allocated.\n";
    world.let_be("fails-once", words);
    let said = world.run(&[]);
    assert_eq!(said.code, Some(0));
    assert!(said.stderr.contains("once more, with other ports, because: docker: Error"), "{}", said.stderr);
    assert_eq!(world.calls("kind create"), 2, "{}", world.log());
    assert_ne!(world.config()["nodes"][0]["extraPortMappings"][0]["hostPort"], 30080);
    assert!(world.nothing_is_left());
}

#[test]
fn a_cluster_that_is_kept_is_used_by_the_next_run_and_left() {
    let world = World::new();
    assert_eq!(world.run(&["--keep-cluster"]).code, Some(0));
    assert!(world.container().exists());
    assert_eq!(world.sandbox.processes(), [] as [String; 0]);
    let said = world.run(&[]);
    assert_eq!(said.code, Some(0));
    assert!(said.stderr.contains("is up: it is used, and left"), "{}", said.stderr);
    assert!(world.container().exists());
    assert_eq!(world.calls("kind delete"), 0, "{}", world.log());
    assert_eq!(world.calls("kind create"), 1, "{}", world.log());
}

#[tokio::test]
async fn a_run_waits_for_another_ones_cluster_and_makes_its_own() {
    let world = World::new();
    let args = [world.drill(), "--cluster", "kind"];
    let mut first = Running::start_with(world.firedrill(), &[&args[..], &["--respond", "manual"]].concat());
    first.until_phase(Phase::Settling).await;
    let second = Running::start_with(world.firedrill(), &args);
    let asked = |world: &World| world.calls("docker ps --quiet");
    eventually("the second run has looked for its tools", Duration::from_secs(10), || async {
        (asked(&world) == 2).then_some(())
    })
    .await;
    first.signal(rustix::process::Signal::INT);
    assert_eq!(first.end().await.code, Some(130));
    let second = second.end().await;
    assert_eq!(second.code, Some(0));
    assert!(second.stderr.contains("another run has the kind cluster pretended"), "{}", second.stderr);
    assert_eq!(world.calls("kind create"), 2, "{}", world.log());
    assert!(world.nothing_is_left());
}
