//! Why the API server of a context cannot be used, in words for the person whose kubeconfig it is.

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;

use http::Uri;
use kube::config::AuthInfo;
use miette::Diagnostic;

use super::credentials::{self, exec::PluginError};
use super::proxy::{BadAddress, Proxy};

/// Why the API server of a context cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ReachError {
    /// There is no token.
    #[error("the context `{context}` has no credentials: {why}")]
    #[diagnostic(code(firedrill::context::credentials), help("{}", credentials_help(context, why)))]
    Credentials {
        /// The context.
        context: String,
        /// Why.
        why: credentials::Error,
    },
    /// The API server does not take the credentials.
    #[error("the API server of the context `{context}` does not accept {identity} (401): {message}")]
    #[diagnostic(code(firedrill::context::unauthorized), help("{}", identity.help(context)))]
    Unauthorized {
        /// The context.
        context: String,
        /// What was shown to it.
        identity: Identity,
        /// Its words.
        message: String,
    },
    /// The API server's certificate is not trusted.
    #[error(
        "the context `{context}` does not trust the certificate of its API server {server}: {}",
        in_words(why)
    )]
    #[diagnostic(code(firedrill::context::certificate), help("{}", certificate_help(why)))]
    Certificate {
        /// The context.
        context: String,
        /// The API server's host and port.
        server: String,
        /// What is wrong with it.
        why: String,
    },
    /// The API server does not take the client's certificate.
    #[error("the API server of the context `{context}` refuses the connection: {why}")]
    #[diagnostic(
        code(firedrill::context::client_certificate),
        help(
            "it refused the client certificate of the kubeconfig: has it expired, or is it of another cluster?"
        )
    )]
    ClientCertificate {
        /// The context.
        context: String,
        /// The alert.
        why: String,
    },
    /// The proxy lets nothing through.
    #[error("the API server of the context `{context}` is behind the proxy {proxy}, which {why}")]
    #[diagnostic(code(firedrill::context::proxy), help("{}", proxy_help(proxy, why)))]
    Proxy {
        /// The context.
        context: String,
        /// The proxy.
        proxy: Box<Proxy>,
        /// What it does instead.
        why: String,
    },
    /// The proxy's address is none.
    #[error("the context `{context}`: {why}")]
    #[diagnostic(code(firedrill::context::proxy_address), help("write it as http://HOST:PORT"))]
    ProxyAddress {
        /// The context.
        context: String,
        /// What is wrong.
        why: BadAddress,
    },
    /// No answer, or not one that helps.
    #[error("the API server of the context `{context}` does not answer{through}: {why}")]
    #[diagnostic(
        code(firedrill::context::silent),
        help("see what kubectl says: kubectl --context {context} get --raw /version")
    )]
    Silent {
        /// The context.
        context: String,
        /// ` through the proxy …`, or nothing.
        through: String,
        /// What was heard instead.
        why: String,
    },
}

/// What a kubeconfig shows an API server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// What a plugin gives.
    Plugin(String),
    /// What is in a file.
    TokenFile(PathBuf),
    /// A token in the kubeconfig.
    Token,
    /// A client certificate.
    Certificate,
    /// A name and a password, or what an old auth provider left.
    Other,
    /// Nothing.
    Nobody,
}

impl Identity {
    /// What the user of a kubeconfig shows.
    #[must_use]
    pub fn of(auth: &AuthInfo) -> Self {
        if let Some(file) = &auth.token_file {
            Self::TokenFile(PathBuf::from(file))
        } else if auth.token.is_some() {
            Self::Token
        } else if auth.username.is_some() || auth.auth_provider.is_some() {
            Self::Other
        } else if let Some(exec) = &auth.exec {
            Self::Plugin(exec.command.clone().unwrap_or_default())
        } else if auth.client_certificate.is_some() || auth.client_certificate_data.is_some() {
            Self::Certificate
        } else {
            Self::Nobody
        }
    }

    fn help(&self, context: &str) -> String {
        let then = format!("then see who you are there: kubectl --context {context} auth whoami");
        match self {
            Self::Plugin(command) => format!("log in again where {command} takes its login from, {then}"),
            Self::TokenFile(file) => {
                format!(
                    "its token has expired or is of another cluster: have a new one written to {}, {then}",
                    file.display()
                )
            }
            Self::Token => format!(
                "it has expired or is of another cluster: put a new one into the kubeconfig (for a \
                 ServiceAccount: kubectl create token NAME), {then}"
            ),
            Self::Certificate => {
                format!("it has expired or is of another cluster: get a new kubeconfig, {then}")
            }
            Self::Other | Self::Nobody => {
                format!("give the context's user credentials (kubectl config set-credentials), {then}")
            }
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plugin(command) => write!(f, "the token of the credential plugin {command}"),
            Self::TokenFile(file) => write!(f, "the token in {}", file.display()),
            Self::Token => f.write_str("the token in the kubeconfig"),
            Self::Certificate => f.write_str("the client certificate in the kubeconfig"),
            Self::Other => f.write_str("the login in the kubeconfig"),
            Self::Nobody => f.write_str("a request without credentials"),
        }
    }
}

/// Who asked, and which way: what is needed to say why it failed.
#[derive(Debug, Clone)]
pub(super) struct Asked<'a> {
    pub context: &'a str,
    pub server: &'a Uri,
    pub proxy: Option<&'a Proxy>,
    pub identity: &'a Identity,
}

