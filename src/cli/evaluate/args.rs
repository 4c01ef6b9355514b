//! How an evaluation is asked for.

use chrono::Utc;
use clap::ValueEnum;

use super::super::run::{PlaceArgs, by};
use crate::drill::{Drill, Length, Provider, UsedBy};
use crate::engine::plan::{BlastLimit, Rehearsal, Wishes};
use crate::journal::ResponderKind;

/// Arguments of `firedrill evaluate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A built-in drill's name, a drill file, or a folder with a drill.yaml
    pub(super) drill: String,
    /// Use this variant of the drill; `none`: the drill as it is [default: the variant that the drill
    /// has for evaluate, if any]
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Try only this round, or only this option of it; no paths
    #[arg(long, value_name = "ROUND[.OPTION]", conflicts_with = "control")]
    pub(super) only: Option<String>,
    /// How many runs may go on at once [default: three a processor, six at most; one where the drill
    /// has a fixed node port]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=32))]
    pub(super) parallel: Option<u16>,
    /// Break nothing: the same paths must show no impact and raise no alarm
    #[arg(long)]
    pub(super) control: bool,
    /// End each run and undo after this time, whatever has happened
    #[arg(long, value_name = "TIME", default_value = "5m")]
    max_duration: Length,
    #[command(flatten)]
    pub(super) place: PlaceArgs,
    /// The form of the matrix on stdout
    #[arg(long, value_enum, default_value_t)]
    pub(super) output: Format,
}

/// The form of the matrix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For a pull request, or a job's summary
    Markdown,
}

impl Args {
    /// The variant that is meant.
    pub(super) fn variant(&self, drill: &Drill) -> Option<String> {
        drill.variant_meant(self.variant.as_deref(), UsedBy::Evaluate).map(str::to_owned)
    }

    /// How one run of the evaluation is wanted: in a namespace of its own.
    pub(super) fn wishes(&self, rehearsal: Rehearsal, variant: Option<String>, provider: Provider) -> Wishes {
        let suffix: String = std::iter::repeat_with(fastrand::lowercase).take(6).collect();
        Wishes {
            run: format!("{}-{suffix}", Utc::now().format("%Y%m%d-%H%M%S")),
            by: by(),
            namespace: None,
            responder: ResponderKind::Runbook,
            variant,
            max_duration: self.max_duration.into(),
            keep_workload: false,
            blast_limit: BlastLimit::default(),
            provider,
            respond_after: std::time::Duration::ZERO,
            rehearsal,
            speed: 0,
        }
    }
}
