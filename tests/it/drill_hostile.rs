//! Drill files that want to cost time, memory or the reader's terminal.

use std::fmt::Write as _;

use firedrill::drill::catalogue;
use insta::assert_snapshot;

use crate::drill_files::Folder;

#[test]
fn files_that_are_too_large() {
    let folder = Folder::new();
    folder.write("drill.yaml", &"x".repeat(10 << 20));
    assert_snapshot!("large_drill", folder.told());
    let folder = Folder::new();
    folder.write("workload.yaml", &"# x\n".repeat(3 << 20));
    assert_snapshot!("large_manifest", folder.told());
}

/// Files of the allowed size that hold as much as possible of one thing.
#[test]
fn a_file_that_is_wrong_everywhere_is_answered_at_once() {
    let builtin = catalogue::builtin()[0].files[0].1;
    let many = |from: &str, to: &str, item: &str, times: usize| {
        let folder = Folder::new();
        folder.write("drill.yaml", &builtin.replacen(from, &to.replace("ITEMS", &item.repeat(times)), 1));
        folder.told()
    };
    let told = many("runbook: [triage.B, fix.A, harden]", "runbook: [ITEMS]", "triage.X, ", 5_000);
    assert!(told.contains("a list of 5000 entries"), "{told}");
    let told = many("runbook: [triage.B, fix.A, harden]", "runbook: [ITEMS]", "triage.X, ", 60_000);
    assert!(told.contains("more than 20000 keys and values"), "{told}");
    let told = many("budget: {", "ITEMSbudget: {", "xy: 1\n", 1);
    assert!(told.contains("unknown key `xy`"), "{told}");
    let told = many("situation: >-", "situation: ITEMS\n  x: >-", "é", 400_000);
    assert!(told.contains("unknown key `x`") && told.len() < 1_000, "{}", told.len());
    let keys: String = (0..9_000).fold(String::new(), |keys, i| keys + &format!("k{i}: 1\n"));
    let told = many("budget: {", "ITEMSbudget: {", &keys, 1);
    assert!(told.contains("unknown key `k0`") && told.len() < 40_000, "{}", told.len());
}

#[test]
fn a_manifest_that_is_wrong_everywhere_is_answered_at_once() {
    let folder = Folder::new();
    folder.write("workload.yaml", &"---\nkind: A\n".repeat(80_000));
    let told = folder.told();
    assert!(told.contains("reading stopped at document 21"), "{told}");
}

#[test]
fn a_file_cannot_play_with_the_terminal() {
    let told = Folder::new().drill("signal: http,", r#"signal: "\e[2J\x9bm","#).told();
    assert!(told.contains("there is no signal `?[2J·m`"), "{told}");
    let told = Folder::new().drill("signal: http,", "signal: \u{1b}[2J,").told();
    assert!(!told.contains('\u{1b}'), "{told}");
}

/// Nine levels, nine aliases each: a few hundred bytes that stand for hundreds of millions of nodes.
fn alias_bomb() -> String {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let below = level - 1;
        let _ = writeln!(text, "a{level}: &a{level} [{}]", vec![format!("*a{below}"); 9].join(", "));
    }
    text
}

#[test]
fn alias_bombs() {
    let folder = Folder::new();
    folder.write(
        "drill.yaml",
        &format!("apiVersion: firedrill.dev/v1\nkind: Drill\n{}metadata: *a9\n", alias_bomb()),
    );
    assert!(folder.told().contains("unknown key `a9`"));
    // The bomb inside a value that may hold anything, where nothing but the limit stops it.
    let bomb: String =
        alias_bomb().lines().fold(String::new(), |text, line| text + "          " + line + "\n");
    let folder = Folder::new().drill(
        "    - patch: {target: service/api-service, merge: {spec: {selector: {app: api-svc}}}}",
        &format!("    - patch:\n        target: service/api-service\n        merge:\n{bomb}"),
    );
    assert_snapshot!("alias_bomb_in_patch", folder.told());
    let folder = Folder::new();
    folder.write("workload.yaml", &alias_bomb());
    assert_snapshot!("alias_bomb_in_manifest", folder.told());
}
