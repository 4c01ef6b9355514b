//! One run's events, as rows of the matrix. Pure.

use serde::{Deserialize, Serialize};

use super::cells::{Asked, Cell, Sort};
use super::observed::{Observed, observed};
use crate::clock::Nanos;
use crate::drill::Claim;
use crate::journal::{AbortReason, Aftermath, Drift, Event, Kind, NOT_EXECUTABLE, Point, StepOutcome};
use crate::report::amounts::Millis;
use crate::report::moments::point;
use crate::report::{DamageReport, fold};

/// One row: what was promised, and what happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// `round.option`, `round.option.next.N`, `round.item`; of a path: `best`, `as-it-happened`, `worst`.
    pub name: String,
    /// One line for people.
    pub label: String,
    /// The round, for people.
    pub round: String,
    /// What it is.
    pub sort: Sort,
    /// What the drill promises; nothing for a path, which promises what its entries do.
    pub claim: Option<Claim>,
    /// What it did.
    pub measured: Effect,
    /// The HTTP status of the refusal, where the API server refused a step.
    pub refusal: Option<u16>,
    /// Time to mitigate, from the fault; nothing where this row did not bring users back.
    pub mitigate_ms: Option<Millis>,
    /// From its first step to users served; of a path, nothing.
    pub served_ms: Option<Millis>,
    /// What the drill says that a person needs, seconds; of a path, to the end of the outage.
    pub declared_s: u64,
    /// Requests that failed, from the fault to the end of the run; nothing for an item.
    pub requests_lost: Option<u64>,
    /// What is different afterwards; nothing where that could not be read, or belongs to the last of
    /// several rows.
    pub left_behind: Option<LeftBehind>,
    /// Whether the claim holds.
    pub verdict: Verdict,
    /// How that is known.
    pub detail: String,
    /// Steps that this cluster cannot do, and steps that failed.
    pub notes: Vec<String>,
    /// What was carried out.
    pub path: Vec<String>,
    /// The run; its journal has this name.
    pub run: String,
}

/// What is different after an option, whatever users see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftBehind {
    /// Pods that the Deployment's current `ReplicaSet` does not own.
    pub orphans: Vec<String>,
    /// Fields that are not as declared, and were before the option.
    pub drift: Vec<Drift>,
    /// What the broken release brought beside the fault, and what is gone.
    pub dropped: Vec<String>,
}

/// What a row did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Users are served again and the root cause is gone.
    Resolves,
    /// Users are served again, the root cause stays.
    Mitigates,
    /// Nothing changed for the users.
    Unchanged,
    /// The API server refused it.
    Rejected,
    /// The cause is named.
    FindsCause,
    /// Users were served before, and are not any more.
    BreaksAgain,
    /// Each step succeeded.
    Verified,
    /// A step did not succeed.
    NotVerified,
    /// This cluster cannot do it.
    NotExecutable,
    /// A control: nobody was hurt.
    NoImpact,
    /// A control: users were hurt, or an alarm was raised.
    Impact,
    /// The run did not get that far.
    Unknown,
}

/// Whether a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It does.
    Holds,
    /// It does not.
    DoesNotHold,
    /// This cluster cannot tell.
    NotExecutable,
    /// The run ended before it could be told.
    Error,
}

impl Verdict {
    /// For people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "DOES NOT HOLD",
            Self::NotExecutable => NOT_EXECUTABLE,
            Self::Error => "ERROR",
        }
    }
}

/// The rows of a run that is over.
#[must_use]
pub fn rows(cell: &Cell, events: &[Event]) -> Vec<Row> {
    let told = Told { report: fold(events), entries: observed(events), cell, events };
    cell.rows.iter().map(|asked| told.row(asked)).collect()
}

/// The rows of a run that never began, and why.
#[must_use]
pub fn missing(cell: &Cell, run: &str, why: &str) -> Vec<Row> {
    let row =
        |asked: &Asked| Row { verdict: Verdict::Error, detail: why.to_owned(), ..blank(asked, cell, run) };
    cell.rows.iter().map(row).collect()
}

fn blank(asked: &Asked, cell: &Cell, run: &str) -> Row {
    Row {
        name: asked.name.clone(),
        label: asked.label.clone(),
        round: asked.round.clone(),
        sort: asked.sort,
        claim: asked.claim,
        measured: Effect::Unknown,
        refusal: None,
        mitigate_ms: None,
        served_ms: None,
        declared_s: asked.declared_s,
        requests_lost: None,
        left_behind: None,
        verdict: Verdict::Error,
        detail: String::new(),
        notes: Vec::new(),
        path: cell.path.clone(),
        run: run.to_owned(),
    }
}

/// One run, read.
struct Told<'a> {
    report: DamageReport,
    entries: Vec<Observed>,
    cell: &'a Cell,
    events: &'a [Event],
}

