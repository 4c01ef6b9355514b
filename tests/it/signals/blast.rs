use std::sync::Arc;
use std::time::Duration;

use firedrill::clock::{Stamp, Stopwatch};
use firedrill::signals::blast::{Blast, ServiceName, Sighting};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use super::apiserver::{ApiServer, WITHIN, slice, status};

/// A watch of `ns`, in which nothing is the target.
pub struct Watch {
    pub blast: Arc<Blast>,
    told: UnboundedReceiver<(Stamp, Sighting)>,
    task: JoinHandle<()>,
}

impl Watch {
    pub fn of(client: &kube::Client, namespace: Option<&str>) -> Self {
        let (tell, told) = unbounded_channel();
        let target = ServiceName { namespace: "nowhere".to_owned(), name: "target".to_owned() };
        let tell = Box::new(move |stamp, sighting| drop(tell.send((stamp, sighting))));
        let blast = Arc::new(Blast::new(namespace.map(str::to_owned), &target, Stopwatch::start(), tell));
        let (watching, client) = (Arc::clone(&blast), client.clone());
        let task = tokio::spawn(async move { watching.watch(&client).await });
        Self { blast, told, task }
    }

    /// The next thing that is told.
    pub async fn next(&mut self) -> (u64, Sighting) {
        let (stamp, sighting) =
            tokio::time::timeout(WITHIN, self.told.recv()).await.expect("news in time").unwrap();
        (stamp.elapsed, sighting)
    }

    /// Nothing was told, and nothing will be.
    fn end(mut self) {
        self.task.abort();
        assert!(self.told.try_recv().is_err(), "more was told");
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn watched(usable: usize) -> (ApiServer, Watch) {
    let server = ApiServer::watched_by(&[], usable).await;
    let mut watch = Watch::of(&server.client, Some("ns"));
    watch.blast.arm(WITHIN).await.unwrap();
    assert_eq!(watch.next().await.1, Sighting::Armed);
    (server, watch)
}

fn api() -> ServiceName {
    ServiceName { namespace: "ns".to_owned(), name: "api".to_owned() }
}

fn out(deleted: bool) -> Sighting {
    Sighting::Out { service: api(), deleted }
}

#[tokio::test]
async fn the_last_endpoint_goes_and_the_first_comes_back() {
    let (server, mut watch) = watched(2).await;
    for usable in [1, 0, 0, 1, 2] {
        server.send(json!({"type": "MODIFIED", "object": slice(usable)})).await;
    }
    assert_eq!(watch.next().await.1, out(false));
    assert_eq!(watch.next().await.1, Sighting::Back { service: api() });
    server.send(json!({"type": "DELETED", "object": slice(2)})).await;
    assert_eq!(watch.next().await.1, out(true));
    watch.end();
    server.end().await;
}

#[tokio::test]
async fn a_watch_that_ends_in_order_is_taken_up_and_loses_nothing() {
    let (server, mut watch) = watched(2).await;
    server.send(json!({"type": "MODIFIED", "object": slice(1)})).await;
    // No list would be answered: what is told comes from the watch.
    server.refuse_lists(&[500; 100]);
    server.close_watch();
    let (broken, Sighting::Broken { from, .. }) = watch.next().await else { panic!("a gap") };
    let (mended, Sighting::Mended { from: since, to, lost, .. }) = watch.next().await else {
        panic!("its end")
    };
    assert!(from == since && from <= broken && broken <= to && to == mended);
    assert!(!lost, "all changes are seen, only later");
    server.send(json!({"type": "DELETED", "object": slice(1)})).await;
    assert_eq!(watch.next().await.1, out(true));
    watch.end();
    server.end().await;
}

#[tokio::test]
async fn a_loss_that_a_gap_hid_is_found_by_a_new_list() {
    let (server, mut watch) = watched(2).await;
    server.usable(0);
    server.refuse_lists(&[500, 429]);
    server.send(json!({"type": "ERROR", "object": status(410, "too old resource version")})).await;
    let (_, Sighting::Broken { reason, .. }) = watch.next().await else { panic!("a gap") };
    assert_eq!(reason, "410 Expired");
    let (mended, Sighting::Mended { to, lost, reason, .. }) = watch.next().await else { panic!("its end") };
    assert!(lost && to == mended && reason == "410 Expired");
    let (at, sighting) = watch.next().await;
    assert_eq!((at, sighting), (mended, out(false)), "not earlier than the list that told it");
    watch.end();
    server.end().await;
}

#[tokio::test]
async fn without_a_list_nothing_is_armed_until_there_is_one() {
    let server = ApiServer::watched_by(&[], 1).await;
    server.refuse_lists(&[500, 500, 500, 500]);
    let mut watch = Watch::of(&server.client, None);
    let refused = watch.blast.arm(Duration::from_millis(100)).await.unwrap_err();
    assert!(refused.contains("busy"), "{refused}");
    assert_eq!(watch.next().await.1, Sighting::Armed, "late, but it is");
    server.send(json!({"type": "MODIFIED", "object": slice(0)})).await;
    assert_eq!(watch.next().await.1, out(false));
    watch.end();
    server.end().await;
}

#[tokio::test]
async fn who_may_not_watch_need_not_wait() {
    let server = ApiServer::watched_by(&[], 1).await;
    server.refuse_lists(&[403; 1000]);
    let watch = Watch::of(&server.client, None);
    let refused = watch.blast.arm(WITHIN * 100);
    let refused = tokio::time::timeout(WITHIN, refused).await.expect("an answer in time").unwrap_err();
    assert!(refused.contains("busy"), "{refused}");
    watch.end();
    server.end().await;
}
