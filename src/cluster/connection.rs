//! What clients of a cluster are made of.

use std::path::Path;
use std::time::Duration;

use super::Error;
use super::credentials::Bearer;

/// What clients of a cluster are made of. Clones share the token, so a plugin that gives it is run
/// once, however many clients there are.
#[derive(Debug, Clone)]
pub struct Connection {
    /// kube's part.
    pub config: kube::Config,
    /// The token, where it changes while it is used.
    pub bearer: Option<Bearer>,
    /// How long another process may take to get its credentials for the same.
    pub patience: Duration,
}

impl From<kube::Config> for Connection {
    /// Where kube knows all.
    fn from(config: kube::Config) -> Self {
        Self { config, bearer: None, patience: Duration::ZERO }
    }
}

impl Connection {
    /// A client that repeats requests that were answered 429, 503 or 504.
    ///
    /// # Errors
    /// Where the certificates in the kubeconfig cannot be used.
    pub fn client(&self, kubeconfig: Option<&Path>) -> Result<kube::Client, Error> {
        self.make(self.config.clone(), kubeconfig)
    }

    /// A client that gives every answer as it came.
    ///
    /// # Errors
    /// As [`Connection::client`].
    pub fn probe_client(&self, kubeconfig: Option<&Path>) -> Result<kube::Client, Error> {
        let mut config = self.config.clone();
        config.default_retry = false;
        self.make(config, kubeconfig)
    }

    fn make(&self, config: kube::Config, kubeconfig: Option<&Path>) -> Result<kube::Client, Error> {
        let kubeconfig = || kubeconfig.unwrap_or(Path::new("the kubeconfig")).to_owned();
        let inner = kube::Client::try_from(config)
            .map_err(|source| Error::Client { kubeconfig: kubeconfig(), source: Box::new(source) })?;
        Ok(match &self.bearer {
            Some(bearer) => bearer.client(inner),
            None => inner,
        })
    }
}
