//! `firedrill list`.

use std::fmt::Write as _;

use serde_json::json;

use super::exit::{Failure, Outcome};
use super::output::{self, Format};
use crate::drill::{Loaded, catalogue};

/// Arguments of `firedrill list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The form of the result
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

/// Lists the built-in drills.
pub fn run(args: &Args) -> Outcome {
    let drills: Vec<Loaded> = catalogue::builtin()
        .iter()
        .map(|builtin| catalogue::load(builtin.name))
        .collect::<Result<_, _>>()
        .map_err(Failure::usage)?;
    match args.output {
        Format::Text => output::print(&text(&drills)),
        Format::Json => {
            let drills: Vec<_> = drills
                .iter()
                .map(|d| json!({"name": d.drill.metadata.name, "title": d.drill.metadata.title, "tags": d.drill.metadata.tags}))
                .collect();
            output::print_json(&json!({"schema": "firedrill.dev/list/v1", "drills": drills}))
        }
    }
}

fn text(drills: &[Loaded]) -> String {
    let width = drills.iter().map(|d| d.drill.metadata.name.value.len()).max().unwrap_or(0);
    drills.iter().fold(String::new(), |mut text, loaded| {
        let metadata = &loaded.drill.metadata;
        let _ = writeln!(
            text,
            "{:width$}  {}  [{}]",
            metadata.name.value,
            metadata.title,
            metadata.tags.join(", ")
        );
        text
    })
}
