//! What a report says, in the order in which its JSON says it.
//!
//! Times are milliseconds; `at` is the wall clock (UTC), `ms` counts from the fault. Nothing
//! here is a constant of the drill file unless its name says scenario, limit or per minute.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::debrief::Debrief;
pub use super::radius::{BlastRadius, ServiceOut};
pub use super::times::{BudgetLine, Downtime, Durations, Lag, Moment, Requests, SignalDamage, WatchGap};
use super::verdict::Verdict;
use crate::drill::Claim;
use crate::journal::{AbortReason, Cluster, ResponderKind, ScenarioTimes, StepOutcome, StepPlace, UndoItem};

/// The format of reports that this firedrill writes.
pub const SCHEMA: &str = "firedrill.dev/report/v1";

/// What a run did to its cluster, and how long it took whom to mend it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DamageReport {
    /// [`SCHEMA`].
    pub schema: String,
    /// The run's name.
    pub run: String,
    /// The drill's name.
    pub drill: String,
    /// How it ended.
    pub verdict: Verdict,
    /// Who mended.
    pub responder: ResponderKind,
    /// The variant, where one was chosen.
    pub variant: Option<String>,
    /// `sha256:…` of the drill.
    pub drill_hash: String,
    /// The control plane; nothing when the run did not get that far.
    pub cluster: Option<Cluster>,
    /// The points in time that were reached, in their order.
    pub timeline: Vec<Moment>,
    /// From the fault to each point.
    pub durations_ms: Durations,
    /// The time without service.
    pub downtime: Downtime,
    /// Each signal.
    pub signals: Vec<SignalDamage>,
    /// Requests sent between the injection and the end of the watch.
    pub requests: Requests,
    /// What it would have cost.
    pub revenue: Revenue,
    /// Declared downtimes of the paths through the rounds.
    pub scenario: ScenarioTimes,
    /// The options of the runbook, or those that a player chose.
    pub choices: Vec<ChoiceDamage>,
    /// What a player's game came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debrief: Option<Debrief>,
    /// Who else was hurt.
    pub blast_radius: BlastRadius,
    /// Each limit, and what was used of it.
    pub budget: Vec<BudgetLine>,
    /// Whether everything is as it was.
    pub undo: Undo,
    /// When changes could not be seen.
    pub watch_gaps: Vec<WatchGap>,
    /// The drill's title.
    pub title: String,
    /// The target's namespace.
    pub namespace: String,
    /// The target Service.
    pub service: String,
    /// The firedrill that ran it.
    pub firedrill: String,
    /// Whether the fault was left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub control: bool,
    /// Why the verdict is `missed`.
    pub missed: Vec<String>,
    /// Why the run ended before its time.
    pub aborted: Option<Abort>,
    /// The last check of the root cause.
    pub root_cause: Option<RootCause>,
    /// What was said about the cause.
    pub diagnoses: Vec<Diagnosis>,
    /// The steps of the fault and of the runbook.
    pub steps: Vec<StepDone>,
    /// What a reader should know before believing the numbers.
    pub warnings: Vec<String>,
    /// How the numbers came about.
    pub notes: Vec<String>,
}

impl DamageReport {
    /// Whether the run came as far as breaking something.
    #[must_use]
    pub fn injected(&self) -> bool {
        !self.timeline.is_empty() || self.downtime.endpoints_ms.is_some() || self.downtime.http_ms.is_some()
    }
}

/// Which downtime the measured revenue is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The downtime that requests saw.
    Http,
    /// The downtime that the endpoints saw.
    Endpoints,
}

/// What the outage would have cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revenue {
    /// An ISO 4217 code.
    pub currency: String,
    /// The declared loss a minute, at first.
    pub per_minute: Decimal,
    /// At the measured downtime; nothing where none was measured.
    pub measured: Option<Decimal>,
    /// At the scenario's downtime.
    pub scenario: Decimal,
    /// Which downtime `measured` is counted from.
    pub basis: Option<Basis>,
    /// At the best scenario's downtime.
    pub scenario_best: Decimal,
    /// At the worst scenario's downtime.
    pub scenario_worst: Decimal,
}

/// An option of the runbook: what it promised and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChoiceDamage {
    /// `round.option`.
    pub option: String,
    /// One line for people.
    pub label: String,
    /// Declared, seconds.
    pub takes_s: u64,
    /// Whether it is its round's best.
    pub best: bool,
    /// What the drill file promises; nothing where it was not taken.
    pub claim: Option<Claim>,
    /// Whether that held; nothing where it cannot be said.
    pub held: Option<bool>,
    /// How it is known.
    pub detail: String,
}

/// Whether everything is as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Undo {
    /// Whether nothing is left changed.
    pub complete: bool,
    /// What is left.
    pub left: Vec<String>,
    /// Each change, and what undo did with it.
    pub items: Vec<UndoItem>,
}

/// Why a run ended before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Abort {
    /// The reason; nothing where the journal itself ends early: its writer was killed.
    pub reason: Option<AbortReason>,
    /// More, for people.
    pub detail: String,
}

/// Whether the cause is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RootCause {
    /// Whether it is.
    pub resolved: bool,
    /// What holds it back.
    pub reasons: Vec<String>,
}

/// What was said about the cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// The Service.
    pub service: String,
    /// Whether a cause was found.
    pub found: bool,
    /// The cause and how it is known, a line each.
    pub lines: Vec<String>,
}

/// One step, and what the cluster answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepDone {
    /// Where it comes from.
    pub place: StepPlace,
    /// What it does.
    pub what: String,
    /// What the cluster answered.
    #[serde(flatten)]
    pub outcome: StepOutcome,
}
