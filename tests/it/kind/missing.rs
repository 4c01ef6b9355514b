//! What is missing is named, with how to get it; and nothing is begun.

use super::fakes::{NAME, Said, World};
use crate::run::running::DRILL;

#[test]
fn without_kind() {
    let world = World::without_tools();
    world.put_engine("docker");
    let said = world.run(&[]);
    assert_eq!(said.code, Some(4));
    assert!(said.stderr.contains("kind is not on PATH"), "{}", said.stderr);
    assert!(said.stderr.contains("go install sigs.k8s.io/kind@latest"), "{}", said.stderr);
    assert_eq!(world.log(), "");
}

#[test]
fn without_an_engine() {
    let world = World::new();
    std::fs::remove_file(world.path("bin/docker")).unwrap();
    let said = world.run(&[]);
    assert_eq!(said.code, Some(4));
    let wanted = "no container engine is on PATH; looked for: docker, podman, nerdctl";
    assert!(said.stderr.contains(wanted), "{}", said.stderr);
    assert_eq!(world.log(), "");
}

#[test]
fn an_engine_that_does_not_answer_is_told_with_its_own_words() {
    let world = World::new();
    world.let_be("docker-is-silent", "");
    let said = world.run(&[]);
    assert_eq!(said.code, Some(4));
    assert!(said.stderr.contains("no container engine answers"), "{}", said.stderr);
    let own = "docker | Cannot connect to the Docker daemon at unix:///nowhere";
    assert!(said.stderr.contains(own), "{}", said.stderr);
    assert_eq!(world.calls("kind"), 0, "{}", world.log());
}

#[test]
fn the_next_engine_that_answers_is_used_and_kind_is_told() {
    let world = World::new();
    world.put_engine("podman");
    world.let_be("docker-is-silent", "");
    assert_eq!(world.run(&["--dry-run"]).code, Some(0));
    assert!(world.log().contains("PROVIDER=podman"), "{}", world.log());
}

#[test]
fn the_engine_that_the_user_names_is_the_one() {
    let world = World::new();
    world.put_engine("podman");
    let mut command = world.firedrill();
    command.args(["run", DRILL, "--cluster", "kind", "--dry-run"]);
    command.env("KIND_EXPERIMENTAL_PROVIDER", "podman");
    assert_eq!(Said::new(&command.output().unwrap()).code, Some(0));
    assert!(world.log().contains("PROVIDER=podman"), "{}", world.log());
    assert_eq!(world.calls("docker"), 0, "{}", world.log());

    let unknown = Said::new(&command.env("KIND_EXPERIMENTAL_PROVIDER", "lxc").output().unwrap());
    assert_eq!(unknown.code, Some(4));
    assert!(unknown.stderr.contains("names \"lxc\""), "{}", unknown.stderr);
}

#[test]
fn a_dry_run_creates_nothing() {
    let world = World::new();
    let said = world.run(&["--dry-run"]);
    assert_eq!(said.code, Some(0));
    assert!(said.stdout.contains("the run makes a kind cluster of its own"), "{}", said.stdout);
    assert_eq!(world.calls("kind create"), 0, "{}", world.log());
    assert!(!world.folder().exists());
}

#[test]
fn one_cluster_is_enough() {
    let world = World::new();
    for other in [["--context", "mine"].as_slice(), &["--current-context"], &["--kubeconfig", "x"]] {
        let said = world.run(other);
        assert_eq!(said.code, Some(2), "{other:?}");
        assert!(said.stderr.contains("cannot be used with"), "{}", said.stderr);
    }
    assert_eq!(world.log(), "");
}

#[test]
fn a_command_that_starts_none_finds_none() {
    let world = World::new();
    for args in [["status"].as_slice(), &["recover"], &["diagnose", "api-service"]] {
        let mut command = world.firedrill();
        let said = Said::new(&command.args(args).args(["--cluster", "kind"]).output().unwrap());
        assert_eq!(said.code, Some(4), "{args:?}");
        assert!(said.stderr.contains(&format!("no kind cluster {NAME} is up")), "{}", said.stderr);
    }
    assert_eq!(world.calls("kind create"), 0, "{}", world.log());
}
