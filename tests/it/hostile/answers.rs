//! An API server that refuses everything, in words of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use firedrill::plain::json as json_text;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

use super::{HOSTILE, SEEN, harmless, only_colours};
use crate::support::sandbox::Sandbox;

/// Ends with its handle.
struct Refusing {
    server: AbortHandle,
    sandbox: Sandbox,
}

impl Refusing {
    async fn with(status: u16, body: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(serve(listener, status, body)).abort_handle();
        let sandbox = Sandbox::new();
        // Escaped: YAML does not take all of it raw.
        std::fs::write(kubeconfig(&sandbox), json_text(&config(port).to_string())).unwrap();
        Self { server, sandbox }
    }

    fn firedrill(&self, args: &[&str]) -> Command {
        let mut command = self.sandbox.firedrill();
        command.args(args).arg("--kubeconfig").arg(kubeconfig(&self.sandbox));
        command
    }
}

impl Drop for Refusing {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn kubeconfig(sandbox: &Sandbox) -> PathBuf {
    Path::new(sandbox.path()).join("kubeconfig")
}

fn config(port: u16) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": HOSTILE,
        "clusters": [{"name": "c", "cluster": {"server": format!("http://127.0.0.1:{port}")}}],
        "contexts": [
            {"name": HOSTILE, "context": {"cluster": "c", "user": "u"}},
            {"name": "broken", "context": {"cluster": HOSTILE, "user": "u"}},
        ],
        "users": [{"name": "u", "user": {}}],
    })
}

async fn serve(listener: TcpListener, status: u16, body: String) {
    let mut connections = JoinSet::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} No\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        let answer = head + &body;
        connections.spawn(async move {
            let mut request = [0; 16 * 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            // Until the client has read it all and hangs up: closing first could cut it short.
            let _ = stream.shutdown().await;
            while stream.read(&mut request).await.is_ok_and(|read| read > 0) {}
        });
    }
}

fn refusal(message: &str) -> String {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": "Forbidden", "code": 403})
    .to_string()
}

const COMMANDS: [&[&str]; 4] =
    [&["diagnose", "api"], &["status"], &["status", "-n", "shop"], &["recover", "--all"]];

#[tokio::test(flavor = "multi_thread")]
async fn what_an_api_server_says_is_harmless() {
    let server = Refusing::with(403, refusal(HOSTILE)).await;
    for args in COMMANDS {
        let (code, text) = harmless(&mut server.firedrill(args));
        assert_eq!(code, Some(4), "{args:?}: {text}");
        assert!(text.contains("the API server refused to") && text.contains(SEEN), "{args:?}: {text}");
        let text = only_colours(&mut server.firedrill(args));
        assert!(!text.contains("\u{1b}[31mok"), "a colour of its own: {text:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_megabyte_of_it_is_cut() {
    let server = Refusing::with(403, refusal(&"no! ".repeat(250_000))).await;
    for args in COMMANDS {
        let (_, text) = harmless(&mut server.firedrill(args));
        assert!(text.contains("more characters)") && text.len() < 10_000, "{}: {text:.3000}", text.len());
    }
    let lines = Refusing::with(403, refusal(&"no!\n".repeat(250_000))).await;
    let (_, text) = harmless(&mut lines.firedrill(&["status"]));
    assert!(text.contains("more lines)") && text.len() < 10_000, "{}", text.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_at_all_is_harmless() {
    for body in
        [HOSTILE.to_owned(), format!("{{\"items\": \"{}\"}}", HOSTILE.escape_default()), "{".repeat(9_000)]
    {
        let server = Refusing::with(200, body).await;
        for args in COMMANDS {
            harmless(&mut server.firedrill(args));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_names_in_a_kubeconfig_are_harmless() {
    let server = Refusing::with(403, refusal("no")).await;
    for (context, exit, said) in
        [("broken", 4, SEEN), (HOSTILE, 4, "refused"), ("\u{1b}[2Jnone", 2, "[2Jnone")]
    {
        let (code, text) = harmless(&mut server.firedrill(&["status", "--context", context]));
        assert_eq!((code, text.contains(said)), (Some(exit), true), "{text}");
    }
    // Raw, YAML refuses some of it, and quotes what it refuses.
    std::fs::write(kubeconfig(&server.sandbox), config(1).to_string()).unwrap();
    let (code, text) = harmless(&mut server.firedrill(&["status"]));
    assert_eq!((code, text.contains(SEEN)), (Some(4), true), "{text}");
    let (code, text) = harmless(&mut server.firedrill(&["status", HOSTILE]));
    assert_eq!((code, text.contains(SEEN)), (Some(2), true), "{text}");
}
