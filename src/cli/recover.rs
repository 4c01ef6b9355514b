//! `firedrill recover`: undoes runs whose runner is dead, from what they left in the cluster.

use futures::future::try_join_all;
use miette::Diagnostic;

use super::client::ClientArgs;
use super::exit::{Exit, Failure, Outcome};
use super::output::print;
use super::status::{line, open_runs};
use crate::engine::undo::lease::WATCH_FOR;
use crate::engine::undo::open::OpenRun;
use crate::report::plain::plain;
use crate::steps::api::Api;
use crate::ui::narrate::undone;
use crate::ui::terminal::say;

/// Arguments of `firedrill recover`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Undo this run; not needed where only one is open
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    run: Option<String>,
    /// Undo every open run
    #[arg(long)]
    all: bool,
    /// Undo a run whose runner is alive, too; it stops when it notices
    #[arg(long)]
    force: bool,
    /// Look in this namespace only [default: all]
    #[arg(short, long, value_name = "NS")]
    namespace: Option<String>,
    #[command(flatten)]
    cluster: ClientArgs,
}

/// Undoes what is open. Exits 5 when something is left changed, 3 when a runner is alive.
pub async fn run(args: Args) -> Outcome {
    let client = args.cluster.client().await?;
    let api = Api::new(client.clone());
    let chosen = choose(&args, open_runs(&api, args.namespace.as_deref()).await?)?;
    if chosen.is_empty() {
        return print(&match &args.run {
            Some(name) => format!("nothing to recover: no run {} is open\n", plain(name)),
            None => "nothing to recover: no run is open\n".to_owned(),
        });
    }
    let (alive, dead) = by_life(&args, &api, chosen).await?;
    let mut complete = true;
    for run in &dead {
        complete &= undo(&client, run).await?;
    }
    let exit = if complete { Exit::Refused } else { Exit::LeftChanged };
    match alive.as_slice() {
        [] if complete => Ok(Exit::Passed),
        [] => Ok(Exit::LeftChanged),
        alive => Err(Failure::new(exit, Alive { runs: lines(alive) })),
    }
}

/// The runs that are meant. Which of several is for the user to say.
fn choose(args: &Args, found: Vec<OpenRun>) -> Result<Vec<OpenRun>, Failure> {
    match &args.run {
        Some(name) => Ok(found.into_iter().filter(|open| open.run == *name).collect()),
        None if found.len() > 1 && !args.all => Err(Failure::usage(Several { runs: lines(&found) })),
        None => Ok(found),
    }
}

/// Those whose runner is alive, and those that may be undone.
async fn by_life(
    args: &Args,
    api: &Api,
    runs: Vec<OpenRun>,
) -> Result<(Vec<OpenRun>, Vec<OpenRun>), Failure> {
    if args.force {
        return Ok((Vec::new(), runs));
    }
    say(&format!("watching for {} s whether a runner is alive", WATCH_FOR.as_secs()));
    let watched = try_join_all(runs.iter().map(|run| run.is_alive(api, WATCH_FOR)));
    let lives = watched.await.map_err(Failure::environment)?;
    let (alive, dead): (Vec<_>, Vec<_>) = runs.into_iter().zip(lives).partition(|(_, alive)| *alive);
    let runs = |pairs: Vec<(OpenRun, bool)>| pairs.into_iter().map(|(run, _)| run).collect();
    Ok((runs(alive), runs(dead)))
}

/// Undoes one run; says whether nothing is left.
async fn undo(client: &kube::Client, run: &OpenRun) -> Result<bool, Failure> {
    print(&format!("{}\n", line(run)))?;
    let records = match &run.records {
        Ok(records) => records,
        Err(error) => {
            print(&format!("  NOT UNDONE: {}\n", plain(&error.to_string())))?;
            return Ok(false);
        }
    };
    // A reader that went away must not keep anything from being undone.
    let mut tell = |item| drop(print(&format!("  {}\n", plain(&undone(&item)))));
    let summary = run.undo(client.clone()).run(records, &mut tell).await;
    let (left, last) = match (summary.complete, run.namespace_made && run.keeps_workload()) {
        (true, true) => (Vec::new(), format!("complete; namespace {} stays, as asked for", run.namespace)),
        (true, false) => (Vec::new(), "complete: nothing is left that the run changed".to_owned()),
        (false, _) => (summary.left, "NOT COMPLETE, left changed:".to_owned()),
    };
    print(&format!("  {}\n", plain(&last)))?;
    for left in &left {
        print(&format!("  - {}\n", plain(left)))?;
    }
    Ok(summary.complete)
}

fn lines(runs: &[OpenRun]) -> String {
    runs.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// More than one run is open.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("more than one run is open:\n{runs}")]
#[diagnostic(code(firedrill::recover::several), help("name one with --run NAME, or take --all"))]
struct Several {
    runs: String,
}

/// A runner is alive.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("not undone, for its runner is alive:\n{runs}")]
#[diagnostic(
    code(firedrill::recover::alive),
    help("stop the runner (Ctrl-C, SIGTERM): it undoes by itself; --force does not ask")
)]
struct Alive {
    runs: String,
}
