//! A proxy between firedrill and the real API server that passes everything on, until it is
//! told to misbehave.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt as _;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kube::Client;
use kube::client::Body as KubeBody;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// How the proxy behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Passes everything on.
    None,
    /// Closes the watches that are open, and each new one at once.
    ClosesWatches,
    /// Ends open watches with `410 Gone`, and answers new ones so.
    Gone,
    /// Turns everything away with `429` and a `Retry-After` of a second.
    TooMany,
    /// Answers everything with `500`.
    Fails,
    /// Answers everything this much later.
    Slow(Duration),
    /// Takes changes of Services in, and passes them on only when it is told to.
    KeepsChanges,
}

impl Fault {
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::ClosesWatches => "watches closed",
            Self::Gone => "watches end with 410 Gone",
            Self::TooMany => "429 with Retry-After",
            Self::Fails => "500 to everything",
            Self::Slow(_) => "each answer 2 s late",
            Self::KeepsChanges => "a change arrives after the undo",
        }
    }
}

/// The proxy; ends with its handle.
pub struct Proxy {
    url: String,
    fault: watch::Sender<Fault>,
    server: AbortHandle,
    /// How many requests did not get through as they came.
    hit: Arc<Mutex<usize>>,
    kept: Arc<Mutex<Vec<Request<KubeBody>>>>,
    upstream: Client,
}

struct Way {
    upstream: Client,
    fault: watch::Receiver<Fault>,
    hit: Arc<Mutex<usize>>,
    kept: Arc<Mutex<Vec<Request<KubeBody>>>>,
}

impl Proxy {
    /// Before the cluster that `config` leads to.
    pub async fn before(mut config: kube::Config) -> Self {
        config.default_retry = false;
        let upstream = Client::try_from(config).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (fault, faults) = watch::channel(Fault::None);
        let hit = Arc::<Mutex<usize>>::default();
        let kept = Arc::<Mutex<Vec<_>>>::default();
        let way =
            Way { upstream: upstream.clone(), fault: faults, hit: Arc::clone(&hit), kept: Arc::clone(&kept) };
        let way = Arc::new(way);
        let server = tokio::spawn(serve(listener, way)).abort_handle();
        Self { url, fault, server, hit, kept, upstream }
    }

    /// For clients that go through the proxy.
    pub fn config(&self) -> kube::Config {
        let mut config = kube::Config::new(self.url.parse().unwrap());
        config.connect_timeout = Some(Duration::from_secs(2));
        config
    }

    /// From now on it behaves so.
    pub fn misbehave(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// Passes on what was kept; gives the answers' statuses.
    pub async fn pass_on_what_was_kept(&self) -> Vec<u16> {
        let kept: Vec<_> = std::mem::take(&mut *self.kept.lock().unwrap());
        let mut statuses = Vec::new();
        for request in kept {
            statuses.push(self.upstream.send(request).await.unwrap().status().as_u16());
        }
        statuses
    }

    /// How many requests and watches met a fault.
    pub fn hit(&self) -> usize {
        *self.hit.lock().unwrap()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, way: Arc<Way>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let way = Arc::clone(&way);
        let answer = service_fn(move |request| {
            let way = Arc::clone(&way);
            async move { way.answer(request).await }
        });
        connections.spawn(async move {
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), answer)
                .await;
        });
    }
}

impl Way {
    /// Passes on, or misbehaves. An error breaks the connection off, as a dying server does.
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, io::Error> {
        let watching = request.uri().query().is_some_and(|query| query.contains("watch=true"));
        let fault = *self.fault.borrow();
        match fault {
            Fault::Slow(by) => {
                self.count();
                // How late the answers are is what is tested.
                tokio::time::sleep(by).await;
            }
            Fault::TooMany => return Ok(self.refuse(429, "TooManyRequests")),
            Fault::Fails => return Ok(self.refuse(500, "InternalError")),
            Fault::Gone if watching => return Ok(self.refuse(410, "Expired")),
            Fault::ClosesWatches if watching => {
                self.count();
                let empty = Full::new(Bytes::new());
                return Ok(Response::new(empty.map_err(|never| match never {}).boxed_unsync()));
            }
            _ => {}
        }
        let patch = request.method() == http::Method::PATCH && request.uri().path().contains("/services/");
        let tried_out = request.uri().query().is_some_and(|query| query.contains("dryRun"));
        let keeps = fault == Fault::KeepsChanges && patch && !tried_out;
        let request = to_pass_on(request).await?;
        if keeps {
            self.count();
            self.kept.lock().unwrap().push(request);
            return std::future::pending().await;
        }
        let answer = self.pass_on(request).await?;
        Ok(if watching { self.until_told(answer) } else { answer })
    }

    async fn pass_on(&self, request: Request<KubeBody>) -> Result<Response<Body>, io::Error> {
        let answer = self.upstream.send(request).await.map_err(io::Error::other)?;
        let (mut head, body) = answer.into_parts();
        head.headers.remove(http::header::TRANSFER_ENCODING);
        Ok(Response::from_parts(head, body.map_err(io::Error::other).boxed_unsync()))
    }

    /// A watch that goes on until the proxy is told to close it.
    fn until_told(&self, answer: Response<Body>) -> Response<Body> {
        let mut fault = self.fault.clone();
        let hit = Arc::clone(&self.hit);
        let last_word = async move {
            let told = fault.wait_for(|fault| matches!(fault, Fault::ClosesWatches | Fault::Gone)).await;
            let Ok(told) = told.map(|told| *told) else { return std::future::pending().await };
            *hit.lock().unwrap() += 1;
            told
        };
        answer.map(|body| {
            let frames = body.into_data_stream().map(|data| data.map(Frame::data));
            let stream = frames.take_until(Box::pin(last_word));
            let ended = futures::stream::unfold(Some(stream), |stream| async move {
                let mut stream = stream?;
                match stream.next().await {
                    Some(frame) => Some((frame, Some(stream))),
                    None if stream.take_result() == Some(Fault::Gone) => {
                        let event = json!({"type": "ERROR", "object": status(410, "Expired")});
                        Some((Ok(Frame::data(Bytes::from(format!("{event}\n")))), None))
                    }
                    None => None,
                }
            });
            StreamBody::new(ended).boxed_unsync()
        })
    }

    fn refuse(&self, code: u16, reason: &str) -> Response<Body> {
        self.count();
        let body = Full::new(Bytes::from(status(code, reason).to_string()));
        Response::builder()
            .status(code)
            .header("content-type", "application/json")
            .header("retry-after", "1")
            .body(body.map_err(|never| match never {}).boxed_unsync())
            .unwrap()
    }

    fn count(&self) {
        *self.hit.lock().unwrap() += 1;
    }
}

async fn to_pass_on(request: Request<Incoming>) -> Result<Request<KubeBody>, io::Error> {
    let (mut head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    // The client of the real API server writes its own.
    for name in [http::header::HOST, http::header::CONTENT_LENGTH, http::header::TRANSFER_ENCODING] {
        head.headers.remove(name);
    }
    Ok(Request::from_parts(head, KubeBody::from(body)))
}

fn status(code: u16, reason: &str) -> serde_json::Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "injected by a test", "reason": reason, "code": code})
}
