//! `firedrill play`: a drill in which a person decides. The run is that of `firedrill run`; who
//! responds is the player.

mod seat;

use std::path::PathBuf;

use super::exit::{Failure, Outcome};
use super::interrupt::Interrupts;
use super::output::Format;
use super::run::place::PlaceArgs;
use super::run::{self, Manner, by, run_name};
use crate::drill::{self, Drill, Length, Mistake, Provider, UsedBy};
use crate::engine::plan::{BlastLimit, Plan, Rehearsal, Wishes};
use crate::journal::ResponderKind;
use crate::ui::terminal;
pub(super) use seat::{Seat, Wanted};

/// Arguments of `firedrill play`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A built-in drill's name, a drill file, or a folder with a drill.yaml
    drill: String,
    /// Use this variant of the drill, or `none` [default: the one that the drill has for `play`]
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// How many seconds of the scenario pass in one: with 60, a second counts for a minute
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3600))]
    speed: u32,
    /// Lines instead of a screen: for screen readers and pipes. Choices are read from stdin
    #[arg(long)]
    plain: bool,
    /// End the game and undo after this time, whatever has happened
    #[arg(long, value_name = "TIME", default_value = "30m")]
    max_duration: Length,
    /// The namespace: a new one, or one that carries the label firedrill.dev/allow=true [default:
    /// a new one, named after the drill and the run]
    #[arg(short, long, value_name = "NS")]
    namespace: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
    /// The form of the report on stdout
    #[arg(long, value_enum, default_value_t)]
    output: Format,
    /// Write the journal here [default: in the XDG state folder]
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

/// Plays a drill. The exit code is the report's.
pub async fn run(args: Args) -> Outcome {
    let interrupts = Interrupts::listen().map_err(Failure::environment)?;
    let send = interrupts.sender();
    let (_listening, interrupts) = interrupts.split();
    let loaded = drill::load(&args.drill).map_err(Failure::usage)?;
    if loaded.drill.rounds.is_empty() {
        return Err(Failure::usage(drill::DrillError::from(no_rounds(&loaded.drill))));
    }
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    let place = args.place.place()?;
    let wishes = wishes(&args, &loaded.drill, place.provider());
    let plan = Plan::new(loaded, wishes).map_err(Failure::usage)?;
    let screen = !args.plain && terminal::is_interactive();
    let play = Some(Wanted { screen, interrupt: send });
    let binaries = args.place.binaries()?;
    let manner = Manner { output: args.output, journal: args.journal, play, binaries };
    Box::pin(run::carry_out(plan, place, manner, &warnings, interrupts)).await
}

fn wishes(args: &Args, drill: &Drill, provider: Provider) -> Wishes {
    let variant = drill.variant_meant(args.variant.as_deref(), UsedBy::Play).map(str::to_owned);
    Wishes {
        by: by(),
        run: run_name(),
        namespace: args.namespace.clone(),
        responder: ResponderKind::Player,
        variant,
        max_duration: args.max_duration.into(),
        keep_workload: false,
        blast_limit: BlastLimit::default(),
        provider,
        respond_after: std::time::Duration::ZERO,
        rehearsal: Rehearsal::default(),
        speed: args.speed,
    }
}

fn no_rounds(drill: &Drill) -> Mistake {
    Mistake::new(
        "firedrill::drill::no-rounds",
        format!("{} has no rounds, so there is nothing to decide", drill.metadata.name.value),
    )
    .help("write some (docs/drill-file.md), or let `firedrill run` do it")
}
