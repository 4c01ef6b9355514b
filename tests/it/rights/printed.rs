use std::process::Command;

use serde_json::Value;

use super::{apply, printed};
use crate::run::running::DRILL;
use crate::support::namespace::TestNamespace;

#[tokio::test]
async fn the_api_server_takes_all_of_it() {
    let namespace = TestNamespace::new().await;
    for own in [None, Some("--own-namespace")] {
        let args: Vec<_> = [DRILL, "-n", &namespace.name].into_iter().chain(own).collect();
        let objects = printed(&args);
        let kinds: Vec<_> = objects.iter().map(|object| object["kind"].as_str().unwrap()).collect();
        let role = if own.is_some() { "ClusterRole" } else { "Role" };
        let binding = format!("{role}Binding");
        assert_eq!(kinds, ["ServiceAccount", role, &binding, "ClusterRole", "ClusterRoleBinding"]);
        for object in &objects {
            let taken = apply(&namespace.client, object, true).await;
            assert_eq!(taken["rules"], object["rules"]);
        }
    }
}

#[test]
fn both_forms_say_the_same_and_names_are_quoted() {
    let args = [DRILL, "-n", "on", "--service-account", "1e3"];
    let output = Command::new(env!("CARGO_BIN_EXE_firedrill"))
        .arg("rbac")
        .args(args)
        .args(["--output", "json"])
        .output()
        .unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list["items"], Value::from(printed(&args)));
    assert_eq!(list["items"][0]["metadata"]["namespace"], "on");
    assert_eq!(list["items"][0]["metadata"]["name"], "1e3");
}
