//! What can happen in a run. The journal holds one event a line; readers keep going at a
//! kind that they do not know, so that an older firedrill reads a newer one's journal.

use serde::{Deserialize, Serialize};

use super::aftermath::Aftermath;
use super::brief::{Brief, Cluster};
use super::outcome::{AbortReason, StepOutcome, StepPlace, UndoItem};
use super::radius::Radius;
use super::record::Record;
use crate::clock::{Nanos, Stamp};
use crate::drill::{Claim, SignalState};

/// The format of journals that this firedrill writes.
pub const SCHEMA: &str = "firedrill.dev/journal/v1";

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Counts from 0, without gaps, in the order of the file.
    pub seq: u64,
    /// When it arrived, on both clocks. Later lines may carry earlier stamps.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// What it was.
    #[serde(flatten)]
    pub kind: Kind,
}

/// The kinds of events, with what each carries. All `*_ns` are nanoseconds since the run began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[expect(clippy::large_enum_variant, reason = "the large one occurs once a run")]
pub enum Kind {
    /// The first event: what is going to be run.
    RunStarted(Brief),
    /// The control plane that the run talks to.
    ClusterReady(Cluster),
    /// The run entered a phase.
    Phase {
        /// The phase.
        phase: Phase,
    },
    /// A before-image, written before the change is sent. Durable.
    Recorded {
        /// How to undo the change.
        record: Record,
    },
    /// A step is about to act.
    StepStarted {
        /// Where it comes from. (`at` in a line is the wall clock.)
        #[serde(rename = "place")]
        at: StepPlace,
        /// What it does, for people: `patch service/api-service {"spec":…}`.
        what: String,
    },
    /// A step is over.
    StepFinished {
        /// Where it comes from. (`at` in a line is the wall clock.)
        #[serde(rename = "place")]
        at: StepPlace,
        /// What it does, for people.
        what: String,
        /// What the cluster answered.
        outcome: StepOutcome,
    },
    /// What a step had to say: what helm printed, what pods logged.
    Said {
        /// Where it comes from. (`at` in a line is the wall clock.)
        #[serde(rename = "place")]
        at: StepPlace,
        /// Line by line, for people.
        lines: Vec<String>,
    },
    /// A player has come to a round.
    Round {
        /// The round's id.
        round: String,
        /// One line for people.
        title: String,
    },
    /// A player has chosen; the option's steps come next.
    Chosen {
        /// `round.option`.
        option: String,
        /// One line for people.
        label: String,
        /// Declared, seconds.
        takes_s: u64,
        /// Whether it is its round's best.
        best: bool,
        /// How long the player thought: since the round, or the last choice's end.
        thought_ns: Nanos,
    },
    /// A player asked for a round's hint.
    Hint {
        /// The round's id.
        round: String,
        /// Declared, seconds.
        takes_s: u64,
    },
    /// A runbook's option is over, and what it did was compared with what it promised.
    Claim {
        /// `round.option`.
        option: String,
        /// What the drill file promises.
        claim: Claim,
        /// Whether it held; nothing where this cannot be said yet.
        held: Option<bool>,
        /// What was seen instead, or how it is known.
        detail: String,
    },
    /// The usable endpoints of a Service changed (or were seen for the first time).
    Endpoints {
        /// The signal's name.
        signal: String,
        /// Endpoints that are ready and have a port.
        usable: u32,
        /// All endpoints of the slices.
        total: u32,
        /// What it says about the users.
        state: SignalState,
    },
    /// A request was answered, or given up.
    Request {
        /// The signal's name.
        signal: String,
        /// When it was sent. (The event's own stamp is the answer's arrival.)
        sent_ns: Nanos,
        /// `200`, `503 no endpoints`, `timeout`, … ; the report counts by it.
        result: String,
        /// What it says about the users; nothing where it says nothing (401, 403, 429, 500 or
        /// silence of the API server itself).
        state: Option<SignalState>,
    },
    /// For a while, changes could not be seen.
    Gap {
        /// The signal's name.
        signal: String,
        /// The last moment that is known to be seen.
        from_ns: Nanos,
        /// The first moment that is seen again.
        to_ns: Nanos,
        /// Why: `watch closed`, `410 Gone`, `no heartbeat`, …
        reason: String,
    },
    /// What an option has left behind, once the cluster has settled.
    Aftermath(Aftermath),
    /// Something about the Services beside the target.
    BlastRadius(Radius),
    /// A point in time of the run became known (later than it was, for `mitigate`).
    Point {
        /// Which.
        point: Point,
        /// When it was.
        at_ns: Nanos,
        /// Who or what made it: `firedrill`, the detector's signal, `runbook`, …
        by: String,
        /// How far `at_ns` can be off.
        uncertainty_ns: Nanos,
        /// Whether a gap hid the moment: it was then, or earlier.
        upper_bound: bool,
    },
    /// A check of the root cause: whether the incident is resolved, and if not, why.
    RootCause {
        /// Whether it is gone.
        resolved: bool,
        /// What holds it back, for people.
        reasons: Vec<String>,
    },
    /// What a diagnosis said, for people.
    Diagnosis {
        /// The Service.
        service: String,
        /// Whether a cause was found.
        found: bool,
        /// The cause and how it is known, a line each.
        lines: Vec<String>,
    },
    /// The run is being ended before its time.
    Aborted {
        /// Why.
        reason: AbortReason,
        /// More, for people.
        detail: String,
    },
    /// One change was undone, or was not.
    Undone(UndoItem),
    /// Undo is over.
    UndoFinished {
        /// Whether nothing is left changed.
        complete: bool,
        /// What is left, for people.
        left: Vec<String>,
    },
    /// Something that a reader of the report should know.
    Warning {
        /// What.
        message: String,
    },
    /// The last event.
    RunEnded,
    /// A kind that this firedrill does not know.
    #[serde(other)]
    Unknown,
}

