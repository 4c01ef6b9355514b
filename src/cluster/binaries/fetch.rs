//! One download, on a thread of its own: sum, stream, compare, unpack, keep.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use sha2::{Digest as _, Sha256};

use super::Error;
use super::cache::Cache;
use super::download::Places;
use super::published::{Published, Sum};
use super::unpack::unpack;
use super::wanted::Binary;

/// Longer than any release file: a server that never ends is cut off.
const MOST: u64 = 1 << 30;

/// Longer than any list of checksums.
const MOST_SUMS: u64 = 64 * 1024;

/// Why there is no file.
pub(super) enum Miss {
    /// The host does not answer: no file of it can be had.
    Host {
        /// Scheme and host.
        origin: String,
        /// What happened.
        why: String,
    },
    /// This file cannot be had; begins with its address.
    File(String),
    /// The host was found closed before.
    Skipped,
    /// To go on would be wrong.
    Fatal(Error),
}

/// How far a download is, shared with the thread that does it.
#[derive(Debug, Default)]
pub(super) struct Meter {
    received: AtomicU64,
    /// 0 where it is not known.
    total: AtomicU64,
    cancelled: AtomicBool,
}

impl Meter {
    /// Bytes so far, and in all.
    pub(super) fn read(&self) -> (u64, Option<u64>) {
        let total = self.total.load(Relaxed);
        (self.received.load(Relaxed), (total > 0).then_some(total))
    }

    /// Asks the thread to end.
    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }
}

/// Everything that a download needs, without borrowing.
pub(super) struct Fetch {
    pub(super) agent: ureq::Agent,
    pub(super) url: String,
    pub(super) places: Places,
    pub(super) origin: String,
    pub(super) published: Published,
    pub(super) binary: Binary,
    pub(super) cache: Cache,
}

impl Fetch {
    /// Returns the binary's place in the cache.
    pub(super) fn run(&self, meter: &Meter) -> Result<PathBuf, Miss> {
        let expected = self.sum()?;
        let scratch = self.cache.scratch().map_err(Miss::Fatal)?;
        let file = scratch.path().join("download");
        let got = self.stream(&file, meter)?;
        if got != expected {
            let url = self.url.clone();
            return Err(Miss::Fatal(Error::Checksum { url, expected, got }));
        }
        let binary = match &self.published.member {
            Some(member) => self.unpack(&file, member, &scratch.path().join("member"))?,
            None => file,
        };
        self.cache.keep(self.binary, &binary).map_err(Miss::Fatal)
    }

    /// The published SHA-256, in lower case.
    fn sum(&self) -> Result<String, Miss> {
        let list = match &self.published.sum {
            Sum::Known(sum) => return Ok((*sum).to_owned()),
            Sum::Beside(file) => self.places.url(file),
        };
        let mut response = self.get(&list)?;
        let text = response.body_mut().with_config().limit(MOST_SUMS).read_to_string();
        let text = text.map_err(|error| Miss::File(format!("{list}: {error}")))?;
        let name = self.url.rsplit('/').next().unwrap_or_default();
        find_sum(&text, name).ok_or_else(|| Miss::File(format!("{list}: no SHA-256 of {name} in it")))
    }

    fn get(&self, url: &str) -> Result<http::Response<ureq::Body>, Miss> {
        self.agent.get(url).call().map_err(|error| match error {
            ureq::Error::StatusCode(status) => Miss::File(format!("{url}: HTTP {status}")),
            ureq::Error::TooManyRedirects | ureq::Error::RequireHttpsOnly(_) => {
                Miss::File(format!("{url}: {error}"))
            }
            ureq::Error::Io(error) => Miss::Host { origin: self.origin.clone(), why: error.to_string() },
            _ => Miss::Host { origin: self.origin.clone(), why: error.to_string() },
        })
    }

    /// Writes the file and returns the SHA-256 of what came.
    fn stream(&self, to: &Path, meter: &Meter) -> Result<String, Miss> {
        let body = self.get(&self.url)?.into_body();
        meter.total.store(body.content_length().unwrap_or(0), Relaxed);
        let mut body = body.into_reader();
        let failed = |error| Miss::Fatal(self.cache.error(error));
        let mut file = File::create(to).map_err(failed)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 128 * 1024];
        loop {
            let n = body.read(&mut buffer).map_err(|error| self.cut_off(meter, &error))?;
            if n == 0 {
                break;
            }
            file.write_all(&buffer[..n]).map_err(failed)?;
            hash.update(&buffer[..n]);
            let received = meter.received.fetch_add(n as u64, Relaxed) + n as u64;
            if received > MOST {
                return Err(Miss::File(format!("{}: does not end", self.url)));
            }
            if meter.cancelled.load(Relaxed) {
                return Err(Miss::Skipped);
            }
        }
        Ok(hex(&hash.finalize()))
    }

    fn cut_off(&self, meter: &Meter, error: &io::Error) -> Miss {
        let (received, total) = meter.read();
        let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
        Miss::File(format!("{}: cut off after {received}{of} bytes ({error})", self.url))
    }

    fn unpack(&self, archive: &Path, member: &str, target: &Path) -> Result<PathBuf, Miss> {
        match unpack(archive, member, target) {
            Ok(true) => Ok(target.to_path_buf()),
            Ok(false) => Err(Miss::File(format!("{}: holds no {member}", self.url))),
            Err(error) => match self.cache.error(error) {
                full @ Error::DiskFull { .. } => Err(Miss::Fatal(full)),
                other => Err(Miss::File(format!("{}: {other}", self.url))),
            },
        }
    }
}

/// Finds the sum of the file `name`: the only word of the text, or the first of a line that ends
/// with the name.
fn find_sum(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let sum = lines.find_map(|line| {
        let mut words = line.split_whitespace();
        let sum = words.next()?;
        // sha256sum marks binary mode by an asterisk before the name.
        let of = words.next().map_or(name, |file| file.trim_start_matches('*'));
        (of.rsplit('/').next() == Some(name)).then_some(sum)
    })?;
    let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sum.then(|| sum.to_ascii_lowercase())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut all, byte| {
        // Writing to a string cannot fail.
        let _ = write!(all, "{byte:02x}");
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    #[test]
    fn a_bare_sum_and_a_list_of_sums() {
        assert_eq!(find_sum(A, "kubectl").as_deref(), Some(A));
        assert_eq!(find_sum(&A.to_uppercase(), "kubectl").as_deref(), Some(A));
        let list = format!("{A}  etcd-arm64.tar.gz\n{B} *etcd-amd64.tar.gz\n");
        assert_eq!(find_sum(&list, "etcd-amd64.tar.gz").as_deref(), Some(B));
        assert_eq!(find_sum(&list, "etcd-ppc64le.tar.gz"), None);
    }

    #[test]
    fn a_page_of_a_login_portal_is_no_sum() {
        assert_eq!(find_sum("<html><body>Welcome</body></html>", "kubectl"), None);
        assert_eq!(find_sum("", "kubectl"), None);
    }
}
