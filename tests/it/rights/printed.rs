use std::process::Command;

use firedrill::engine::rights::{self, Ground, Kinds};
use firedrill::steps::api::Api;
use serde_json::Value;

use super::{apply, plan, printed};
use crate::run::drills::Drill;
use crate::run::running::DRILL;
use crate::support::namespace::TestNamespace;
use crate::support::shared;

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

/// Which resource holds a kind that firedrill does not know, only a cluster can say.
#[tokio::test]
async fn an_unknown_kind_is_said_to_be_missing_and_looked_up_by_the_preflight() {
    let event = "---\napiVersion: events.k8s.io/v1\nkind: Event\nmetadata: {name: deployed}\n";
    let drill =
        Drill::builtin().replace_in("workload.yaml", "# A small API", &format!("{event}---\n# A small API"));
    let output = Command::new(env!("CARGO_BIN_EXE_firedrill"))
        .args(["rbac", drill.path(), "-n", "shop"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("# MISSING:") && text.contains("events.k8s.io/v1 Event"), "{text}");

    let plan = plan(drill.path(), "shop");
    let kinds = Kinds::told_by(&Api::new(shared::client().await), &plan).await.unwrap();
    let found = rights::of(&plan, Ground::Existing, &kinds);
    assert_eq!(found.unknown, Vec::<String>::new());
    let is = |right: &rights::Right| right.resource == "events" && right.group == "events.k8s.io";
    let verbs: Vec<_> = found.needed.iter().filter(|right| is(right)).map(|right| right.verb).collect();
    assert_eq!(verbs, ["create", "delete", "get", "patch"]);
}
