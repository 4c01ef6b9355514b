//! Journals and drill files from elsewhere.

use std::process::Command;

use super::{HOSTILE, SEEN, assert_harmless, harmless, only_colours};
use crate::drill_files::Folder;
use crate::support::sandbox::Sandbox;

const JOURNAL: &str = include_str!("../../fixtures/journal-v1.jsonl");

/// The stored journal, in which somebody else named everything.
fn journal(sandbox: &Sandbox) -> String {
    let hostile = serde_json::to_string(HOSTILE).unwrap();
    let hostile = hostile.trim_matches('"');
    let text = JOURNAL
        .replace("Service has no endpoints", &format!("Service {hostile}"))
        .replace("\"by\":\"firedrill\"", &format!("\"by\":\"{hostile}\""))
        .replace("api-service", &format!("api{hostile}"))
        .replace("\"result\":\"200\"", &format!("\"result\":\"200{hostile}\""))
        .replace("\"currency\":\"USD\"", &format!("\"currency\":\"{hostile}\""))
        .replace("\"name\":\"firedrill-k3f9q2\"", &format!("\"name\":\"{}\"", "x".repeat(1 << 20)));
    let path = sandbox.path().join(format!("{HOSTILE}.jsonl").replace('/', "_"));
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn the_report_of_a_hostile_journal_is_harmless() {
    let sandbox = Sandbox::new();
    let path = journal(&sandbox);
    let (code, text) = harmless(sandbox.firedrill().args(["report", &path]));
    assert_eq!((code, text.contains(SEEN)), (Some(0), true), "{text}");
    let output = sandbox.firedrill().args(["report", &path, "--output", "json"]).output().unwrap();
    let json = String::from_utf8(output.stdout).unwrap();
    assert!(!json.contains(|c| c != '\n' && firedrill::plain::misleads(c)));
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["title"], format!("Service {HOSTILE}"), "for a program nothing is lost");

    let cut = std::fs::read(&path).unwrap();
    std::fs::write(&path, &cut[..cut.len() - 20]).unwrap();
    assert!(harmless(sandbox.firedrill().args(["report", &path])).1.contains("is cut off"));
    std::fs::write(&path, &cut[20..]).unwrap();
    assert_eq!(harmless(sandbox.firedrill().args(["report", &path])).0, Some(2));
    assert_eq!(harmless(sandbox.firedrill().args(["report", HOSTILE])).0, Some(2));
}

/// The folder of a drill in which strings are hostile, escaped as YAML can and raw as it allows.
fn drill() -> Folder {
    let folder = Folder::new();
    let escaped = "\\e]0;owned\\a\\e[2J\\x9b2J\\rok\\u202edrowssap\\u200b";
    // YAML allows no other raw ones.
    let raw = "\u{202e}drowssap\u{200b}";
    folder
        .drill("title: Service has no endpoints", &format!("title: \"{escaped}\""))
        .drill("role: On-call platform engineer", &format!("role: \"{raw}\""))
}

fn firedrill(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firedrill"));
    command.args(args).env("NO_COLOR", "1");
    command
}

#[test]
fn a_hostile_drill_is_shown_in_harmless_words() {
    let folder = drill();
    let path = folder.path().to_str().unwrap();
    let (code, text) = harmless(&mut firedrill(&["show", path]));
    assert_eq!((code, text.contains(SEEN)), (Some(0), true), "{text}");
    let json = firedrill(&["show", path, "--output", "json"]).output().unwrap().stdout;
    let json = String::from_utf8(json).unwrap();
    assert!(!json.contains(|c| c != '\n' && firedrill::plain::misleads(c)));
    let shown: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(shown["drill"]["metadata"]["title"].as_str().unwrap().starts_with("\u{1b}]0;owned"));
    // A program gets the file as it is.
    let yaml = firedrill(&["show", path, "--output", "yaml"]).output().unwrap().stdout;
    assert_eq!(yaml, std::fs::read(folder.path().join("drill.yaml")).unwrap());
    assert_eq!(harmless(&mut firedrill(&["validate", path])).0, Some(0));
}

#[test]
fn what_is_wrong_with_it_is_told_in_harmless_words() {
    let folder = drill()
        .drill("signal: http,", "signal: \"\\e[2Jx\\u202edrowssap\",")
        .drill("claim: finds-cause", "claim: \"\u{202e}drowssap\u{200b}\"")
        .drill("budget: {", "\u{202e}drowssap: 1\nbudget: {");
    let path = folder.path().to_str().unwrap();
    for args in [["validate", path], ["show", path], ["run", path]] {
        let (code, text) = harmless(&mut firedrill(&args));
        assert_eq!((code, text.contains(SEEN)), (Some(2), true), "{text}");
        only_colours(&mut firedrill(&args));
    }
    assert_eq!(harmless(&mut firedrill(&["validate", HOSTILE])).0, Some(2));
    assert_eq!(harmless(&mut firedrill(&[HOSTILE])).0, Some(2));
    assert_harmless(&harmless(&mut firedrill(&["list"])).1);
}
