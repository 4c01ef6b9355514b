use std::sync::Arc;

use firedrill::signals::blast::{Blast, Others, ServiceName};
use serde_json::json;
use tokio::task::JoinHandle;

use super::apiserver::{ApiServer, WITHIN, slice, status};

/// A watch for whom every Service is another's, armed.
async fn watched(usable: usize) -> (ApiServer, JoinHandle<ServiceName>) {
    let server = ApiServer::watched_by(&[], usable).await;
    let others = Others { namespace: Some("ns".to_owned()), home: String::new(), own: None };
    let blast = Arc::new(Blast::new(others));
    let (watching, client) = (Arc::clone(&blast), server.client.clone());
    let lost = tokio::spawn(async move { watching.watch(&client).await });
    blast.arm(WITHIN).await.unwrap();
    (server, lost)
}

async fn lost(server: ApiServer, lost: JoinHandle<ServiceName>) {
    let lost = tokio::time::timeout(WITHIN, lost).await.expect("a loss in time").unwrap();
    assert_eq!(lost.to_string(), "service/api in namespace ns");
    server.end().await;
}

#[tokio::test]
async fn the_last_endpoint_goes() {
    let (server, watch) = watched(2).await;
    server.send(json!({"type": "MODIFIED", "object": slice(1)})).await;
    server.send(json!({"type": "MODIFIED", "object": slice(0)})).await;
    lost(server, watch).await;
}

#[tokio::test]
async fn the_service_is_deleted_after_a_watch_that_ended_in_order() {
    let (server, watch) = watched(2).await;
    server.send(json!({"type": "MODIFIED", "object": slice(1)})).await;
    server.close_watch();
    server.send(json!({"type": "DELETED", "object": slice(1)})).await;
    lost(server, watch).await;
}

#[tokio::test]
async fn a_loss_that_a_gap_hid_is_found() {
    let (server, watch) = watched(2).await;
    server.usable(0);
    server.refuse_lists(&[500, 429]);
    server.send(json!({"type": "ERROR", "object": status(410, "too old resource version")})).await;
    lost(server, watch).await;
}

#[tokio::test]
async fn without_a_list_nothing_is_armed() {
    let server = ApiServer::watched_by(&[], 1).await;
    server.refuse_lists(&[403; 100]);
    let others = Others { namespace: None, home: String::new(), own: None };
    let blast = Arc::new(Blast::new(others));
    let (watching, client) = (Arc::clone(&blast), server.client.clone());
    let watch = tokio::spawn(async move { watching.watch(&client).await });
    let refused = blast.arm(std::time::Duration::from_millis(300)).await.unwrap_err();
    assert!(refused.contains("busy"), "{refused}");
    watch.abort();
    server.end().await;
}
