//! What came of a step, of a run that ended early, and of the undo.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a step comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepPlace {
    /// Deploying the workload.
    Workload,
    /// The fault's step of this index.
    Fault(usize),
    /// An option (`round.option`) or a round without options (`round`), and the step's index.
    Runbook(String, usize),
}

impl fmt::Display for StepPlace {
    /// `workload`, `fault.0`, `fix.A.0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workload => f.write_str("workload"),
            Self::Fault(index) => write!(f, "fault.{index}"),
            Self::Runbook(option, index) => write!(f, "{option}.{index}"),
        }
    }
}

/// What is said of a step, or of a claim that rests on it, that a cluster cannot carry out. The detail
/// of such a claim begins with it.
pub const NOT_EXECUTABLE: &str = "not executable here";

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum StepOutcome {
    /// The API server accepted it and something is different now.
    Changed,
    /// Nothing is different.
    Unchanged,
    /// The API server refused it.
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The API server's message.
        message: String,
    },
    /// It could not be carried out.
    Failed {
        /// Why.
        message: String,
    },
    /// This cluster cannot do it, such as run a container; nothing was tried.
    NotExecutable {
        /// What is missing.
        reason: String,
    },
}

/// Whether a step, as it is told to people, changes nothing by its nature: that nothing changed is then
/// all there is to it.
#[must_use]
pub fn only_looks(what: &str) -> bool {
    ["wait ", "diagnose ", "helm template ", "logs "].iter().any(|step| what.starts_with(step))
}

/// Why a run ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbortReason {
    /// SIGINT, SIGTERM or SIGHUP.
    Interrupted,
    /// The run's own deadline.
    Deadline,
    /// The workload or the steady state was not reached.
    NotSteady,
    /// The injection was refused or had no effect.
    NoEffect,
    /// The runbook is over, and users are still not served.
    NotRecovered,
    /// A safeguard or the preflight refused to go on.
    Refused,
    /// A Service that is not the drill's lost all its endpoints.
    BlastLimit,
    /// The runner died; its guard put everything back.
    RunnerDied,
    /// The guard process ended while the run went on.
    GuardLost,
    /// The cluster or the environment failed.
    Failed,
    /// A reason that this firedrill does not know.
    #[serde(other)]
    Unknown,
}

/// One change that was undone, or was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndoItem {
    /// `service/api-service` or `namespace/…`.
    pub object: String,
    /// The field (a JSON pointer); nothing for the object as a whole.
    pub field: Option<String>,
    /// What was done.
    pub result: UndoResult,
}

/// What undo did with one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum UndoResult {
    /// Back to what it was.
    Restored,
    /// It already was what it had been.
    AlreadyAsBefore,
    /// What the run made is deleted, or its deletion accepted.
    Deleted,
    /// Someone changed it since; left as they made it.
    LeftChanged {
        /// The field manager.
        by: Option<String>,
        /// When, RFC 3339.
        when: Option<String>,
    },
    /// The object is gone or another one of the same name; left.
    LeftGone {
        /// What is there now.
        now: String,
    },
    /// Undo failed; it is still changed.
    Failed {
        /// Why.
        message: String,
    },
}
