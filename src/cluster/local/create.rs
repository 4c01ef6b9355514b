//! `kwokctl create cluster`.

use std::process::Stdio;

use serde::Deserialize;
use tokio::process::Command;

use super::super::binaries::Binaries;
use super::{environment, log};
use crate::cluster::Error;
use crate::cluster::state::Home;

/// Has kwokctl make the keys and start the components; returns when the API server answers.
/// Dropped, kwokctl is ended; what it has started is not.
pub(super) async fn create(home: &Home, binaries: &Binaries) -> Result<(), Error> {
    let mut command = Command::new(&binaries.kwokctl);
    environment::clean(&mut command, home);
    command
        .arg("--config")
        .arg(home.path().join("kwokctl.yaml"))
        .args(["--name", home.name(), "create", "cluster", "--kubeconfig"])
        .arg(home.kubeconfig())
        .current_dir(home.components())
        .stdin(Stdio::null())
        // The terminal's Ctrl-C is for firedrill to handle.
        .process_group(0)
        .kill_on_drop(true);
    let output = command
        .output()
        .await
        .map_err(|source| Error::Spawn { program: binaries.kwokctl.clone(), source })?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Kwokctl {
        name: home.name().to_owned(),
        status: output.status.to_string(),
        log: log::last_lines(&readable(&String::from_utf8_lossy(&output.stderr))),
    })
}

/// What matters of kwokctl's JSON lines; other lines as they are.
fn readable(log: &str) -> String {
    log.lines().map(|line| Line::parse(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

#[derive(Deserialize)]
struct Line {
    level: String,
    msg: String,
    err: Option<serde_json::Value>,
}

impl Line {
    fn parse(line: &str) -> Option<String> {
        let Self { level, msg, err } = serde_json::from_str(line).ok()?;
        let err = match err {
            Some(serde_json::Value::String(text)) => format!(": {text}"),
            Some(other) => format!(": {other}"),
            None => String::new(),
        };
        Some(format!("{level} {msg}{err}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_lines_become_readable() {
        let log = concat!(
            r#"{"time":"2026-11-22T17:48:47Z","level":"INFO","msg":"Cluster is creating","cluster":"x"}"#,
            "\n",
            r#"{"level":"ERROR","msg":"Execute exit","err":"no such file"}"#,
            "\npanic: oh\n",
        );
        insta::assert_snapshot!(readable(log), @r"
        INFO Cluster is creating
        ERROR Execute exit: no such file
        panic: oh
        ");
    }
}
