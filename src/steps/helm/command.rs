//! One call of helm.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use tempfile::NamedTempFile;
use tokio::process::Command;
use tokio::time::timeout;

use super::Helm;
use crate::drill::Values;
use crate::group::{self, Ended};
use crate::steps::error::Error;

/// Variables of the caller that would change what helm does, or where.
const SETTINGS: &str = "HELM_";
/// Variables that lead to a proxy.
const PROXIES: [&str; 6] =
    ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];

/// A call that is being put together.
pub(super) struct Call<'a> {
    helm: &'a Helm,
    arguments: Vec<String>,
    /// Removed once helm has read it.
    values: Option<NamedTempFile>,
}

impl Helm {
    /// A call for a namespace.
    pub(super) fn command(&self, namespace: &str) -> Call<'_> {
        let mut arguments = vec![format!("--namespace={namespace}")];
        if let Some(kubeconfig) = &self.kubeconfig {
            arguments.push(format!("--kubeconfig={}", kubeconfig.display()));
        }
        if let Some(context) = &self.context {
            arguments.push(format!("--kube-context={context}"));
        }
        Call { helm: self, arguments, values: None }
    }
}

impl Call<'_> {
    pub fn args<const N: usize>(mut self, arguments: [&str; N]) -> Self {
        self.arguments.extend(arguments.map(str::to_owned));
        self
    }

    /// A command on a release and a chart, with these values. Definitions of kinds belong to the
    /// whole cluster, so none is installed.
    pub fn release(
        mut self,
        verb: [&str; 1],
        release: &str,
        chart: &str,
        values: &Values,
    ) -> Result<Self, Error> {
        let chart = self.helm.charts.path(chart)?;
        self = self.args(verb).args([release, &chart.to_string_lossy(), "--skip-crds"]);
        let file = written(values, self.helm.home.path()).map_err(|source| Error::Charts { source })?;
        self.arguments.push(format!("--values={}", file.path().display()));
        self.values = Some(file);
        Ok(self)
    }

    /// Runs it; it is ended when nobody waits for it any more, or after `within`.
    pub async fn run(self, within: Duration) -> Result<Ended, Error> {
        let what =
            || self.arguments.iter().filter(|a| !a.starts_with("--")).cloned().collect::<Vec<_>>().join(" ");
        let mut command = Command::new(&self.helm.program);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.environment(&mut command);
        match timeout(within, group::run(&mut command)).await {
            Ok(Ok(ended)) => Ok(ended),
            Ok(Err(error)) => Err(Error::Helm { what: what(), message: format!("cannot be run: {error}") }),
            Err(_) => {
                let message = format!("did not end within {} s", within.as_secs());
                Err(Error::Helm { what: what(), message })
            }
        }
    }

    /// The caller's environment, which credential plugins may need, without what would make helm
    /// do something else.
    fn environment(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with(SETTINGS))
        {
            command.env_remove(name);
        }
        if self.helm.loopback {
            for name in PROXIES {
                command.env_remove(name);
            }
        }
        for name in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            command.env(name, self.helm.home.path());
        }
    }
}

/// JSON is YAML, too.
fn written(values: &Values, folder: &std::path::Path) -> std::io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix("values-").suffix(".json").tempfile_in(folder)?;
    file.write_all(serde_json::to_string(values)?.as_bytes())?;
    file.flush()?;
    Ok(file)
}
