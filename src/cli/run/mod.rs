//! `firedrill run`: a drill from its beginning to its report.

mod args;
mod dry;
pub(super) mod helm;
mod node_ports;
pub(super) mod place;
mod plan_text;
mod shown;
mod words;

use std::path::{Path, PathBuf};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::exit::{Exit, Failure, Outcome};
use super::interrupt::Interrupts;
use super::output::{Format, print, print_json_text};
use super::play::{Seat, Wanted};
use crate::clock::Stopwatch;
use crate::cluster::{Access, Held, binaries};
use crate::drill::{self, Length};
use crate::engine::ending::Ending;
use crate::engine::guard::held::Guard;
use crate::engine::guard::{Charge, PrivateCluster};
use crate::engine::plan::Plan;
use crate::engine::preflight::{self, Refusal};
use crate::engine::run::Setup;
use crate::journal::write::{self, Journal};
use crate::journal::{self, Event, Kind, ResponderKind, read};
use crate::report::ReportExit;
use crate::steps::helm::Helm;
use crate::ui::progress::Progress;
use crate::{engine, report};
pub use args::Args;
use args::{Respond, wishes};
pub(super) use args::{by, run_name};
use place::Place;
pub use place::PlaceArgs;
use shown::Shown;

/// Runs a drill. The exit code is the report's.
pub async fn run(args: Args) -> Outcome {
    let (_listening, interrupts) = Interrupts::listen().map_err(Failure::environment)?.split();
    if args.respond == Respond::Manual && !args.respond_after.is_zero() {
        return Err(Failure::usage(words::HeldBackByHand));
    }
    let loaded = drill::load(&args.drill).map_err(Failure::usage)?;
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    let place = args.place.place()?;
    let plan = Plan::new(loaded, wishes(&args, place.provider())).map_err(Failure::usage)?;
    if args.dry_run {
        place.reaches(&plan)?;
        return dry::run(plan, place, &args).await;
    }
    let binaries = args.place.binaries()?;
    let manner = Manner { output: args.output, journal: args.journal, play: None, binaries };
    Box::pin(carry_out(plan, place, manner, &warnings, interrupts)).await
}

/// How a run is told.
#[derive(Debug)]
pub(super) struct Manner {
    /// The form of its report.
    pub output: Format,
    /// Where its journal goes, where that was said.
    pub journal: Option<PathBuf>,
    /// How it is played, where somebody does.
    pub play: Option<Wanted>,
    /// Where helm is looked for.
    pub binaries: binaries::Options,
}

/// Runs a plan on its cluster, from its start to its report.
pub(super) async fn carry_out(
    mut plan: Plan,
    mut place: Place,
    manner: Manner,
    warnings: &[String],
    mut interrupts: UnboundedReceiver<()>,
) -> Outcome {
    place.reaches(&plan)?;
    let path = journal_path(manner.journal.as_ref(), &plan.wishes.run)?;
    let clock = Stopwatch::start();
    let progress = Progress::start(clock);
    progress.note(&format!("{}: {}", plan.drill.metadata.name.value, plan.drill.metadata.title));
    for warning in warnings {
        progress.note(&format!("warning: {warning}"));
    }
    let held = tokio::select! {
        held = place.hold(&progress) => Some(held),
        _ = interrupts.recv() => None,
    };
    let held = match held {
        Some(Ok(held)) => held,
        Some(Err(failure)) => {
            progress.finish();
            return Err(failure);
        }
        None => return interrupted(place.abandon(), interrupts, progress).await,
    };
    let prepared = tokio::select! {
        prepared = prepared(&mut plan, manner.binaries.clone(), &held.access, &progress) => Some(prepared),
        _ = interrupts.recv() => None,
    };
    let outcome = match prepared {
        Some(Ok(helm)) => on_cluster(manner, (plan, helm), &held, (&path, clock), interrupts, progress).await,
        Some(Err(refusal)) => {
            progress.finish();
            Err(refusal)
        }
        None => {
            let release = async { held.release().await.map_err(Failure::environment) };
            return interrupted(release, interrupts, progress).await;
        }
    };
    let released = held.release().await.map_err(Failure::environment);
    outcome.and_then(|exit| released.map(|()| exit))
}

/// Before a change: what was begun is ended, and waited for, unless another signal says not to. Then
/// the process beside the cluster ends it alone.
async fn interrupted(
    end: impl Future<Output = Result<(), Failure>>,
    mut interrupts: UnboundedReceiver<()>,
    progress: Progress,
) -> Outcome {
    progress.note("interrupted before anything was changed");
    let ended = tokio::select! {
        ended = end => ended,
        _ = interrupts.recv() => Ok(()),
    };
    progress.finish();
    ended.map(|()| Exit::Interrupted)
}

/// The helm that the run needs, where nothing speaks against the run.
async fn prepared(
    plan: &mut Plan,
    options: binaries::Options,
    access: &Access,
    progress: &Progress,
) -> Result<Option<Helm>, Failure> {
    let helm = helm::prepare(plan, options, access, progress).await?;
    look(plan, access).await?;
    Ok(helm)
}

/// Whether something speaks against the run on this cluster.
pub(super) async fn look(plan: &mut Plan, access: &Access) -> Result<(), Failure> {
    node_ports::addresses(plan, &access.node_ports)?;
    let client = access.client().map_err(Failure::environment)?;
    preflight::preflight(&client, plan).await.map_err(refused)
}

/// A safeguard's refusal has an exit code of its own; a cluster that fails has another.
fn refused(refusal: Refusal) -> Failure {
    let exit = if refusal.is_failure() { Exit::Environment } else { Exit::Refused };
    Failure::new(exit, refusal)
}