impl Kind {
    /// The kind as a line of the journal names it, with the phase, point or place that tells it
    /// from others of its sort: `phase:undoing`, `point:detect`, `step-started:fault.0`.
    #[must_use]
    pub fn label(&self) -> String {
        let json = serde_json::to_value(self).unwrap_or_default();
        let text = |key: &str| json.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
        let place = || match self {
            Self::StepStarted { at, .. } | Self::StepFinished { at, .. } => Some(at.to_string()),
            _ => None,
        };
        let kind = text("kind").unwrap_or_default();
        match text("phase").or_else(|| text("point")).or_else(place) {
            Some(of) => format!("{kind}:{of}"),
            None => kind,
        }
    }

    /// Whether the event must be on disk before the run goes on: what undo needs, and what a
    /// report of a killed run cannot do without.
    #[must_use]
    pub const fn is_durable(&self) -> bool {
        matches!(
            self,
            Self::RunStarted(_)
                | Self::Recorded { .. }
                | Self::Phase { .. }
                | Self::Point { .. }
                | Self::Aborted { .. }
                | Self::Undone(_)
                | Self::UndoFinished { .. }
                | Self::RunEnded
        )
    }
}

/// The phases of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The workload is being deployed.
    Preparing,
    /// Waiting until all signals have been up for `stableFor`.
    Settling,
    /// The fault is being injected.
    Injecting,
    /// Broken; nobody knows yet.
    Undetected,
    /// Detected; being mended.
    Responding,
    /// All signals are up; waiting for `stableFor` and the check of the root cause.
    Holding,
    /// Everything is being put back.
    Undoing,
    /// Over.
    Ended,
}

/// The points in time of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Point {
    /// The API server acknowledged the injection.
    Fault,
    /// The first signal shows users hurt.
    Impact,
    /// The detector fired.
    Detect,
    /// A responder took it.
    Ack,
    /// Impact ended and stayed ended for `stableFor`.
    Mitigate,
    /// The root cause is fixed and verified.
    Resolve,
}
