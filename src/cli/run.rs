//! `firedrill run`: a drill from its beginning to its report.

use std::path::{Path, PathBuf};

use chrono::Utc;
use clap::ValueEnum;
use tokio::sync::mpsc::UnboundedReceiver;

use super::cluster::{LocalArgs, quoted, tell};
use super::exit::{Exit, Failure, Outcome};
use super::interrupt::Interrupts;
use super::output::{Format, print};
use crate::clock::Stopwatch;
use crate::cluster::local::{self, Held};
use crate::drill::{self, Length};
use crate::engine::ending::Ending;
use crate::engine::plan::{Plan, Wishes};
use crate::engine::run::Setup;
use crate::journal::write::{self, Journal};
use crate::journal::{Event, Kind, ResponderKind, place, read};
use crate::report::ReportExit;
use crate::ui::progress::Progress;
use crate::{engine, report};

/// Arguments of `firedrill run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A built-in drill's name, a drill file, or a folder with a drill.yaml
    drill: String,
    /// Who mends the cluster
    #[arg(long, value_enum, default_value_t)]
    respond: Respond,
    /// Use this variant of the drill's workload and fault
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// End the run and undo after this time, whatever has happened
    #[arg(long, value_name = "TIME", default_value = "15m")]
    max_duration: Length,
    /// The namespace to make for the run [default: named after the drill and the run]
    #[arg(short, long, value_name = "NS")]
    namespace: Option<String>,
    /// Leave the workload in place after the run; the fault is undone all the same
    #[arg(long)]
    keep_workload: bool,
    #[command(flatten)]
    cluster: LocalArgs,
    /// The form of the report on stdout
    #[arg(long, value_enum, default_value_t)]
    output: Format,
    /// Write the journal here [default: in the XDG state folder]
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

/// Who mends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Respond {
    /// firedrill carries the drill's runbook out
    #[default]
    Runbook,
    /// You do, with your own tools; firedrill injects, watches, keeps time and undoes
    Manual,
}

/// Runs a drill. The exit code is the report's.
pub async fn run(args: Args) -> Outcome {
    let (_listening, mut interrupts) = Interrupts::listen().map_err(Failure::environment)?.split();
    let loaded = drill::load(&args.drill).map_err(Failure::usage)?;
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    let plan = Plan::new(loaded, wishes(&args)).map_err(Failure::usage)?;
    let path = journal_path(&args, &plan.wishes.run)?;
    let clock = Stopwatch::start();
    let progress = Progress::start(clock);
    progress.note(&format!("{}: {}", plan.drill.metadata.name.value, plan.drill.metadata.title));
    for warning in warnings {
        progress.note(&format!("warning: {warning}"));
    }
    let options = args.cluster.options()?;
    let tell = |news: local::Progress| tell(&progress, &news);
    let acquired = tokio::select! {
        held = local::acquire(&options, &tell) => Some(held),
        _ = interrupts.recv() => None,
    };
    let held = match acquired {
        Some(Ok(held)) => held,
        Some(Err(error)) => {
            progress.finish();
            return Err(Failure::environment(error));
        }
        None => {
            progress.note("interrupted before anything was changed");
            progress.finish();
            return Ok(Exit::Interrupted);
        }
    };
    let outcome = on_cluster(&args, plan, &held, (&path, clock), interrupts, progress).await;
    let released = held.release().await.map_err(Failure::environment);
    outcome.and_then(|exit| released.map(|()| exit))
}