/// The part of a run for which there is a cluster.
async fn on_cluster(
    manner: Manner,
    (plan, helm): (Plan, Option<Helm>),
    held: &Held,
    (path, clock): (&Path, Stopwatch),
    mut interrupts: UnboundedReceiver<()>,
    progress: Progress,
) -> Outcome {
    let access = &held.access;
    if plan.wishes.responder == ResponderKind::Manual {
        progress.block(&words::instructions(&plan, access));
    }
    let run = plan.wishes.run.clone();
    let charge = charge(&plan, held, path, clock);
    let setup = match setup((plan, helm), access, &charge, clock).await {
        Ok(setup) => setup,
        // Ctrl-C reaches the guard, too, until it has left the terminal.
        Err(_) if interrupts.try_recv().is_ok() => {
            progress.note("interrupted before anything was changed");
            progress.finish();
            return Ok(Exit::Interrupted);
        }
        Err(failure) => {
            progress.finish();
            return Err(failure);
        }
    };
    let mut view = match &manner.play {
        None => Shown::Progress(progress),
        Some(wanted) => {
            progress.finish();
            Shown::Seat(Seat::take(wanted, &setup.plan, setup.control.clone(), clock))
        }
    };
    let (moves, interrupts) = view.decides(interrupts);
    let setup = Setup { interrupts, moves, ..setup };
    let mut seen = Vec::new();
    let mut observe = |event: &Event| {
        view.event(event);
        seen.push(event.clone());
    };
    let ending = engine::run::run(setup, &mut observe).await;
    if let Ending::LeftAtOnce(left) = ending {
        view.finish(None).await;
        return words::left_at_once(held, &left, &run);
    }
    let report = report::fold(&told(path, seen));
    view.finish(Some(&report)).await;
    let printed = match manner.output {
        Format::Text => print(&report::text(&report, Some(&path.display().to_string()))),
        Format::Json => print_json_text(&report::json(&report)),
    };
    match (printed, Exit::from(report.exit())) {
        // That something is left changed outweighs that it could not be told.
        (Err(failure), Exit::LeftChanged) => Err(failure.with(Exit::LeftChanged)),
        (Err(failure), _) => Err(failure),
        (Ok(_), exit) => Ok(exit),
    }
}

/// What a run needs: its journal, its clients, its guard. What interrupts it and who decides is put in by
/// the caller.
pub(super) async fn setup(
    (plan, helm): (Plan, Option<Helm>),
    access: &Access,
    charge: &Charge,
    clock: Stopwatch,
) -> Result<Setup, Failure> {
    let journal = Journal::create(&charge.journal).map_err(Failure::environment)?;
    let control = access.client().map_err(Failure::environment)?;
    let probe = access.probe_client().map_err(Failure::environment)?;
    let node_ports = node_ports::addresses(&plan, &access.node_ports)?;
    let guard = Guard::start(charge, access.connection.patience).await.map_err(Failure::environment)?;
    Ok(Setup {
        plan,
        control,
        probe,
        node_ports,
        cluster: access.facts.clone(),
        helm,
        guard: Some(guard),
        journal,
        clock,
        interrupts: unbounded_channel().1,
        moves: None,
    })
}

/// The events of a run that is over: from the file, not from memory, so that what is printed now
/// is what `report` prints later. But where the disk did not take them all, only memory knows how
/// the run ended.
pub(super) fn told(path: &Path, mut seen: Vec<Event>) -> Vec<Event> {
    match read::read(path) {
        Ok(reading) if reading.events.len() == seen.len() => return reading.events,
        _ => {}
    }
    let message = format!(
        "the journal {} is incomplete: it could not be written to the end. This report is made from what the \
         run kept in memory, and `firedrill report` cannot print it again",
        path.display()
    );
    if let Some(last) = seen.last() {
        let (seq, stamp) = (last.seq + 1, last.stamp);
        seen.push(Event { seq, stamp, kind: Kind::Warning { message } });
    }
    seen
}

/// What the run's guard is told.
pub(super) fn charge(plan: &Plan, held: &Held, journal: &Path, clock: Stopwatch) -> Charge {
    let (wishes, access) = (&plan.wishes, &held.access);
    Charge {
        run: wishes.run.clone(),
        namespace: plan.namespace.clone(),
        keep_workload: wishes.keep_workload,
        journal: journal.to_owned(),
        kubeconfig: access.kubeconfig.clone(),
        context: access.context.clone(),
        loopback: access.is_local(),
        kind_cluster: access.kind_cluster().map(ToOwned::to_owned),
        private_cluster: held.private_home().map(|home| PrivateCluster {
            folder: home.path().to_owned(),
            name: home.name().to_owned(),
            removal: held.removal(),
        }),
        began: clock.began(),
        deadline: clock.elapsed().saturating_add(Length(wishes.max_duration).nanos()),
    }
}

/// Where the journal goes. That a file is there already is said before a cluster is started.
fn journal_path(asked: Option<&PathBuf>, run: &str) -> Result<PathBuf, Failure> {
    match asked {
        Some(path) if path.exists() => Err(Failure::usage(write::Error::Exists { path: path.clone() })),
        Some(path) => Ok(path.clone()),
        None => {
            let runs = journal::place::runs_from_env().map_err(Failure::environment)?;
            Ok(journal::place::journal(&runs, run))
        }
    }
}

impl From<ReportExit> for Exit {
    fn from(exit: ReportExit) -> Self {
        match exit {
            ReportExit::Passed => Self::Passed,
            ReportExit::Missed => Self::Missed,
            ReportExit::Refused => Self::Refused,
            ReportExit::Environment => Self::Environment,
            ReportExit::LeftChanged => Self::LeftChanged,
            ReportExit::Interrupted => Self::Interrupted,
        }
    }
}
