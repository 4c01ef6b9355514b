//! The HTTP answer of a hostile endpoint, or of a hostile API server: one byte that chooses what
//! status the drill expects, then the answer as it comes over the wire.

use std::time::Duration;

use firedrill::drill::SignalState;
use firedrill::engine::undo::open;
use firedrill::signals::classify::{Verdict, classify};
use firedrill::signals::http::ask;
use firedrill::steps::api::{Api, namespace_ref};
use tokio::time::timeout;

use crate::harmless::{assert_harmless, assert_shown};
use crate::memory::client;

/// The names that a report counts answers by are few and short.
const LONGEST_NAME: usize = 40;

/// Puts the answer before the http signal and before those who read objects.
pub fn check(data: &[u8]) {
    let Some((choice, answer)) = data.split_first() else { return };
    let expect = [200, 204, 301, 404, 503][usize::from(*choice) % 5];
    body(answer, expect);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    // The clock is paused: an end of the time is a wait for nothing.
    let done = async { timeout(Duration::from_secs(60), over_the_wire(answer, expect)).await };
    runtime.expect("a runtime").block_on(done).expect("no answer makes anyone wait");
}

fn body(body: &[u8], expect: u16) {
    for code in [200, expect, 404, 503] {
        let verdict = classify(code, body, expect);
        named(&verdict);
        if verdict.state == Some(SignalState::Up) {
            assert_eq!(code, expect);
        }
    }
}

async fn over_the_wire(answer: &[u8], expect: u16) {
    let client = client(answer);
    if let Ok(verdict) = ask(&client, "/api/v1/namespaces/shop/services/api:80/proxy/healthz", expect).await {
        named(&verdict);
        if verdict.state == Some(SignalState::Up) {
            assert_eq!(verdict.result, expect.to_string());
        }
    }
    let api = Api::new(client);
    if let Err(error) = api.get(&namespace_ref("shop")).await {
        assert_shown(&error);
    }
    if let Err(error) = open::find(&api, Some("shop")).await {
        assert_shown(&error);
    }
}

fn named(verdict: &Verdict) {
    assert_harmless(&verdict.result);
    assert!(verdict.result.len() <= LONGEST_NAME, "{}", verdict.result);
}
