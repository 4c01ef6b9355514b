//! A connection whose other end says the same bytes to whatever it is asked.

use std::future::ready;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::Uri;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::client::Body;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tower::Service;

/// A client that gets `answer` for every request, through the HTTP client that kube uses.
pub fn client(answer: &[u8]) -> kube::Client {
    let answer: Arc<[u8]> = answer.into();
    let connector = tower::service_fn(move |_: Uri| {
        let canned = Canned { answer: Arc::clone(&answer), at: 0, asked: false, reader: None };
        ready(Ok::<_, io::Error>(TokioIo::new(canned)))
    });
    let http = Client::builder(TokioExecutor::new()).build::<_, Body>(connector);
    let service = tower::service_fn(move |mut request: http::Request<Body>| {
        let mut http = http.clone();
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        async move {
            *request.uri_mut() = Uri::try_from(format!("http://api{path}"))?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(http.call(request).await?)
        }
    });
    kube::Client::new(service, "default")
}

struct Canned {
    answer: Arc<[u8]>,
    at: usize,
    asked: bool,
    reader: Option<Waker>,
}

impl Connection for Canned {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Canned {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.asked {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        // A thousand bytes at a time, as from a network.
        let end = self.answer.len().min(self.at + buf.remaining().min(1_000));
        buf.put_slice(&self.answer[self.at..end]);
        self.at = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Canned {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.asked = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
