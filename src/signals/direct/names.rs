//! The addresses of a host.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use tokio::net::lookup_host;

use super::failure::Failure;

type Lookup = Shared<BoxFuture<'static, Result<Vec<SocketAddr>, Failure>>>;

/// A host that is looked up for each request, as its addresses may change in an outage. Where an
/// answer takes longer than the next request, that one waits for the same: the operating system's
/// lookup cannot be cut short, and holds a thread.
pub(super) struct Names {
    host: String,
    port: u16,
    under_way: Mutex<Option<Lookup>>,
}

impl Names {
    pub fn new(host: &str, port: u16) -> Self {
        Self { host: host.to_owned(), port, under_way: Mutex::default() }
    }

    /// Where to connect to, in the order of trying.
    pub async fn addresses(&self) -> Result<Vec<SocketAddr>, Failure> {
        match self.host.parse::<IpAddr>() {
            Ok(address) => Ok(vec![SocketAddr::new(address, self.port)]),
            Err(_) => self.lookup().await,
        }
    }

    fn lookup(&self) -> Lookup {
        let mut slot = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        match &*slot {
            Some(lookup) if lookup.peek().is_none() => lookup.clone(),
            _ => {
                let lookup = resolve(self.host.clone(), self.port).boxed().shared();
                *slot = Some(lookup.clone());
                lookup
            }
        }
    }
}

async fn resolve(host: String, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let found: Vec<SocketAddr> = match lookup_host((host, port)).await {
        Ok(found) => found.collect(),
        Err(error) => match Failure::of_io(&error) {
            here @ Failure::Here(_) => return Err(here),
            _ => Vec::new(),
        },
    };
    if found.is_empty() { Err(Failure::NoSuchHost) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_is_not_looked_up_and_a_name_of_nobody_has_none() {
        let names = Names::new("::1", 80);
        assert_eq!(names.addresses().await, Ok(vec!["[::1]:80".parse().unwrap()]));
        assert!(names.under_way.lock().unwrap().is_none());
        // RFC 2606: a name that nobody has.
        assert_eq!(Names::new("nobody.invalid", 80).addresses().await, Err(Failure::NoSuchHost));
    }
}
