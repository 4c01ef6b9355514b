//! Requests that take no API server's way, against real servers on loopback. The API server is
//! not there at all: none of them needs it.

use std::collections::BTreeMap;
use std::time::Duration;

use firedrill::clock::Stopwatch;
use firedrill::drill::{Signal, SignalState};
use firedrill::signals::{Observation, Seen, Signals, Source};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use super::apiserver::WITHIN;
use crate::support::shared;
use crate::support::web::{Does, OK, Web};

const TIMEOUT_MS: u64 = 400;
const UP: Option<SignalState> = Some(SignalState::Up);
const OUT: Option<SignalState> = Some(SignalState::Out);

/// A running signal.
struct Asked {
    observations: UnboundedReceiver<Observation>,
    signals: Signals,
}

impl Asked {
    fn via(via: &Value) -> Self {
        Self::with(via, BTreeMap::new())
    }

    fn with(via: &Value, node_ports: BTreeMap<u16, String>) -> Self {
        let spec = json!({"http": {"via": via, "path": "/healthz", "every": "20ms", "timeout": format!("{TIMEOUT_MS}ms")}});
        let signal: Signal = serde_json::from_value(spec).unwrap();
        let (observed, observations) = unbounded_channel();
        let client =
            kube::Client::try_from(kube::Config::new("http://127.0.0.1:1".parse().unwrap())).unwrap();
        let (namespace, clock) = ("ns".to_owned(), Stopwatch::start());
        let source = Source { client, namespace, node_ports, clock, observed };
        Self { observations, signals: Signals::start(&[signal], "api", &source) }
    }

    fn at(web: &Web) -> Self {
        Self::via(&json!({"url": format!("http://{}", web.address())}))
    }

    /// What the next answer is counted as. None takes longer than the timeout and a moment.
    async fn next(&mut self) -> (String, Option<SignalState>) {
        let next = timeout(WITHIN, self.observations.recv()).await.expect("an answer in time");
        let Observation { stamp, seen, .. } = next.expect("a signal that runs");
        let Seen::Request { sent, result, state } = seen else { panic!("{seen:?}") };
        let took = Duration::from_nanos(stamp.elapsed - sent);
        assert!(took < Duration::from_millis(TIMEOUT_MS + 300), "{result} after {took:?}");
        (result, state)
    }

    /// Waits until answers are counted as this; fails where none is.
    async fn until(&mut self, wanted: &str, state: Option<SignalState>) {
        let mut seen = Vec::new();
        for _ in 0..200 {
            let answer = self.next().await;
            if answer == (wanted.to_owned(), state) {
                return;
            }
            if !seen.contains(&answer) {
                seen.push(answer);
            }
        }
        panic!("no {wanted:?} {state:?} among {seen:?}");
    }

    async fn end(self) {
        self.signals.stop().await;
    }
}

