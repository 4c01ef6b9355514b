//! What a run left in the cluster: a JSON list of objects as the API server holds them, records,
//! Leases, namespaces and the changed objects alike. They go through all that `status` and
//! `recover` do, before an API server in memory.

mod server;

use std::time::Duration;

use chrono::Utc;
use firedrill::cli::status;
use firedrill::engine::undo::open::{OpenRun, find};
use firedrill::plain;
use firedrill::steps::api::Api;
use firedrill::ui::narrate::undone;
use serde_json::Value;
use server::Server;
use tokio::time::timeout;

use crate::harmless::{assert_harmless, assert_shown};

/// More requests than any undo of this few objects needs.
const MOST_REQUESTS: usize = 2_000;

/// Lists the open runs and undoes each of them, twice.
pub fn check(data: &[u8]) {
    let Ok(objects) = serde_json::from_slice::<Vec<Value>>(data) else { return };
    let server = Server::holding(objects);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let recovered = async { timeout(Duration::from_secs(3_600), recovered(&server)).await };
    runtime.expect("a runtime").block_on(recovered).expect("an end");
}

async fn recovered(server: &Server) {
    let api = Api::new(server.client());
    let runs = match find(&api, None).await {
        Ok(runs) => runs,
        Err(error) => return assert_shown(&error),
    };
    for run in &runs {
        for alive in [true, false] {
            assert_harmless(&plain::lines(&status::block(run, alive, Utc::now(), "")));
            assert!(status::value(run, alive, Utc::now()).is_object());
        }
    }
    for run in &runs {
        match &run.records {
            Ok(_) => undo(server, run).await,
            Err(error) => assert_shown(error),
        }
    }
}

async fn undo(server: &Server, run: &OpenRun) {
    let Ok(records) = &run.records else { return };
    let before = server.state();
    let mut tell = |item| assert_harmless(&plain::lines(&undone(&item)));
    let mut undo = run.undo(server.client());
    undo.within = Duration::from_secs(2);
    server.guard(&run.namespace, &run.run);
    let first = undo.run(records, &mut tell).await;
    assert_eq!(first.complete, first.left.is_empty());
    first.left.iter().for_each(|left| assert_harmless(&plain::lines(left)));
    assert!(server.requests() < MOST_REQUESTS, "{} requests", server.requests());
    let after = server.state();
    let content = content_of(&after);
    assert_eq!(others(&before, &run.namespace), others(&after, &run.namespace), "another namespace changed");
    if !first.complete {
        return;
    }
    let open = find(&Api::new(server.client()), None).await.expect("a list");
    assert!(open.iter().all(|open| (&open.run, &open.namespace) != (&run.run, &run.namespace)), "still open");
    undo.run(records, &mut tell).await;
    assert_eq!(content_of(&server.state()), content, "a second undo changed something");
}

/// The objects without their versions: where a change may still be under way, an undo writes the
/// object and leaves it as it was.
fn content_of(state: &server::State) -> server::State {
    let mut content = state.clone();
    for object in content.values_mut() {
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("resourceVersion");
        }
    }
    content
}

/// The objects outside a namespace, but for the namespace itself.
fn others<'a>(state: &'a server::State, namespace: &str) -> Vec<(&'a String, &'a Value)> {
    let inside = format!("/namespaces/{namespace}");
    state.iter().filter(|(path, _)| !format!("{path}/").contains(&format!("{inside}/"))).collect()
}
