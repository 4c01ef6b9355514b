//! The commands about drill files, as a person or a program calls them.

#![expect(clippy::unwrap_used, reason = "what the tests share may end a test like a test does")]

use std::process::{Command, Output};

use serde_json::Value;

fn firedrill(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_firedrill")).args(args).env("NO_COLOR", "1").output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn json(args: &[&str]) -> Value {
    let output = firedrill(args);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn list_names_the_builtin_drills() {
    let list = json(&["list", "--output", "json"]);
    assert_eq!(list["drills"][0]["name"], "service-has-no-endpoints");
    assert_eq!(
        stdout(&firedrill(&["list"])),
        "service-has-no-endpoints  Service has no endpoints  [service, selector, labels, helm]\n"
    );
}

#[test]
fn show_says_what_a_drill_does() {
    insta::assert_snapshot!(stdout(&firedrill(&["show", "service-has-no-endpoints"])));
}

#[test]
fn show_for_programs_has_defaults_and_scenario() {
    let shown = json(&["show", "service-has-no-endpoints", "--output", "json"]);
    assert_eq!(shown["scenario"]["worstS"], 2040);
    assert_eq!(shown["drill"]["impact"]["revenuePerMinute"], "5000");
    assert_eq!(shown["drill"]["signals"][1]["http"]["every"], "50ms");
}

#[test]
fn show_as_yaml_is_a_drill_to_start_from() {
    let folder = tempfile::tempdir().unwrap();
    let output = firedrill(&["show", "service-has-no-endpoints", "--output", "yaml"]);
    let file = folder.path().join("drill.yaml");
    std::fs::write(&file, &output.stdout).unwrap();
    let checked = firedrill(&["validate", file.to_str().unwrap()]);
    // All that it lacks is the files beside it: three manifests, four charts.
    let told = String::from_utf8(checked.stderr).unwrap();
    assert_eq!(told.matches("Error: ").count(), 7, "{told}");
    assert!(told.contains("there is no file `workload.yaml`"), "{told}");
}

#[test]
fn show_knows_the_drill_itself_and_no_other_variant() {
    let itself = firedrill(&["show", "service-has-no-endpoints", "--variant", "none"]);
    assert_eq!(itself.stdout, firedrill(&["show", "service-has-no-endpoints"]).stdout);
    let unknown = firedrill(&["show", "service-has-no-endpoints", "--variant", "nowhere"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("has no variant `nowhere`"));
}

#[test]
fn validate_tells_the_good_on_stdout_and_the_bad_on_stderr() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("drill.yaml");
    std::fs::write(&bad, "apiVersion: firedrill.dev/v1\nkind: Drill\nsignal: []\n").unwrap();
    let good = concat!(env!("CARGO_MANIFEST_DIR"), "/drills/service-has-no-endpoints");
    let output = firedrill(&["validate", good, bad.to_str().unwrap(), "service-has-no-endpoints"]);
    assert_eq!(output.status.code(), Some(2));
    let lines: Vec<&str> = stdout(&output).lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|l| l.starts_with("ok  service-has-no-endpoints")), "{lines:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("unknown key `signal`") && told.contains(":3:1"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told}");
    assert_eq!(firedrill(&["validate", good]).status.code(), Some(0));
    assert_eq!(firedrill(&["validate"]).status.code(), Some(2));
}

#[test]
fn schema_is_json_schema() {
    let schema = json(&["schema"]);
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(schema["$id"].is_string());
}
