//! Who firedrill is to an API server, where a kubeconfig leaves that to a file or to a program.
//!
//! kube can do both, but a plugin that hangs would hang a run with it, each client would run the
//! plugin again, and what a plugin complains about would be lost. So the token is fetched here and
//! every client of a process shares it. Client certificates, passwords and tokens that the
//! kubeconfig holds itself are kube's business.
//!
//! - [`exec`]: credential plugins
//! - `file`: token files
//! - `renewal`: when a token is fetched again

pub mod exec;
mod file;
mod renewal;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, Response, StatusCode};
use kube::Client;
use kube::client::Body;
use kube::config::AuthInfo;

use exec::{Plugin, PluginError};
use renewal::Renewal;

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The plugin gave none.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The file holds none.
    #[error("the token file {}: {why}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        why: String,
    },
}

/// A token as it is sent, and until when it is good.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    header: HeaderValue,
    /// Nothing where its source does not say.
    expires: Option<DateTime<Utc>>,
}

impl Token {
    fn new(token: &str, expires: Option<DateTime<Utc>>) -> Result<Self, String> {
        let token = token.trim();
        if token.is_empty() {
            return Err("there is no token in it".to_owned());
        }
        let bad = || "what it holds cannot be a token: there are spaces or line breaks in it".to_owned();
        if token.contains(char::is_whitespace) {
            return Err(bad());
        }
        let mut header = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| bad())?;
        header.set_sensitive(true);
        Ok(Self { header, expires })
    }
}

/// Where tokens come from.
#[derive(Debug)]
enum Source {
    Plugin(Box<Plugin>),
    File(PathBuf),
}

impl Source {
    async fn fetch(&self) -> Result<Token, Error> {
        match self {
            Self::Plugin(plugin) => Ok(plugin.token().await?),
            Self::File(path) => file::read(path).await,
        }
    }
}

/// A token that is fetched again when it runs out. Clones share it.
#[derive(Debug, Clone)]
pub struct Bearer {
    renewal: Arc<Renewal>,
}

/// What a kubeconfig's user comes to.
#[derive(Debug)]
pub enum Credential {
    /// kube knows what to do with it.
    Static,
    /// A token that changes.
    Bearer(Bearer),
}

/// Takes file and plugin out of a kubeconfig's user, and runs the plugin for the first time. A
/// plugin's client certificate is put in their place.
///
/// # Errors
/// Where the plugin or the file gives nothing.
pub async fn take(auth: &mut AuthInfo) -> Result<Credential, Error> {
    let (file, plugin) = (auth.token_file.take(), auth.exec.take());
    // client-go's order: a file, as long as it can be read, before a token, and both before a plugin.
    if let Some(file) = file {
        let source = Source::File(PathBuf::from(file));
        match source.fetch().await {
            Ok(first) => {
                auth.token = None;
                return Ok(Credential::Bearer(Bearer { renewal: Renewal::new(source, first) }));
            }
            Err(error) if auth.token.is_none() => return Err(error),
            Err(_) => {}
        }
    }
    let Some(config) = plugin else { return Ok(Credential::Static) };
    if auth.token.is_some() || auth.username.is_some() || auth.auth_provider.is_some() {
        return Ok(Credential::Static);
    }
    let plugin = Plugin::new(config)?;
    match plugin.run().await? {
        exec::Given::Token(first) => {
            let source = Source::Plugin(Box::new(plugin));
            Ok(Credential::Bearer(Bearer { renewal: Renewal::new(source, first) }))
        }
        exec::Given::Certificate { certificate, key } => {
            auth.client_certificate = None;
            auth.client_key = None;
            auth.client_certificate_data = Some(certificate);
            auth.client_key_data = Some(key.into());
            Ok(Credential::Static)
        }
    }
}

/// How long [`take`] may take for this user.
#[must_use]
pub fn patience(auth: &AuthInfo) -> Duration {
    if auth.exec.is_some() { exec::WITHIN } else { Duration::ZERO }
}

impl Bearer {
    /// A client that sends the token with each request. One that is refused (401) is fetched anew
    /// and sent once more.
    #[must_use]
    pub fn client(&self, inner: Client) -> Client {
        let namespace = inner.default_namespace().to_owned();
        let renewal = Arc::clone(&self.renewal);
        let send = move |request| {
            let (renewal, inner) = (Arc::clone(&renewal), inner.clone());
            async move { send(&renewal, &inner, request).await }
        };
        Client::new(tower::service_fn(send), namespace)
    }
}

async fn send(
    renewal: &Arc<Renewal>,
    inner: &Client,
    mut request: Request<Body>,
) -> Result<Response<Body>, kube::Error> {
    let failed = |error: Error| kube::Error::Service(Box::new(error));
    let token = renewal.token().await.map_err(failed)?;
    let again = copy(&request);
    request.headers_mut().insert(AUTHORIZATION, token.clone());
    let response = inner.send(request).await?;
    let Some(mut again) = again.filter(|_| response.status() == StatusCode::UNAUTHORIZED) else {
        return Ok(response);
    };
    match renewal.refused(&token).await {
        Some(other) => {
            again.headers_mut().insert(AUTHORIZATION, other);
            inner.send(again).await
        }
        None => Ok(response),
    }
}

/// The same request once more; nothing where its body is a stream.
fn copy(request: &Request<Body>) -> Option<Request<Body>> {
    let mut copy = Request::new(request.body().try_clone()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(copy)
}
