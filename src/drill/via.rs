//! The way that requests take to the users' service.

use http::Uri;
use http::uri::Scheme;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

/// The way requests take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub enum Via {
    /// Through the API server's service proxy, which every cluster has.
    #[default]
    #[serde(rename = "apiserver-proxy")]
    ApiserverProxy,
    /// Straight from this machine to a URL; the signal's path is appended.
    #[serde(rename = "url")]
    Url(String),
    /// Straight from this machine to a port of the cluster's nodes.
    #[serde(rename = "nodePort", deserialize_with = "port")]
    NodePort(u16),
}

/// A number that is no port is told as such.
fn port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let number = u64::deserialize(deserializer)?;
    let no_port = || de::Error::custom(format!("{number} is no port of a node: these are 1 to 65535"));
    u16::try_from(number).map_err(|_| no_port())
}

/// Where requests to a URL go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Whether TLS is spoken there.
    pub tls: bool,
    /// The name or IP address to connect to; IPv6 without brackets.
    pub host: String,
    /// The port to connect to.
    pub port: u16,
    /// What the `Host` header says: as the URL says it.
    pub authority: String,
    /// What stands before the signal's path: nothing, or `/…` without a slash at its end.
    pub base: String,
}

/// Why a text is no URL that requests can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// It cannot be read.
    #[error("it cannot be read as a URL")]
    Unreadable,
    /// It has no scheme or another one.
    #[error("it does not begin with http:// or https://")]
    Scheme,
    /// It names nobody.
    #[error("it names no host")]
    Host,
    /// A password would stand in a file that others read.
    #[error("it holds a user or a password")]
    User,
    /// Nothing listens there.
    #[error("its port is none from 1 to 65535")]
    Port,
    /// Where the signal's path is to be appended, something else follows.
    #[error("it has a query or a fragment, and the signal's path is appended to it")]
    Rest,
}

impl Site {
    /// Reads `http://host:port` or `https://host:port`, perhaps with a path.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(url: &str) -> Result<Self, BadUrl> {
        if url.contains(['?', '#']) {
            return Err(BadUrl::Rest);
        }
        let uri: Uri = url.parse().map_err(|_| BadUrl::Unreadable)?;
        let tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            _ => return Err(BadUrl::Scheme),
        };
        let authority = uri.authority().ok_or(BadUrl::Host)?;
        if authority.as_str().contains('@') {
            return Err(BadUrl::User);
        }
        let host = authority.host();
        if host.is_empty() || host == "[]" {
            return Err(BadUrl::Host);
        }
        let port = match (authority.port_u16(), authority.as_str().len() > host.len()) {
            (Some(0), _) | (None, true) => return Err(BadUrl::Port),
            (Some(port), _) => port,
            (None, false) => {
                if tls {
                    443
                } else {
                    80
                }
            }
        };
        Ok(Self {
            tls,
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            authority: authority.to_string(),
            base: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_each_of_its_ways() {
        let read = |text: &str| serde_saphyr::from_str::<Via>(text).ok();
        assert_eq!(read("apiserver-proxy"), Some(Via::ApiserverProxy));
        assert_eq!(read("{url: 'http://a:1'}"), Some(Via::Url("http://a:1".to_owned())));
        assert_eq!(read("{nodePort: 30080}"), Some(Via::NodePort(30080)));
        for bad in
            ["url", "{nodePort: 70000}", "{nodePort: x}", "{node-port: 1}", "{url: a, nodePort: 1}", "[]"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_url_says_where_to_connect_and_what_to_say() {
        let read = |url: &str| {
            let site = Site::parse(url).unwrap();
            (site.tls, site.host, site.port, site.authority, site.base)
        };
        let site = |tls, host: &str, port, authority: &str, base: &str| {
            (tls, host.to_owned(), port, authority.to_owned(), base.to_owned())
        };
        assert_eq!(read("http://127.0.0.1:8080"), site(false, "127.0.0.1", 8080, "127.0.0.1:8080", ""));
        assert_eq!(
            read("https://shop.example/api/"),
            site(true, "shop.example", 443, "shop.example", "/api")
        );
        assert_eq!(read("HTTP://[::1]:1/"), site(false, "::1", 1, "[::1]:1", ""));
    }

    #[test]
    fn what_is_no_url_says_why() {
        for (url, why) in [
            ("", BadUrl::Unreadable),
            ("http://a b", BadUrl::Unreadable),
            ("http://", BadUrl::Unreadable),
            ("http://straße", BadUrl::Unreadable),
            ("shop.example:80", BadUrl::Scheme),
            ("/healthz", BadUrl::Scheme),
            ("ftp://shop", BadUrl::Scheme),
            ("http://:80", BadUrl::Host),
            ("http://ann:pw@shop", BadUrl::User),
            ("http://shop:0", BadUrl::Port),
            ("http://shop:65536", BadUrl::Port),
            ("http://shop:", BadUrl::Port),
            ("http://shop/?a=b", BadUrl::Rest),
            ("http://shop/#top", BadUrl::Rest),
        ] {
            assert_eq!(Site::parse(url), Err(why), "{url}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_site_or_a_reason(text in "(http|https)?(://)?[a-z\\[\\]:@/?#.0-9é ]{0,20}") {
            if let Ok(site) = Site::parse(&text) {
                proptest::prop_assert!(site.port > 0 && !site.host.is_empty());
                proptest::prop_assert!(site.base.is_empty() || site.base.starts_with('/'));
                // What is asked for is a request that can be sent.
                let asked = format!("{}/healthz", site.base);
                proptest::prop_assert!(asked.parse::<Uri>().is_ok(), "{}", asked);
            }
        }
    }
}
