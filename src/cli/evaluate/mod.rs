//! `firedrill evaluate`: every option of a drill, carried out on an outage of its own and held
//! against what its text promises.

mod args;
mod cell;
mod together;
mod words;

use std::path::Path;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::mpsc::UnboundedReceiver;

use super::exit::{Exit, Failure, Outcome};
use super::interrupt::Interrupts;
use super::output::{print, print_exact, print_json};
use super::run::{helm, look};
use crate::clock::Stopwatch;
use crate::cluster::{Access, Held};
use crate::drill::{self, Drill, Loaded, Provider, Workload};
use crate::engine::plan::{Plan, Rehearsal};
use crate::journal::{Brief, Kind, place};
use crate::report::amounts::Millis;
use crate::report::evaluation::cells::{self, Cell};
use crate::report::evaluation::markdown::markdown;
use crate::report::evaluation::text::text;
use crate::report::evaluation::{Evaluation, SCHEMA, Verdict};
use crate::steps::helm::Helm;
use crate::ui::progress::Progress;
pub use args::Args;
use args::Format;
use together::Together;

/// Runs at once on a processor: most of a run is waiting.
const A_PROCESSOR: usize = 3;
/// Runs at once, at most, unless the caller wants more.
const AT_ONCE: usize = 6;
/// Preflights at once.
const LOOKS: usize = 4;

/// Evaluates a drill. Exits 1 where a claim does not hold.
pub async fn run(args: Args) -> Outcome {
    let (_listening, mut interrupts) = Interrupts::listen().map_err(Failure::environment)?.split();
    let clock = Stopwatch::start();
    let loaded = drill::load(&args.drill).map_err(Failure::usage)?;
    let mut place = args.place.place()?;
    let plans = plans(&args, &loaded, place.provider())?;
    for (_, plan) in &plans {
        place.reaches(plan)?;
    }
    let journals = place::runs_from_env().map_err(Failure::environment)?;
    let progress = Progress::start(clock);
    for warning in &loaded.warnings {
        progress.note(&format!("warning: {warning}"));
    }
    let held = tokio::select! {
        held = place.hold(&progress) => held,
        _ = interrupts.recv() => {
            progress.note("interrupted before anything was changed");
            progress.finish();
            return place.abandon().await.map(|()| Exit::Interrupted);
        }
    };
    let held = match held {
        Ok(held) => held,
        Err(failure) => {
            progress.finish();
            return Err(failure);
        }
    };
    let outcome = on_cluster(&args, plans, &held, &journals, clock, (&mut interrupts, progress)).await;
    let released = held.release().await.map_err(Failure::environment);
    outcome.and_then(|exit| released.map(|()| exit))
}

/// Every cell with its plan; at least one.
fn plans(args: &Args, loaded: &Loaded, provider: Provider) -> Result<Vec<(Cell, Plan)>, Failure> {
    let variant = args.variant(&loaded.drill);
    let drill = match &variant {
        Some(name) => loaded.drill.with_variant(name).map_err(Failure::usage)?,
        None => loaded.drill.clone(),
    };
    if matches!(drill.workload, Workload::Existing) {
        return Err(Failure::usage(words::Existing { drill: drill.metadata.name.value.clone() }));
    }
    let plan = |cell: Cell| {
        let path = cell.path.clone();
        let rehearsal = if args.control { Rehearsal::Control(path) } else { Rehearsal::Trial(path) };
        let wishes = args.wishes(rehearsal, variant.clone(), provider);
        Plan::new(loaded.clone(), wishes).map(|plan| (cell, plan)).map_err(Failure::usage)
    };
    wanted(args, &drill)?.into_iter().map(plan).collect()
}

fn wanted(args: &Args, drill: &Drill) -> Result<Vec<Cell>, Failure> {
    let mut wanted = Vec::new();
    if args.control {
        wanted.extend(cells::controls(drill));
    } else {
        wanted.extend(cells::cells(drill, args.only.as_deref()));
        if args.only.is_none() {
            wanted.extend(cells::paths(drill));
        }
    }
    wanted.retain(|cell| !cell.path.is_empty());
    match (&args.only, wanted.is_empty()) {
        (_, false) => Ok(wanted),
        (Some(only), true) => Err(Failure::usage(words::Nothing::named(only, &cells::names(drill)))),
        (None, true) => Err(Failure::usage(words::NoOptions { drill: drill.metadata.name.value.clone() })),
    }
}

/// The part for which there is a cluster. Nothing is changed before every run may be run.
async fn on_cluster(
    args: &Args,
    mut plans: Vec<(Cell, Plan)>,
    held: &Held,
    journals: &Path,
    clock: Stopwatch,
    (interrupts, progress): (&mut UnboundedReceiver<()>, Progress),
) -> Outcome {
    let prepared = tokio::select! {
        prepared = prepare(args, &mut plans, &held.access, &progress) => Some(prepared),
        _ = interrupts.recv() => None,
    };
    let helm = match prepared {
        Some(Ok(helm)) => helm,
        Some(Err(failure)) => {
            progress.finish();
            return Err(failure);
        }
        None => {
            progress.note("interrupted before anything was changed");
            progress.finish();
            return Ok(Exit::Interrupted);
        }
    };
    let fixed = plans.iter().any(|(_, plan)| plan.has_fixed_node_port());
    let parallel = at_once(args, fixed).min(plans.len());
    let brief = plans.first().map(|(_, plan)| plan.brief());
    let runs = plans.len();
    progress.note(&words::beginning(runs, parallel, journals, fixed));
    let together =
        together::run(plans, (held, helm.as_ref()), journals, parallel, interrupts, &progress).await;
    progress.finish();
    let mut evaluation = Evaluation {
        runs,
        parallel,
        took_ms: Millis::of(clock.elapsed()),
        notes: words::notes(&held.access.facts, &together, fixed),
        journals: journals.display().to_string(),
        ..blank(args, brief)
    };
    conclude(args, &mut evaluation, together, held)
}

