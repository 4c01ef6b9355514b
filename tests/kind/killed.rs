//! Runs that are killed on a workload of somebody else's: with real pods, too, all is as it was.

use std::process::Child;
use std::time::Duration;

use firedrill::journal::{Kind, Phase, read};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::sandbox::Sandbox;
use crate::support::shop::{Shop, existing_drill};
use crate::support::{eventually, is_here, shared};

const WITHIN: Duration = Duration::from_secs(60);

/// A manual run on the workload that is there, broken and waiting for somebody.
struct Broken {
    sandbox: Sandbox,
    shop: Shop,
    run: Child,
    before: serde_json::Value,
}

impl Broken {
    fn new() -> Self {
        let cluster = shared::cluster();
        let sandbox = Sandbox::that_uses(cluster.name());
        let shop = Shop::open(cluster, 30_080);
        let before = shop.everything();
        let drill = existing_drill();
        let journal = sandbox.state().join("run.jsonl");
        let mut firedrill = sandbox.firedrill();
        firedrill.arg("run").arg(drill.path()).args(["--cluster", "kind", "-n", &shop.name]);
        firedrill.args(["--respond", "manual", "--journal"]).arg(&journal);
        let run = firedrill.spawn().unwrap();
        let broken = || {
            let events = read::read(&journal).map(|reading| reading.events).unwrap_or_default();
            events.iter().any(|event| matches!(event.kind, Kind::Phase { phase: Phase::Responding }))
        };
        eventually("the fault is detected", WITHIN, broken);
        assert_ne!(shop.everything(), before, "it is broken");
        Self { sandbox, shop, run, before }
    }

    /// Its guard, the one child that it has.
    fn guard(&self) -> Pid {
        let children = format!("/proc/{0}/task/{0}/children", self.run.id());
        let pids = std::fs::read_to_string(children).unwrap();
        let mut commands = pids.split_whitespace().filter(|pid| {
            std::fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| line.windows(5).any(|w| w == b"guard"))
        });
        Pid::from_raw(commands.next().expect("a guard").parse().unwrap()).unwrap()
    }

    fn kill(&mut self) {
        self.run.kill().unwrap();
        self.run.wait().unwrap();
    }

    /// Whether the journal has its end: a guard that is not done would outlive the cluster.
    fn is_over(&self) -> bool {
        let reading = read::read(&self.sandbox.state().join("run.jsonl"));
        reading.is_ok_and(|reading| reading.events.last().is_some_and(|last| last.kind == Kind::RunEnded))
    }

    fn is_as_before(&self) -> bool {
        self.shop.everything() == self.before
    }
}

#[test]
fn the_guard_puts_everything_back() {
    if !is_here("a killed run on kind, and its guard") {
        return;
    }
    let mut broken = Broken::new();
    broken.kill();
    // Pods of the storefront may still be on their way back; their objects do not change by that.
    eventually("all is as it was", WITHIN, || broken.is_as_before());
    eventually("the guard is done", WITHIN, || broken.is_over());
}

#[test]
fn recover_puts_everything_back_where_the_guard_was_killed_too() {
    if !is_here("a killed run and a killed guard on kind, and recover") {
        return;
    }
    let mut broken = Broken::new();
    let guard = broken.guard();
    // The runner first: it would undo when it sees its guard go.
    kill_process(Pid::from_child(&broken.run), Signal::STOP).unwrap();
    kill_process(guard, Signal::KILL).unwrap();
    broken.kill();
    assert!(!broken.is_as_before(), "nobody was left to undo it");
    let status = broken.sandbox.firedrill().args(["status", "--cluster", "kind"]).output().unwrap();
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.contains(&broken.shop.name) && status.contains("api-svc"), "{status}");
    // As it is told, in another environment: the command names the cluster.
    let (_, told) = status.split_once("firedrill recover").expect("a command");
    let told: Vec<_> = told.lines().next().unwrap().split_whitespace().collect();
    let mut recover = broken.sandbox.firedrill();
    let recovered = recover.env_remove("FIREDRILL_KIND_CLUSTER").arg("recover").args(told).output().unwrap();
    assert_eq!(recovered.status.code(), Some(0), "{}", String::from_utf8_lossy(&recovered.stderr));
    assert_eq!(broken.shop.everything(), broken.before);
}
