//! Credential plugins: programs that a kubeconfig names, which print a token or a certificate
//! (`client.authentication.k8s.io`, `ExecCredential`).
//!
//! A plugin gets no terminal, whatever its `interactiveMode`: the guard runs it too, unattended.
//! It has a deadline, and ends with all that it started.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use chrono::{DateTime, Utc};
use k8s_openapi::ByteString;
use kube::config::{ExecConfig, ExecInteractiveMode};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;

use super::Token;
use crate::cluster::group::output;

/// How long a plugin may take. Those of the clouds need up to three seconds.
pub const WITHIN: Duration = Duration::from_secs(15);

/// What a kubeconfig says of a plugin.
#[derive(Debug, Default)]
pub struct Plugin {
    command: String,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    api_version: String,
    /// `KUBERNETES_EXEC_INFO`.
    info: String,
    hint: Option<String>,
}

/// Why a plugin gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the credential plugin {command} {why}")]
pub struct PluginError {
    /// The program.
    pub command: String,
    /// What happened.
    pub why: String,
    /// What to do, where that is known.
    pub hint: Option<String>,
}

/// What a plugin gave.
#[derive(Debug)]
pub(super) enum Given {
    Token(Token),
    /// Both base64 of PEM, as in a kubeconfig.
    Certificate {
        certificate: String,
        key: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Printed {
    kind: Option<String>,
    api_version: Option<String>,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
    expiration_timestamp: Option<DateTime<Utc>>,
}

impl Plugin {
    pub(super) fn new(config: ExecConfig) -> Result<Self, PluginError> {
        let command = config.command.unwrap_or_default();
        let refuse = |why: &str, hint: Option<String>| {
            let why = why.to_owned();
            Err(PluginError { command: command.clone(), why, hint })
        };
        if command.is_empty() {
            return refuse("has no command", None);
        }
        if config.interactive_mode == Some(ExecInteractiveMode::Always) {
            return refuse(
                "wants a terminal (interactiveMode: Always), and firedrill gives it none: its guard would need one, too",
                Some("use credentials that need nobody at a terminal: a plugin with interactiveMode: Never or IfAvailable after a login, a token file, or a ServiceAccount".to_owned()),
            );
        }
        let api_version = config.api_version.unwrap_or_default();
        let mut spec = json!({"interactive": false});
        if config.provide_cluster_info
            && let Ok(cluster) = serde_json::to_value(&config.cluster)
        {
            spec["cluster"] = cluster;
        }
        let info = json!({"apiVersion": api_version, "kind": "ExecCredential", "spec": spec}).to_string();
        let pair = |variable: &std::collections::HashMap<String, String>| {
            Some((variable.get("name")?.clone(), variable.get("value")?.clone()))
        };
        Ok(Self {
            arguments: config.args.unwrap_or_default(),
            variables: config.env.iter().flatten().filter_map(pair).collect(),
            api_version,
            info,
            hint: config.install_hint.map(|hint| hint.trim().to_owned()).filter(|hint| !hint.is_empty()),
            command,
        })
    }

    /// Runs it.
    pub(super) async fn run(&self) -> Result<Given, PluginError> {
        let mut command = Command::new(&self.command);
        command
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("KUBERNETES_EXEC_INFO", &self.info)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let printed = match tokio::time::timeout(WITHIN, output(&mut command)).await {
            Ok(Ok(printed)) => printed,
            Ok(Err(why)) => return Err(self.failed(why)),
            Err(_) => {
                let seconds = WITHIN.as_secs();
                return Err(self.failed(format!(
                    "did not end within {seconds} s; does it wait for somebody to log in?"
                )));
            }
        };
        self.read(&printed).map_err(|why| self.failed(why))
    }

    /// Runs it for another token.
    pub(super) async fn token(&self) -> Result<Token, PluginError> {
        match self.run().await? {
            Given::Token(token) => Ok(token),
            Given::Certificate { .. } => {
                Err(self.failed("gave a token before, and now a certificate".to_owned()))
            }
        }
    }

    fn read(&self, printed: &str) -> Result<Given, String> {
        if printed.trim().is_empty() {
            return Err("printed nothing".to_owned());
        }
        // What it printed may be half a token, so it is not quoted.
        let read: Printed = serde_json::from_str(printed)
            // kubectl takes YAML, too.
            .or_else(|error| {
                let yaml = (!error.is_data()).then(|| serde_saphyr::from_str(printed).ok());
                yaml.flatten().ok_or(error)
            })
            .map_err(|error| {
                let (line, column) = (error.line(), error.column());
                format!("printed something that is no ExecCredential (line {line}, column {column})")
            })?;
        if read.kind.as_deref() != Some("ExecCredential") {
            return Err("printed an object of another kind than ExecCredential".to_owned());
        }
        let version = read.api_version.unwrap_or_default();
        if version != self.api_version {
            return Err(format!(
                "printed an ExecCredential of {version}, and the kubeconfig wants {}",
                self.api_version
            ));
        }
        let status = read.status.ok_or("printed an ExecCredential without a status")?;
        match status {
            Status { token: Some(token), expiration_timestamp, .. } if !token.trim().is_empty() => {
                Token::new(&token, expiration_timestamp)
                    .map(Given::Token)
                    .map_err(|why| format!("printed a bad token: {why}"))
            }
            Status { client_certificate_data: Some(certificate), client_key_data: Some(key), .. } => {
                Ok(Given::Certificate { certificate: base64(certificate), key: base64(key) })
            }
            _ => {
                Err("printed an ExecCredential with neither a token nor a certificate and its key".to_owned())
            }
        }
    }

    fn failed(&self, why: String) -> PluginError {
        // Its author knows best how to get it, but only where it is missing.
        let missing = why.starts_with("cannot be run") && !Path::new(&self.command).exists();
        let hint = self.hint.clone().filter(|_| missing);
        PluginError { command: self.command.clone(), why, hint }
    }
}

/// As kubeconfigs hold it: that is how the API's types write bytes.
fn base64(pem: String) -> String {
    let bytes = serde_json::to_value(ByteString(pem.into_bytes()));
    bytes.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "client.authentication.k8s.io/v1";

    fn plugin(script: &str) -> Plugin {
        plugin_of(json!({"apiVersion": V1, "command": "sh", "args": ["-c", script],
            "env": [{"name": "WHO", "value": "ann"}]}))
        .unwrap()
    }

    fn plugin_of(config: serde_json::Value) -> Result<Plugin, PluginError> {
        Plugin::new(serde_json::from_value(config).unwrap())
    }

    async fn fails(script: &str) -> String {
        let failed = plugin(script).run().await;
        failed.expect_err(script).to_string()
    }

    fn prints(status: &str) -> String {
        format!(r#"echo '{{"kind":"ExecCredential","apiVersion":"{V1}","status":{status}}}'"#)
    }

    #[tokio::test]
    async fn a_token_with_its_end() {
        let script = prints(r#"{"token":"'"$WHO"'","expirationTimestamp":"2030-01-02T03:04:05Z"}"#);
        let Given::Token(token) = plugin(&script).run().await.unwrap() else { panic!("no token") };
        assert_eq!(token.header, "Bearer ann");
        assert!(!format!("{token:?}").contains("ann"), "not shown where it is printed by accident");
        assert_eq!(token.expires.unwrap().to_rfc3339(), "2030-01-02T03:04:05+00:00");
    }

    #[tokio::test]
    async fn a_certificate_is_held_as_in_a_kubeconfig() {
        let script = prints(r#"{"clientCertificateData":"CERT","clientKeyData":"KEY"}"#);
        let given = plugin(&script).run().await.unwrap();
        let Given::Certificate { certificate, key } = given else { panic!("no certificate") };
        assert_eq!((certificate.as_str(), key.as_str()), ("Q0VSVA==", "S0VZ"));
    }

    #[tokio::test]
    async fn yaml_will_do() {
        let script = format!("printf 'kind: ExecCredential\\napiVersion: {V1}\\nstatus: {{token: t}}\\n'");
        assert!(matches!(plugin(&script).run().await, Ok(Given::Token(_))));
    }

    #[tokio::test]
    async fn it_is_told_what_is_wanted_and_gets_no_terminal() {
        let script = r#"read -r line && exit 9
            case $KUBERNETES_EXEC_INFO in *'"interactive":false'*) ;; *) exit 8;; esac
            case $KUBERNETES_EXEC_INFO in *'"kind":"ExecCredential"'*) ;; *) exit 7;; esac
            "#;
        plugin(&format!("{script}{}", prints(r#"{"token":"t"}"#))).run().await.unwrap();
        let always = json!({"command": "sh", "interactiveMode": "Always"});
        let error = plugin_of(always).unwrap_err();
        assert!(error.why.contains("wants a terminal (interactiveMode: Always)"), "{error}");
    }

    #[tokio::test]
    async fn what_it_complains_about_last_is_quoted() {
        let error = fails("echo usage >&2; echo 'Your session has expired' >&2; echo >&2; exit 3").await;
        assert_eq!(error, "the credential plugin sh ended with exit status: 3: Your session has expired");
    }

    #[tokio::test]
    async fn what_is_no_credential_is_said_without_quoting_it() {
        for (script, why) in [
            ("echo secret", "no ExecCredential"),
            ("true", "printed nothing"),
            (r#"echo '{"kind":"Pod","status":{"token":"secret"}}'"#, "another kind"),
            (&prints("null"), "without a status"),
            (&prints("{}"), "neither a token nor"),
            (&prints(r#"{"clientKeyData":"secret"}"#), "neither a token nor"),
            (&prints(r#"{"token":"secret secret\nx"}"#), "bad token"),
            (&prints(r#"{"token":7}"#), "no ExecCredential"),
            (
                r#"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"}'"#,
                "v1beta1",
            ),
        ] {
            let error = fails(script).await;
            assert!(error.contains(why) && !error.contains("secret"), "{script}: {error}");
        }
    }

    #[tokio::test]
    async fn one_that_is_not_there_says_how_to_get_it() {
        let missing = json!({"command": "no-such-plugin", "installHint": "apt install it"});
        let error = plugin_of(missing).unwrap().run().await.unwrap_err();
        assert!(error.why.contains("cannot be run: No such file"), "{error}");
        assert_eq!(error.hint.as_deref(), Some("apt install it"));
        let there = json!({"command": "/bin/false", "installHint": "apt install it"});
        assert_eq!(plugin_of(there).unwrap().run().await.unwrap_err().hint, None);
    }
}
