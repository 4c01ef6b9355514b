//! One request on a connection of its own, and its answer. Whoever drops the exchange closes the
//! connection: nothing of it is a task.

use std::net::SocketAddr;
use std::pin::pin;

use futures::FutureExt as _;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::super::http::BODY_LIMIT;
use super::failure::Failure;
use super::tls::Tls;

/// The longest head of an answer.
const HEAD_LIMIT: usize = 64 * 1024;

/// Asks the first of the addresses that takes a connection; returns the answer's status.
pub(super) async fn exchange(
    addresses: &[SocketAddr],
    tls: Option<&Tls>,
    request: Request<Empty<Bytes>>,
) -> Result<u16, Failure> {
    let stream = TcpStream::connect(addresses).await.map_err(|error| Failure::of_io(&error))?;
    match tls {
        None => over(stream, request).await,
        Some(tls) => over(tls.connect(stream).await?, request).await,
    }
}

async fn over<S>(stream: S, request: Request<Empty<Bytes>>) -> Result<u16, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_LIMIT)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| Failure::of_exchange(&error))?;
    let answer = async {
        match sender.send_request(request).await {
            Ok(answer) => Ok(read(answer).await),
            Err(error) => Err(error),
        }
    };
    let mut answer = pin!(answer);
    // Fused, it is dropped when it ends, and a request that it has not sent is given back.
    let mut connection = pin!(connection.fuse());
    loop {
        tokio::select! {
            biased;
            answer = &mut answer => return answer.unwrap_or_else(|error| Err(Failure::of_exchange(&error))),
            // Its error reaches the answer, too.
            _ = &mut connection => {}
        }
    }
}

/// The status, when the beginning of the body was there, too: a user needs both.
async fn read(answer: Response<Incoming>) -> Result<u16, Failure> {
    let (head, body) = answer.into_parts();
    match Limited::new(body, BODY_LIMIT).collect().await {
        Err(error) if !error.is::<LengthLimitError>() => Err(Failure::of_body(&*error)),
        _ => Ok(head.status.as_u16()),
    }
}