/// The part of a run for which there is a cluster.
async fn on_cluster(
    args: &Args,
    plan: Plan,
    held: &Held,
    (path, clock): (&Path, Stopwatch),
    interrupts: UnboundedReceiver<()>,
    progress: Progress,
) -> Outcome {
    let access = &held.access;
    if args.respond == Respond::Manual {
        progress.block(&instructions(&plan, &access.kubeconfig));
    }
    let run = plan.wishes.run.clone();
    let setup = Setup {
        control: access.client().map_err(Failure::environment)?,
        probe: access.probe_client().map_err(Failure::environment)?,
        cluster: access.facts.clone(),
        journal: Journal::create(path).map_err(Failure::environment)?,
        clock,
        interrupts,
        plan,
    };
    let mut seen = Vec::new();
    let mut observe = |event: &Event| {
        progress.event(event);
        seen.push(event.clone());
    };
    let ending = engine::run::run(setup, &mut observe).await;
    progress.finish();
    if let Ending::LeftAtOnce(left) = ending {
        return left_at_once(held, &left, &run);
    }
    let report = report::fold(&told(path, seen));
    let printed = match args.output {
        Format::Text => print(&report::text(&report, Some(&path.display().to_string()))),
        Format::Json => print(&report::json(&report)),
    };
    match (printed, Exit::from(report.exit())) {
        // That something is left changed outweighs that it could not be told.
        (Err(failure), Exit::LeftChanged) => Err(failure.with(Exit::LeftChanged)),
        (Err(failure), _) => Err(failure),
        (Ok(_), exit) => Ok(exit),
    }
}

/// The events of a run that is over: from the file, not from memory, so that what is printed now
/// is what `report` prints later. But where the disk did not take them all, only memory knows how
/// the run ended.
fn told(path: &Path, mut seen: Vec<Event>) -> Vec<Event> {
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

/// A second signal: what is left, and the command that undoes it. A private cluster goes with
/// everything in it.
fn left_at_once(held: &Held, left: &[String], run: &str) -> Outcome {
    if held.is_removed_on_release() {
        return Ok(Exit::Interrupted);
    }
    let kubeconfig = quoted(&held.access.kubeconfig.to_string_lossy());
    let error = LeftAtOnce {
        left: left.join("\n"),
        command: format!("firedrill recover --kubeconfig {kubeconfig} --run {run}"),
    };
    Err(Failure::new(Exit::LeftChanged, error))
}

fn wishes(args: &Args) -> Wishes {
    let suffix: String = std::iter::repeat_with(fastrand::lowercase).take(6).collect();
    Wishes {
        by: by(),
        run: format!("{}-{suffix}", Utc::now().format("%Y%m%d-%H%M%S")),
        namespace: args.namespace.clone(),
        responder: match args.respond {
            Respond::Runbook => ResponderKind::Runbook,
            Respond::Manual => ResponderKind::Manual,
        },
        variant: args.variant.clone(),
        max_duration: args.max_duration.into(),
        keep_workload: args.keep_workload,
    }
}

/// Who runs it, for whoever finds the run open: `user@host/pid`.
fn by() -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = named.unwrap_or_else(|| format!("uid-{}", rustix::process::getuid().as_raw()));
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{user}@{host}/{}", std::process::id())
}

/// Where the journal goes. That a file is there already is said before a cluster is started.
fn journal_path(args: &Args, run: &str) -> Result<PathBuf, Failure> {
    match &args.journal {
        Some(path) if path.exists() => Err(Failure::usage(write::Error::Exists { path: path.clone() })),
        Some(path) => Ok(path.clone()),
        None => place::runs_from_env().map(|runs| place::journal(&runs, run)).map_err(Failure::environment),
    }
}

/// What a person who mends by hand needs to know.
fn instructions(plan: &Plan, kubeconfig: &Path) -> String {
    let stable = plan.drill.steady_state.stable_for.value;
    format!(
        "You mend this one. In another terminal:\n\n  export KUBECONFIG={}\n  kubectl -n {} get service,endpointslice,pod\n\nAny change that brings every signal back and keeps it up for {stable} ends the incident.\nCtrl-C, or {} from now, ends the run and undoes everything.",
        kubeconfig.display(),
        plan.namespace,
        Length(plan.wishes.max_duration),
    )
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

/// A second signal: the run ended before its undo.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("left at once; this is not undone:\n{left}")]
#[diagnostic(code(firedrill::left), help("this undoes it: {command}"))]
struct LeftAtOnce {
    left: String,
    command: String,
}
