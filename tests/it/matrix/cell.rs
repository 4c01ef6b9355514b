//! One kill, and what came of it.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use firedrill::journal::{AbortReason, Event, Kind, Point, read};
use firedrill::report::{self, Verdict};
use firedrill::steps::api::{meta, namespace_ref};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::ground::{Folder, Ground};
use crate::run::running::guards_of;

/// How long the runner may live; longer than any run here takes.
const DIES_WITHIN: Duration = Duration::from_secs(40);
/// How long the guard may take for both of its looks.
const GUARDED_WITHIN: Duration = Duration::from_secs(20);
/// How often a run may end before its crash.
const TRIES: u32 = 3;
/// The exit code that says so.
const LEFT_CHANGED: i32 = 5;
const LOOK_EVERY: Duration = Duration::from_millis(15);

/// Who mends, and what is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The runbook, on a workload that was there.
    Runbook,
    /// The workload's owner, on it.
    Manual,
    /// The runbook, on a workload that the run deploys into a namespace of its own.
    Deploying,
}

/// When the runner dies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// Before the write of an event.
    Before(String),
    /// After it.
    After(String),
    /// That long after its start.
    At(Duration),
}

/// Who undoes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The guard.
    Guard,
    /// `firedrill recover`; the guard dies with the runner.
    Recover,
}

/// One kill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub mode: Mode,
    pub when: When,
    pub by: By,
}

/// What came of it.
pub struct Outcome {
    pub cell: Cell,
    /// Whether the runner was killed; at a random moment it may be over already.
    pub killed: bool,
    /// From the kill (by the guard), or from the start of `recover`, until the target was as
    /// before; or what is wrong.
    pub undone: Result<Duration, String>,
}

impl Cell {
    /// Kills a run so, lets it be undone, and compares.
    ///
    /// On a busy machine a run can end without one of its events (not every incident is seen to be
    /// resolved in time): then nothing was killed, and it is tried again.
    pub async fn try_on(self, ground: &Ground) -> Outcome {
        let (mut killed, mut undone) = self.once(ground).await;
        let mut tries = 1;
        while !killed && undone.is_ok() && !matches!(self.when, When::At(_)) {
            if tries == TRIES {
                undone = Err(format!("it did not come to its crash in {TRIES} runs"));
                break;
            }
            tries += 1;
            (killed, undone) = self.once(ground).await;
        }
        Outcome { cell: self, killed, undone }
    }

    /// Whether the runner was killed, and what came of that.
    async fn once(&self, ground: &Ground) -> (bool, Result<Duration, String>) {
        let folder = Folder::new();
        let before = ground.snapshot().await;
        let mut life = Life::default();
        let undone = match self.play(ground, &folder, &before, &mut life).await {
            Ok(undone) => self.compare(ground, &folder, &before, life).await.map(|()| undone),
            wrong => wrong,
        };
        if let Err(wrong) = &undone {
            eprintln!("{self:?}: {wrong}");
            eprintln!("{}", std::fs::read_to_string(folder.journal()).unwrap_or_default());
        }
        (life.killed, undone)
    }