#[tokio::test]
async fn each_way_to_get_no_answer_has_its_name() {
    let web = Web::that(Does::Answers(OK)).await;
    let mut asked = Asked::at(&web);
    asked.until("200", UP).await;
    let moved = "HTTP/1.1 301 Moved\r\nLocation: /\r\nContent-Length: 0\r\n\r\n";
    let long = long("x: ");
    let pause = Duration::from_millis(1);
    for (does, result) in [
        (Does::Answers("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), "500"),
        (Does::Answers(moved), "301"),
        (Does::Resets, "reset"),
        (Does::AnswersAndCloses(""), "empty answer"),
        (Does::AnswersAndCloses("HTTP/1.1 200 O"), "empty answer"),
        (Does::AnswersAndCloses("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"), "cut-off answer"),
        (Does::SaysFirst("SSH-2.0-OpenSSH_9.7\r\n"), "no HTTP answer"),
        (Does::AnswersAndCloses("\u{0}\u{1b}]0;owned\u{7}\r\n\r\n"), "no HTTP answer"),
        (Does::GoesOn("HTTP/1.1 200 OK\r\n", long, Duration::ZERO), "no HTTP answer"),
        (Does::GoesOn("HTTP/1.1 200 OK\r\n", "x: y\r\n", Duration::from_millis(20)), "timeout"),
        (Does::GoesOn("", "HTTP/1.1 100 Continue\r\n\r\n", pause), "timeout"),
        (Does::GoesOn("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "", pause), "timeout"),
        (Does::IsSilent, "timeout"),
    ] {
        web.now(does);
        asked.until(result, OUT).await;
    }
    web.now(Does::Answers(OK));
    asked.until("200", UP).await;
    drop(web);
    asked.until("refused", OUT).await;
    asked.end().await;
}

/// A line of 8 KiB.
fn long(beginning: &str) -> &'static str {
    Box::leak(format!("{beginning}{}\r\n", "y".repeat(8192)).into_boxed_str())
}

#[tokio::test]
async fn a_body_without_end_is_not_read_to_it() {
    let web = Web::that(Does::GoesOn("HTTP/1.1 200 OK\r\n\r\n", long(""), Duration::ZERO)).await;
    let mut asked = Asked::at(&web);
    asked.until("200", UP).await;
    asked.end().await;
}

#[tokio::test]
async fn each_request_has_a_connection_of_its_own() {
    let web = Web::that(Does::Answers(OK)).await;
    let mut asked = Asked::at(&web);
    for _ in 0..20 {
        assert_eq!(asked.next().await, ("200".to_owned(), UP));
    }
    assert!(web.connections() >= 20, "{}", web.connections());
    asked.end().await;
}

/// No coordinated omission, and no flood either: what is in flight lives for the timeout.
#[tokio::test]
async fn while_nothing_is_answered_the_rate_stays_and_so_does_the_number_in_flight() {
    let web = Web::that(Does::IsSilent).await;
    let mut asked = Asked::at(&web);
    for _ in 0..40 {
        assert_eq!(asked.next().await, ("timeout".to_owned(), OUT));
    }
    let most = web.most_open();
    // 400 ms at one each 20 ms; a connection is closed a moment after its request is given up.
    assert!((10..=24).contains(&most), "{most}");
    asked.end().await;
}

#[tokio::test]
async fn a_node_port_is_asked_at_the_address_that_was_found_for_it() {
    let web = Web::that(Does::Answers(OK)).await;
    let mut asked = Asked::with(&json!({"nodePort": 30080}), BTreeMap::from([(30080, web.address())]));
    asked.until("200", UP).await;
    asked.end().await;
    let mut nowhere = Asked::via(&json!({"nodePort": 30080}));
    assert_eq!(nowhere.next().await, ("no address of the node port".to_owned(), None));
    nowhere.end().await;
}

#[tokio::test]
async fn a_name_that_nobody_has() {
    let mut asked = Asked::via(&json!({"url": "http://nobody.invalid"}));
    assert_eq!(asked.next().await, ("no such host".to_owned(), OUT));
    asked.end().await;
}

#[tokio::test]
async fn tls_is_spoken_and_believed_only_where_the_issuer_is_known() {
    let web = Web::that(Does::Answers(OK)).await;
    web.now(Does::SaysFirst("HTTP/1.1 400 Bad Request\r\n\r\n"));
    let mut plain = Asked::via(&json!({"url": format!("https://{}", web.address())}));
    plain.until("TLS: not spoken there", OUT).await;
    plain.end().await;
    // A real server whose issuer this machine does not know: the API server itself.
    let mut strange = Asked::via(&json!({"url": kubeconfig_server()}));
    assert_eq!(strange.next().await, ("TLS: unknown issuer".to_owned(), OUT));
    strange.end().await;
}

fn kubeconfig_server() -> String {
    let read = kube::config::Kubeconfig::read_from(shared::cluster().home.kubeconfig()).unwrap();
    read.clusters[0].cluster.as_ref().unwrap().server.clone().unwrap()
}
