//! Why no answer came, in the few words that a report counts by.

use std::error::Error;
use std::io;

use rustix::io::Errno;
use tokio_rustls::rustls;

use super::super::classify::Verdict;

/// Why no answer came. What a server sends is in none of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The name has no address.
    NoSuchHost,
    /// Nothing listens there.
    Refused,
    /// The connection was reset.
    Reset,
    /// The connection was closed before an answer.
    Empty,
    /// The connection was closed within an answer's body.
    CutOff,
    /// What came is no HTTP.
    NoHttp,
    /// There is no route to the host.
    Unreachable,
    /// The connection could not be made in the kernel's time.
    Timeout,
    /// The connection broke in another way.
    Broken,
    /// TLS failed, and how.
    Tls(&'static str),
    /// This machine failed, which says nothing about the Service.
    Here(&'static str),
}

impl Failure {
    /// What it says about the users.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::NoSuchHost => Verdict::out("no such host"),
            Self::Refused => Verdict::out("refused"),
            Self::Reset => Verdict::out("reset"),
            Self::Empty => Verdict::out("empty answer"),
            Self::CutOff => Verdict::out("cut-off answer"),
            Self::NoHttp => Verdict::out("no HTTP answer"),
            Self::Unreachable => Verdict::out("unreachable"),
            Self::Timeout => Verdict::timeout(),
            Self::Broken => Verdict::out("broken connection"),
            Self::Tls(how) => Verdict::out(format!("TLS: {how}")),
            Self::Here(why) => Verdict::unknown(why),
        }
    }

    /// What an error of a socket, or of TLS on it, means.
    pub fn of_io(error: &io::Error) -> Self {
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
            return Self::Tls(of_tls(tls));
        }
        if let Some(here) = Errno::from_io_error(error).and_then(of_this_machine) {
            return Self::Here(here);
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::NotConnected
            | io::ErrorKind::BrokenPipe => Self::Reset,
            io::ErrorKind::UnexpectedEof => Self::Empty,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Self::Unreachable,
            io::ErrorKind::TimedOut => Self::Timeout,
            _ => Self::Broken,
        }
    }

    /// What an error of the exchange before the answer's head means.
    pub fn of_exchange(error: &hyper::Error) -> Self {
        if let Some(socket) = socket_error(error) {
            return Self::of_io(socket);
        }
        // A request that was given back unsent says why: something came before it, or the end.
        match error.source().and_then(|why| why.downcast_ref()) {
            Some(why) => Self::of_exchange(why),
            None if error.is_incomplete_message() || error.is_canceled() || error.is_closed() => Self::Empty,
            None => Self::NoHttp,
        }
    }

    /// What an error within the answer's body means.
    pub fn of_body(error: &(dyn Error + 'static)) -> Self {
        match socket_error(error).map(Self::of_io) {
            None | Some(Self::Empty) => Self::CutOff,
            Some(other) => other,
        }
    }
}

/// The socket's error beneath another.
fn socket_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e io::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(socket) = error.downcast_ref() {
            return Some(socket);
        }
        next = error.source();
    }
    None
}

fn of_this_machine(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::MFILE | Errno::NFILE => Some("too many open files on this machine"),
        Errno::ADDRNOTAVAIL => Some("no free port on this machine"),
        Errno::NOBUFS | Errno::NOMEM => Some("no memory on this machine"),
        Errno::ACCESS | Errno::PERM => Some("not permitted on this machine"),
        Errno::NETDOWN => Some("no network on this machine"),
        _ => None,
    }
}

fn of_tls(error: &rustls::Error) -> &'static str {
    use rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
        Revoked, UnknownIssuer,
    };
    match error {
        rustls::Error::InvalidCertificate(why) => match why {
            UnknownIssuer => "unknown issuer",
            Expired | ExpiredContext { .. } => "certificate expired",
            NotValidYet | NotValidYetContext { .. } => "certificate not valid yet",
            NotValidForName | NotValidForNameContext { .. } => "certificate of another name",
            Revoked => "certificate revoked",
            _ => "bad certificate",
        },
        rustls::Error::AlertReceived(_) => "refused by the server",
        rustls::Error::InvalidMessage(_) => "not spoken there",
        rustls::Error::PeerIncompatible(_) => "no common version or cipher",
        _ => "handshake failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::SignalState;

    #[test]
    fn a_failure_is_an_outage_but_where_this_machine_fails() {
        let said = |errno: Errno| {
            let verdict = Failure::of_io(&errno.into()).verdict();
            (verdict.result, verdict.state == Some(SignalState::Out))
        };
        assert_eq!(said(Errno::CONNREFUSED), ("refused".to_owned(), true));
        assert_eq!(said(Errno::CONNRESET), ("reset".to_owned(), true));
        assert_eq!(said(Errno::PIPE), ("reset".to_owned(), true));
        assert_eq!(said(Errno::HOSTUNREACH), ("unreachable".to_owned(), true));
        assert_eq!(said(Errno::NETUNREACH), ("unreachable".to_owned(), true));
        assert_eq!(said(Errno::TIMEDOUT), ("timeout".to_owned(), true));
        assert_eq!(said(Errno::MFILE), ("too many open files on this machine".to_owned(), false));
        assert_eq!(said(Errno::ADDRNOTAVAIL), ("no free port on this machine".to_owned(), false));
        assert_eq!(said(Errno::PERM), ("not permitted on this machine".to_owned(), false));
    }
}