impl Asked<'_> {
    /// Why a request failed.
    pub fn failed(&self, error: &kube::Error) -> ReachError {
        let context = self.context.to_owned();
        if let kube::Error::Api(status) = error
            && status.code == 401
        {
            let (identity, message) = (self.identity.clone(), status.message.clone());
            return ReachError::Unauthorized { context, identity, message };
        }
        if let kube::Error::Service(inner) = error
            && let Some(source) = inner.downcast_ref::<credentials::Error>()
        {
            return ReachError::Credentials { context, why: source.clone() };
        }
        let chain = chain(error);
        let told = |what: &str| chain.iter().find_map(|line| Some(line.split_once(what)?.1.to_owned()));
        if let Some(why) = told("invalid peer certificate: ") {
            let server = self.server.authority().map(ToString::to_string).unwrap_or_default();
            return ReachError::Certificate { context, server, why };
        }
        if let Some(alert) = told("received fatal alert: ") {
            return ReachError::ClientCertificate { context, why: alert };
        }
        let deepest = chain.last().cloned().unwrap_or_default();
        match (self.proxy, proxy_failed(&chain)) {
            (Some(proxy), Some(why)) => ReachError::Proxy { context, proxy: Box::new(proxy.clone()), why },
            _ => self.silent(deepest),
        }
    }

    /// No answer.
    pub fn silent(&self, why: String) -> ReachError {
        let through = self.proxy.map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default();
        ReachError::Silent { context: self.context.to_owned(), through, why }
    }
}

/// An error and what lies below it, the deepest last.
fn chain(error: &dyn StdError) -> Vec<String> {
    let mut lines = vec![error.to_string()];
    let mut deeper = error.source();
    while let Some(error) = deeper {
        lines.push(error.to_string());
        deeper = error.source();
    }
    lines
}

/// What a proxy did instead of letting a connection through; nothing where it did.
fn proxy_failed(chain: &[String]) -> Option<String> {
    let place =
        chain.iter().position(|line| line.contains("tunnel error") || line.contains("SOCKS error"))?;
    let (line, deepest) = (&chain[place], chain.last()?);
    Some(if line.contains("authorization required") {
        "wants a login (407)".to_owned()
    } else if line.contains("tunnel error: unsuccessful") {
        "refuses to connect to it".to_owned()
    } else if line.contains("unexpected end of file") {
        "closes the connection without an answer".to_owned()
    } else if deepest != line {
        format!("cannot be reached: {deepest}")
    } else {
        format!("fails: {}", line.trim_start_matches("tunnel error: "))
    })
}

fn credentials_help(context: &str, why: &credentials::Error) -> String {
    match why {
        credentials::Error::File { .. } => {
            "have a token written to it, or name another user for the context".to_owned()
        }
        credentials::Error::Plugin(PluginError { hint: Some(hint), .. }) => hint.clone(),
        credentials::Error::Plugin(_) => format!(
            "kubectl runs the same plugin, shows all that it says, and lets you log in: kubectl --context \
             {context} auth whoami"
        ),
    }
}

/// The commonest reason has a name that only programmers know.
fn in_words(why: &str) -> &str {
    if why == "UnknownIssuer" { "it is signed by a CA that the kubeconfig does not name" } else { why }
}

fn certificate_help(why: &str) -> &'static str {
    if why.contains("NotValidForName") || why.contains("not valid for name") {
        "the kubeconfig's server must be a name that the certificate is for; tls-server-name says another"
    } else if why.contains("xpired") || why.contains("NotValidYet") || why.contains("not valid yet") {
        "the certificate must be renewed; or is this machine's clock wrong?"
    } else {
        "certificate-authority (or -data) in the kubeconfig must be the CA that signed it; was the cluster \
         made anew under the same name, or does a proxy on the way replace certificates?"
    }
}

fn proxy_help(proxy: &Proxy, why: &str) -> String {
    if why.contains("407") {
        return "write the login into the proxy's address: http://USER:PASSWORD@HOST:PORT".to_owned();
    }
    let instead = match proxy.named_by {
        "HTTPS_PROXY" | "https_proxy" => "where it can be reached without one, name its host in NO_PROXY",
        _ => "proxy-url of the cluster in the kubeconfig names it",
    };
    format!("does the proxy run, and may it connect to the API server? {instead}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_proxy_did() {
        let failed = |lines: &[&str]| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            proxy_failed(&lines)
        };
        for (lines, why) in [
            (&["x", "tunnel error: unsuccessful"][..], Some("refuses to connect to it")),
            (&["x", "tunnel error: proxy authorization required"], Some("wants a login (407)")),
            (&["x", "tunnel error: unexpected end of file"], Some("closes the connection without an answer")),
            (
                &["x", "tunnel error: failed to create underlying connection", "tcp", "Connection refused"],
                Some("cannot be reached: Connection refused"),
            ),
            (
                &["x", "tunnel error: proxy response headers too long"],
                Some("fails: proxy response headers too long"),
            ),
            (&["x", "Connection refused"], None),
        ] {
            assert_eq!(failed(lines).as_deref(), why, "{lines:?}");
        }
    }

    #[test]
    fn who_was_shown_to_the_api_server() {
        let of = |user: serde_json::Value| Identity::of(&serde_json::from_value(user).unwrap()).to_string();
        let exec = serde_json::json!({"exec": {"command": "aws"}});
        assert_eq!(of(exec), "the token of the credential plugin aws");
        let both = serde_json::json!({"token": "t", "tokenFile": "/run/token", "exec": {"command": "aws"}});
        assert_eq!(of(both), "the token in /run/token");
        assert_eq!(
            of(serde_json::json!({"client-certificate": "a"})),
            "the client certificate in the kubeconfig"
        );
        assert_eq!(of(serde_json::json!({})), "a request without credentials");
    }
}
