//! Credential plugins.

use std::fs;
use std::time::{Duration, Instant};

use firedrill::journal::{Kind, Phase};
use rustix::process::Signal;
use serde_json::json;

use super::someone::{Account, CONTEXT, Someone, plugin, prints_token};
use crate::run::running::Running;
use crate::safeguards::foreign::{existing_drill, service, shop};
use crate::support::eventually;
use crate::support::namespace::TestNamespace;

/// Somebody whose plugin prints a token that may do everything, and notes each time that it runs.
async fn with_plugin(namespace: &TestNamespace) -> Someone {
    let token = Account::new(namespace).await.token().await;
    let someone = Someone::known_by(&json!({}));
    let (file, log) = (someone.file("token", &token), someone.path("log"));
    let noted = format!("echo \"$KUBERNETES_EXEC_INFO\" >> {}", log.display());
    let command = someone.program("ask-cloud", &format!("{noted}\n{}", prints_token(&file)));
    someone.but_known_by(&plugin(&command))
}

fn runs_of(someone: &Someone) -> Vec<serde_json::Value> {
    let log = fs::read_to_string(someone.path("log")).unwrap_or_default();
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_whole_run_and_its_guard_ask_the_plugin_once_each() {
    let shop = shop().await;
    let someone = with_plugin(&shop).await;
    let (drill, before) = (existing_drill(), service(&shop).await);
    let args = [drill.path(), "--context", CONTEXT, "-n", &shop.name, "--output", "json"];
    let ended = Running::start_with(someone.firedrill(), &args).end().await;
    assert_eq!(ended.code, Some(0));
    assert_eq!(service(&shop).await, before);
    let told = runs_of(&someone);
    assert_eq!(told.len(), 2, "the runner and its guard, however many clients they have: {told:?}");
    for info in told {
        assert_eq!(info["spec"]["interactive"], false);
        assert_eq!(info["spec"]["cluster"]["server"], super::someone::server());
    }
}

#[tokio::test]
async fn a_killed_run_is_undone_by_its_guard_over_the_plugin() {
    let shop = shop().await;
    let someone = with_plugin(&shop).await;
    let (drill, before) = (existing_drill(), service(&shop).await);
    let args = [drill.path(), "--context", CONTEXT, "-n", &shop.name, "--respond", "manual"];
    let mut run = Running::start_with(someone.firedrill(), &args);
    run.until_phase(Phase::Responding).await;
    assert_ne!(service(&shop).await["spec"], before["spec"]);
    run.signal(Signal::KILL);
    eventually("the Service as it was", Duration::from_secs(5), || async {
        (service(&shop).await == before).then_some(())
    })
    .await;
    let ended = run.end().await;
    assert!(ended.stderr.contains("Its guard put everything back."), "{}", ended.stderr);
    assert_eq!(ended.events.last().unwrap().kind, Kind::RunEnded);
    assert_eq!(runs_of(&someone).len(), 2);
}

#[tokio::test]
async fn every_command_that_asks_a_cluster_knows_plugins() {
    let shop = shop().await;
    let someone = with_plugin(&shop).await;
    let (code, said) = someone.says(&["status", "--context", CONTEXT, "-n", &shop.name]);
    assert_eq!((code, said.as_str()), (Some(0), "no run is open\n"));
    let diagnose = ["diagnose", "api-service", "--context", CONTEXT, "-n", &shop.name];
    assert_eq!(someone.says(&diagnose).0, Some(0));
    assert_eq!(runs_of(&someone).len(), 2);
}

/// What `status` says with a plugin of this script.
fn status(script: &str) -> (Option<i32>, String) {
    let someone = Someone::known_by(&json!({}));
    let command = someone.program("ask-cloud", script);
    someone.but_known_by(&plugin(&command)).says(&["status", "--context", CONTEXT])
}

#[test]
fn one_that_fails_is_named_with_its_last_line() {
    let (code, said) =
        status("echo 'refreshing' >&2\necho 'Your session has expired. Log in again.' >&2\nexit 255");
    assert_eq!(code, Some(4));
    insta::assert_snapshot!(said);
}

#[test]
fn so_it_is_before_a_run() {
    let someone = Someone::known_by(&json!({}));
    let command = someone.program("ask-cloud", "echo 'no network' >&2; exit 1");
    let drill = existing_drill();
    let args = ["run", drill.path(), "--context", CONTEXT, "-n", "shop"];
    let (code, said) = someone.but_known_by(&plugin(&command)).says(&args);
    assert_eq!(code, Some(4));
    assert!(said.contains("HOME/ask-cloud ended with exit status: 1: no network"), "{said}");
}

#[test]
fn one_that_is_not_there_says_how_to_get_it() {
    let user = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin",
        "interactiveMode": "Never", "installHint": "no-such-plugin is part of the cloud's tools"}});
    let (code, said) = Someone::known_by(&user).says(&["status", "--context", CONTEXT]);
    assert_eq!(code, Some(4));
    insta::assert_snapshot!(said);
}

#[test]
fn one_that_wants_a_terminal_gets_none() {
    let user = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh",
        "interactiveMode": "Always"}});
    let (code, said) = Someone::known_by(&user).says(&["status", "--context", CONTEXT]);
    assert_eq!(code, Some(4));
    insta::assert_snapshot!(said);
}

#[test]
fn one_that_hangs_has_a_deadline_and_ends_with_all_that_it_started() {
    let someone = Someone::known_by(&json!({}));
    let pids = someone.path("pids");
    let script = format!("sleep 600 & echo $$ $! > {}; wait", pids.display());
    let command = someone.program("ask-cloud", &script);
    let since = Instant::now();
    let someone = someone.but_known_by(&plugin(&command));
    let (code, said) = someone.says(&["status", "--context", CONTEXT]);
    assert_eq!(code, Some(4));
    insta::assert_snapshot!(said);
    assert!(since.elapsed() < Duration::from_secs(25), "{:?}", since.elapsed());
    for pid in fs::read_to_string(pids).unwrap().split_whitespace() {
        let state = fs::read_to_string(format!("/proc/{pid}/stat"));
        let gone =
            state.map_or(true, |stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')));
        assert!(gone, "{pid} is left");
    }
}

#[test]
fn what_is_no_credential_is_not_quoted() {
    let (code, said) = status("echo secret-token");
    assert_eq!(code, Some(4));
    assert!(said.contains("printed something that is no ExecCredential"), "{said}");
    assert!(!said.contains("secret-token"), "{said}");
}

#[test]
fn a_token_that_the_api_server_does_not_take_is_the_plugins() {
    let someone = Someone::known_by(&json!({}));
    let file = someone.file("token", "expired");
    let command = someone.program("ask-cloud", &prints_token(&file));
    let (code, said) = someone.but_known_by(&plugin(&command)).says(&["status", "--context", CONTEXT]);
    assert_eq!(code, Some(4));
    insta::assert_snapshot!(said);
}
