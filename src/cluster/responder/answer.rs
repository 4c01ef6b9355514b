//! What a pod would say: HTTP/1.1, and the pod's name.

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use super::pods::Pods;

/// The pod behind a connection is not Ready any more, or gone.
#[derive(Debug, thiserror::Error)]
#[error("the pod is not Ready")]
struct NotReady;

/// Answers the requests of one connection for as long as the pod is Ready. It is asked anew for
/// each request: the API server keeps connections open, and an address can be another pod's next.
pub(super) async fn serve(stream: UnixStream, address: SocketAddr, pods: Arc<Pods>) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let pod = pods.at(address);
        async move { pod.map(|pod| respond(request.uri().path(), &pod)).ok_or(NotReady) }
    });
    // An error of the service closes the connection without an answer, as a pod that ends does;
    // other errors are the API server's, which has gone away.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

fn respond(path: &str, pod: &str) -> Response<Full<Bytes>> {
    let body = if path == "/healthz" { "ok\n".to_owned() } else { format!("{pod}\n") };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}