/// An evaluation of which nothing is known but the drill.
fn blank(args: &Args, brief: Option<Brief>) -> Evaluation {
    let (drill, title, variant, drill_hash) =
        brief.map(|brief| (brief.drill, brief.title, brief.variant, brief.drill_hash)).unwrap_or_default();
    Evaluation {
        schema: SCHEMA.to_owned(),
        drill,
        title,
        variant,
        drill_hash,
        firedrill: env!("CARGO_PKG_VERSION").to_owned(),
        control: args.control,
        verdict: Verdict::Error,
        broken: Vec::new(),
        cluster: None,
        runs: 0,
        parallel: 0,
        took_ms: Millis::default(),
        options: Vec::new(),
        paths: Vec::new(),
        left: Vec::new(),
        notes: Vec::new(),
        journals: String::new(),
    }
}

/// The helm that all runs share, where none of them is refused.
async fn prepare(
    args: &Args,
    plans: &mut [(Cell, Plan)],
    access: &Access,
    progress: &Progress,
) -> Result<Option<Helm>, Failure> {
    let Some((_, first)) = plans.first_mut() else { return Ok(None) };
    let helm = helm::prepare(first, args.place.binaries()?, access, progress).await?;
    let rendered = first.rendered.clone();
    for (_, plan) in &mut *plans {
        plan.rendered.clone_from(&rendered);
    }
    let looks = plans.iter_mut().map(|(_, plan)| look(plan, access));
    stream::iter(looks).buffer_unordered(LOOKS).try_collect::<()>().await?;
    Ok(helm)
}

/// One at a time where two would want the same node port.
fn at_once(args: &Args, fixed: bool) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    match args.parallel {
        _ if fixed => 1,
        Some(wanted) => usize::from(wanted),
        None => (processors * A_PROCESSOR).min(AT_ONCE),
    }
}

/// Prints the matrix and says how it ended; the first run that never began says why.
fn conclude(args: &Args, evaluation: &mut Evaluation, together: Together, held: &Held) -> Outcome {
    let Together { done, interrupted, panicked } = together;
    let mut exit = if panicked { Exit::Environment } else { Exit::Passed };
    if interrupted {
        exit = Exit::Interrupted;
    }
    let mut failure = None;
    for done in done.into_values() {
        let error = done.rows.iter().any(|row| row.verdict == Verdict::Error);
        // Whether users were served, detected or within budget says nothing of a trial.
        if error || matches!(done.exit, Exit::LeftChanged | Exit::Interrupted | Exit::Environment) {
            exit = worse(exit, done.exit);
        }
        let cluster = done.events.iter().find_map(|event| match &event.kind {
            Kind::ClusterReady(cluster) => Some(cluster.clone()),
            _ => None,
        });
        evaluation.cluster = evaluation.cluster.take().or(cluster);
        evaluation.left.extend(done.left);
        failure = failure.or(done.failure);
        let (paths, options) = done.rows.into_iter().partition(words::is_path);
        evaluation.options.extend::<Vec<_>>(options);
        evaluation.paths.extend::<Vec<_>>(paths);
    }
    // What is left in a private cluster goes with it.
    if held.is_removed_on_release() && interrupted {
        evaluation.left.clear();
        exit = if exit == Exit::LeftChanged { Exit::Interrupted } else { exit };
    }
    if !evaluation.left.is_empty() {
        evaluation.notes.push(words::recover(&held.access));
    }
    evaluation.judge();
    if evaluation.verdict == Verdict::DoesNotHold {
        exit = worse(exit, Exit::Missed);
    }
    let printed = match args.output {
        Format::Text => print(&text(evaluation)),
        Format::Markdown => print_exact(&markdown(evaluation)),
        Format::Json => print_json(evaluation),
    };
    if let Some(failure) = failure.filter(|_| exit != Exit::LeftChanged) {
        return Err(failure);
    }
    printed
        .map(|_| exit)
        .map_err(|failure| if exit == Exit::LeftChanged { failure.with(exit) } else { failure })
}

/// What weighs more: something left changed, an interrupt, a cluster that failed, a refusal, a miss.
fn worse(one: Exit, other: Exit) -> Exit {
    let weight = |exit| match exit {
        Exit::Passed => 0,
        Exit::Missed => 1,
        Exit::Usage => 2,
        Exit::Refused => 3,
        Exit::Environment => 4,
        Exit::Interrupted => 5,
        Exit::LeftChanged => 6,
    };
    if weight(other) > weight(one) { other } else { one }
}
