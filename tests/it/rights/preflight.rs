use std::time::Duration;

use firedrill::engine::preflight::rights::{Error, check_on, missing};
use firedrill::engine::rights::{self, Ground, Kinds, rules};
use serde_json::{Value, json};

use super::{apply, as_service_account, client, plan, printed};
use crate::run::running::DRILL;
use crate::support::namespace::TestNamespace;
use crate::support::{eventually, shared};

const WITHIN: Duration = Duration::from_secs(10);

/// A Role of the printed one's name with these rights only.
async fn allow(namespace: &TestNamespace, printed: &Value, rights: &[rights::Right]) {
    let rule = |rule: &rights::Rule| json!({"apiGroups": [rule.group], "resources": rule.resources, "verbs": rule.verbs, "resourceNames": rule.names});
    let mut role = printed.clone();
    role["rules"] = rules(rights).iter().map(rule).collect();
    apply(&namespace.client, &role, false).await;
}

#[tokio::test]
async fn what_is_missing_is_named_and_nothing_else() {
    let namespace = TestNamespace::new().await;
    let objects = printed(&[DRILL, "-n", &namespace.name]);
    let plan = plan(DRILL, &namespace.name);
    let needed = rights::of(&plan, Ground::Existing, &Kinds::default()).needed;
    let kubeconfig = as_service_account(&shared::cluster().home.kubeconfig(), &namespace.name);
    let client = client(kubeconfig).await;

    let Err(Error::Missing(all)) = check_on(&client, &plan, Ground::Existing).await else {
        panic!("allowed without any right")
    };
    assert_eq!(all.rights, needed);
    let patch = format!(
        "- patch services/api-service in namespace {}: to deploy the workload, inject the fault",
        namespace.name
    );
    assert!(all.to_string().contains(&patch), "{all}");
    assert_eq!(all.command, format!("firedrill rbac {DRILL} -n {}", namespace.name));

    for object in &objects[..3] {
        apply(&namespace.client, object, false).await;
    }
    // The authorizer hears of a Role a moment after it is written.
    let allowed = || async { check_on(&client, &plan, Ground::Existing).await.ok() };
    eventually("what rbac prints is enough", WITHIN, allowed).await;

    for (index, right) in needed.iter().enumerate() {
        let mut rest = needed.clone();
        rest.remove(index);
        allow(&namespace, &objects[1], &rest).await;
        let told = || async {
            let told = missing(&client, &needed).await.unwrap();
            (told.len() == 1 && told[0] == *right).then_some(())
        };
        eventually(&format!("`{right}` is missed alone"), WITHIN, told).await;
    }
}
