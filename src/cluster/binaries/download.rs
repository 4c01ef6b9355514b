//! Release binaries: fetched, checked against their published SHA-256, put into the cache.
//!
//! A route that is closed (no network, no such file, cut off) is a [`Miss`] with its reason, and
//! the build is tried next. A file with the wrong sum is an error.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::cache::{Cache, Lock};
use super::fetch::{Fetch, Meter, Miss};
use super::options::Options;
use super::progress::{Progress, Source};
use super::wanted::{Binary, Platform};
use super::{Error, Tell, find::Found};

/// How often a download is reported.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// The places of publication, as seen during one `ensure`.
pub(super) struct Downloads {
    agent: ureq::Agent,
    places: Places,
    /// Hosts that did not answer: asked once, not once for each binary.
    closed: BTreeSet<String>,
}

impl Downloads {
    /// Nothing is connected yet.
    pub(super) fn new(options: &Options) -> Result<Self, Error> {
        let places = Places::new(options.mirror.as_deref())?;
        let mut config = ureq::Agent::config_builder()
            .timeout_resolve(Some(options.connect_timeout))
            .timeout_connect(Some(options.connect_timeout))
            .timeout_recv_response(Some(options.read_timeout))
            .timeout_per_read(Some(options.read_timeout))
            .https_only(places.mirror.is_none())
            .user_agent(concat!("firedrill/", env!("CARGO_PKG_VERSION")))
            .tls_config(
                // The system's certificates, so that a company's own authority counts.
                ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build(),
            );
        if places.is_loopback() {
            config = config.proxy(None);
        }
        Ok(Self { agent: config.build().new_agent(), places, closed: BTreeSet::new() })
    }

    /// Fetches what of `found` is missing. Reasons for what is missing afterwards go to `tried`.
    pub(super) async fn fetch(
        &mut self,
        work: (&Cache, &Lock),
        found: &mut Found,
        tried: &mut Vec<String>,
        tell: Tell<'_>,
    ) -> Result<(), Error> {
        for binary in found.missing() {
            match self.fetch_one(binary, work, tell).await {
                Ok(path) => found.add(binary, path, Source::Downloaded, tell),
                Err(Miss::Fatal(error)) => return Err(error),
                Err(Miss::Skipped) => {}
                Err(Miss::File(why)) => tried.push(format!("download: {why}")),
                Err(Miss::Host { origin, why }) => {
                    tried.push(format!("download: {origin}: {why}"));
                    self.closed.insert(origin);
                }
            }
        }
        Ok(())
    }

    async fn fetch_one(
        &self,
        binary: Binary,
        (cache, lock): (&Cache, &Lock),
        tell: Tell<'_>,
    ) -> Result<PathBuf, Miss> {
        let Platform { os, arch } = Platform::HERE;
        let published = binary
            .published(Platform::HERE)
            .ok_or_else(|| Miss::File(format!("no {binary} with a checksum is published for {os}/{arch}")))?;
        let origin = self.places.origin(&published.file);
        if self.closed.contains(&origin) {
            return Err(Miss::Skipped);
        }
        let fetch = Fetch {
            agent: self.agent.clone(),
            url: self.places.url(&published.file),
            places: self.places.clone(),
            origin,
            published,
            binary,
            cache: cache.clone(),
        };
        let meter = Arc::new(Meter::default());
        // A thread cannot be dropped: when this future is, the flag ends the thread's loop. It
        // keeps a copy of the lock until then.
        let _cancel = Cancel(Arc::clone(&meter));
        let (seen, lock) = (Arc::clone(&meter), Arc::clone(lock));
        let thread = tokio::task::spawn_blocking(move || {
            let _lock = lock;
            fetch.run(&seen)
        });
        tokio::select! {
            done = thread => done.unwrap_or_else(|lost| Err(Miss::File(lost.to_string()))),
            never = report(binary, &meter, tell) => match never {},
        }
    }
}

/// Tells how far a download is, until it is dropped.
async fn report(binary: Binary, meter: &Meter, tell: Tell<'_>) -> Infallible {
    let mut ticks = tokio::time::interval(REPORT_EVERY);
    loop {
        ticks.tick().await;
        let (received, total) = meter.read();
        tell(Progress::Downloading { binary, received, total });
    }
}

/// Ends a download's thread when its future goes.
struct Cancel(Arc<Meter>);

impl Drop for Cancel {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// How `host/path` becomes an address.
#[derive(Debug, Clone)]
pub(super) struct Places {
    mirror: Option<String>,
}

impl Places {
    fn new(mirror: Option<&str>) -> Result<Self, Error> {
        let mirror = mirror.map(|value| value.trim_end_matches('/').to_owned());
        if let Some(value) = &mirror {
            let http = value
                .parse::<http::Uri>()
                .is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
            if !http {
                return Err(Error::Mirror { value: value.clone() });
            }
        }
        Ok(Self { mirror })
    }

    /// The whole address of a release file.
    pub(super) fn url(&self, file: &str) -> String {
        match &self.mirror {
            Some(mirror) => format!("{mirror}/{file}"),
            None => format!("https://{file}"),
        }
    }

    /// What is connected to: scheme and host.
    fn origin(&self, file: &str) -> String {
        let url = self.url(file);
        let host = url.find("://").map_or(0, |at| at + 3);
        let end = url[host..].find('/').map_or(url.len(), |at| host + at);
        url[..end].to_owned()
    }

    /// A mirror on this machine is never behind a proxy.
    fn is_loopback(&self) -> bool {
        let uri = self.mirror.as_deref().and_then(|mirror| mirror.parse::<http::Uri>().ok());
        uri.as_ref().and_then(http::Uri::host).is_some_and(|host| {
            let address = host.trim_start_matches('[').trim_end_matches(']');
            host == "localhost"
                || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_stands_before_host_and_path() {
        let open = Places::new(None).unwrap();
        assert_eq!(open.url("dl.k8s.io/a/b"), "https://dl.k8s.io/a/b");
        assert_eq!(open.origin("dl.k8s.io/a/b"), "https://dl.k8s.io");
        let mirror = Places::new(Some("http://127.0.0.1:8080/files/")).unwrap();
        assert_eq!(mirror.url("dl.k8s.io/a"), "http://127.0.0.1:8080/files/dl.k8s.io/a");
        assert_eq!(mirror.origin("dl.k8s.io/a"), "http://127.0.0.1:8080");
        assert!(mirror.is_loopback());
        assert!(!Places::new(Some("https://mirror.example")).unwrap().is_loopback());
    }

    #[test]
    fn a_mirror_is_an_http_address() {
        for value in ["mirror.example", "ftp://mirror.example", "http://", "/srv/mirror"] {
            assert!(matches!(Places::new(Some(value)), Err(Error::Mirror { .. })), "{value}");
        }
    }
}
