use std::process::Command;

use super::foreign::{Foreign, existing_drill, shop};
use crate::run::running::DRILL;

fn said(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    println!("{command:?}\n{}\n{text}", output.status);
    (output.status.code(), text)
}

#[tokio::test]
async fn a_protected_context_is_refused_until_its_name_is_given_twice() {
    let shop = shop().await;
    let drill = existing_drill();
    for (context, cluster) in [("eu-PRODUCTION", "x"), ("blue", "prod-eu-1")] {
        let foreign = Foreign::new(context, cluster);
        let args = ["run", drill.path(), "-n", &shop.name, "--dry-run"];
        for flags in [
            &["--context", context][..],
            &["--current-context"],
            &["--context", context, "--allow-protected", "other"],
        ] {
            let (code, text) = said(foreign.firedrill().args(args).args(flags));
            assert_eq!(code, Some(3));
            assert!(text.contains("protected by the pattern `*prod*`"), "{text}");
            assert!(text.contains(&format!("--allow-protected {context}")), "{text}");
        }
        let allowed = ["--context", context, "--allow-protected", context];
        assert_eq!(said(foreign.firedrill().args(args).args(allowed)).0, Some(0));
    }
}

#[tokio::test]
async fn other_patterns_protect_other_names() {
    let foreign = Foreign::new("live-eu", "x");
    let drill = existing_drill();
    let args = ["run", drill.path(), "-n", "shop", "--context", "live-eu", "--dry-run"];
    let (code, text) = said(foreign.firedrill().args(args).env("FIREDRILL_PROTECTED", "*prod*,live-*"));
    assert_eq!(code, Some(3));
    assert!(text.contains("protected by the pattern `live-*`"), "{text}");
    let (code, text) = said(foreign.firedrill().args(args).args(["--protected", "[a"]));
    assert_eq!(code, Some(2), "{text}");
}

#[test]
fn a_kubeconfig_is_not_touched_unless_a_context_is_named() {
    let foreign = Foreign::staging();
    let kubeconfig = foreign.kubeconfig();
    let (code, text) = said(foreign.firedrill().args(["run", DRILL, "--kubeconfig"]).arg(&kubeconfig));
    assert_eq!(code, Some(2));
    assert!(text.contains("add --context NAME, or --current-context"), "{text}");
    // The default place is not read either: a dry run without a cluster of firedrill's own
    // knows of none.
    let (code, text) = said(foreign.firedrill().args(["run", DRILL, "--dry-run"]));
    assert_eq!(code, Some(0));
    assert!(text.contains("none is up: the run starts a local one"), "{text}");
}

#[test]
fn a_context_that_is_not_there_is_a_slip() {
    let foreign = Foreign::staging();
    let (code, text) = said(foreign.firedrill().args(["run", DRILL, "--context", "stagign"]));
    assert_eq!(code, Some(2));
    assert!(text.contains("no context `stagign`") && text.contains("it has: staging"), "{text}");
}

#[test]
fn a_context_whose_cluster_is_gone_is_said() {
    let foreign = Foreign::staging();
    let text = std::fs::read_to_string(foreign.kubeconfig()).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    config["clusters"][0]["cluster"]["server"] = serde_json::json!("https://127.0.0.1:1");
    std::fs::write(foreign.kubeconfig(), config.to_string()).unwrap();
    let (code, text) = said(foreign.firedrill().args(["run", DRILL, "--current-context"]));
    assert_eq!(code, Some(4));
    assert!(text.contains("the API server of the context `staging` does not answer"), "{text}");
}
