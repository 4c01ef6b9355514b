//! What an evaluation carries out: a cell is one run, on an outage of its own. Pure.

use crate::drill::scenario;
use crate::drill::{Choice, Claim, Drill, Length, Round, RunbookEntry};

/// One run, and the rows of the matrix that it fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What is carried out, in order: the best way to the round, then what is on trial.
    pub path: Vec<String>,
    /// What it is to tell.
    pub rows: Vec<Asked>,
}

/// One row of the matrix, before anything is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `round.option`, `round.option.next.N`, `round.item`, or a path's name.
    pub name: String,
    /// One line for people.
    pub label: String,
    /// What stands above it: the round's title.
    pub round: String,
    /// What it is.
    pub sort: Sort,
    /// What the drill promises of it; a path promises what its entries do.
    pub claim: Option<Claim>,
    /// What the drill says that a person needs, seconds; of a path, to the end of the outage.
    pub declared_s: u64,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// An option of a round.
    Option,
    /// What comes after an option.
    Next,
    /// An item of a checklist.
    Item,
    /// A path through all rounds.
    Path,
    /// A path where nothing is broken.
    Control,
}

/// Every option of every round, what comes after each, and every checklist. Of those, `only` a round
/// or an option, where it names one.
#[must_use]
pub fn cells(drill: &Drill, only: Option<&str>) -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut prefix: Vec<String> = Vec::new();
    for round in &drill.rounds {
        for option in &round.options {
            cells.push(of_option(&prefix, round, option));
            cells.extend((0..option.next.len()).filter_map(|n| of_next(drill, &prefix, round, option, n)));
        }
        if round.options.is_empty() && !round.checklist.is_empty() {
            cells.push(of_checklist(drill, &prefix, round));
        }
        prefix.extend(drill.entries(&round.id.value).into_iter().map(|entry| entry.name));
    }
    let Some(only) = only else { return cells };
    let meant = |asked: &Asked| {
        asked.name == only || asked.name.strip_prefix(only).is_some_and(|r| r.starts_with('.'))
    };
    for cell in &mut cells {
        cell.rows.retain(meant);
    }
    cells.retain(|cell| !cell.rows.is_empty());
    cells
}

/// Everything that `only` can name, for who named something else.
#[must_use]
pub fn names(drill: &Drill) -> Vec<String> {
    let rounds = drill.rounds.iter().map(|round| round.id.value.clone());
    let rows = cells(drill, None).into_iter().flat_map(|cell| cell.rows);
    rounds.chain(rows.map(|asked| asked.name)).collect()
}

/// The best path, the path as it happened and the worst one; one run where two are the same.
#[must_use]
pub fn paths(drill: &Drill) -> Vec<Cell> {
    let times = scenario::times(drill);
    let happened = drill.runbook_path().into_iter().map(|entry| entry.name).collect();
    let mut cells: Vec<Cell> = Vec::new();
    for (name, label, path, declared_s) in [
        ("best", "The best path", drill.best_path(), times.optimal_s),
        ("as-it-happened", "The path as it happened", happened, times.downtime_s),
        ("worst", "The worst path", drill.worst_path(), times.worst_s),
    ] {
        let row = asked_path(name, label, Sort::Path, declared_s);
        add(&mut cells, path, row);
    }
    cells
}

/// The best path and the path as it happened, where nothing is broken.
#[must_use]
pub fn controls(drill: &Drill) -> Vec<Cell> {
    let happened = drill.runbook_path().into_iter().map(|entry| entry.name).collect();
    let mut cells = Vec::new();
    for (name, label, path) in [
        ("best", "The best path, nothing broken", drill.best_path()),
        ("as-it-happened", "The path as it happened, nothing broken", happened),
    ] {
        add(&mut cells, path, asked_path(name, label, Sort::Control, 0));
    }
    cells
}

fn add(cells: &mut Vec<Cell>, path: Vec<String>, row: Asked) {
    match cells.iter_mut().find(|cell| cell.path == path) {
        Some(same) => same.rows.push(row),
        None => cells.push(Cell { path, rows: vec![row] }),
    }
}

fn asked_path(name: &str, label: &str, sort: Sort, declared_s: u64) -> Asked {
    let round = if sort == Sort::Path { "Paths through all rounds" } else { "Controls" };
    let (name, label, round) = (name.to_owned(), label.to_owned(), round.to_owned());
    Asked { name, label, round, sort, claim: None, declared_s }
}

