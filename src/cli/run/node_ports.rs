//! Where the node ports are that a drill's signals ask.

use std::collections::BTreeMap;

use miette::Diagnostic;

use super::super::exit::{Exit, Failure};
use crate::cluster::NodePorts;
use crate::drill::Provider;
use crate::engine::plan::Plan;

/// `HOST:PORT` for each; refused where one of them is reached nowhere.
pub(in crate::cli) fn addresses(plan: &Plan, at: &NodePorts) -> Result<BTreeMap<u16, String>, Failure> {
    let asked = plan.node_ports().into_iter();
    asked
        .map(|(port, signal)| match at.address(port) {
            Some(address) => Ok((port, address)),
            None => {
                Err(Failure::new(Exit::Refused, Nowhere { signal, port, help: help(plan.wishes.provider) }))
            }
        })
        .collect()
}

const fn help(provider: Provider) -> &'static str {
    match provider {
        Provider::Local => {
            "the local cluster's nodes are simulated and have no ports: limit the signal in the drill \
             with `when: kind`, or run it on another cluster: --context NAME --node-address HOST"
        }
        Provider::Kind => {
            "the kind cluster maps other ports to this machine: name one of these in the drill and in \
             its Service, or limit the signal with `when: context`"
        }
        Provider::Context => {
            "say with --node-address HOST how this machine reaches a node, by its name or IP address; \
             or limit the signal in the drill with `when: kind`"
        }
    }
}

/// Reads `--node-address`: a host, without scheme and port.
pub(super) fn host(text: &str) -> Result<String, String> {
    let host = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    let is_name =
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
    if is_address || is_name {
        return Ok(host.to_owned());
    }
    Err("this is no host: give a name or an IP address; the ports stand in the drill".to_owned())
}

/// A signal that could see nothing.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("the signal `{signal}` asks node port {port}, which this machine has no address for")]
#[diagnostic(code(firedrill::preflight::node_port), help("{help}"))]
struct Nowhere {
    signal: String,
    port: u16,
    help: &'static str,
}

/// `--node-address` where there are no nodes to reach.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("--node-address says where the nodes of a context are, and no context is named")]
#[diagnostic(code(firedrill::usage::node_address), help("add --context NAME or --current-context"))]
pub(super) struct NoContext;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_no_scheme_and_no_port() {
        for (text, wanted) in
            [("10.0.0.7", "10.0.0.7"), ("node-1.example", "node-1.example"), ("[fd00::1]", "fd00::1")]
        {
            assert_eq!(host(text).as_deref(), Ok(wanted));
        }
        assert_eq!(host("fd00::1").as_deref(), Ok("fd00::1"));
        for bad in ["", "http://node", "node:30080", "10.0.0.7:80", "node/x", "a b", "[]"] {
            assert!(host(bad).is_err(), "{bad} passed");
        }
    }
}
