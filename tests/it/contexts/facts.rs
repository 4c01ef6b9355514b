//! What a report says of a cluster that is not firedrill's own.

use super::someone::{CONTEXT, Someone};
use crate::run::running::Running;
use crate::safeguards::foreign::{existing_drill, shop};
use crate::support::shared;

#[tokio::test]
async fn a_report_says_whose_kubernetes_it_was_and_how_many_nodes() {
    let shop = shop().await;
    let drill = existing_drill();
    let args = [drill.path(), "--context", CONTEXT, "-n", &shop.name];
    let ended = Running::start_with(Someone::administrator().firedrill(), &args).end().await;
    assert_eq!(ended.code, Some(0));
    let version = shared::client().await.apiserver_version().await.unwrap().git_version;
    let cluster = format!("cluster  staging, {version} (context, kwok, 1 node)");
    assert!(ended.stdout.contains(&cluster), "{}", ended.stdout);
    assert!(ended.stdout.contains("http (L7: the API server's service proxy)"), "{}", ended.stdout);
}
