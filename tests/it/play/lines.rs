//! The line form, from the alert to the report.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firedrill::journal::{Event, Kind, read};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::Api;
use serde_json::Value;

use super::best_keys;
use crate::run::running::guards_of;
use crate::support::{eventually, shared};

const DRILL: &str = "service-has-no-endpoints";
const WITHIN: Duration = Duration::from_secs(60);

/// A game under way. Ended with its handle.
struct Playing {
    child: Child,
    stdin: Option<ChildStdin>,
    stderr: Arc<Mutex<String>>,
    folder: tempfile::TempDir,
}

struct Played {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    events: Vec<Event>,
}

impl Playing {
    fn start(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = shared::firedrill();
        command.args(["play", DRILL, "--variant", "none"]).args(args);
        command.arg("--journal").arg(folder.path().join("run.jsonl"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stderr.take().unwrap();
        let stderr = Arc::<Mutex<String>>::default();
        let copy = Arc::clone(&stderr);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = pipe.read(&mut bytes) {
                copy.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        });
        let stdin = child.stdin.take();
        Self { child, stdin, stderr, folder }
    }

    /// Types these lines.
    fn types(&mut self, lines: &str) {
        self.stdin.as_mut().unwrap().write_all(lines.as_bytes()).unwrap();
    }

    fn said(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    async fn until_said(&self, words: &str) {
        eventually(words, WITHIN, || async { self.said().contains(words).then_some(()) }).await;
    }

    fn events(&self) -> Vec<Event> {
        read::read(&self.folder.path().join("run.jsonl")).map(|r| r.events).unwrap_or_default()
    }

    /// Closes stdin and waits for the end.
    async fn end(mut self) -> Played {
        drop(self.stdin.take());
        let code = eventually("the end of the game", WITHIN, || {
            let status = self.child.try_wait().unwrap();
            async move { status.map(|status| status.code()) }
        })
        .await;
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let (stderr, events) = (self.said(), self.events());
        println!("{code:?}\n{stderr}\n{stdout}");
        assert_eq!(guards_of(&self.folder.path().join("run.jsonl")), [] as [u32; 0], "a guard is left");
        Played { code, stdout, stderr, events }
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Played {
    fn chosen(&self) -> Vec<&str> {
        let chosen = self.events.iter().filter_map(|event| match &event.kind {
            Kind::Chosen { option, .. } => Some(option.as_str()),
            _ => None,
        });
        chosen.collect()
    }

    fn held(&self) -> Vec<(&str, Option<bool>)> {
        let claims = self.events.iter().filter_map(|event| match &event.kind {
            Kind::Claim { option, held, .. } => Some((option.as_str(), *held)),
            _ => None,
        });
        claims.collect()
    }

    async fn nothing_is_left(&self) {
        let complete = |kind: &Kind| matches!(kind, Kind::UndoFinished { complete: true, .. });
        assert!(self.events.iter().any(|event| complete(&event.kind)));
        let brief = self.events.iter().find_map(|event| match &event.kind {
            Kind::RunStarted(brief) => Some(brief),
            _ => None,
        });
        let namespaces = Api::<Namespace>::all(shared::client().await);
        let left = namespaces.get_opt(&brief.unwrap().namespace).await.unwrap();
        assert!(left.is_none_or(|namespace| namespace.metadata.deletion_timestamp.is_some()));
    }
}

/// The best way from this round on, typed: each choice, and Enter once its answer is read.
fn best(from: usize) -> String {
    best_keys(from).iter().flat_map(|(_, key)| [*key, '\n', '\n']).collect()
}

#[tokio::test]
async fn the_best_path_passes() {
    let mut game = Playing::start(&["--output", "json", "--speed", "60"]);
    game.types("\n");
    game.types(&best(1));
    let played = game.end().await;
    assert_eq!(played.code, Some(0));
    assert_eq!(&played.chosen()[..2], ["triage.B", "fix.A"]);
    assert!(played.held().iter().all(|(_, held)| *held == Some(true)), "{:?}", played.held());
    played.nothing_is_left().await;
    let report: Value = serde_json::from_str(&played.stdout).unwrap();
    let debrief = &report["debrief"];
    assert_eq!(report["verdict"], "passed");
    assert_eq!(debrief["clock"]["declaredS"], 180);
    assert_eq!(debrief["clock"]["speed"], 60);
    let path: Vec<_> = debrief["choices"].as_array().unwrap().iter().map(|c| c["option"].clone()).collect();
    assert_eq!(Value::from(path), debrief["bestPath"]);
    let (real, shows) = (&debrief["clock"]["realMs"], &debrief["clock"]["showsMs"]);
    assert!((shows.as_f64().unwrap() - real.as_f64().unwrap() * 60.0 - 180_000.0).abs() < 1.0);
    assert_eq!(report["choices"].as_array().unwrap().len(), played.chosen().len());
}

#[tokio::test]
async fn wrong_choices_lead_back_and_show_what_the_cluster_said() {
    let mut game = Playing::start(&[]);
    game.types("\nA\n\nD\n\nx\n?\n\nB\n\nB\n\nA\n\n");
    game.types(&best(3));
    let played = game.end().await;
    assert_eq!(played.code, Some(0), "a wrong choice misses nothing");
    assert_eq!(&played.chosen()[..5], ["triage.A", "triage.D", "triage.B", "fix.B", "fix.A"]);
    assert!(played.held().iter().all(|(_, held)| *held == Some(true)), "{:?}", played.held());
    let said = &played.stderr;
    for words in [
        "NO ready endpoints",
        "app=api-service",
        "matches 0 of 3 pods",
        "A  Restart the pods (5m)  TRIED: changes nothing",
        "REFUSED with 422: Deployment.apps \"api-service\" is invalid",
        "endpoints: 3 of 3 usable, before: 0",
        "takes the page, and goes on",
    ] {
        assert!(said.contains(words), "nothing said: {words}");
    }
    assert!(played.stdout.contains("\nDebrief\n") && played.stdout.contains("best path"));
    played.nothing_is_left().await;
}

#[tokio::test]
async fn quitting_puts_everything_back() {
    let mut game = Playing::start(&["--output", "json"]);
    game.types("\nA\n");
    game.until_said("What it teaches").await;
    game.types("q\n");
    game.until_said("Quit? q once more").await;
    game.types("f\n");
    game.until_said("In the cluster now").await;
    game.types("q\nq\n");
    let played = game.end().await;
    assert_eq!(played.code, Some(130));
    assert_eq!(played.chosen(), ["triage.A"]);
    played.nothing_is_left().await;
    let report: Value = serde_json::from_str(&played.stdout).unwrap();
    assert_eq!((&report["verdict"], &report["responder"]), (&"aborted".into(), &"player".into()));
    assert_eq!(report["debrief"]["choices"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_end_of_input_puts_everything_back() {
    let mut game = Playing::start(&[]);
    game.types("\nC\n\n");
    game.until_said("Round 1 of").await;
    let played = game.end().await;
    assert_eq!(played.code, Some(130));
    assert_eq!(played.chosen(), ["triage.C"]);
    assert!(played.stderr.contains("end of input: everything is put back"));
    played.nothing_is_left().await;
}
