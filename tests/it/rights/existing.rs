//! Whole runs of a ServiceAccount that has what `rbac` prints and nothing more, on a workload that
//! is there already.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use firedrill::journal::Phase;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{DeleteParams, PostParams};
use rustix::process::Signal;
use serde_json::{Value, json};

use super::{apply, as_service_account, printed};
use crate::run::drills::Drill;
use crate::run::running::Running;
use crate::safeguards::foreign::{Foreign, existing_drill, service, shop};
use crate::support::namespace::TestNamespace;
use crate::support::{eventually, shared};

const WITHIN: Duration = Duration::from_secs(20);

/// Somebody who may run one drill in one namespace.
struct Restricted {
    shop: TestNamespace,
    drill: Drill,
    home: Foreign,
    kubeconfig: PathBuf,
    role: Value,
}

impl Restricted {
    async fn new() -> Self {
        let (shop, drill, home) = (shop().await, existing_drill(), Foreign::staging());
        let objects = printed(&[drill.path(), "-n", &shop.name]);
        // The last two are the optional ones, for the whole cluster.
        for object in &objects[..3] {
            apply(&shop.client, object, false).await;
        }
        let config = as_service_account(&shared::cluster().home.kubeconfig(), &shop.name);
        let kubeconfig = home.kubeconfig();
        std::fs::write(&kubeconfig, serde_json::to_string(&config).unwrap()).unwrap();
        let restricted = Self { shop, drill, home, kubeconfig, role: objects[1].clone() };
        // The authorizer hears of a Role a moment after it is written.
        eventually("the rights", WITHIN, || async { restricted.dry_run().0.then_some(()) }).await;
        restricted
    }

    fn args(&self) -> [&str; 6] {
        [self.drill.path(), "--current-context", "-n", &self.shop.name, "--output", "json"]
    }

    fn firedrill(&self) -> Command {
        let mut command = self.home.firedrill();
        command.env("KUBECONFIG", &self.kubeconfig);
        command
    }

    fn dry_run(&self) -> (bool, String) {
        let output = self.firedrill().arg("run").args(self.args()).arg("--dry-run").output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    }

    fn start(&self, more: &[&str]) -> Running {
        Running::start_with(self.firedrill(), &[&self.args()[..], more].concat())
    }
}

#[tokio::test]
async fn what_is_printed_is_enough_to_run_to_be_killed_and_to_recover() {
    let restricted = Restricted::new().await;
    let before = service(&restricted.shop).await;
    let passed = restricted.start(&[]).end().await;
    assert_eq!(passed.code, Some(0));
    assert!(passed.undo_complete());
    assert_eq!(service(&restricted.shop).await, before);
    let report = passed.report();
    let cluster = &report["cluster"];
    assert_eq!(
        (&cluster["nodes"], &cluster["distribution"]),
        (&Value::Null, &Value::Null),
        "no right to list nodes"
    );
    let radius = &report["blastRadius"];
    assert_eq!((&radius["complete"], &radius["scope"]), (&json!(false), &json!("namespace")), "{radius:#}");
    let reason = radius["reason"].as_str().unwrap();
    assert!(reason.contains(&restricted.shop.name) && reason.contains("firedrill rbac"), "{reason}");

    let mut killed = restricted.start(&["--respond", "manual"]);
    killed.until_phase(Phase::Responding).await;
    killed.signal(Signal::KILL);
    assert!(killed.end().await.undo_complete(), "by its guard");
    assert_eq!(service(&restricted.shop).await, before);

    let mut both = restricted.start(&["--respond", "manual"]);
    both.until_phase(Phase::Responding).await;
    both.kill_both();
    both.end().await;
    assert_ne!(service(&restricted.shop).await, before);
    let recover = ["recover", "--current-context", "-n", &restricted.shop.name];
    assert!(restricted.firedrill().args(recover).status().unwrap().success());
    assert_eq!(service(&restricted.shop).await, before);
}

#[tokio::test]
async fn without_one_of_them_nothing_begins() {
    let restricted = Restricted::new().await;
    let mut role = restricted.role.clone();
    for rule in role["rules"].as_array_mut().unwrap() {
        if rule["resources"] == json!(["services"]) {
            rule["verbs"].as_array_mut().unwrap().retain(|verb| verb != "patch");
        }
    }
    apply(&restricted.shop.client, &role, false).await;
    let refused = || async { Some(restricted.dry_run().1).filter(|said| !said.is_empty()) };
    let said = eventually("a refusal", WITHIN, refused).await;
    assert!(said.contains("patch services/api-service"), "{said}");
    let ended = restricted.start(&[]).end().await;
    assert_eq!(ended.code, Some(3));
    assert!(
        ended.stderr.contains(&format!("firedrill rbac {}", restricted.drill.path())),
        "{}",
        ended.stderr
    );
    assert!(ended.events.is_empty(), "nothing began");
}

#[tokio::test]
async fn another_service_that_goes_out_ends_the_run() {
    let restricted = Restricted::new().await;
    let shop = &restricted.shop;
    let ledger = json!({"metadata": {"name": "ledger"}, "spec": {"ports": [{"port": 80}]}});
    shop.create::<Service>(ledger).await;
    let slice: EndpointSlice = serde_json::from_value(json!({
        "metadata": {"name": "ledger-1", "labels": {"kubernetes.io/service-name": "ledger"}},
        "addressType": "IPv4", "endpoints": [{"addresses": ["10.1.2.3"]}], "ports": [{"port": 8080}],
    }))
    .unwrap();
    shop.api::<EndpointSlice>().create(&PostParams::default(), &slice).await.unwrap();
    let before = service(shop).await;
    let mut run = restricted.start(&["--respond", "manual"]);
    run.until_phase(Phase::Undetected).await;
    shop.api::<EndpointSlice>().delete("ledger-1", &DeleteParams::default()).await.unwrap();
    let ended = run.end().await;
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.report()["aborted"]["reason"], "blast-limit");
    assert!(ended.undo_complete());
    assert_eq!(service(shop).await, before);
}
