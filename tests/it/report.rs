//! `firedrill report`, as a person calls it.
#![expect(clippy::unwrap_used, reason = "what fails to start fails the test")]

use std::path::Path;
use std::process::{Command, Output};

const STORED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/journal-v1.jsonl");

fn report(args: &[&str], state: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_firedrill"))
        .arg("report")
        .args(args)
        .env("XDG_STATE_HOME", state)
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn the_same_journal_gives_the_same_bytes() {
    let state = tempfile::tempdir().unwrap();
    let [once, again] = [(); 2].map(|()| report(&[STORED, "--output", "json"], state.path()));
    assert_eq!(once.status.code(), Some(0), "{once:?}");
    assert_eq!(once.stdout, again.stdout);
    assert_eq!(String::from_utf8_lossy(&once.stderr), "");
    let parsed: serde_json::Value = serde_json::from_slice(&once.stdout).unwrap();
    assert_eq!(parsed["schema"], "firedrill.dev/report/v1");
    // The design's keys come first, in the design's order.
    let keys: Vec<_> = out(&once).lines().filter_map(|l| l.strip_prefix("  \"")?.split('"').next()).collect();
    assert_eq!(
        keys[..20],
        [
            "schema",
            "run",
            "drill",
            "verdict",
            "responder",
            "variant",
            "drillHash",
            "cluster",
            "timeline",
            "durationsMs",
            "downtime",
            "signals",
            "requests",
            "revenue",
            "scenario",
            "choices",
            "blastRadius",
            "budget",
            "undo",
            "watchGaps",
        ]
    );
}

#[test]
fn last_is_the_newest_run() {
    let state = tempfile::tempdir().unwrap();
    let none = report(&["last"], state.path());
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&none.stderr).contains("firedrill run"), "{none:?}");

    let runs = state.path().join("firedrill/runs");
    std::fs::create_dir_all(&runs).unwrap();
    std::fs::write(runs.join("20200101-000000-aaaaaa.jsonl"), "no journal").unwrap();
    std::fs::copy(STORED, runs.join("20261122-141500-k3f9q2.jsonl")).unwrap();
    let last = report(&["last"], state.path());
    assert_eq!(last.status.code(), Some(0), "{last:?}");
    assert!(out(&last).starts_with("ABORTED: Service has no endpoints\n"), "{}", out(&last));
    assert!(out(&last).contains("20261122-141500-k3f9q2.jsonl"));
}

#[test]
fn what_is_no_journal_is_said_and_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("empty"), "").unwrap();
    std::fs::write(at("foreign"), "apiVersion: v1\n").unwrap();
    for (name, said) in
        [("missing", "there is no journal"), ("empty", "is empty"), ("foreign", "not a firedrill journal")]
    {
        let output = report(&[&at(name)], folder.path());
        // Long lines are wrapped at any place.
        let text = String::from_utf8_lossy(&output.stderr).replace(['\n', '│'], " ");
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!((output.status.code(), out(&output)), (Some(2), ""), "{name}");
        assert!(words.contains(said), "{name}: {words}");
    }
}

#[test]
fn a_cut_off_journal_is_told_with_a_word_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.jsonl");
    let whole = std::fs::read(STORED).unwrap();
    std::fs::write(&cut, &whole[..whole.len() - 20]).unwrap();
    let output = report(&[&cut.display().to_string()], folder.path());
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cut off"), "{output:?}");
}