    async fn play(
        &self,
        ground: &Ground,
        folder: &Folder,
        before: &Value,
        life: &mut Life,
    ) -> Result<Duration, String> {
        let mut run = self.start(ground, folder);
        // The guard holds it, too: its end is the end of both.
        let mut stderr = run.stderr.take().unwrap();
        let said = tokio::task::spawn_blocking(move || {
            let mut said = String::new();
            stderr.read_to_string(&mut said).map(|_| said)
        });
        self.until_dead(ground, folder, &mut run, life).await?;
        let died = Instant::now();
        let undone = match (life.killed, self.by) {
            (true, By::Guard) => {
                while !as_before(&ground.service().await, &before["service"], *life) {
                    if died.elapsed() > GUARDED_WITHIN {
                        return Err(format!("the target is not as before after {GUARDED_WITHIN:?}"));
                    }
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                died.elapsed()
            }
            _ => Duration::ZERO,
        };
        let ended = tokio::time::timeout(GUARDED_WITHIN, said).await;
        ended.map_err(|_| format!("the guard is still there after {GUARDED_WITHIN:?}"))?.unwrap().unwrap();
        match (life.killed, self.by) {
            (true, By::Recover) => {
                let begun = Instant::now();
                recover(ground, self.mode, &events(folder)).await?;
                Ok(begun.elapsed())
            }
            _ => Ok(undone),
        }
    }

    fn start(&self, ground: &Ground, folder: &Folder) -> Child {
        let manual = self.mode == Mode::Manual;
        let mut command = ground.run(self.mode == Mode::Deploying, manual, &folder.journal());
        let guard = if self.by == By::Recover { "+guard" } else { "" };
        match &self.when {
            When::Before(event) => command.env("FIREDRILL_CRASH", format!("before{guard}:{event}")),
            When::After(event) => command.env("FIREDRILL_CRASH", format!("after{guard}:{event}")),
            When::At(_) => &mut command,
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Waits for the runner's death, or brings it about; mends where a person would.
    async fn until_dead(
        &self,
        ground: &Ground,
        folder: &Folder,
        run: &mut Child,
        life: &mut Life,
    ) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            if let Some(status) = run.try_wait().unwrap() {
                life.killed = status.code().is_none();
                return match status.code() {
                    Some(LEFT_CHANGED) => Err("it was not killed, and left something changed".to_owned()),
                    _ => Ok(()),
                };
            }
            if let When::At(moment) = self.when
                && begun.elapsed() >= moment
            {
                self.kill(folder, run);
            } else if begun.elapsed() > DIES_WITHIN {
                self.kill(folder, run);
                run.wait().unwrap();
                return Err("it did not come to its crash".to_owned());
            }
            if self.mode == Mode::Manual && !life.mended && detected(&events(folder)) {
                life.mended = true;
                ground.mend().await;
            }
            tokio::time::sleep(self.pause(begun)).await;
        }
    }

    /// Until the next look; a random moment is met more exactly than a look.
    fn pause(&self, begun: Instant) -> Duration {
        match self.when {
            When::At(moment) => moment.saturating_sub(begun.elapsed()).min(LOOK_EVERY),
            _ => LOOK_EVERY,
        }
    }

    fn kill(&self, folder: &Folder, run: &Child) {
        let send = |pid: u32, signal| {
            let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
            let _ = kill_process(pid, signal);
        };
        if self.by == By::Recover {
            // Stopped, it does not notice that its guard dies first.
            send(run.id(), Signal::STOP);
            for guard in guards_of(&folder.journal()) {
                send(guard, Signal::KILL);
            }
        }
        send(run.id(), Signal::KILL);
    }

    async fn compare(
        &self,
        ground: &Ground,
        folder: &Folder,
        before: &Value,
        life: Life,
    ) -> Result<(), String> {
        let after = ground.snapshot().await;
        if !as_before(&after, before, life) {
            return Err(format!("not as before:\n{before:#}\n{after:#}"));
        }
        ground.owner_is_owner().await?;
        if let Mode::Deploying = self.mode {
            own_namespace_is_gone(ground, &events(folder)).await?;
        }
        if life.killed && self.by == By::Guard { told(&folder.journal()) } else { Ok(()) }
    }
}

/// What happened to a run.
#[derive(Debug, Clone, Copy, Default)]
struct Life {
    killed: bool,
    /// Whether the workload's owner mended it.
    mended: bool,
}

/// Whether nothing differs, but for the time of the owner's own last write where there was one.
fn as_before(now: &Value, before: &Value, life: Life) -> bool {
    let timeless = |value: &Value| {
        let mut value = value.clone();
        let service = if value["service"].is_null() { &mut value } else { &mut value["service"] };
        for entry in service["managedFields"].as_array_mut().into_iter().flatten() {
            entry.as_object_mut().unwrap().remove("time");
        }
        value
    };
    now == before || (life.mended && timeless(now) == timeless(before))
}

/// The events that are there; none before the first.
fn events(folder: &Folder) -> Vec<Event> {
    read::read(&folder.journal()).map(|reading| reading.events).unwrap_or_default()
}

fn detected(events: &[Event]) -> bool {
    let is = |kind: &Kind| matches!(kind, Kind::Point { point: Point::Detect, .. });
    events.iter().any(|event| is(&event.kind))
}

/// The run's name and namespace.
fn named(events: &[Event]) -> Option<(String, String)> {
    events.iter().find_map(|event| match &event.kind {
        Kind::RunStarted(brief) => Some((brief.run.clone(), brief.namespace.clone())),
        _ => None,
    })
}

/// As somebody would who finds the cluster so.
async fn recover(ground: &Ground, mode: Mode, events: &[Event]) -> Result<(), String> {
    let mut command = ground.firedrill("recover");
    match (mode, named(events)) {
        (Mode::Deploying, Some((run, _))) => command.args(["--run", &run]),
        // It had not begun, and whose other runs are open is not known here.
        (Mode::Deploying, None) => return Ok(()),
        _ => command.args(["-n", ground.namespace()]),
    };
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("recover: {}\n{}", output.status, String::from_utf8_lossy(&said)))
}

async fn own_namespace_is_gone(ground: &Ground, events: &[Event]) -> Result<(), String> {
    let Some((_, namespace)) = named(events) else { return Ok(()) };
    let live = ground.stage.ctx.api.get(&namespace_ref(&namespace)).await.unwrap();
    match live {
        Some(live) if meta(&live, "deletionTimestamp").is_none() => Err(format!("{namespace} stays")),
        _ => Ok(()),
    }
}

/// The journal that the guard finished reads, and says what happened.
fn told(journal: &Path) -> Result<(), String> {
    let events = match read::read(journal) {
        Ok(reading) if !reading.truncated => reading.events,
        Ok(_) => return Err("the journal ends in half a line".to_owned()),
        // Nothing had happened yet.
        Err(read::Error::Empty { .. } | read::Error::Missing { .. }) => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    let report = report::fold(&events);
    if events.iter().filter(|event| event.kind == Kind::RunEnded).count() != 1 {
        return Err("the journal has no end, or two".to_owned());
    }
    let reason = report.aborted.as_ref().and_then(|abort| abort.reason);
    let died = report.verdict == Verdict::Aborted && reason == Some(AbortReason::RunnerDied);
    // One that died after its last event had ended in order.
    let in_order = report.verdict == Verdict::Passed && events.last().unwrap().kind == Kind::RunEnded;
    match (died || in_order, report.undo.complete) {
        (true, true) => Ok(()),
        _ => Err(format!("the report says {:?}, {:?}, {:?}", report.verdict, report.aborted, report.undo)),
    }
}
