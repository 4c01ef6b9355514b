//! The matrix as a table for people, and for docs/reliability.md.

use std::fmt::Write as _;
use std::path::Path;

use super::cell::{By, Mode, Outcome, When};

/// Set to write the table into the documentation.
const WRITE: &str = "FIREDRILL_WRITE_TABLE";
const BEGIN: &str = "<!-- kill matrix: begin -->\n";
const END: &str = "<!-- kill matrix: end -->\n";

const COLUMNS: [(&str, Mode, By); 6] = [
    ("runbook, guard", Mode::Runbook, By::Guard),
    ("runbook, recover", Mode::Runbook, By::Recover),
    ("manual, guard", Mode::Manual, By::Guard),
    ("manual, recover", Mode::Manual, By::Recover),
    ("deploying, guard", Mode::Deploying, By::Guard),
    ("deploying, recover", Mode::Deploying, By::Recover),
];

/// A row an event, in the order in which they first happened.
pub fn table(outcomes: &[Outcome]) -> String {
    let mut events: Vec<&str> = Vec::new();
    let order = [Mode::Deploying, Mode::Runbook, Mode::Manual];
    for mode in order {
        for event in outcomes.iter().filter(|o| o.cell.mode == mode).filter_map(event) {
            if !events.contains(&event) {
                events.push(event);
            }
        }
    }
    let good = outcomes.iter().filter(|outcome| outcome.undone.is_ok()).count();
    let mut text = format!(
        "{}: {good} of {} kills ended as they must. Each cell: killed before / after the event is \
         written, and the milliseconds until the target was as before, from the kill (guard) or \
         from the start of `recover`, which first watches for 5 s whether the runner lives.\n\n",
        chrono::Utc::now().format("%Y-%m-%d"),
        outcomes.len(),
    );
    let heads: Vec<&str> = COLUMNS.iter().map(|(head, ..)| *head).collect();
    let _ = writeln!(text, "| event | {} |\n|---|{}", heads.join(" | "), "---|".repeat(heads.len()));
    for name in events {
        let cells: Vec<String> =
            COLUMNS.iter().map(|(_, mode, by)| both(outcomes, name, *mode, *by)).collect();
        let _ = writeln!(text, "| `{name}` | {} |", cells.join(" | "));
    }
    text
}

fn event(outcome: &Outcome) -> Option<&str> {
    match &outcome.cell.when {
        When::Before(event) | When::After(event) => Some(event),
        When::At(_) => None,
    }
}

fn both(outcomes: &[Outcome], name: &str, mode: Mode, by: By) -> String {
    let of = |when: When| {
        let found = outcomes.iter().find(|o| o.cell.mode == mode && o.cell.by == by && o.cell.when == when);
        found.map(|outcome| match &outcome.undone {
            Ok(undone) => undone.as_millis().to_string(),
            Err(_) => "WRONG".to_owned(),
        })
    };
    match (of(When::Before(name.to_owned())), of(When::After(name.to_owned()))) {
        (Some(before), Some(after)) => format!("{before} / {after}"),
        _ => String::new(),
    }
}

/// Puts the table into docs/reliability.md, where that is asked for.
pub fn keep(text: &str) {
    if std::env::var_os(WRITE).is_none() {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(BEGIN).expect("the place of the table");
    let (_, tail) = rest.split_once(END).expect("its end");
    std::fs::write(&path, format!("{head}{BEGIN}{text}{END}{tail}")).unwrap();
}
