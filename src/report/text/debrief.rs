//! The debrief of a played run, for people.

use super::account::promise;
use super::page::Page;
use crate::drill::Length;
use crate::report::DamageReport;
use crate::report::amounts::money;
use crate::report::debrief::{Debrief, Played};

/// What the player's game came to.
pub(super) fn debrief(page: &mut Page, report: &DamageReport) {
    let Some(debrief) = &report.debrief else { return };
    page.section("Debrief");
    clock(page, report, debrief);
    page.row([11], ["time"], &format!("{} thinking, {} acting", debrief.thinking_ms, debrief.acting_ms));
    for hint in &debrief.hints {
        let counts = if hint.counts { "" } else { "; service was back, so it cost nothing" };
        page.row(
            [11],
            ["hint"],
            &format!("{} (declared {}{counts})", hint.round, Length::secs(hint.takes_s)),
        );
    }
    path(page, debrief);
    page.section("Choices");
    for choice in &debrief.choices {
        played(page, choice);
    }
    if debrief.choices.is_empty() {
        page.line("none was made");
    }
}

fn clock(page: &mut Page, report: &DamageReport, debrief: &Debrief) {
    let clock = &debrief.clock;
    let currency = &report.revenue.currency;
    let times = if clock.speed > 1 { format!(" × {}", clock.speed) } else { String::new() };
    let cost = |amount| money(currency, amount);
    page.row(
        [11],
        ["clock"],
        &format!(
            "{} in the scenario, {} lost (simulated): {} real{times} + {} declared",
            clock.shows_ms,
            cost(clock.lost),
            clock.real_ms,
            Length::secs(clock.declared_s)
        ),
    );
    let best = format!("{} declared, {} lost", Length::secs(debrief.best_s), cost(debrief.best_lost));
    page.row([11], ["at best"], &format!("{best}, without a moment of thinking"));
}

fn path(page: &mut Page, debrief: &Debrief) {
    let taken: Vec<_> = debrief.choices.iter().map(|choice| choice.option.as_str()).collect();
    let joined = |path: &[&str]| if path.is_empty() { "none".to_owned() } else { path.join(" > ") };
    page.row([11], ["path"], &joined(&taken));
    let best: Vec<_> = debrief.best_path.iter().map(String::as_str).collect();
    // The items of a checklist have no order.
    let sorted = |path: &[&str]| {
        let mut path: Vec<String> = path.iter().map(|&name| name.to_owned()).collect();
        path.sort();
        path
    };
    let same = sorted(&taken) == sorted(&best);
    let best = if same { "the same".to_owned() } else { joined(&best) };
    page.row([11], ["best path"], &best);
}

fn played(page: &mut Page, choice: &Played) {
    page.item("- ", &format!("{}: {}", choice.option, choice.label));
    let best = if choice.best { "the best; " } else { "" };
    let counts = if choice.counts { "" } else { ", no downtime any more" };
    let acted = choice.acted_ms.map_or("the run ended first".to_owned(), |ms| format!("{ms} acting"));
    let takes = Length::secs(choice.takes_s);
    let cost = format!("{best}declared {takes}{counts}; {} thinking, {acted}", choice.thought_ms);
    page.item("  ", &cost);
    let Some(claim) = choice.claim else { return };
    let held = match choice.held {
        Some(true) => "kept",
        Some(false) => "BROKEN",
        None => "nobody can say here",
    };
    let detail = if choice.detail.is_empty() { String::new() } else { format!(" ({})", choice.detail) };
    page.item("  ", &format!("promised: {}; {held}{detail}", promise(claim)));
}
