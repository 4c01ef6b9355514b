use firedrill::journal::{AbortReason, Phase};
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use kube::api::{Api, Patch, PatchParams};
use rustix::process::Signal;
use serde_json::json;

use super::{is_leaving, selected};
use crate::run::running::{DRILL, Running, guards_of};
use crate::support::{sandbox, shared, stdout_of};

#[tokio::test]
async fn a_run_that_loses_its_guard_ends_and_undoes() {
    let mut run = Running::start(&[DRILL, "--respond", "manual", "--output", "json"]);
    run.until_phase(Phase::Responding).await;
    let namespace = run.namespace();
    run.signal_guard(Signal::KILL);
    let ended = run.end().await;
    assert_eq!(ended.code, Some(4));
    let report = ended.report();
    assert_eq!(report["verdict"], "aborted");
    assert_eq!(report["undo"]["complete"], true);
    assert!(ended.stderr.contains("the guard process ended"), "{}", ended.stderr);
    let reason = firedrill::report::fold(&ended.events).aborted.unwrap().reason;
    assert_eq!(reason, Some(AbortReason::GuardLost));
    assert!(is_leaving(&shared::client().await, &namespace).await);
}

#[tokio::test]
async fn a_guard_that_is_lost_while_the_run_undoes_changes_nothing() {
    let mut run = Running::start(&[DRILL, "--respond", "manual", "--output", "json"]);
    run.until_phase(Phase::Responding).await;
    // Both wait in the stopped runner, the signal first.
    run.signal(Signal::INT);
    run.until_phase(Phase::Undoing).await;
    // It may be over before the guard can be found.
    for guard in guards_of(&run.journal()) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(guard).unwrap()).unwrap();
        let _ = rustix::process::kill_process(pid, Signal::KILL);
    }
    let ended = run.end().await;
    assert_eq!(ended.code, Some(130));
    assert!(ended.undo_complete());
}

#[tokio::test]
async fn with_both_killed_the_records_remain_and_recover_works() {
    let mut run = Running::start(&[DRILL, "--respond", "manual"]);
    run.until_phase(Phase::Responding).await;
    let (name, namespace, client) = (run.run(), run.namespace(), shared::client().await);
    run.kill_both();
    assert_eq!(run.end().await.code, None);
    assert_eq!(selected(&client, &namespace).await, "api-svc");
    let maps = Api::<ConfigMap>::namespaced(client.clone(), &namespace);
    let records = maps.get(&format!("firedrill-{name}")).await.unwrap();
    assert!(!records.data.unwrap().is_empty());
    stdout_of(&shared::firedrill().args(["recover", "--run", &name]).output().unwrap());
    assert!(is_leaving(&client, &namespace).await);
}

#[tokio::test]
async fn signals_to_the_guard_alone_change_nothing() {
    let mut run = Running::start(&[DRILL, "--respond", "manual", "--output", "json"]);
    run.until_phase(Phase::Responding).await;
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        run.signal_guard(signal);
    }
    let namespace = run.namespace();
    let services = Api::<Service>::namespaced(shared::client().await, &namespace);
    let mend = Patch::Merge(json!({"spec": {"selector": {"app": "api-service"}}}));
    services.patch("api-service", &PatchParams::default(), &mend).await.unwrap();
    let ended = run.end().await;
    assert_eq!(ended.code, Some(0), "the run went on to its end");
}

#[tokio::test]
async fn a_guard_has_left_the_terminal_of_its_runner() {
    let mut run = Running::start(&[DRILL, "--respond", "manual"]);
    run.until_phase(Phase::Preparing).await;
    let [guard] = guards_of(&run.journal())[..] else { panic!("one run, one guard") };
    // After the name in brackets: state, parent, group, session.
    let stat = std::fs::read_to_string(format!("/proc/{guard}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    assert_eq!((fields[2], fields[3]), (guard.to_string().as_str(), guard.to_string().as_str()), "{stat}");
    run.signal(Signal::INT);
    assert_eq!(run.end().await.code, Some(130));
}

#[tokio::test]
async fn without_a_guard_nothing_is_changed() {
    // The runner's last look at the API server is right before; a kubeconfig that leads nowhere
    // is what only the guard reads anew.
    let sandbox = sandbox::Sandbox::new();
    let kubeconfig = sandbox.path().join("kubeconfig");
    std::fs::copy(shared::cluster().home.kubeconfig(), &kubeconfig).unwrap();
    let charge = firedrill::engine::guard::Charge {
        run: "20261122-141500-abcdef".to_owned(),
        namespace: "nowhere".to_owned(),
        keep_workload: false,
        journal: sandbox.path().join("run.jsonl"),
        kubeconfig: Some(sandbox.path().join("none")),
        context: None,
        loopback: true,
        kind_cluster: None,
        private_cluster: None,
        began: 0,
        deadline: 0,
    };
    let output = sandbox.firedrill().args(charge.arguments()).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.lines().count() == 1 && !said.contains("ready"), "{said}");
}
