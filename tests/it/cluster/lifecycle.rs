//! `cluster up`, `status`, `env` and `down`.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use firedrill::cluster::binaries;
use firedrill::cluster::local::{self, Options, processes};

use crate::support::sandbox::Sandbox;
use crate::support::{shared, stdout_of};

/// Two at once, which make one cluster; and what a user has is not touched meanwhile.
#[test]
fn up_status_env_down() {
    shared::cluster();
    let sandbox = Sandbox::new();
    let kubeconfig = sandbox.path().join("kubeconfig");
    fs::write(&kubeconfig, "apiVersion: v1\nkind: Config\ncurrent-context: mine\n").unwrap();
    let up = || {
        let mut up = sandbox.firedrill();
        up.args(["cluster", "up"]).env("KUBECONFIG", &kubeconfig);
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"] {
            up.env(name, "http://127.0.0.1:9");
        }
        up.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let (one, two) = (up(), up());
    let export = stdout_of(&one.wait_with_output().unwrap());
    assert_eq!(stdout_of(&two.wait_with_output().unwrap()), export);

    let cluster = sandbox.cluster();
    assert_eq!(export, format!("export KUBECONFIG={}\n", cluster.kubeconfig().display()));
    assert_no_proxy(&cluster);
    let status = stdout_of(&sandbox.firedrill().args(["cluster", "status"]).output().unwrap());
    assert!(status.starts_with("local: up, Kubernetes v1."), "{status}");
    let running = processes::of(&cluster);
    assert_eq!(running.len(), 6, "one cluster and no more: {running:?}");
    for process in &running {
        assert!(status.contains(&format!("{} {}\n", process.pid, process.name)), "{status}");
    }

    let again = stdout_of(&up().wait_with_output().unwrap());
    assert_eq!(again, export);
    assert_eq!(processes::of(&cluster), running, "up made another cluster");
    let env = stdout_of(&sandbox.firedrill().args(["cluster", "env"]).output().unwrap());
    assert_eq!(env, export);

    stdout_of(&sandbox.firedrill().args(["cluster", "down"]).output().unwrap());
    assert_eq!(sandbox.processes(), [""; 0]);
    let left: Vec<_> = fs::read_dir(cluster.path().parent().unwrap()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let home: Vec<_> = fs::read_dir(sandbox.home()).unwrap().collect();
    assert!(home.is_empty(), "{home:?}");
    let mine = fs::read_to_string(&kubeconfig).unwrap();
    assert_eq!(mine, "apiVersion: v1\nkind: Config\ncurrent-context: mine\n");
}

fn assert_no_proxy(cluster: &firedrill::cluster::state::Home) {
    for process in processes::of(cluster) {
        let environ = fs::read(format!("/proc/{}/environ", process.pid)).unwrap();
        let environ = String::from_utf8_lossy(&environ).to_lowercase();
        assert!(!environ.contains("proxy"), "{}: {environ}", process.name);
    }
}

#[test]
fn without_a_cluster_there_is_no_environment_and_nothing_to_remove() {
    let sandbox = Sandbox::new();
    let env = sandbox.firedrill().args(["cluster", "env"]).output().unwrap();
    assert_eq!(env.status.code(), Some(4));
    let stderr = String::from_utf8_lossy(&env.stderr);
    assert!(stderr.contains("cluster local is not up"), "{stderr}");
    assert!(stderr.contains("firedrill cluster up"), "{stderr}");
    stdout_of(&sandbox.firedrill().args(["cluster", "down"]).output().unwrap());

    let bad = sandbox.firedrill().args(["cluster", "down", "../../x"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&bad.stderr);
    assert!(stderr.contains("no name of a cluster"), "{stderr}");
}

/// Processes that crashed or a machine that was restarted: the folder is there, nothing runs, and
/// a pid file names somebody else's process.
#[test]
fn up_recovers_what_a_reboot_has_left() {
    shared::cluster();
    let sandbox = Sandbox::new();
    let cluster = sandbox.cluster();
    stdout_of(&sandbox.firedrill().args(["cluster", "up"]).output().unwrap());
    for process in processes::of(&cluster) {
        let kill = Command::new("kill").args(["-9", &process.pid.to_string()]).status().unwrap();
        assert!(kill.success());
    }
    // A signal is sent at once; an end takes as long as it takes.
    let deadline = Instant::now() + Duration::from_secs(10);
    while !processes::of(&cluster).is_empty() {
        assert!(Instant::now() < deadline, "not ended: {:?}", processes::of(&cluster));
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut stranger = Command::new("sleep").arg("300").spawn().unwrap();
    let pid_file = cluster.components().join("pids/kube-apiserver.pid");
    fs::write(pid_file, stranger.id().to_string()).unwrap();
    let status = stdout_of(&sandbox.firedrill().args(["cluster", "status"]).output().unwrap());
    assert!(status.starts_with("local: down"), "{status}");

    stdout_of(&sandbox.firedrill().args(["cluster", "up"]).output().unwrap());
    assert_eq!(processes::of(&cluster).len(), 6);
    stdout_of(&sandbox.firedrill().args(["cluster", "down"]).output().unwrap());
    assert!(stranger.try_wait().unwrap().is_none(), "another process was ended");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_run_uses_the_cluster_that_is_up() {
    let cluster = shared::cluster();
    let options = Options {
        state: cluster.home.path().parent().unwrap().parent().unwrap().to_owned(),
        binaries: binaries::Options::from_env(None),
        kubernetes: None,
        executable: env!("CARGO_BIN_EXE_firedrill").into(),
        keep: false,
    };
    let held = local::acquire(&options, &|_| {}).await.unwrap();
    assert_eq!(held.access.kubeconfig, Some(cluster.home.kubeconfig()));
    assert!(!held.access.facts.created_by_run);
    assert!(held.access.facts.simulated_pods);
    let version = held.access.client().unwrap().apiserver_version().await.unwrap();
    assert_eq!(held.access.facts.version, version.git_version);
    held.release().await.unwrap();
    let env = stdout_of(&shared::firedrill().args(["cluster", "env"]).output().unwrap());
    assert!(env.contains(cluster.home.kubeconfig().to_str().unwrap()), "{env}");
    assert_eq!(processes::of(&cluster.home).len(), 6, "a shared cluster was removed");
}
