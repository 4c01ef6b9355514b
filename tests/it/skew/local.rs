//! A version that was asked for, beside a shared cluster of another.

use std::process::Command;

use firedrill::cluster::binaries::{self, Options, Release};

use crate::run::running::{DRILL, Running};
use crate::support::shared;

/// The supported version that the shared cluster is not.
async fn other() -> Release {
    let up = shared::client().await.apiserver_version().await.unwrap().git_version;
    Release::ALL.into_iter().find(|release| release.version() != up).unwrap()
}

fn says(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    println!("{:?}\n{said}", output.status);
    (output.status.code(), said)
}

#[tokio::test]
async fn up_does_not_replace_a_cluster_of_another_version() {
    let other = other().await;
    let up = ["cluster", "up", "--kubernetes-version"];
    let (code, said) = says(shared::firedrill().args(up).arg(other.version()));
    assert_eq!(code, Some(2));
    assert!(said.contains("the cluster local is up with Kubernetes v1."), "{said}");
    assert!(said.contains(&format!("cluster up --kubernetes-version {other}")), "{said}");
    let same = Release::ALL.into_iter().find(|release| *release != other).unwrap();
    assert_eq!(says(shared::firedrill().args(up).arg(same.version())).0, Some(0));
    let (code, said) = says(shared::firedrill().args(up).arg("v1.35.0"));
    assert_eq!(code, Some(2));
    assert!(said.contains("v1.37.2 (the default) or v1.34.4 (the oldest that is supported)"), "{said}");
}

/// The binaries are those of the shared cluster: the other ones would have to be built. What a
/// folder holds is taken as it is.
#[tokio::test]
async fn a_run_of_another_version_starts_a_cluster_of_its_own_and_says_so() {
    let other = other().await;
    let same = Release::ALL.into_iter().find(|release| *release != other).unwrap();
    let options = Options { kubernetes: same, ..Options::from_env(None) };
    let found = binaries::ensure(&options, &|_| {}).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for path in [
        &found.kube_apiserver,
        &found.kube_controller_manager,
        &found.kube_scheduler,
        &found.kubectl,
        &found.etcd,
        &found.kwok,
        &found.kwokctl,
    ] {
        std::os::unix::fs::symlink(path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let binaries = folder.path().to_str().unwrap();
    let args = [DRILL, "--kubernetes-version", other.version(), "--binaries", binaries, "--output", "json"];
    let ended = Running::start(&args).end().await;
    assert_eq!(ended.code, Some(0));
    let said =
        format!("the cluster local is up with Kubernetes {same}; for {other} the run starts one of its own");
    assert!(ended.stderr.contains(&said), "{}", ended.stderr);
    assert_eq!(ended.report()["cluster"]["createdByRun"], true);
}
