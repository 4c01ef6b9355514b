//! What was promised and kept: budgets, the runbook, the cause, and what is left.

use super::page::Page;
use crate::drill::{Claim, Length};
use crate::journal::{NOT_EXECUTABLE, StepOutcome, StepPlace, UndoResult};
use crate::report::DamageReport;
use crate::report::amounts::as_written;
use crate::report::damage::ChoiceDamage;

/// Each limit, and what was used of it.
pub(super) fn budget(page: &mut Page, report: &DamageReport) {
    if report.budget.is_empty() || !report.injected() {
        return;
    }
    page.section("Budget");
    for line in &report.budget {
        let used = line.actual_ms.map_or("not reached".to_owned(), |ms| ms.to_string());
        let of = format!("of {}", as_written(line.limit_ms));
        let kept = match (line.ok, line.actual_ms, &report.aborted) {
            (true, ..) => "kept",
            (false, None, Some(_)) => "open: the run ended first",
            (false, ..) => "MISSED",
        };
        page.row([21, 12, 9], [&line.name, &used, &of], kept);
    }
}

/// What an option promises, in words.
pub(crate) const fn promise(claim: Claim) -> &'static str {
    match claim {
        Claim::Resolves => "resolves",
        Claim::Mitigates => "mitigates",
        Claim::Unchanged => "changes nothing",
        Claim::Rejected => "is rejected",
        Claim::FindsCause => "finds the cause",
        Claim::BreaksAgain => "breaks again",
        Claim::Verified => "is verified",
    }
}

/// The runbook, and whether it does what it says.
pub(super) fn choices(page: &mut Page, report: &DamageReport) {
    // The debrief tells what a player chose.
    if report.choices.is_empty() || report.debrief.is_some() || !report.injected() {
        return;
    }
    page.section("Runbook");
    let wide = report.choices.iter().map(|choice| choice.option.len() + 1).fold(10, usize::max);
    for choice in &report.choices {
        let takes = Length::secs(choice.takes_s);
        let best = if choice.best { ", best" } else { "" };
        page.row([wide], [&choice.option], &format!("{} (declared {takes}{best})", choice.label));
        page.row([wide], [""], &held(choice));
    }
}

/// Whether a choice did what it promises, and how that is known.
fn held(choice: &ChoiceDamage) -> String {
    let held = match (choice.claim, choice.held) {
        (None, _) => "not taken".to_owned(),
        (Some(claim), Some(true)) => format!("{}: held", promise(claim)),
        (Some(claim), Some(false)) => format!("{}: NOT HELD", promise(claim)),
        (Some(_), None) if choice.detail.starts_with(NOT_EXECUTABLE) => return choice.detail.clone(),
        (Some(claim), None) => format!("{}: cannot be said yet", promise(claim)),
    };
    if choice.detail.is_empty() { held } else { format!("{held}, {}", choice.detail) }
}

/// Steps that did not do their work.
pub(super) fn steps(page: &mut Page, report: &DamageReport) {
    let failed = report.steps.iter().filter_map(|step| {
        let said = match &step.outcome {
            StepOutcome::Changed | StepOutcome::Unchanged => return None,
            StepOutcome::Rejected { status, message } => format!("rejected ({status}): {message}"),
            StepOutcome::Failed { message } => format!("failed: {message}"),
            StepOutcome::NotExecutable { reason } => format!("{NOT_EXECUTABLE}: {reason}"),
        };
        let place = match &step.place {
            StepPlace::Workload => "workload".to_owned(),
            StepPlace::Fault(_) => "fault".to_owned(),
            StepPlace::Runbook(option, _) => option.clone(),
        };
        Some(format!("{place}: {}: {said}", step.what))
    });
    let failed: Vec<String> = failed.collect();
    super::list(page, "Steps that were rejected, failed or were not executable", &failed);
}

/// What was wrong, and whether it still is.
pub(super) fn cause(page: &mut Page, report: &DamageReport) {
    let named = report.diagnoses.iter().rev().find(|d| d.found);
    if named.is_none() && report.root_cause.is_none() {
        return;
    }
    page.section("Root cause");
    match &report.root_cause {
        None => page.line("not checked"),
        Some(cause) if cause.resolved => page.line("gone, checked after service was back"),
        Some(cause) => page.line(&format!("STILL THERE: {}", cause.reasons.join("; "))),
    }
    for line in named.iter().flat_map(|d| &d.lines) {
        page.item("- ", line);
    }
}

/// Whether everything is as it was.
pub(super) fn undo(page: &mut Page, report: &DamageReport) {
    page.section("Undo");
    let undo = &report.undo;
    match (undo.complete, undo.left.is_empty()) {
        (true, _) => page.line("complete: nothing is left that the run changed"),
        (false, true) => page.line("NOT KNOWN TO BE COMPLETE: the journal does not say how it ended"),
        (false, false) => page.line("NOT COMPLETE, left changed:"),
    }
    for left in &undo.left {
        page.item("- ", left);
    }
    for item in &undo.items {
        let field = item.field.as_ref().map(|f| format!(" {f}")).unwrap_or_default();
        let name = format!("{}{field}", item.object);
        match &item.result {
            UndoResult::LeftChanged { by, when } => {
                let by = by.as_deref().unwrap_or("someone");
                let when = when.as_ref().map(|w| format!(" at {w}")).unwrap_or_default();
                page.item("- ", &format!("{name} was left as {by} changed it{when}"));
            }
            UndoResult::LeftGone { now } => page.item("- ", &format!("{name} was left alone: {now}")),
            _ => {}
        }
    }
}