fn of_option(prefix: &[String], round: &Round, option: &Choice) -> Cell {
    let name = format!("{}.{}", round.id.value, option.id.value);
    let row = Asked {
        name: name.clone(),
        label: option.label.clone(),
        round: titled(round),
        sort: Sort::Option,
        claim: Some(option.claim),
        declared_s: seconds(option.takes),
    };
    Cell { path: prefix.iter().cloned().chain([name]).collect(), rows: vec![row] }
}

fn of_next(drill: &Drill, prefix: &[String], round: &Round, option: &Choice, number: usize) -> Option<Cell> {
    let before = format!("{}.{}", round.id.value, option.id.value);
    let name = format!("{before}.next.{number}");
    let entry = drill.entries(&name).into_iter().next()?;
    let row = asked(&entry, round, Sort::Next);
    Some(Cell { path: prefix.iter().cloned().chain([before, name]).collect(), rows: vec![row] })
}

fn of_checklist(drill: &Drill, prefix: &[String], round: &Round) -> Cell {
    let items = drill.entries(&round.id.value);
    let rows = items.iter().map(|entry| asked(entry, round, Sort::Item)).collect();
    let path = prefix.iter().cloned().chain(items.into_iter().map(|entry| entry.name)).collect();
    Cell { path, rows }
}

fn asked(entry: &RunbookEntry<'_>, round: &Round, sort: Sort) -> Asked {
    Asked {
        name: entry.name.clone(),
        label: entry.label.to_owned(),
        round: titled(round),
        sort,
        claim: entry.claim,
        declared_s: seconds(entry.takes),
    }
}

fn titled(round: &Round) -> String {
    format!("{} ({})", round.title, round.id.value)
}

fn seconds(takes: Length) -> u64 {
    std::time::Duration::from(takes).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{catalogue, parse};

    fn builtin() -> Drill {
        catalogue::load("service-has-no-endpoints").unwrap().drill
    }

    fn lines(cells: &[Cell]) -> Vec<String> {
        let names = |cell: &Cell| cell.rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>().join(" ");
        cells.iter().map(|cell| format!("{}: {}", names(cell), cell.path.join(" "))).collect()
    }

    #[test]
    fn every_option_has_a_cell_after_the_best_way_to_its_round() {
        assert_eq!(
            lines(&cells(&builtin(), None)),
            [
                "triage.A: triage.A",
                "triage.B: triage.B",
                "triage.C: triage.C",
                "triage.D: triage.D",
                "fix.A: triage.B fix.A",
                "fix.B: triage.B fix.B",
                "fix.C: triage.B fix.C",
                "fix.D: triage.B fix.D",
                "fix.E: triage.B fix.E",
                "harden.endpoints harden.requests: triage.B fix.A harden.endpoints harden.requests",
            ]
        );
    }

    #[test]
    fn only_what_was_named() {
        let drill = builtin();
        let of = |only| lines(&cells(&drill, Some(only)));
        assert_eq!(of("fix.B"), ["fix.B: triage.B fix.B"]);
        assert_eq!(of("triage").len(), 4);
        assert_eq!(
            of("harden.requests"),
            ["harden.requests: triage.B fix.A harden.endpoints harden.requests"],
            "the whole checklist is carried out, one row is told"
        );
        for nothing in ["tri", "fix.Z", "fix.", ""] {
            assert!(of(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn what_comes_after_an_option_has_a_cell_of_its_own() {
        let text = catalogue::builtin()[0].files[0].1.replace(
            "        claim: mitigates\n",
            "        claim: mitigates\n        next:\n          - {label: Again, claim: unchanged, steps: [{diagnose: service/a}]}\n",
        );
        let drill = parse::parse("drill.yaml", &text).unwrap();
        assert_eq!(
            lines(&cells(&drill, Some("fix.E"))),
            ["fix.E: triage.B fix.E", "fix.E.next.0: triage.B fix.E fix.E.next.0"]
        );
    }

    #[test]
    fn paths_that_are_the_same_are_walked_once() {
        let cells = paths(&builtin());
        assert_eq!(
            lines(&cells),
            [
                "best as-it-happened: triage.B fix.A harden.endpoints harden.requests",
                "worst: triage.A triage.C triage.D triage.B fix.B fix.D",
            ]
        );
        let declared: Vec<_> = cells.iter().flat_map(|cell| &cell.rows).map(|row| row.declared_s).collect();
        assert_eq!(declared, [180, 360, 2040]);
        assert_eq!(controls(&builtin()).len(), 1);
    }
}
