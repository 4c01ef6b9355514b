//! A stand-in for the API server: one Service, one slice, a watch that the test feeds, and a
//! service proxy that answers as the test says.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firedrill::clock::Stopwatch;
use firedrill::drill::Signal;
use firedrill::signals::{Observation, Seen, Signals, Source};
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{AbortHandle, JoinSet};

pub const WITHIN: Duration = Duration::from_secs(10);
type Body = BoxBody<Bytes, Infallible>;

/// What the service proxy does.
#[derive(Clone)]
pub enum Proxy {
    /// Answers at once.
    Says(u16, String),
    /// Never answers.
    Hangs,
}

struct State {
    /// Usable endpoints in the next list.
    usable: Mutex<usize>,
    /// Statuses with which the next lists are refused.
    refusals: Mutex<VecDeque<u16>>,
    proxy: Mutex<Proxy>,
    /// The lines of the watch that is open; dropped, it closes.
    watch: Mutex<Option<UnboundedSender<String>>>,
    proxied: Mutex<usize>,
}

/// The stand-in, and the signals that watch it.
pub struct ApiServer {
    state: Arc<State>,
    url: String,
    server: AbortHandle,
    pub client: kube::Client,
    pub observations: UnboundedReceiver<Observation>,
    signals: Option<Signals>,
}

impl ApiServer {
    /// Serves with `usable` endpoints, and starts the signals.
    pub async fn watched_by(signals: &[Signal], usable: usize) -> Self {
        let state = Arc::new(State {
            usable: Mutex::new(usable),
            refusals: Mutex::default(),
            proxy: Mutex::new(Proxy::Says(200, "ok".to_owned())),
            watch: Mutex::default(),
            proxied: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(serve(listener, Arc::clone(&state))).abort_handle();
        let (observed, observations) = unbounded_channel();
        let mut config = kube::Config::new(url.parse().unwrap());
        config.default_retry = false;
        let client = kube::Client::try_from(config).unwrap();
        let source = Source {
            client: client.clone(),
            namespace: "ns".to_owned(),
            node_ports: BTreeMap::new(),
            clock: Stopwatch::start(),
            observed,
        };
        let signals = Some(Signals::start(signals, "api", &source));
        Self { state, url, server, client, observations, signals }
    }

    pub fn usable(&self, usable: usize) {
        *self.state.usable.lock().unwrap() = usable;
    }

    pub fn refuse_lists(&self, statuses: &[u16]) {
        self.state.refusals.lock().unwrap().extend(statuses);
    }

    pub fn proxy(&self, proxy: Proxy) {
        *self.state.proxy.lock().unwrap() = proxy;
    }

    pub fn proxied(&self) -> usize {
        *self.state.proxied.lock().unwrap()
    }

    /// Sends a line on the watch, as soon as one is open.
    pub async fn send(&self, event: Value) {
        let deadline = tokio::time::Instant::now() + WITHIN;
        loop {
            if let Some(watch) = self.state.watch.lock().unwrap().as_ref() {
                watch.send(format!("{event}\n")).unwrap();
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "no watch of {}", self.url);
            tokio::task::yield_now().await;
        }
    }

    /// Closes the watch that is open.
    pub fn close_watch(&self) {
        *self.state.watch.lock().unwrap() = None;
    }

    /// The first observation that is as wanted; all before it are passed over.
    pub async fn until<T>(&mut self, wanted: impl Fn(&Seen) -> Option<T>) -> T {
        loop {
            let next = tokio::time::timeout(WITHIN, self.observations.recv());
            let seen = next.await.expect("an observation in time").expect("signals that run").seen;
            if let Some(found) = wanted(&seen) {
                return found;
            }
        }
    }

    /// Ends the signals and the server.
    pub async fn end(mut self) {
        self.signals.take().unwrap().stop().await;
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        let answer = service_fn(move |request| {
            let state = Arc::clone(&state);
            async move { Ok::<_, Infallible>(respond(&state, &request).await) }
        });
        connections.spawn(async move {
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}

async fn respond(state: &State, request: &Request<Incoming>) -> Response<Body> {
    let path = request.uri().path();
    if path.contains("/proxy/") {
        *state.proxied.lock().unwrap() += 1;
        let proxy = state.proxy.lock().unwrap().clone();
        match proxy {
            Proxy::Says(status, body) => answer(status, body),
            Proxy::Hangs => std::future::pending().await,
        }
    } else if request.uri().query().is_some_and(|query| query.contains("watch=true")) {
        let (send, lines) = unbounded_channel();
        *state.watch.lock().unwrap() = Some(send);
        let frames = futures::stream::unfold(lines, |mut lines: UnboundedReceiver<String>| async move {
            lines.recv().await.map(|line| (Ok(Frame::data(Bytes::from(line))), lines))
        });
        Response::new(StreamBody::new(frames).boxed())
    } else if path.ends_with("/endpointslices") {
        match state.refusals.lock().unwrap().pop_front() {
            Some(code) => answer(code, status(code, "busy").to_string()),
            None => answer(200, list(*state.usable.lock().unwrap()).to_string()),
        }
    } else {
        answer(200, service().to_string())
    }
}

fn answer(status: u16, body: String) -> Response<Body> {
    let body = Full::new(Bytes::from(body)).boxed();
    Response::builder().status(status).header("content-type", "application/json").body(body).unwrap()
}

pub fn status(code: u16, message: &str) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": if code == 410 { "Expired" } else { "Other" }, "code": code})
}

fn service() -> Value {
    json!({"kind": "Service", "apiVersion": "v1", "metadata": {"name": "api", "namespace": "ns"},
        "spec": {"ports": [{"port": 80}]}})
}

fn list(usable: usize) -> Value {
    json!({"kind": "EndpointSliceList", "apiVersion": "discovery.k8s.io/v1",
        "metadata": {"resourceVersion": "7"}, "items": [slice(usable)]})
}

pub fn slice(usable: usize) -> Value {
    let endpoints: Vec<_> = (0..usable).map(|n| json!({"addresses": [format!("10.0.0.{n}")]})).collect();
    json!({"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "addressType": "IPv4",
        "metadata": {"name": "api-1", "namespace": "ns", "resourceVersion": "8",
            "labels": {"kubernetes.io/service-name": "api"}},
        "endpoints": if usable == 0 { Value::Null } else { json!(endpoints) },
        "ports": if usable == 0 { Value::Null } else { json!([{"port": 8080}]) }})
}
