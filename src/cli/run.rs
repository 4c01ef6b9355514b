//! `firedrill run`: a drill from its beginning to its report.

use std::path::PathBuf;

use clap::ValueEnum;
use tokio::sync::mpsc::UnboundedReceiver;

use super::exit::{Exit, Failure, Outcome};
use super::interrupt::Interrupts;
use super::output::{Output, print};
use crate::clock::Stopwatch;
use crate::cluster::local::{self, Held};
use crate::drill::{Length, catalogue};
use crate::engine::plan::{Plan, Wishes};
use crate::engine::run::{Ending, Setup};
use crate::journal::write::Journal;
use crate::journal::{self, ResponderKind};
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
    cluster: local::Args,
    /// What goes to stdout after the run
    #[arg(long, value_enum, default_value_t)]
    output: Output,
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
    let loaded = catalogue::load(&args.drill).map_err(Failure::usage)?;
    let plan = Plan::new(loaded, wishes(&args, &run_name())).map_err(Failure::usage)?;
    let path = journal_path(&args, &plan.wishes.run)?;
    let progress = Progress::start(plan.drill.impact.clone());
    progress.note(&format!("{}: {}", plan.drill.metadata.name.value, plan.drill.metadata.title));
    let options = args.cluster.options().map_err(Failure::environment)?;
    let acquired = tokio::select! {
        held = local::acquire(&options, &|news| progress.note(&news.to_string())) => held,
        _ = interrupts.recv() => {
            progress.finish();
            return Ok(Exit::Interrupted);
        }
    };
    let held = acquired.map_err(Failure::environment)?;
    let outcome = on_cluster(&args, plan, &held, &path, interrupts, progress).await;
    let released = held.release().await.map_err(Failure::environment);
    outcome.and_then(|exit| released.map(|()| exit))
}

/// The part of a run for which there is a cluster.
async fn on_cluster(
    args: &Args,
    plan: Plan,
    held: &Held,
    path: &Path,
    interrupts: UnboundedReceiver<()>,
    progress: Progress,
) -> Outcome {
    let clock = Stopwatch::start();
    let access = &held.access;
    if args.respond == Respond::Manual {
        progress.instructions(&manual(&plan, &access.kubeconfig));
    }
    let setup = Setup {
        control: access.client().map_err(Failure::environment)?,
        probe: access.probe_client().map_err(Failure::environment)?,
        cluster: access.facts.clone(),
        journal: Journal::create(path, clock).map_err(Failure::environment)?,
        clock,
        interrupts,
        plan,
    };
    let ending = engine::run::run(setup, &mut |event| progress.event(event)).await;
    progress.finish();
    if let Ending::LeftAtOnce(left) = ending {
        return Err(Failure::new(Exit::LeftChanged, LeftAtOnce { left }));
    }
    // From the file, not from memory: what is printed now is what `report` prints later.
    let report = report::of_journal(path).map_err(Failure::environment)?;
    match args.output {
        Format::Text => print(&report::text::render(&report, Some(path)))?,
        Format::Json => print(&report::json::render(&report))?,
    };
    Ok(report.exit().into())
}
