//! Runs on a cluster of their own, whose API server is stopped for a while.

use std::process::Stdio;
use std::time::Duration;

use firedrill::cluster::local::processes;
use firedrill::journal::{Kind, Phase, Point};
use k8s_openapi::api::core::v1::Service;
use kube::api::Api;
use kube::config::{KubeConfigOptions, Kubeconfig};
use rustix::process::{Pid, Signal, kill_process};

use super::running::{DRILL, Running};
use crate::support::sandbox::Sandbox;
use crate::support::{shared, stdout_of};

/// A sandbox whose cluster `local` is up.
struct Own {
    sandbox: Sandbox,
}

impl Own {
    fn up() -> Self {
        shared::cluster();
        let sandbox = Sandbox::new();
        stdout_of(&sandbox.firedrill().args(["cluster", "up"]).stdin(Stdio::null()).output().unwrap());
        Self { sandbox }
    }

    async fn selected(&self, namespace: &str) -> String {
        let read = Kubeconfig::read_from(self.sandbox.cluster().kubeconfig()).unwrap();
        let config = kube::Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await;
        let services =
            Api::<Service>::namespaced(kube::Client::try_from(config.unwrap()).unwrap(), namespace);
        services.get("api-service").await.unwrap().spec.unwrap().selector.unwrap()["app"].clone()
    }

    fn send_to_apiserver(&self, signal: Signal) {
        let pid = processes::component(&self.sandbox.cluster(), "kube-apiserver").unwrap();
        kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.sandbox.firedrill().args(["cluster", "down"]).output();
    }
}

#[tokio::test]
async fn a_second_signal_leaves_at_once_and_says_what_is_left() {
    let own = Own::up();
    let mut run = Running::start_with(own.sandbox.firedrill(), &[DRILL, "--respond", "manual"]);
    run.until_phase(Phase::Responding).await;
    let namespace = run.namespace();
    own.send_to_apiserver(Signal::STOP);
    run.signal(Signal::INT);
    run.until_phase(Phase::Undoing).await;
    run.signal(Signal::INT);
    let ended = run.end().await;
    own.send_to_apiserver(Signal::CONT);
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    // Its guard is gone with it: what was said to be left is left.
    assert_eq!(own.selected(&namespace).await, "api-svc", "{}\n{:#?}", ended.stderr, ended.events);
    assert!(ended.stderr.contains("service/api-service"), "{}", ended.stderr);
    assert!(ended.stderr.contains("firedrill recover --kubeconfig"), "{}", ended.stderr);
}

#[tokio::test]
async fn what_a_frozen_api_server_hid_is_uncertain() {
    let own = Own::up();
    let args = [DRILL, "--respond", "manual", "--output", "json"];
    let mut run = Running::start_with(own.sandbox.firedrill(), &args);
    run.until_point(Point::Detect).await;
    own.send_to_apiserver(Signal::STOP);
    // Longer than a heartbeat and a request may stay without an answer.
    let frozen = Duration::from_millis(1_600);
    tokio::time::sleep(frozen).await;
    own.send_to_apiserver(Signal::CONT);
    run.until("a gap", |kind| matches!(kind, Kind::Gap { .. })).await;
    run.signal(Signal::INT);
    let ended = run.end().await;
    assert_eq!(ended.code, Some(130));
    let report = ended.report();
    assert_eq!(report["undo"]["complete"], true);
    let gap = &report["watchGaps"][0];
    let length = gap["toMs"].as_f64().unwrap() - gap["fromMs"].as_f64().unwrap();
    assert!(length >= 1_000.0, "{gap}");
    let unknown = report["signals"][1]["unknownMs"].as_f64().unwrap();
    assert!(unknown >= 300.0, "requests without an answer say nothing: {report:#}");
    assert!(report["requests"]["byResult"]["timeout"].is_null(), "{report:#}");
    assert!(report["requests"]["byResult"]["silence of the API server"].as_u64() > Some(0), "{report:#}");
}
