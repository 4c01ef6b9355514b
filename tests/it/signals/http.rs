use std::time::{Duration, Instant};

use firedrill::drill::{HttpSignal, Signal, SignalState};
use firedrill::signals::Seen;

use super::apiserver::{ApiServer, Proxy, status};
use crate::support::eventually;

fn signal(every: &str, timeout: &str) -> Signal {
    let text = format!("{{\"path\": \"/healthz\", \"every\": \"{every}\", \"timeout\": \"{timeout}\"}}");
    Signal::Http(serde_json::from_str::<HttpSignal>(&text).unwrap())
}

async fn answer(server: &mut ApiServer, wanted: &str) -> Option<SignalState> {
    server
        .until(|seen| match seen {
            Seen::Request { result, state, .. } if result == wanted => Some(*state),
            _ => None,
        })
        .await
}

/// No coordinated omission: while nothing is answered, requests go on at their rate.
#[tokio::test]
async fn a_slow_answer_holds_up_no_request() {
    let server = ApiServer::watched_by(&[signal("20ms", "2s")], 1).await;
    server.proxy(Proxy::Hangs);
    eventually("the first request", Duration::from_secs(5), || async {
        (server.proxied() > 0).then_some(())
    })
    .await;
    let (began, before) = (Instant::now(), server.proxied());
    eventually("twenty more", Duration::from_secs(5), || async {
        (server.proxied() >= before + 20).then_some(())
    })
    .await;
    assert!(began.elapsed() >= Duration::from_millis(350), "no faster than the rate: {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_millis(1_900), "before the first is given up");
    server.end().await;
}

#[tokio::test]
async fn pods_that_do_not_answer_are_out_while_the_api_server_is_there() {
    let mut server = ApiServer::watched_by(&[signal("50ms", "200ms")], 1).await;
    assert_eq!(answer(&mut server, "200").await, Some(SignalState::Up));
    server.proxy(Proxy::Hangs);
    assert_eq!(answer(&mut server, "timeout").await, Some(SignalState::Out));
    server.end().await;
}

#[tokio::test]
async fn the_api_servers_own_trouble_is_neither_up_nor_out() {
    let mut server = ApiServer::watched_by(&[signal("50ms", "1s")], 1).await;
    let message = "no endpoints available for service \"api\"";
    server.proxy(Proxy::Says(503, status(503, message).to_string()));
    assert_eq!(answer(&mut server, "503 no endpoints").await, Some(SignalState::Out));
    server.proxy(Proxy::Says(429, status(429, "too many requests").to_string()));
    assert_eq!(answer(&mut server, "429 from the API server").await, None);
    server.end().await;
}
