//! One kill, and what came of it.

use std::fs::File;
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
    pub async fn try_on(self, ground: &Ground) -> Outcome {
        let folder = Folder::new();
        let before = ground.snapshot().await;
        let (killed, undone) = match self.play(ground, &folder, &before).await {
            Ok((killed, undone)) => (killed, Ok(undone)),
            Err(wrong) => (true, Err(wrong)),
        };
        let undone = match undone {
            Ok(undone) => self.compare(ground, &folder, &before, killed).await.map(|()| undone),
            wrong => wrong,
        };
        if let Err(wrong) = &undone {
            eprintln!("{self:?}: {wrong}");
            eprintln!("{}", std::fs::read_to_string(folder.stderr()).unwrap_or_default());
            eprintln!("{}", std::fs::read_to_string(folder.journal()).unwrap_or_default());
        }
        Outcome { cell: self, killed, undone }
    }

    async fn play(
        &self,
        ground: &Ground,
        folder: &Folder,
        before: &Value,
    ) -> Result<(bool, Duration), String> {
        let mut run = self.start(ground, folder);
        let killed = self.until_dead(ground, folder, &mut run).await?;
        let died = Instant::now();
        if !killed {
            return Ok((false, Duration::ZERO));
        }
        if self.by == By::Recover {
            gone(folder, Duration::from_secs(5)).await?;
            let begun = Instant::now();
            recover(ground, self.mode, &events(folder)).await?;
            return Ok((true, begun.elapsed()));
        }
        let mut undone = None;
        while undone.is_none() {
            if ground.service_is(before).await {
                undone = Some(died.elapsed());
            } else if died.elapsed() > GUARDED_WITHIN {
                return Err(format!("the target is not as before after {GUARDED_WITHIN:?}"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        gone(folder, GUARDED_WITHIN).await?;
        Ok((true, undone.unwrap_or_default()))
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
        let stderr = File::create(folder.stderr()).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).spawn().unwrap()
    }

    /// Waits for the runner's death, or brings it about; mends where a person would. Says whether
    /// it was killed.
    async fn until_dead(&self, ground: &Ground, folder: &Folder, run: &mut Child) -> Result<bool, String> {
        let begun = Instant::now();
        let mut mended = self.mode != Mode::Manual;
        loop {
            if let Some(status) = run.try_wait().unwrap() {
                return match (status.code(), &self.when) {
                    (None, _) => Ok(true),
                    (Some(0), When::At(_)) => Ok(false),
                    (Some(code), _) => Err(format!("it ended with {code} and did not crash")),
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
            if !mended && detected(&events(folder)) {
                mended = true;
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
            guards_of(&folder.journal()).into_iter().for_each(|guard| send(guard, Signal::KILL));
        }
        send(run.id(), Signal::KILL);
    }

    async fn compare(
        &self,
        ground: &Ground,
        folder: &Folder,
        before: &Value,
        killed: bool,
    ) -> Result<(), String> {
        let after = ground.snapshot().await;
        if after != *before {
            return Err(format!("not as before:\n{before:#}\n{after:#}"));
        }
        ground.owner_is_owner().await?;
        if let Mode::Deploying = self.mode {
            own_namespace_is_gone(ground, &events(folder)).await?;
        }
        if killed && self.by == By::Guard { told(&folder.journal()) } else { Ok(()) }
    }
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

/// Waits until the guard has ended.
async fn gone(folder: &Folder, within: Duration) -> Result<(), String> {
    let deadline = Instant::now() + within;
    while !guards_of(&folder.journal()).is_empty() {
        if Instant::now() > deadline {
            return Err(format!("the guard is still there after {within:?}"));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
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
