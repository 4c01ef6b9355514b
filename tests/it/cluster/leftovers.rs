//! However a cluster ends, no process and no folder stays.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use firedrill::cluster::binaries;
use firedrill::cluster::local::{self, Options, processes};
use firedrill::cluster::state::Home;

use crate::support::sandbox::Sandbox;
use crate::support::{eventually, shared, stdout_of};

/// How long the end of an owner may go unnoticed, and the removal take.
const SOON: Duration = Duration::from_secs(5);

async fn nothing_is_left(sandbox: &Sandbox) {
    let clusters = sandbox.firedrill_state().join("clusters");
    eventually("no process and no folder", SOON, || async {
        let folders = fs::read_dir(&clusters).map_or(0, Iterator::count);
        (sandbox.processes().is_empty() && folders == 0).then_some(())
    })
    .await;
}

/// A folder with an API server that says something and ends.
fn broken_apiserver(sandbox: &Sandbox) -> std::path::PathBuf {
    let folder = sandbox.path().join("binaries");
    fs::create_dir(&folder).unwrap();
    let script = "#!/bin/sh\n\
        [ \"$1\" = --version ] && echo Kubernetes v1.37.2 && exit\n\
        echo 'E1122 starting badly' >&2\n\
        echo 'Error: the moon is in the wrong house' >&2\n\
        exit 1\n";
    let file = folder.join("kube-apiserver");
    fs::write(&file, script).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[tokio::test]
async fn a_component_that_ends_is_quoted() {
    shared::cluster();
    let sandbox = Sandbox::new();
    let binaries = broken_apiserver(&sandbox);
    let mut up = sandbox.firedrill();
    up.args(["cluster", "up", "--binaries"]).arg(binaries);
    let output = up.stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("kube-apiserver ended while the cluster was starting"), "{stderr}");
    assert!(stderr.contains("Error: the moon is in the wrong house"), "{stderr}");
    assert_eq!(output.stdout, b"");
    nothing_is_left(&sandbox).await;
}

#[tokio::test]
async fn a_killed_owner_takes_the_cluster_along() {
    shared::cluster();
    let sandbox = Sandbox::new();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut owner = Command::new("sleep").arg("300").stdout(writer).spawn().unwrap();
    let mut up = sandbox.firedrill();
    up.args(["cluster", "up", "--until-stdin-closes"]).stdin(reader);
    stdout_of(&up.output().unwrap());
    assert_eq!(processes::of(&sandbox.cluster()).len(), 6);

    owner.kill().unwrap();
    owner.wait().unwrap();
    nothing_is_left(&sandbox).await;
}

#[tokio::test]
async fn a_start_that_is_killed_takes_the_cluster_along() {
    shared::cluster();
    let sandbox = Sandbox::new();
    let mut up = sandbox.firedrill();
    up.args(["cluster", "up"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut up = up.spawn().unwrap();
    let cluster = sandbox.cluster();
    eventually("etcd runs", Duration::from_secs(30), || async { processes::component(&cluster, "etcd") })
        .await;
    up.kill().unwrap();
    up.wait().unwrap();
    nothing_is_left(&sandbox).await;
}

fn options(sandbox: &Sandbox) -> Options {
    Options {
        state: sandbox.firedrill_state(),
        binaries: binaries::Options::from_env(None),
        kubernetes: None,
        executable: env!("CARGO_BIN_EXE_firedrill").into(),
        keep: false,
    }
}

/// Three ways in which a private cluster ends: released, let go, and its responder terminated.
#[tokio::test]
async fn a_private_cluster_ends_with_its_run() {
    shared::cluster();
    let sandbox = Sandbox::new();
    let held = local::acquire(&options(&sandbox), &|_| {}).await.unwrap();
    assert!(held.access.facts.created_by_run);
    assert!(held.access.facts.name.starts_with("run-"), "{:?}", held.access.facts);
    held.release().await.unwrap();
    assert_eq!(sandbox.processes(), [""; 0]);
    nothing_is_left(&sandbox).await;

    let held = local::acquire(&options(&sandbox), &|_| {}).await.unwrap();
    drop(held);
    nothing_is_left(&sandbox).await;

    let held = local::acquire(&options(&sandbox), &|_| {}).await.unwrap();
    let cluster = Home::new(&sandbox.firedrill_state(), &held.access.facts.name).unwrap();
    let responder = processes::of(&cluster).into_iter().find(processes::Process::is_responder).unwrap();
    // What the terminal sends to everybody is not for the responder.
    for (signal, ends) in [("-HUP", false), ("-INT", false), ("-TERM", true)] {
        let kill = Command::new("kill").args([signal, &responder.pid.to_string()]).status().unwrap();
        assert!(kill.success());
        if !ends {
            held.access.client().unwrap().apiserver_version().await.unwrap();
        }
    }
    nothing_is_left(&sandbox).await;
}

#[tokio::test]
async fn a_kept_cluster_stays_until_it_is_removed_by_name() {
    shared::cluster();
    let sandbox = Sandbox::new();
    let keep = Options { keep: true, ..options(&sandbox) };
    let held = local::acquire(&keep, &|_| {}).await.unwrap();
    let name = held.access.facts.name.clone();
    held.release().await.unwrap();
    let status = stdout_of(&sandbox.firedrill().args(["cluster", "status"]).output().unwrap());
    assert!(status.starts_with(&format!("{name}: up")), "{status}");
    stdout_of(&sandbox.firedrill().args(["cluster", "down", &name]).output().unwrap());
    nothing_is_left(&sandbox).await;
}
