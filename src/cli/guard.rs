//! `firedrill guard`: the process that undoes a run whose runner died. firedrill starts it;
//! nobody else.

use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};

use super::client::flags;
use super::exit::{Exit, Failure, Outcome};
use crate::clock::Nanos;
use crate::cluster::context::Named;
use crate::engine::guard::process::{self, News};
use crate::engine::guard::{Charge, PrivateCluster};
use crate::engine::undo::UndoSummary;
use crate::report::plain::plain;
use crate::ui::terminal;

/// Arguments of `firedrill guard`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run
    #[arg(long)]
    run: String,
    /// The target's namespace
    #[arg(long)]
    namespace: String,
    /// Undo the fault only
    #[arg(long)]
    keep_workload: bool,
    /// The runner's journal
    #[arg(long)]
    journal: PathBuf,
    /// The kubeconfig [default: what the environment names]
    #[arg(long)]
    kubeconfig: Option<PathBuf>,
    /// A context of the kubeconfig
    #[arg(long)]
    context: Option<String>,
    /// The cluster is on loopback: no proxies
    #[arg(long)]
    loopback: bool,
    /// The name of the kind cluster
    #[arg(long)]
    kind_cluster: Option<String>,
    /// The folder of a cluster that goes with the runner
    #[arg(long, requires_all = ["private_name", "removal"])]
    private_cluster: Option<PathBuf>,
    /// Its name
    #[arg(long)]
    private_name: Option<String>,
    /// The command that removes it by hand
    #[arg(long)]
    removal: Option<String>,
    /// The machine's monotonic clock at the run's beginning, nanoseconds
    #[arg(long)]
    began: Nanos,
    /// When the run ends at the latest, nanoseconds after its beginning
    #[arg(long)]
    deadline: Nanos,
}

impl From<Args> for Charge {
    fn from(args: Args) -> Self {
        Self {
            run: args.run,
            namespace: args.namespace,
            keep_workload: args.keep_workload,
            journal: args.journal,
            kubeconfig: args.kubeconfig,
            context: args.context,
            loopback: args.loopback,
            kind_cluster: args.kind_cluster,
            private_cluster: args.private_cluster.map(|folder| PrivateCluster {
                folder,
                name: args.private_name.unwrap_or_default(),
                removal: args.removal.unwrap_or_default(),
            }),
            began: args.began,
            deadline: args.deadline,
        }
    }
}

/// Guards a run. What keeps it from that is said on stdout, where its runner reads it.
pub async fn run(args: Args) -> Outcome {
    deafen().map_err(|source| Failure::environment(NoGuard { source }))?;
    let charge = Charge::from(args);
    let client = match client(&charge).await {
        Ok(client) => process::reach(&client).await.map(|()| client),
        Err(why) => Err(why),
    };
    // A runner that is gone shows at the end of stdin.
    let (client, word) = match client {
        Ok(client) => (Some(client), process::ready()),
        Err(why) => (None, format!("{}\n", plain(&why))),
    };
    // Nor is there anybody then to hear the word.
    let _ = terminal::exact(&word);
    let Some(client) = client else { return Ok(Exit::Environment) };
    let guarded = process::run(client, charge.clone(), &mut |news| say(&charge, &news)).await;
    guarded.map_err(|source| Failure::environment(NoGuard { source }))?;
    Ok(Exit::Passed)
}

/// A client of the run's cluster; else why there is none.
async fn client(charge: &Charge) -> Result<kube::Client, String> {
    let named = Named { kubeconfig: charge.kubeconfig.clone(), context: charge.context.clone() };
    let found = named.find().map_err(|error| error.to_string())?;
    let mut connection = found.connection().await.map_err(|error| error.to_string())?;
    if charge.loopback {
        connection.config.proxy_url = None;
    }
    connection.client(charge.kubeconfig.as_deref()).map_err(|error| error.to_string())
}

/// What ends the runner does not end its guard: it leaves the terminal's session, and the three
/// signals mean nothing to it.
pub(super) fn deafen() -> std::io::Result<()> {
    // It fails for the leader of a process group only, and then the group is its own.
    let _ = rustix::process::setsid();
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        // Once a listener was made, the default no longer holds.
        drop(signal(kind)?);
    }
    Ok(())
}

/// Says what was done where the runner would have said it. That nobody may listen is no failure.
fn say(charge: &Charge, news: &News) {
    let (head, summary) = match news {
        News::Overdue(summary) => ("is past its deadline, and its runner does not end it", summary),
        News::RunnerDied(summary) => ("has lost its runner", summary),
    };
    let mut lines = vec![format!("firedrill: run {} {head}. {}", charge.run, outcome(summary))];
    lines.extend(summary.left.iter().map(|left| format!("  {}", plain(left))));
    if !summary.complete {
        let place =
            flags(charge.kind_cluster.as_deref(), charge.kubeconfig.as_deref(), charge.context.as_deref());
        let (namespace, run) = (&charge.namespace, &charge.run);
        lines.push(format!("  this tries again: firedrill recover{place} -n {namespace} --run {run}"));
    }
    terminal::say(&lines.join("\n"));
}

const fn outcome(summary: &UndoSummary) -> &'static str {
    if summary.complete {
        "Its guard put everything back."
    } else {
        "Its guard could not put everything back; left changed:"
    }
}

/// The process cannot do its work.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("cannot guard a run: {source}")]
#[diagnostic(code(firedrill::guard), help("only `firedrill run` starts this command"))]
struct NoGuard {
    source: std::io::Error,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    enum Command {
        Guard(Args),
    }

    fn charge(all: bool) -> Charge {
        let path = |text: &str| all.then(|| PathBuf::from(text));
        Charge {
            run: "20261122-141500-k3f9q2".to_owned(),
            namespace: "shop".to_owned(),
            keep_workload: all,
            journal: PathBuf::from("/state/with space/run.jsonl"),
            kubeconfig: path("/home/ann/.kube/config"),
            context: all.then(|| "staging".to_owned()),
            loopback: all,
            kind_cluster: all.then(|| "firedrill".to_owned()),
            private_cluster: all.then(|| PrivateCluster {
                folder: PathBuf::from("/state/clusters/run-1"),
                name: "run-1".to_owned(),
                removal: "firedrill cluster down run-1".to_owned(),
            }),
            began: 5,
            deadline: u64::MAX,
        }
    }

    #[test]
    fn what_a_guard_is_told_is_what_it_hears() {
        for charge in [charge(true), charge(false)] {
            let line = std::iter::once("firedrill".into()).chain(charge.arguments());
            let Command::Guard(args) = Command::parse_from(line);
            assert_eq!(Charge::from(args), charge);
        }
    }
}
