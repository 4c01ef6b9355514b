//! The proxy in front of an API server: which one, and who says so.
//!
//! The rules are those of kubectl, so that what works there works here: `proxy-url` of the
//! kubeconfig's cluster is used whatever the environment says; else `HTTPS_PROXY` (or
//! `https_proxy`), but for hosts that `NO_PROXY` names and for this machine itself
//! (client-go `tools/clientcmd`, and Go's `net/http.ProxyFromEnvironment`).

use std::fmt;
use std::net::IpAddr;

use http::Uri;

/// A proxy, and where it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its address, with the scheme, and with what it takes for a login.
    pub url: Uri,
    /// `the kubeconfig`, or the variable.
    pub named_by: &'static str,
}

impl fmt::Display for Proxy {
    /// The address without the login, and where it was named.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.url.scheme_str().unwrap_or("http");
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        write!(f, "{scheme}://{}{port} ({})", self.url.host().unwrap_or_default(), self.named_by)
    }
}

/// A proxy's address that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the proxy that {named_by} names is not an address: use http://, https:// or socks5://HOST:PORT")]
pub struct BadAddress {
    /// Where it was named. The address itself may hold a password.
    pub named_by: &'static str,
}

/// The proxy for `server`; `kubeconfig` is its cluster's `proxy-url`, `variable` reads the
/// environment.
pub fn proxy_for(
    server: &Uri,
    kubeconfig: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, BadAddress> {
    if let Some(url) = kubeconfig.filter(|url| !url.is_empty()) {
        return parse(url, "proxy-url in the kubeconfig").map(Some);
    }
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let named = ["HTTPS_PROXY", "https_proxy"].into_iter().find_map(|name| Some((name, set(name)?)));
    let Some((named_by, url)) = named.filter(|_| server.scheme_str() == Some("https")) else {
        return Ok(None);
    };
    let spared = set("NO_PROXY").or_else(|| set("no_proxy")).unwrap_or_default();
    if is_this_machine(server) || is_spared(server, &spared) {
        return Ok(None);
    }
    parse(&url, named_by).map(Some)
}

/// An address without a scheme is one of an HTTP proxy.
fn parse(url: &str, named_by: &'static str) -> Result<Proxy, BadAddress> {
    let url = url.trim();
    let whole = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let known = |url: &Uri| matches!(url.scheme_str(), Some("http" | "https" | "socks5"));
    let parsed = whole.parse::<Uri>().ok().filter(|url| known(url) && url.host().is_some());
    parsed.map(|url| Proxy { url, named_by }).ok_or(BadAddress { named_by })
}

fn host(server: &Uri) -> &str {
    server.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

fn is_this_machine(server: &Uri) -> bool {
    let host = host(server);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether `NO_PROXY` names the server: `*`, addresses, networks, and names with everything below
/// them; a port after any of these limits it. What cannot be read spares nothing.
fn is_spared(server: &Uri, list: &str) -> bool {
    let (host, port) = (host(server).to_ascii_lowercase(), server.port_u16().unwrap_or(443));
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| spares(&entry, &host, port))
}

fn spares(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let Ok(ip) = host.parse::<IpAddr>() {
        if let Some((network, bits)) = entry.split_once('/') {
            return matches!((network.parse(), bits.parse()), (Ok(net), Ok(bits)) if within(ip, net, bits));
        }
        if let Ok(named) = entry.parse::<IpAddr>() {
            return named == ip;
        }
    }
    let (name, only) = match entry.rsplit_once(':') {
        Some((name, only)) => (name, Some(only)),
        None => (entry, None),
    };
    if only.is_some_and(|only| only.parse() != Ok(port)) {
        return false;
    }
    let name = name.trim_start_matches('[').trim_end_matches(']').trim_start_matches('*');
    match name.strip_prefix('.') {
        // With a dot in front: everything below the name, but not the name.
        Some(below) => !below.is_empty() && is_below(host, below),
        None => !name.is_empty() && (host == name || is_below(host, name)),
    }
}

fn is_below(host: &str, name: &str) -> bool {
    host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether an address lies in a network of so many leading bits.
fn within(ip: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            ip.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            ip.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(server: &str, kubeconfig: Option<&str>, variables: &[(&str, &str)]) -> Option<String> {
        let get = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let found = proxy_for(&server.parse().unwrap(), kubeconfig, get);
        found.unwrap().map(|proxy| proxy.url.to_string().trim_end_matches('/').to_owned())
    }

    #[test]
    fn the_kubeconfig_comes_before_the_environment_and_nothing_is_exempt_from_it() {
        let all = [("HTTPS_PROXY", "http://env:1"), ("NO_PROXY", "*")];
        let server = "https://api.example.com:6443";
        assert_eq!(of(server, Some("http://own:2"), &all).as_deref(), Some("http://own:2"));
        assert_eq!(of("https://127.0.0.1:1", Some("socks5://own:2"), &[]).as_deref(), Some("socks5://own:2"));
        assert_eq!(of(server, Some(""), &all[..1]).as_deref(), Some("http://env:1"));
        assert_eq!(of(server, None, &all), None);
    }

    #[test]
    fn the_environment_has_no_say_about_this_machine_nor_about_plain_http() {
        let all = [("https_proxy", "env:1")];
        for server in ["https://localhost:1", "https://127.0.0.7:1", "https://[::1]:1", "http://api:80"] {
            assert_eq!(of(server, None, &all), None, "{server}");
        }
        assert_eq!(of("https://api", None, &all).as_deref(), Some("http://env:1"), "a scheme is optional");
        let both = [("HTTPS_PROXY", ""), ("https_proxy", "http://low:1")];
        assert_eq!(of("https://api", None, &both).as_deref(), Some("http://low:1"));
    }

    #[test]
    fn no_proxy_names_hosts_domains_addresses_networks_and_ports() {
        let spared = |server: &str, list: &str| is_spared(&server.parse().unwrap(), list);
        for (list, hit, miss) in [
            ("example.com", "https://example.com", "https://badexample.com"),
            ("example.com", "https://api.example.com:6443", "https://example.com.evil"),
            (".example.com", "https://api.example.com", "https://example.com"),
            ("*.example.com", "https://api.example.com", "https://example.com"),
            ("EXAMPLE.com ", "https://api.Example.com", "https://other.com"),
            ("a,, ,api:6443", "https://api:6443", "https://api:443"),
            ("api:443", "https://api", "https://api:6443"),
            ("10.0.0.1", "https://10.0.0.1:6443", "https://10.0.0.10:6443"),
            ("10.0.0.1:6443", "https://10.0.0.1:6443", "https://10.0.0.1:443"),
            ("10.32.0.0/12", "https://10.47.255.1", "https://10.48.0.0"),
            ("0.0.0.0/0", "https://1.2.3.4", "https://[::1]"),
            ("fd00::/8", "https://[fd12::1]:6443", "https://[fe80::1]"),
        ] {
            assert!(spared(hit, list), "{list} {hit}");
            assert!(!spared(miss, list), "{list} {miss}");
        }
        for nothing in ["", ",", ".", "10.0.0.0/99", ":443", "[", "*x"] {
            assert!(!spared("https://10.0.0.1", nothing), "{nothing}");
        }
    }

    #[test]
    fn a_proxy_is_told_without_its_login() {
        let url = "http://ann:secret@proxy.example:3128".parse().unwrap();
        let told = Proxy { url, named_by: "HTTPS_PROXY" }.to_string();
        assert_eq!(told, "http://proxy.example:3128 (HTTPS_PROXY)");
        let bad = proxy_for(&"https://api".parse().unwrap(), Some("ftp://ann:secret@x"), |_| None);
        assert!(!bad.unwrap_err().to_string().contains("secret"));
    }
}
