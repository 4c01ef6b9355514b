//! The HTTP signal straight from this machine, to a URL or a node port: no API server is in
//! between, so whatever keeps the answer away kept it from a user, too.
//!
//! Each request has a connection of its own. A kept one would hide what is to be seen: the
//! kernel goes on forwarding a connection that it knows (conntrack) after the endpoint behind it
//! is gone from the Service. Redirects are not followed, and no proxy of the environment is used.

mod exchange;
mod failure;
mod names;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use http::Request;
use http::header::{ACCEPT, CONNECTION, HOST, USER_AGENT};
use http_body_util::Empty;
use hyper::body::Bytes;
use tokio::sync::watch;
use tokio::time::timeout;

use super::Source;
use super::classify::Verdict;
use super::requests::{Asking, InFlight, Way};
use crate::clock::{Nanos, Stamp, Stopwatch};
use crate::drill::{HttpSignal, Length, Site, Via};
use failure::Failure;
use names::Names;
use tls::Tls;

/// An answer that was given up this much later than it should have been, was waited for by
/// somebody who did not get to run: that says nothing about the Service.
const HELD_UP: Nanos = 250_000_000;

/// Asks until told to stop.
pub async fn run(
    signal: usize,
    spec: &HttpSignal,
    source: &Source,
    in_flight: &Arc<InFlight>,
    stop: watch::Receiver<bool>,
) {
    let way = Direct {
        target: target(&spec.via, source).await,
        path: spec.path.clone(),
        timeout: spec.timeout.value,
        expect: spec.expect,
        clock: source.clock,
    };
    let (every, source, in_flight) = (spec.every.value, source.clone(), Arc::clone(in_flight));
    Asking { signal, every, way, source, in_flight }.run(stop).await;
}

/// Where requests go.
struct Target {
    site: Site,
    names: Names,
    tls: Option<Tls>,
}

/// A drill that was checked has a URL that can be read, and a run of one with a node port is
/// refused where nobody knows its address: what is missing all the same is said by each request.
async fn target(via: &Via, source: &Source) -> Result<Target, Failure> {
    let url = match via {
        Via::Url(url) => url.clone(),
        Via::NodePort(port) => {
            let address = source.node_ports.get(port);
            format!("http://{}", address.ok_or(Failure::Here("no address of the node port"))?)
        }
        Via::ApiserverProxy => return Err(Failure::Here("no address")),
    };
    let site = Site::parse(&url).map_err(|_| Failure::Here("no address"))?;
    let tls = if site.tls { Some(Tls::of(&site.host).await?) } else { None };
    Ok(Target { names: Names::new(&site.host, site.port), site, tls })
}

struct Direct {
    target: Result<Target, Failure>,
    path: String,
    timeout: Length,
    expect: u16,
    clock: Stopwatch,
}

impl Way for Direct {
    async fn ask(&self, sent: Nanos) -> (Stamp, Verdict) {
        let answer = timeout(Duration::from(self.timeout), self.exchange()).await;
        let stamp = self.clock.stamp();
        let over = sent.saturating_add(self.timeout.nanos());
        let verdict = match answer {
            Ok(Err(failure)) => failure.verdict(),
            // One that comes right after the timeout may be seen before it. A node that drops the
            // first packet of a connection answers to its repetition, a second later.
            Ok(Ok(status)) if stamp.elapsed <= over => Verdict::of_status(status, self.expect),
            _ if stamp.elapsed > over.saturating_add(HELD_UP) => Verdict::unknown("this machine was held up"),
            _ => Verdict::timeout(),
        };
        (stamp, verdict)
    }
}

impl Direct {
    async fn exchange(&self) -> Result<u16, Failure> {
        let target = self.target.as_ref().map_err(|failure| *failure)?;
        let request = self.request(&target.site)?;
        let addresses = target.names.addresses().await?;
        exchange::exchange(&addresses, target.tls.as_ref(), request).await
    }

    fn request(&self, site: &Site) -> Result<Request<Empty<Bytes>>, Failure> {
        Request::get(format!("{}{}", site.base, self.path))
            .header(HOST, &site.authority)
            .header(USER_AGENT, concat!("firedrill/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "*/*")
            .header(CONNECTION, "close")
            .body(Empty::new())
            .map_err(|_| Failure::Here("a path that cannot be asked for"))
    }
}
