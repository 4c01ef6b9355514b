//! Runs that were killed, undone from what they left in the cluster.

mod alone;
mod killed;
mod rights;

use std::process::{Command, Output};

use firedrill::journal::Phase;
use serde_json::Value;

use crate::run::running::{DRILL, Running};

/// What a command said, shown where the test fails.
pub fn said(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8(stderr).unwrap(), String::from_utf8(stdout).unwrap());
    println!("{command:?}\n{status}\n{text}");
    (status.code(), text)
}

/// `firedrill status --output json`, as the runs in it.
pub fn status(mut firedrill: Command) -> Vec<Value> {
    let output = firedrill.args(["status", "--output", "json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut status: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(status["schema"], "firedrill.dev/status/v1");
    serde_json::from_value(status["runs"].take()).unwrap()
}

/// A run that was killed while its fault was in, and its guard, too: its name and its namespace.
async fn killed(firedrill: Command, args: &[&str]) -> (String, String) {
    let mut run = Running::start_with(firedrill, &[&[DRILL, "--respond", "manual"], args].concat());
    run.until_phase(Phase::Responding).await;
    let names = (run.run(), run.namespace());
    run.kill_both();
    assert_eq!(run.end().await.code, None);
    names
}
