//! Tokens in files and in kubeconfigs.

use std::time::Duration;

use firedrill::journal::{Phase, Point};
use k8s_openapi::api::core::v1::Secret;
use kube::api::DeleteParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

use super::someone::{Account, CONTEXT, Someone, plugin, prints_token};
use crate::run::running::Running;
use crate::safeguards::foreign::{existing_drill, service, shop};
use crate::support::eventually;

/// API servers keep what they know of a token for some ten seconds.
const FORGOTTEN_WITHIN: Duration = Duration::from_secs(40);

#[tokio::test]
async fn a_token_may_be_anywhere_that_kubectl_reads_it() {
    let shop = shop().await;
    let token = Account::new(&shop).await.token().await;
    let status = ["status", "--context", CONTEXT, "-n", &shop.name];
    let inline = Someone::known_by(&json!({"token": token}));
    assert_eq!(inline.says(&status).0, Some(0));
    let someone = Someone::known_by(&json!({}));
    let file = someone.file("token", &format!("{token}\n"));
    // A file comes before what is in the kubeconfig.
    let someone = someone.but_known_by(&json!({"tokenFile": file, "token": "old"}));
    assert_eq!(someone.says(&status).0, Some(0));
    // Its path may be one from the kubeconfig's folder.
    let someone = someone.but_known_by(&json!({"tokenFile": "../token"}));
    assert_eq!(someone.says(&status).0, Some(0));
}

#[tokio::test]
async fn a_run_outlives_the_token_that_it_began_with() {
    let file = |someone: Someone, token: &str| {
        let file = someone.file("token", token);
        someone.but_known_by(&json!({"tokenFile": file}))
    };
    outlives(&file).await;
}

#[tokio::test]
async fn so_it_does_with_a_plugin() {
    let by_plugin = |someone: Someone, token: &str| {
        let file = someone.file("token", token);
        let command = someone.program("ask-cloud", &prints_token(&file));
        someone.but_known_by(&plugin(&command))
    };
    outlives(&by_plugin).await;
}

async fn outlives(known: &dyn Fn(Someone, &str) -> Someone) {
    let shop = shop().await;
    let before = service(&shop).await;
    let account = Account::new(&shop).await;
    let (first, second) = (account.token_bound_to("first").await, account.token().await);
    let someone = known(Someone::known_by(&json!({})), &first);
    let drill = existing_drill();
    let args =
        [drill.path(), "--context", CONTEXT, "-n", &shop.name, "--respond", "manual", "--output", "json"];
    let mut run = Running::start_with(someone.firedrill(), &args);
    run.until_phase(Phase::Responding).await;

    someone.file("token", &second);
    shop.api::<Secret>().delete("first", &DeleteParams::default()).await.unwrap();
    let old = client(&first).await;
    eventually("a token that is refused", FORGOTTEN_WITHIN, || async {
        let answer = old.apiserver_version().await;
        matches!(answer, Err(kube::Error::Api(status)) if status.code == 401).then_some(())
    })
    .await;
    // A person mends it, and the run sees that, with a token that it did not have when it began.
    let mended = json!({"spec": {"selector": {"app": "api-service"}}});
    let patch = kube::api::Patch::Merge(mended);
    let services = shop.api::<k8s_openapi::api::core::v1::Service>();
    services.patch("api-service", &kube::api::PatchParams::default(), &patch).await.unwrap();
    run.until_point(Point::Resolve).await;
    let ended = run.end().await;
    assert_eq!(ended.report()["undo"]["complete"], true);
    let signals = ended.report()["signals"].clone();
    for signal in signals.as_array().unwrap() {
        assert_eq!(signal["unknownMs"], 0.0, "no request was lost to the old token: {signal}");
    }
    assert_eq!(ended.report()["requests"]["byResult"]["401"], Value::Null);
    assert_eq!(service(&shop).await["spec"], before["spec"]);
}

/// A client that shows this token and no other.
async fn client(token: &str) -> kube::Client {
    let config = super::someone::shared_config();
    let mut read: Kubeconfig = serde_json::from_value(config).unwrap();
    read.auth_infos[0].auth_info = Some(serde_json::from_value(json!({"token": token})).unwrap());
    let mut config = kube::Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.unwrap();
    config.proxy_url = None;
    kube::Client::try_from(config).unwrap()
}

#[test]
fn a_token_that_is_not_taken_is_said_to_be_that() {
    let status = ["status", "--context", CONTEXT];
    let (code, inline) = Someone::known_by(&json!({"token": "expired"})).says(&status);
    assert_eq!(code, Some(4));
    insta::assert_snapshot!("inline_token_refused", inline);
    let someone = Someone::known_by(&json!({}));
    let file = someone.file("token", "expired");
    let (code, of_file) = someone.but_known_by(&json!({"tokenFile": file})).says(&status);
    assert_eq!(code, Some(4));
    insta::assert_snapshot!("token_file_refused", of_file);
    let drill = existing_drill();
    let run = ["run", drill.path(), "--context", CONTEXT, "-n", "shop"];
    let (code, said) = Someone::known_by(&json!({"token": "expired"})).says(&run);
    assert_eq!(code, Some(4));
    assert!(said.contains("does not accept the token in the kubeconfig (401)"), "{said}");
}

#[test]
fn a_token_file_that_is_not_there_is_named() {
    let someone = Someone::known_by(&json!({"tokenFile": "/nowhere/token"}));
    let (code, said) = someone.says(&["status", "--context", CONTEXT]);
    assert_eq!(code, Some(4));
    insta::assert_snapshot!(said);
}
