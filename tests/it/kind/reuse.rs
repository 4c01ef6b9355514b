//! A cluster that was there is used, and never removed.

use firedrill::journal::{Kind, Phase};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::Api;
use rustix::process::Signal;

use super::fakes::{NAME, Said, World};
use crate::run::running::Running;
use crate::support::shared;

#[test]
fn it_is_used_and_left() {
    let world = World::new();
    world.somebody_made_a_cluster();
    let said = world.run(&["--output", "json"]);
    assert_eq!(said.code, Some(0));
    let report: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(report["cluster"]["createdByRun"], false);
    assert_eq!(report["cluster"]["name"], NAME);
    assert!(world.container().exists());
    assert_eq!(world.calls("kind create") + world.calls("kind delete"), 0, "{}", world.log());
    // For the tools of whoever mends by hand, and for the guard.
    assert!(world.folder().join("kubeconfig").exists());
}

#[tokio::test]
async fn runs_that_share_it_run_side_by_side() {
    let world = World::new();
    world.somebody_made_a_cluster();
    let args = [world.drill(), "--cluster", "kind", "--respond", "manual"];
    let mut first = Running::start_with(world.firedrill(), &args);
    first.until_phase(Phase::Responding).await;
    let mut second = Running::start_with(world.firedrill(), &args);
    second.until_phase(Phase::Responding).await;
    for run in [first, second] {
        run.signal(Signal::INT);
        assert_eq!(run.end().await.code, Some(130));
    }
}

#[tokio::test]
async fn a_killed_run_is_undone_in_it() {
    let world = World::new();
    world.somebody_made_a_cluster();
    let mut run =
        Running::start_with(world.firedrill(), &[world.drill(), "--cluster", "kind", "--respond", "manual"]);
    run.until_phase(Phase::Responding).await;
    let namespace = run.namespace();
    run.signal(Signal::KILL);
    let ended = run.end().await;
    assert!(ended.undo_complete());
    let namespaces = Api::<Namespace>::all(shared::client().await);
    let left = namespaces.get_opt(&namespace).await.unwrap();
    assert!(left.is_none_or(|namespace| namespace.metadata.deletion_timestamp.is_some()));
    assert!(world.container().exists());
    assert_eq!(world.calls("kind delete"), 0, "{}", world.log());
}

#[tokio::test]
async fn what_a_run_leaves_at_once_is_recovered_by_the_command_that_it_says() {
    let world = World::new();
    world.somebody_made_a_cluster();
    let mut run =
        Running::start_with(world.firedrill(), &[world.drill(), "--cluster", "kind", "--respond", "manual"]);
    run.until_phase(Phase::Responding).await;
    let name = run.run();
    run.kill_both();
    run.end().await;
    let mut command = world.firedrill();
    command.env_remove("FIREDRILL_KIND_CLUSTER").args(["recover", "--cluster", "kind"]);
    command.args(["--kind-cluster", NAME, "--run", &name]);
    let said = Said::new(&command.output().unwrap());
    assert_eq!(said.code, Some(0));
    assert!(said.stdout.contains("complete: nothing is left"), "{}", said.stdout);
}

#[test]
fn one_that_does_not_answer_is_an_error_and_stays() {
    let world = World::new();
    world.somebody_made_a_cluster();
    let dead = "apiVersion: v1\nkind: Config\ncurrent-context: x\n\
        clusters: [{name: x, cluster: {server: 'https://127.0.0.1:1'}}]\n\
        users: [{name: x, user: {}}]\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n";
    world.let_be("kubeconfig", dead);
    let said = world.run(&[]);
    assert_eq!(said.code, Some(4));
    let wanted =
        "the kind cluster pretended is there, but its API server does not answer: Connection refused";
    assert!(said.stderr.contains(wanted), "{}", said.stderr);
    assert!(said.stderr.contains("docker start pretended-control-plane"), "{}", said.stderr);
    assert!(said.stderr.contains("kind delete cluster --name pretended"), "{}", said.stderr);
    assert!(world.container().exists());

    world.let_be("no-kubeconfig", "");
    let said = world.run(&[]);
    assert_eq!(said.code, Some(4));
    assert!(said.stderr.contains("could not locate any control plane nodes"), "{}", said.stderr);
    assert_eq!(world.calls("kind create") + world.calls("kind delete"), 0, "{}", world.log());
}

#[test]
fn other_commands_find_it() {
    let world = World::new();
    world.somebody_made_a_cluster();
    let said = |args: &[&str]| {
        let mut command = world.firedrill();
        Said::new(&command.args(args).args(["--cluster", "kind"]).output().unwrap())
    };
    let status = said(&["status", "--output", "json"]);
    assert_eq!(status.code, Some(0));
    assert!(status.stdout.contains("firedrill.dev/status/v1"), "{}", status.stdout);
    let diagnosis = said(&["diagnose", "kubernetes", "-n", "default"]);
    assert_eq!(diagnosis.code, Some(0));
    assert_eq!(world.calls("kind create") + world.calls("kind delete"), 0, "{}", world.log());
    assert!(!world.folder().exists(), "they write nothing");
}

#[tokio::test]
async fn a_proxy_has_no_say_on_loopback() {
    let world = World::new();
    world.somebody_made_a_cluster();
    let mut command = world.firedrill();
    command.env("HTTPS_PROXY", "http://127.0.0.1:1").env("https_proxy", "http://127.0.0.1:1");
    let run = Running::start_with(command, &[world.drill(), "--cluster", "kind"]);
    let ended = run.end().await;
    assert_eq!(ended.code, Some(0));
    let lost = ended.events.iter().any(|event| matches!(event.kind, Kind::Aborted { .. }));
    assert!(!lost);
}
