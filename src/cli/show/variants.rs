//! What a drill's variants change.

use std::fmt::Write as _;

use super::ground;
use super::rounds::{INDENT, claim, next_lines, step_lines};
use crate::drill::{Choice, Drill, OptionChange, Round, UsedBy, Variant};

/// A variant with everything that it changes.
pub(super) fn variant(name: &str, variant: &Variant, drill: &Drill) -> String {
    let mut text = format!("Variant    {name}{}\n", taken_by(&variant.used_by));
    if let Some(workload) = &variant.workload {
        let _ = writeln!(text, "  workload {}", ground::workload(workload));
    }
    if let Some(fault) = &variant.fault {
        text.push_str(&ground::fault(fault, "  fault    "));
    }
    for (name, change) in &variant.options {
        text.push_str(&option(name, change, drill));
    }
    for own in &variant.rounds {
        text.push_str(&round(own, drill));
    }
    if let Some(runbook) = &variant.runbook {
        let entries: Vec<&str> = runbook.iter().map(|entry| entry.value.as_str()).collect();
        let _ = writeln!(text, "  runbook  {}", entries.join(", "));
    }
    text
}

fn taken_by(commands: &[UsedBy]) -> String {
    let names: Vec<&str> = commands
        .iter()
        .map(|command| match command {
            UsedBy::Play => "play",
            UsedBy::Evaluate => "evaluate",
        })
        .collect();
    if names.is_empty() { String::new() } else { format!(" (taken by {})", names.join(", ")) }
}

/// What differs in an option, beneath its name.
fn option(name: &str, change: &OptionChange, drill: &Drill) -> String {
    let OptionChange { label, claim: promised, steps, teaches, next } = change;
    let label = label.as_deref().or_else(|| find(drill, name).map(|option| option.label.as_str()));
    let mut text = format!("  option   {name} {}\n", label.unwrap_or_default());
    if let Some(promised) = promised {
        let _ = writeln!(text, "{INDENT}{}", claim(*promised));
    }
    if let Some(steps) = steps {
        text.push_str(&step_lines(steps, "             "));
    }
    text.push_str(&next_lines(next.as_deref().unwrap_or_default()));
    if teaches.is_some() && promised.is_none() && steps.is_none() && next.is_none() {
        let _ = writeln!(text, "{INDENT}teaches something else");
    }
    text
}

fn find<'d>(drill: &'d Drill, name: &str) -> Option<&'d Choice> {
    let (round, id) = name.split_once('.')?;
    let round = drill.rounds.iter().find(|own| own.id.value == round)?;
    round.options.iter().find(|option| option.id.value == id)
}

fn round(own: &Round, drill: &Drill) -> String {
    let id = &own.id.value;
    let replaces = drill.rounds.iter().any(|round| round.id.value == *id);
    let instead = if replaces { ", instead of the drill's" } else { "" };
    let counted = [
        ("options", own.options.len()),
        ("checklist items", own.checklist.len()),
        ("steps", own.steps.len()),
    ];
    let counted: Vec<String> =
        counted.iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{what}: {n}")).collect();
    format!("  round    {id}: {} ({}){instead}\n", own.title, counted.join(", "))
}
