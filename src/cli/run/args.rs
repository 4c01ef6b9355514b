//! How a run is asked for.

use std::path::PathBuf;

use chrono::Utc;
use clap::ValueEnum;

use super::super::output::Format;
use super::place::PlaceArgs;
use crate::drill::{Length, Provider, is_variant};
use crate::engine::plan::{BlastLimit, Rehearsal, Wishes};
use crate::journal::ResponderKind;

/// Arguments of `firedrill run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A built-in drill's name, a drill file, or a folder with a drill.yaml
    pub(super) drill: String,
    /// Who mends the cluster
    #[arg(long, value_enum, default_value_t)]
    pub(super) respond: Respond,
    /// Let the outage go on this long after its detection before the runbook begins
    #[arg(long, value_name = "TIME", default_value = "0s", hide_default_value = true)]
    pub(super) respond_after: Length,
    /// Run the drill in the form of this variant; `none` is the drill itself
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Option<String>,
    /// End the run and undo after this time, whatever has happened
    #[arg(long, value_name = "TIME", default_value = "15m")]
    pub(super) max_duration: Length,
    /// The namespace: a new one, or one that carries the label firedrill.dev/allow=true [default:
    /// a new one, named after the drill and the run]
    #[arg(short, long, value_name = "NS")]
    pub(super) namespace: Option<String>,
    /// Leave the workload in place after the run; the fault is undone all the same
    #[arg(long)]
    pub(super) keep_workload: bool,
    /// Check everything, print the plan with every change and its undo, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Where another Service that loses all its endpoints ends the run
    #[arg(long, value_enum, default_value_t, value_name = "WHERE")]
    pub(super) blast_limit: Blast,
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// The form of the report on stdout
    #[arg(long, value_enum, default_value_t)]
    pub(super) output: Format,
    /// Write the journal here [default: in the XDG state folder]
    #[arg(long, value_name = "FILE")]
    pub(super) journal: Option<PathBuf>,
}

/// Who mends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Respond {
    /// firedrill carries the drill's runbook out
    #[default]
    Runbook,
    /// You do, with your own tools; firedrill injects, watches, keeps time and undoes
    Manual,
}

/// Where the blast limit holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Blast {
    /// In the target's namespace
    #[default]
    Namespace,
    /// In the whole cluster
    Cluster,
    /// Nowhere
    Off,
}

impl From<Blast> for BlastLimit {
    fn from(blast: Blast) -> Self {
        match blast {
            Blast::Namespace => Self::Namespace,
            Blast::Cluster => Self::Cluster,
            Blast::Off => Self::Off,
        }
    }
}

/// How the caller wants the run, on a cluster of this kind.
pub(super) fn wishes(args: &Args, provider: Provider) -> Wishes {
    Wishes {
        by: by(),
        run: run_name(),
        namespace: args.namespace.clone(),
        responder: match args.respond {
            Respond::Runbook => ResponderKind::Runbook,
            Respond::Manual => ResponderKind::Manual,
        },
        variant: args.variant.as_deref().filter(is_variant).map(str::to_owned),
        max_duration: args.max_duration.into(),
        keep_workload: args.keep_workload,
        blast_limit: args.blast_limit.into(),
        provider,
        respond_after: args.respond_after.into(),
        rehearsal: Rehearsal::default(),
        speed: 0,
    }
}

/// A name for a new run: when it began, and six letters.
pub(in crate::cli) fn run_name() -> String {
    let suffix: String = std::iter::repeat_with(fastrand::lowercase).take(6).collect();
    format!("{}-{suffix}", Utc::now().format("%Y%m%d-%H%M%S"))
}

/// Who runs it, for whoever finds the run open: `user@host/pid`.
pub(in crate::cli) fn by() -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = named.unwrap_or_else(|| format!("uid-{}", rustix::process::getuid().as_raw()));
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{user}@{host}/{}", std::process::id())
}
