//! The matrix as Markdown, for a pull request or a job's summary.

use std::fmt::Write as _;

use super::words;
use super::{Evaluation, Row};
use crate::plain::{plain, short};
use crate::report::text::cluster;

/// The evaluation as Markdown, with a line end.
#[must_use]
pub fn markdown(evaluation: &Evaluation) -> String {
    let mut text = format!("## {}\n\n", cell(&words::headline(evaluation)));
    let variant = evaluation.variant.as_ref().map(|name| format!(", variant {name}")).unwrap_or_default();
    let place = evaluation.cluster.as_ref().map_or_else(|| "no cluster".to_owned(), cluster);
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{}{} on {}; {} in {}\n",
        cell(&evaluation.drill),
        cell(&variant),
        cell(&place),
        words::runs(evaluation),
        evaluation.took_ms
    );
    text.push_str(
        "| Option | Claim | Measured | To mitigate | From start | Declared | Requests lost | Left behind | Verdict |\n\
         |---|---|---|---:|---:|---:|---:|---|---|\n",
    );
    for row in evaluation.rows() {
        line(&mut text, row);
    }
    let told = evaluation.rows().filter(|row| words::tells(row) && !row.detail.is_empty());
    let told = told.map(|row| format!("{}: {}", row.name, row.detail));
    let notes =
        evaluation.rows().flat_map(|row| words::notes(row).map(move |note| format!("{}: {note}", row.name)));
    let left = evaluation.left.iter().map(|left| format!("left changed: {left}"));
    let all: Vec<String> = told.chain(notes).chain(left).chain(evaluation.notes.iter().cloned()).collect();
    if !all.is_empty() {
        text.push('\n');
    }
    for one in all {
        let _ = writeln!(text, "- {}", cell(&one));
    }
    if !evaluation.control {
        let _ = writeln!(text, "\n{}", words::LEGEND);
    }
    text
}

fn line(text: &mut String, row: &Row) {
    let left = match &row.left_behind {
        None => "-".to_owned(),
        Some(left) => match words::left(left).as_slice() {
            [] => "nothing".to_owned(),
            lines => lines.iter().map(|line| cell(line)).collect::<Vec<_>>().join("<br>"),
        },
    };
    let verdict = row.verdict.word();
    let verdict = if verdict == "holds" { verdict.to_owned() } else { format!("**{verdict}**") };
    let _ = writeln!(
        text,
        "| {} {} | {} | {} | {} | {} | {} | {} | {left} | {verdict} |",
        cell(&row.name),
        cell(&row.label),
        words::claim(row),
        words::measured(row),
        words::time(row.mitigate_ms),
        words::time(row.served_ms),
        words::declared(row),
        words::lost(row),
    );
}

/// Text that is nothing but text: on one line, no markup, no end of a cell.
fn cell(text: &str) -> String {
    let text = plain(text);
    let line = short(&text).replace('\n', " ");
    let mut safe = String::new();
    for c in line.chars() {
        if matches!(c, '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}
