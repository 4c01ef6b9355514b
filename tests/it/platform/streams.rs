//! Nobody reads what firedrill says, or nobody can.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use firedrill::journal::{Event, Kind, read};
use rustix::process::{Pid, Signal, kill_process};

use crate::run::running::DRILL;
use crate::support::shared;

/// A run whose standard streams the shell arranges; ended with its handle.
struct Arranged {
    child: Child,
    folder: tempfile::TempDir,
}

impl Arranged {
    /// `firedrill run DRILL ARGS` with these redirections.
    fn start(redirections: &str, args: &[&str], stderr: Stdio) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let known = shared::firedrill();
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec \"$0\" \"$@\" {redirections}")]).arg(known.get_program());
        shell.args(["run", DRILL]).args(args).arg("--journal").arg(folder.path().join("run.jsonl"));
        shell.env_clear().envs(known.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        Self { child: shell.spawn().unwrap(), folder }
    }

    fn events(&self) -> Vec<Event> {
        read::read(&self.folder.path().join("run.jsonl")).map(|reading| reading.events).unwrap_or_default()
    }

    async fn until_ended(&mut self) -> Option<i32> {
        let deadline = Instant::now() + Duration::from_secs(40);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "not over: {:#?}", self.events().last());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn is_undone(&self) {
        let undone = |event: &Event| matches!(event.kind, Kind::UndoFinished { complete: true, .. });
        assert!(self.events().iter().any(undone));
    }

    async fn until(&self, wanted: impl Fn(&Kind) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(40);
        while !self.events().iter().any(|event| wanted(&event.kind)) {
            assert!(Instant::now() < deadline, "not yet: {:#?}", self.events().last());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Arranged {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn passes(redirections: &str) {
    let mut run = Arranged::start(redirections, &[], Stdio::null());
    assert_eq!(run.until_ended().await, Some(0), "{redirections}");
    run.is_undone();
}

#[tokio::test]
async fn stderr_is_closed() {
    passes("2>&-").await;
}

#[tokio::test]
async fn all_three_are_closed() {
    passes("<&- >&- 2>&-").await;
}

#[tokio::test]
async fn stderr_takes_nothing() {
    passes("2>/dev/full").await;
}

/// A pipe whose reader has gone before the first word.
#[tokio::test]
async fn nobody_reads_stdout_or_stderr_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let code = folder.path().join("code");
    let known = shared::firedrill();
    let script = "{ \"$0\" run \"$1\" --journal \"$2/run.jsonl\" 2>&1; echo $? >\"$2/code\"; } | true";
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(known.get_program()).arg(DRILL).arg(folder.path());
    shell.env_clear().envs(known.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = shell.stdin(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(40);
    while !code.exists() {
        assert!(Instant::now() < deadline, "not over");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.wait().unwrap();
    assert_eq!(std::fs::read_to_string(code).unwrap().trim(), "0");
}

/// The result was not delivered, and the run is over all the same.
#[tokio::test]
async fn stdout_is_a_full_disk() {
    let mut run = Arranged::start(">/dev/full", &[], Stdio::piped());
    assert_eq!(run.until_ended().await, Some(4));
    run.is_undone();
    let mut said = String::new();
    run.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("cannot write the result"), "{said}");
}

/// A pipe that is full and that nobody reads: no measurement, no undo and no end waits for it.
#[tokio::test]
async fn stderr_is_a_full_pipe() {
    let (reader, writer) = std::io::pipe().unwrap();
    fill(&writer);
    let mut run = Arranged::start("", &["--respond", "manual"], Stdio::from(writer));
    let detected = |kind: &Kind| matches!(kind, Kind::Point { point: firedrill::journal::Point::Detect, .. });
    run.until(detected).await;
    let pid = Pid::from_raw(i32::try_from(run.child.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(run.until_ended().await, Some(130));
    run.is_undone();
    drop(reader);
}

/// Writes until nothing more fits.
fn fill(pipe: &std::io::PipeWriter) {
    use std::io::{ErrorKind, Write as _};
    let before = rustix::fs::fcntl_getfl(pipe).unwrap();
    rustix::fs::fcntl_setfl(pipe, before | rustix::fs::OFlags::NONBLOCK).unwrap();
    let mut writer = pipe;
    for size in [4096, 1] {
        let full = loop {
            if let Err(error) = writer.write(&vec![b'.'; size]) {
                break error;
            }
        };
        assert_eq!(full.kind(), ErrorKind::WouldBlock);
    }
    rustix::fs::fcntl_setfl(pipe, before).unwrap();
}