impl Told<'_> {
    fn row(&self, asked: &Asked) -> Row {
        let row = blank(asked, self.cell, &self.report.run);
        let row = match asked.sort {
            Sort::Control => self.control(row),
            Sort::Path => self.path(row),
            Sort::Option | Sort::Next | Sort::Item => self.option(row),
        };
        let last = self.cell.path.last().is_some_and(|last| *last == row.name);
        let alone = matches!(row.sort, Sort::Option | Sort::Next | Sort::Path);
        Row {
            requests_lost: (alone && self.report.injected()).then_some(self.report.requests.failed),
            left_behind: if alone || last { self.left_behind() } else { None },
            ..row
        }
    }

    fn option(&self, row: Row) -> Row {
        let seen = self.entries.iter().find(|entry| entry.name == row.name);
        let Some((seen, (claim, held, detail))) = seen.and_then(|seen| Some((seen, seen.claim.clone()?)))
        else {
            return Row { detail: self.why_it_ended(), ..row };
        };
        let verdict = verdict(held, seen);
        let measured = match verdict {
            Verdict::NotExecutable => Effect::NotExecutable,
            _ => effect(seen, claim, held),
        };
        let mended = point(self.events, Point::Mitigate).filter(|at| (seen.began..=seen.ended).contains(at));
        Row {
            measured,
            refusal: seen.refusal,
            mitigate_ms: mended.and(self.report.durations_ms.mitigate),
            served_ms: mended.map(|at: Nanos| Millis::of(at - seen.began)),
            verdict,
            detail,
            notes: notes(seen),
            ..row
        }
    }

    /// A path holds where each of its entries does, and users are served at its end.
    fn path(&self, row: Row) -> Row {
        let judged = self.entries.iter().filter_map(|entry| Some((entry, entry.claim.as_ref()?)));
        let failed = judged.clone().filter(|(_, claim)| claim.1 == Some(false));
        let failed: Vec<String> = failed
            .map(|(entry, claim)| format!("{} did not do what it promises: {}", entry.name, claim.2))
            .collect();
        let Some(last) = self.entries.last().filter(|_| self.report.aborted.is_none()) else {
            return Row { detail: self.why_it_ended(), ..row };
        };
        let resolved = self.entries.iter().rev().find_map(|entry| entry.resolved);
        let measured = match (last.served_after, resolved) {
            (Some(true), Some(true)) => Effect::Resolves,
            (Some(true), _) => Effect::Mitigates,
            _ => Effect::Unchanged,
        };
        let (verdict, detail) = match measured {
            _ if !failed.is_empty() => (Verdict::DoesNotHold, failed.join("; ")),
            Effect::Unchanged => (Verdict::DoesNotHold, "users are not served at its end".to_owned()),
            _ => (Verdict::Holds, "each of its entries does what it promises".to_owned()),
        };
        let mitigate_ms = self.report.durations_ms.mitigate;
        let notes = self.entries.iter().flat_map(notes).collect();
        Row { measured, mitigate_ms, verdict, detail, notes, ..row }
    }

    fn control(&self, row: Row) -> Row {
        let hurt = self.report.timeline.iter().filter(|m| matches!(m.point, Point::Impact | Point::Detect));
        let hurt: Vec<&str> = hurt
            .map(|m| if m.point == Point::Impact { "users were hurt" } else { "an alarm was raised" })
            .collect();
        let (measured, verdict, detail) = match hurt.is_empty() {
            false => (
                Effect::Impact,
                Verdict::DoesNotHold,
                format!("nothing was broken, and yet {}", hurt.join(" and ")),
            ),
            true if self.report.aborted.is_some() => (Effect::Unknown, Verdict::Error, self.why_it_ended()),
            true => {
                let sent = self.report.requests.sent;
                (Effect::NoImpact, Verdict::Holds, format!("no impact and no detection in {sent} requests"))
            }
        };
        let failed = self.report.steps.iter().filter_map(|step| match &step.outcome {
            StepOutcome::Failed { message } => Some(format!("{}: {message}", step.what)),
            _ => None,
        });
        Row { measured, verdict, detail, notes: failed.collect(), ..row }
    }

    fn why_it_ended(&self) -> String {
        match &self.report.aborted {
            Some(aborted) if aborted.reason == Some(AbortReason::Interrupted) => "interrupted".to_owned(),
            Some(aborted) if !aborted.detail.is_empty() => aborted.detail.clone(),
            Some(_) => "the run ended before its time".to_owned(),
            None => "the outage was over before it was its turn".to_owned(),
        }
    }

    fn left_behind(&self) -> Option<LeftBehind> {
        self.events.iter().rev().find_map(|event| match &event.kind {
            Kind::Aftermath(Aftermath { orphans, drift, dropped, .. }) => {
                Some(LeftBehind { orphans: orphans.clone(), drift: drift.clone(), dropped: dropped.clone() })
            }
            _ => None,
        })
    }
}

/// What could not be told for another reason than this cluster's limits is an error.
const fn verdict(held: Option<bool>, seen: &Observed) -> Verdict {
    match held {
        Some(true) => Verdict::Holds,
        Some(false) => Verdict::DoesNotHold,
        None if seen.not_executable.is_empty() => Verdict::Error,
        None => Verdict::NotExecutable,
    }
}

/// What an entry did, whatever was promised of it.
fn effect(seen: &Observed, claim: Claim, held: Option<bool>) -> Effect {
    let mended = if seen.resolved == Some(true) { Effect::Resolves } else { Effect::Mitigates };
    match (seen.served_before, seen.served_after) {
        (Some(true), Some(false)) => Effect::BreaksAgain,
        _ if claim == Claim::Verified && held == Some(true) => Effect::Verified,
        _ if claim == Claim::Verified => Effect::NotVerified,
        (Some(false), Some(true)) => mended,
        _ if seen.refusal.is_some() => Effect::Rejected,
        _ if seen.diagnosed || (claim == Claim::FindsCause && held == Some(true)) => Effect::FindsCause,
        (Some(true), Some(true)) if matches!(claim, Claim::Resolves | Claim::Mitigates) => mended,
        _ => Effect::Unchanged,
    }
}

fn notes(seen: &Observed) -> Vec<String> {
    let missing = seen.not_executable.iter().map(|step| format!("{NOT_EXECUTABLE}: {step}"));
    let failed = seen.failed.iter().map(|step| format!("failed: {step}"));
    missing.chain(failed).collect()
}
