//! A run under way: its journal tells how far it is.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use firedrill::journal::{Event, Kind, Phase, Point, read};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::shared;

/// The built-in drill.
pub const DRILL: &str = "service-has-no-endpoints";
const WITHIN: Duration = Duration::from_secs(60);

/// A run of a drill on the shared cluster. Ended with its handle.
pub struct Running {
    child: Option<Child>,
    journal: PathBuf,
    /// Where the journal is a temporary one.
    folder: Option<tempfile::TempDir>,
}

/// How a run ended.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub events: Vec<Event>,
}

impl Running {
    /// Starts `firedrill run ARGS`.
    pub fn start(args: &[&str]) -> Self {
        Self::start_with(shared::firedrill(), args)
    }

    /// Starts `COMMAND run ARGS`.
    pub fn start_with(command: Command, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("run.jsonl");
        let mut running = Self::start_at(command, args, journal);
        running.folder = Some(folder);
        running
    }

    /// The same, with its journal here.
    pub fn start_at(mut command: Command, args: &[&str], journal: PathBuf) -> Self {
        let child = command
            .arg("run")
            .args(args)
            .arg("--journal")
            .arg(&journal)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child: Some(child), journal, folder: None }
    }

    pub fn journal(&self) -> PathBuf {
        self.journal.clone()
    }

    pub fn events(&self) -> Vec<Event> {
        read::read(&self.journal()).map(|reading| reading.events).unwrap_or_default()
    }

    /// Waits until the journal holds such an event.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&Kind) -> bool) {
        let deadline = Instant::now() + WITHIN;
        while !self.events().iter().any(|event| wanted(&event.kind)) {
            let over = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(over.is_none() && Instant::now() < deadline, "no {what}: {over:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn until_phase(&mut self, phase: Phase) {
        self.until(&format!("{phase:?}"), |kind| *kind == Kind::Phase { phase }).await;
    }

    pub async fn until_point(&mut self, wanted: Point) {
        let is = |kind: &Kind| matches!(kind, Kind::Point { point, .. } if *point == wanted);
        self.until(&format!("{wanted:?}"), is).await;
    }

    /// The namespace that the run made.
    pub fn namespace(&self) -> String {
        let brief = self.events().into_iter().find_map(|event| match event.kind {
            Kind::RunStarted(brief) => Some(brief),
            _ => None,
        });
        brief.expect("the first event").namespace
    }

    /// The run's name.
    pub fn run(&self) -> String {
        let brief = self.events().into_iter().find_map(|event| match event.kind {
            Kind::RunStarted(brief) => Some(brief),
            _ => None,
        });
        brief.expect("the first event").run
    }

    /// Whether it is not over yet; one that nobody has waited for stays in the list of processes.
    pub fn lives(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.as_ref().unwrap().id()));
        !stat.unwrap_or_default().contains(") Z ")
    }

    pub fn signal(&self, signal: Signal) {
        send(self.child.as_ref().unwrap().id(), signal);
    }

    /// Sends a signal to the run's guard process.
    pub fn signal_guard(&self, signal: Signal) {
        let guards = guards_of(&self.journal());
        assert_eq!(guards.len(), 1, "one run, one guard");
        send(guards[0], signal);
    }

    /// Kills the runner and its guard, so that neither notices the other's end.
    pub fn kill_both(&self) {
        self.signal(Signal::STOP);
        self.signal_guard(Signal::KILL);
        self.signal(Signal::KILL);
    }

    /// Waits until it has ended, and its guard with it.
    pub async fn end(mut self) -> Ended {
        let child = self.child.take().unwrap();
        let pid = child.id();
        let ended = tokio::task::spawn_blocking(move || child.wait_with_output());
        let Ok(output) = tokio::time::timeout(WITHIN, ended).await else {
            send(pid, Signal::KILL);
            panic!("the run did not end within {WITHIN:?}; its journal: {:#?}", self.events());
        };
        let Output { status, stdout, stderr } = output.unwrap().unwrap();
        let ended = Ended {
            code: status.code(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
            events: self.events(),
        };
        // Shown where the test fails.
        println!("{status}\n{}\n{}", ended.stderr, ended.stdout);
        // It holds stderr, too, so it has ended before.
        assert_eq!(guards_of(&self.journal()), [] as [u32; 0], "a guard is left");
        ended
    }
}

fn send(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), signal).unwrap();
}

/// The guard processes of the run with this journal.
pub fn guards_of(journal: &Path) -> Vec<u32> {
    let journal = journal.to_str().unwrap().as_bytes();
    let entries = std::fs::read_dir("/proc").unwrap();
    let pids = entries.filter_map(|e| e.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        words.get(1) == Some(&b"guard".as_slice()) && words.contains(&journal)
    })
    .collect()
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Ended {
    /// The report on stdout.
    pub fn report(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).expect("a report in JSON")
    }

    /// Whether the last word of the undo was that nothing is left.
    pub fn undo_complete(&self) -> bool {
        self.events.iter().any(|event| matches!(event.kind, Kind::UndoFinished { complete: true, .. }))
    }
}
