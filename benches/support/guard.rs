//! The guard of a run whose runner is killed: its memory, and its time until everything is back.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use firedrill::journal::{Event, Kind, Phase, read};

use super::process::{firedrill, memory_peak_kib};

/// How long any step of this may take.
const WITHIN: Duration = Duration::from_secs(60);

/// What a guard took.
pub struct Guarded {
    /// `VmHWM` at its end, undo included.
    pub peak_kib: u64,
    /// From the kill until its last event.
    pub undone: Duration,
}

/// Kills a run while its fault is in, and watches its guard.
pub fn measure(state: &Path, drill: &str) -> Guarded {
    let journal = state.join("guarded.jsonl");
    let _ = std::fs::remove_file(&journal);
    let mut run = firedrill(state)
        .args(["run", drill, "--respond", "manual", "--journal"])
        .arg(&journal)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("firedrill starts");
    wait("the fault", || has(&journal, &Kind::Phase { phase: Phase::Responding }).then_some(()));
    let guard = wait("the guard", || guard_of(run.id()));
    let killed = Instant::now();
    run.kill().expect("a child of ours");
    run.wait().expect("a child of ours");
    let mut peak_kib = 0;
    wait("the guard's end", || {
        let now = memory_peak_kib(guard);
        peak_kib = peak_kib.max(now.unwrap_or(0));
        (now.is_none() && has(&journal, &Kind::RunEnded)).then_some(())
    });
    Guarded { peak_kib, undone: killed.elapsed() }
}

/// When the run entered its first phase: until then nothing is changed.
pub fn before_the_first_change(journal: &Path) -> Duration {
    let first = events(journal).into_iter().find(|event| matches!(event.kind, Kind::Phase { .. }));
    Duration::from_nanos(first.expect("a run has phases").stamp.elapsed)
}

/// When the run began: its cluster was there.
pub fn before_the_run(journal: &Path) -> Duration {
    Duration::from_nanos(events(journal).first().expect("a run begins").stamp.elapsed)
}

fn has(journal: &Path, kind: &Kind) -> bool {
    events(journal).iter().any(|event| event.kind == *kind)
}

fn events(journal: &Path) -> Vec<Event> {
    read::read(journal).map(|reading| reading.events).unwrap_or_default()
}

/// The process that `runner` started as its guard.
fn guard_of(runner: u32) -> Option<u32> {
    let children = PathBuf::from(format!("/proc/{runner}/task"));
    let tasks = std::fs::read_dir(children).ok()?.flatten();
    let mut pids = tasks.flat_map(|task| {
        let file = std::fs::File::open(task.path().join("children"));
        let line = file.ok().and_then(|file| std::io::BufReader::new(file).lines().next()?.ok());
        let pids: Vec<u32> =
            line.unwrap_or_default().split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
        pids
    });
    pids.find(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).nth(1) == Some(b"guard")
    })
}

fn wait<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + WITHIN;
    loop {
        if let Some(result) = done() {
            return result;
        }
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}
