//! The matrix for people: plain text, no colour, 100 columns.

use super::words;
use super::{Evaluation, Row};
use crate::report::text::Page;
use crate::report::text::cluster;

const WIDTH: usize = 100;
const COLUMNS: [usize; 7] = [6, 14, 17, 13, 12, 10, 7];

/// The evaluation as text, with a line end.
#[must_use]
pub fn text(evaluation: &Evaluation) -> String {
    let mut page = Page::wide(WIDTH);
    page.top(&words::headline(evaluation));
    for row in evaluation.rows().filter(|row| evaluation.broken.contains(&row.name)) {
        page.item("- ", &format!("{} ({}): {}", row.name, row.label, row.detail));
    }
    identity(&mut page, evaluation);
    page.heads(
        COLUMNS,
        ["", "claim", "measured", "to mitigate", "from start", "declared", "lost"],
        "verdict",
    );
    let mut round = None;
    for row in evaluation.rows() {
        if round != Some(&row.round) {
            page.section(&row.round);
            round = Some(&row.round);
        }
        one(&mut page, row);
    }
    list(&mut page, "Left changed", &evaluation.left);
    list(&mut page, "Notes", &evaluation.notes);
    if !evaluation.control {
        page.gap();
        page.top(words::LEGEND);
    }
    page.section("Journals");
    page.line(&evaluation.journals);
    page.finish()
}

fn identity(page: &mut Page, evaluation: &Evaluation) {
    page.gap();
    let variant = evaluation.variant.as_ref().map(|name| format!(" (variant {name})")).unwrap_or_default();
    page.item("drill    ", &format!("{}{variant}", evaluation.drill));
    match &evaluation.cluster {
        Some(found) => page.item("cluster  ", &cluster(found)),
        None => page.item("cluster  ", "none was reached"),
    }
    let (runs, parallel) = (words::runs(evaluation), evaluation.parallel);
    let each = if evaluation.control { "nothing was broken" } else { "each on an outage of its own" };
    page.item("measured ", &format!("{runs}, at most {parallel} at once, in {}; {each}", evaluation.took_ms));
}

fn one(page: &mut Page, row: &Row) {
    page.item(&format!("{}  ", row.name), &row.label);
    let cells = [
        "",
        words::claim(row),
        &words::measured(row),
        &words::time(row.mitigate_ms),
        &words::time(row.served_ms),
        &words::declared(row),
        &words::lost(row),
    ];
    page.row(COLUMNS, cells, row.verdict.word());
    let mut more = Vec::new();
    if words::tells(row) && !row.detail.is_empty() {
        more.push(row.detail.clone());
    }
    more.extend(row.left_behind.iter().flat_map(words::left));
    more.extend(words::notes(row).cloned());
    for line in more {
        page.item("      - ", &line);
    }
}

fn list(page: &mut Page, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        page.section(title);
        for line in lines {
            page.item("- ", line);
        }
    }
}
