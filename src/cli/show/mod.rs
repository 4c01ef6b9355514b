//! `firedrill show`.

mod costs;
mod ground;
mod rounds;
mod variants;

use std::fmt::Write as _;

use serde_json::json;

use super::exit::{Failure, Outcome};
use super::output;
use crate::drill::{Loaded, Mistake, is_variant, load, scenario};

/// Arguments of `firedrill show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A built-in name, a file, or a folder with a drill.yaml
    #[arg(value_name = "DRILL")]
    drill: String,
    /// Show the drill with this variant; `none` is the drill itself
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// The form of the result
    #[arg(long, value_enum, default_value_t)]
    output: Form,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// A summary for people
    #[default]
    Text,
    /// The drill with its defaults and scenario times, for programs
    Json,
    /// The drill file as it was written
    Yaml,
}

/// Shows a drill.
pub fn run(args: &Args) -> Outcome {
    let mut loaded = load(&args.drill).map_err(Failure::usage)?;
    let variant = args.variant.as_deref().filter(is_variant);
    if let Some(name) = variant {
        loaded.drill = loaded.drill.with_variant(name).map_err(Failure::usage)?;
    }
    match args.output {
        Form::Text => output::print(&text(&loaded, variant)),
        Form::Yaml if variant.is_some() => Err(Failure::usage(as_written())),
        Form::Yaml => output::print_exact(&loaded.text),
        Form::Json => output::print_json(&json!({
            "schema": "firedrill.dev/show/v1",
            "origin": loaded.origin,
            "drillHash": loaded.hash,
            "scenario": scenario::times(&loaded.drill),
            "drill": loaded.drill,
        })),
    }
}

fn as_written() -> Mistake {
    let message = "`--output yaml` prints the drill file as it was written, with all of its variants";
    Mistake::new("firedrill::show::variant", message)
        .help("leave `--variant` out, or take `--output json` for the drill with the variant in place")
}

/// The summary, a paragraph a topic. `variant` is the one that is in place already.
#[must_use]
pub fn text(loaded: &Loaded, variant: Option<&str>) -> String {
    let drill = &loaded.drill;
    let mut paragraphs = vec![heading(loaded, variant), ground::watched(drill), ground::broken(drill)];
    paragraphs.extend(drill.rounds.iter().map(rounds::round));
    paragraphs.push(costs::mended(drill));
    if variant.is_none() {
        paragraphs
            .extend(drill.variants.iter().map(|(name, variant)| variants::variant(name, variant, drill)));
    }
    paragraphs.push(costs::costs(drill));
    paragraphs.retain(|p| !p.is_empty());
    paragraphs.join("\n")
}

fn heading(loaded: &Loaded, variant: Option<&str>) -> String {
    let drill = &loaded.drill;
    let with = variant.map_or_else(String::new, |name| format!(" (variant {name})"));
    let mut text = format!("{}: {}{with}\n", drill.metadata.name.value, drill.metadata.title);
    let story = &drill.scenario;
    let who: Vec<&str> = [&story.starts, &story.role].into_iter().flatten().map(String::as_str).collect();
    if !who.is_empty() {
        let _ = writeln!(text, "{}.", who.join(". "));
    }
    if let Some(situation) = &story.situation {
        let _ = writeln!(text, "{}", wrapped(situation, ""));
    }
    text
}

fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = vec![indent.to_owned()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, String::len);
        if line + word.len() >= 90 && line > indent.len() {
            lines.push(indent.to_owned());
        }
        if let Some(line) = lines.last_mut() {
            if line.len() > indent.len() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}
