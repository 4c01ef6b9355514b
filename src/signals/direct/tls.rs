//! TLS as this machine's other clients speak it: its own root certificates, or those that
//! `SSL_CERT_FILE` and `SSL_CERT_DIR` name.

use std::sync::Arc;

use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig};

use super::failure::Failure;

/// What a connection to one host needs.
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Tls {
    pub async fn of(host: &str) -> Result<Self, Failure> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| Failure::Tls("no name for TLS"))?;
        // The root certificates are read from files.
        let config = tokio::task::spawn_blocking(config).await.ok().and_then(Result::ok);
        let config = config.ok_or(Failure::Here("no root certificates on this machine"))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }

    pub async fn connect(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, Failure> {
        let connected = self.connector.connect(self.name.clone(), stream).await;
        connected.map_err(|error| Failure::of_io(&error))
    }
}

fn config() -> Result<ClientConfig, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    // A session that is taken up again shows no certificate.
    config.resumption = Resumption::disabled();
    Ok(config)
}
