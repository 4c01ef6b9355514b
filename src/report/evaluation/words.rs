//! The words of the matrix, for every renderer that people read.

use super::{Effect, Evaluation, LeftBehind, Row, Verdict};
use crate::drill::{Claim, Length};
use crate::journal::{Drift, NOT_EXECUTABLE};
use crate::report::amounts::Millis;

/// What is promised.
pub(super) fn claim(row: &Row) -> &'static str {
    match row.claim {
        None => "-",
        Some(Claim::Resolves) => "resolves",
        Some(Claim::Mitigates) => "mitigates",
        Some(Claim::Unchanged) => "unchanged",
        Some(Claim::Rejected) => "rejected",
        Some(Claim::FindsCause) => "finds-cause",
        Some(Claim::BreaksAgain) => "breaks-again",
        Some(Claim::Verified) => "verified",
    }
}

/// What happened.
pub(super) fn measured(row: &Row) -> String {
    let word = match row.measured {
        Effect::Resolves => "resolves",
        Effect::Mitigates => "mitigates",
        Effect::Unchanged => "unchanged",
        Effect::Rejected => "rejected",
        Effect::FindsCause => "finds-cause",
        Effect::BreaksAgain => "breaks-again",
        Effect::Verified => "verified",
        Effect::NotVerified => "not verified",
        Effect::NoImpact => "no impact",
        Effect::Impact => "impact",
        Effect::NotExecutable | Effect::Unknown => "-",
    };
    match row.refusal.filter(|_| row.measured == Effect::Rejected) {
        Some(status) => format!("{word} ({status})"),
        None => word.to_owned(),
    }
}

pub(super) fn time(time: Option<Millis>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| time.to_string())
}

pub(super) fn declared(row: &Row) -> String {
    if row.declared_s == 0 { "-".to_owned() } else { Length::secs(row.declared_s).to_string() }
}

pub(super) fn lost(row: &Row) -> String {
    row.requests_lost.map_or_else(|| "-".to_owned(), |lost| lost.to_string())
}

/// Whether there is more to say than that the claim holds.
pub(super) fn tells(row: &Row) -> bool {
    row.verdict != Verdict::Holds
        || matches!(row.measured, Effect::Rejected | Effect::FindsCause | Effect::Mitigates)
}

/// Steps that were not executable or failed, as far as the detail does not say so.
pub(super) fn notes(row: &Row) -> impl Iterator<Item = &String> {
    row.notes.iter().filter(|note| !row.detail.contains(note.as_str()))
}

/// What is different, a line each.
pub(super) fn left(left: &LeftBehind) -> Vec<String> {
    let mut lines = Vec::new();
    match left.orphans.as_slice() {
        [] => {}
        [one] => lines.push(format!("1 orphan: {one}")),
        many => lines.push(format!("{} orphans: {}", many.len(), many.join(", "))),
    }
    lines.extend(left.drift.iter().map(drift));
    if !left.dropped.is_empty() {
        lines.push(format!("dropped: {}", left.dropped.join(", ")));
    }
    lines
}

fn drift(drift: &Drift) -> String {
    let Some(field) = &drift.field else { return format!("drift: {} is gone", drift.object) };
    let live = drift.live.as_deref().unwrap_or("absent");
    let declared = drift.declared.as_deref().unwrap_or("absent");
    let owner = drift.owner.as_deref().unwrap_or("nobody");
    format!("drift: {} {field} is {live}, declared {declared}; owner {owner}", drift.object)
}

/// The matrix in one line.
pub(super) fn headline(evaluation: &Evaluation) -> String {
    let count = |verdict| evaluation.rows().filter(|row| row.verdict == verdict).count();
    let all = evaluation.rows().count();
    let (holds, broken) = (count(Verdict::Holds), count(Verdict::DoesNotHold));
    let (missing, errors) = (count(Verdict::NotExecutable), count(Verdict::Error));
    let mut parts = vec![format!("{holds} of {all} hold")];
    let more = [(broken, "not"), (missing, NOT_EXECUTABLE), (errors, "without an answer")];
    parts.extend(more.iter().filter(|(n, _)| *n > 0).map(|(n, word)| match *word {
        "not" => format!("{n} DO{} NOT", if *n == 1 { "ES" } else { "" }),
        word => format!("{n} {word}"),
    }));
    let verdict = evaluation.verdict.word().to_uppercase();
    format!("{verdict}: {} ({})", evaluation.title, parts.join(", "))
}

/// `12 runs`, `1 run`.
pub(super) fn runs(evaluation: &Evaluation) -> String {
    format!("{} run{}", evaluation.runs, if evaluation.runs == 1 { "" } else { "s" })
}

/// What the columns mean.
pub(super) const LEGEND: &str = "To mitigate: from the fault until users were served for good; what comes before the option is \
     watched until nothing has changed for stableFor, and is in it. From start: from the option's first step on. \
     Declared: what the drill says that a person needs. Lost: requests that failed, from the fault to the end of \
     the run, which comes when nothing has changed for stableFor.";
