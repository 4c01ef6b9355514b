use firedrill::drill::{EndpointsSignal, Signal, SignalState};
use firedrill::signals::Seen;
use serde_json::json;

use super::apiserver::{ApiServer, slice, status};

fn signal() -> Signal {
    Signal::Endpoints(EndpointsSignal { name: None, service: "api".to_owned(), at_least: 1, when: None })
}

async fn watched(usable: usize) -> ApiServer {
    let mut server = ApiServer::watched_by(&[signal()], usable).await;
    assert_eq!(count(&mut server).await, usable);
    server
}

async fn count(server: &mut ApiServer) -> usize {
    server
        .until(|seen| match seen {
            Seen::Endpoints { usable, state, .. } => {
                assert_eq!(*state == SignalState::Out, *usable == 0);
                Some(*usable as usize)
            }
            _ => None,
        })
        .await
}

async fn gap(server: &mut ApiServer) -> (u64, String) {
    server
        .until(|seen| match seen {
            Seen::Gap { from, to, reason } => Some((to - from, reason.clone())),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn an_emptied_slice_is_an_outage() {
    let mut server = watched(3).await;
    server.send(json!({"type": "MODIFIED", "object": slice(0)})).await;
    assert_eq!(count(&mut server).await, 0);
    server.send(json!({"type": "MODIFIED", "object": slice(3)})).await;
    assert_eq!(count(&mut server).await, 3);
    server.end().await;
}

#[tokio::test]
async fn what_changed_while_the_watch_was_closed_is_found_and_the_gap_is_told() {
    let mut server = watched(3).await;
    server.send(json!({"type": "MODIFIED", "object": slice(2)})).await;
    assert_eq!(count(&mut server).await, 2);
    server.usable(0);
    server.close_watch();
    assert_eq!(gap(&mut server).await.1, "the watch was closed");
    assert_eq!(count(&mut server).await, 0);
    server.end().await;
}

#[tokio::test]
async fn an_expired_version_is_listed_anew() {
    let mut server = watched(3).await;
    server.usable(1);
    server.send(json!({"type": "ERROR", "object": status(410, "too old resource version")})).await;
    assert_eq!(gap(&mut server).await.1, "410 Expired");
    assert_eq!(count(&mut server).await, 1);
    server.end().await;
}

#[tokio::test]
async fn a_server_that_comes_back_slowly_makes_one_long_gap() {
    let mut server = watched(3).await;
    server.refuse_lists(&[500, 429, 503]);
    // A watch must be open for it to close.
    server.send(json!({"type": "MODIFIED", "object": slice(2)})).await;
    assert_eq!(count(&mut server).await, 2);
    server.usable(1);
    server.close_watch();
    let (length, reason) = gap(&mut server).await;
    assert_eq!(reason, "the watch was closed");
    // Three pauses of 50, 100 and 200 ms.
    assert!(length >= 350_000_000, "{length}");
    assert_eq!(count(&mut server).await, 1);
    server.end().await;
}
