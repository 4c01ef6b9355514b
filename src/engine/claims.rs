//! Whether an option did what its text promises.

use super::phase::State;
use super::view::all_up;
use crate::diagnose::Diagnosis;
use crate::drill::{Claim, SignalState};
use crate::journal::{Kind, NOT_EXECUTABLE, StepOutcome};
use crate::steps::StepReport;

/// What an option came to, once the cluster had settled.
#[derive(Debug)]
pub struct Tried<'a> {
    /// Its steps.
    pub reports: &'a [StepReport],
    /// What each signal said before it.
    pub before: &'a [Option<SignalState>],
    /// What each says now.
    pub after: &'a [Option<SignalState>],
    /// What holds the resolution back; nothing where that was not looked at, or could not be.
    pub root_cause: Option<Vec<String>>,
}

/// A claim that waits for its judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    option: String,
    claim: Claim,
}

impl Pending {
    /// What an option claims.
    #[must_use]
    pub const fn new(option: String, claim: Claim) -> Self {
        Self { option, claim }
    }

    /// Judges what can be judged right after the option's steps; nothing where only the end of
    /// the outage can tell.
    #[must_use]
    pub fn judge_now(&self, reports: &[StepReport], signals_unchanged: bool) -> Option<Kind> {
        let missing = reports.iter().find_map(not_executable);
        let (held, detail) = match self.claim {
            Claim::FindsCause => {
                let cause = reports.iter().find_map(cause);
                (cause.is_some(), cause.unwrap_or_else(|| "no cause was found".to_owned()))
            }
            Claim::Rejected => {
                let refusal = reports.iter().find_map(|report| match &report.outcome {
                    StepOutcome::Rejected { status, message } => Some(format!("{status}: {message}")),
                    _ => None,
                });
                (refusal.is_some(), refusal.unwrap_or_else(|| "nothing was refused".to_owned()))
            }
            Claim::Unchanged => unchanged(reports, signals_unchanged),
            Claim::Verified => verified(reports),
            Claim::Resolves | Claim::Mitigates | Claim::BreaksAgain => return None,
        };
        // What the other steps prove is proven; what they do not may be for want of this one.
        let open = match self.claim {
            Claim::FindsCause | Claim::Rejected => !held,
            Claim::Unchanged => held && !reports.iter().any(acted),
            _ => reports.iter().all(|report| !matches!(report.outcome, StepOutcome::Failed { .. })),
        };
        match missing.filter(|_| open) {
            Some(reason) => Some(self.judged(None, format!("{NOT_EXECUTABLE}: {reason}"))),
            None => Some(self.judged(Some(held), detail)),
        }
    }

    /// Judges an option on trial by what the cluster has settled to.
    #[must_use]
    pub fn judge_settled(&self, tried: &Tried<'_>) -> Kind {
        let unchanged = tried.before == tried.after;
        if let Some(judged) = self.judge_now(tried.reports, unchanged) {
            return judged;
        }
        let missing = tried.reports.iter().find_map(not_executable);
        if let Some(reason) = missing.filter(|_| !tried.reports.iter().any(acted)) {
            return self.judged(None, format!("{NOT_EXECUTABLE}: {reason}"));
        }
        let (before, after) = (all_up(tried.before), all_up(tried.after));
        if self.claim == Claim::BreaksAgain {
            let detail = match (before, after) {
                (false, _) => "users were not served before it",
                (true, false) => "users were served, and are not any more",
                (true, true) => "users are served as before",
            };
            return self.judged(Some(before && !after), detail.to_owned());
        }
        match &tried.root_cause {
            _ if !after => self.judged(Some(false), "users are not served".to_owned()),
            None => self.judged(None, "whether the root cause is gone could not be read".to_owned()),
            Some(reasons) if reasons.is_empty() => {
                let held = self.claim == Claim::Resolves;
                self.judged(Some(held), "users are served, the root cause is gone".to_owned())
            }
            Some(reasons) => {
                let held = self.claim == Claim::Mitigates;
                self.judged(
                    Some(held),
                    format!("users are served, the root cause stays: {}", reasons.join("; ")),
                )
            }
        }
    }

    /// Judges what the end of the outage tells.
    #[must_use]
    pub fn judge_at_the_end(&self, state: &State) -> Kind {
        let (mitigated, resolved) = (state.is_mitigated(), state.is_resolved());
        match self.claim {
            Claim::Resolves if resolved => {
                self.judged(Some(true), "users are served, the root cause is gone".to_owned())
            }
            Claim::Resolves if mitigated => {
                self.judged(Some(false), "users are served, the root cause stays".to_owned())
            }
            Claim::Mitigates if mitigated && !resolved => {
                self.judged(Some(true), "users are served, the root cause stays".to_owned())
            }
            Claim::Mitigates if resolved => {
                self.judged(Some(false), "the root cause is gone, too".to_owned())
            }
            Claim::BreaksAgain => self.judged(None, "one run cannot tell".to_owned()),
            _ => self.judged(Some(false), "users were not served again".to_owned()),
        }
    }

    fn judged(&self, held: Option<bool>, detail: String) -> Kind {
        Kind::Claim { option: self.option.clone(), claim: self.claim, held, detail }
    }
}

/// The cause that a step named.
fn cause(report: &StepReport) -> Option<String> {
    let diagnosed = report.diagnosis.as_ref().filter(|diagnosis| diagnosis.found());
    diagnosed.and_then(|diagnosis| diagnosis.lines.first().cloned()).or_else(|| report.cause.clone())
}

/// What this cluster cannot do.
fn not_executable(report: &StepReport) -> Option<String> {
    match &report.outcome {
        StepOutcome::NotExecutable { reason } => Some(format!("{}: {reason}", report.what)),
        _ => None,
    }
}

/// Whether a step did something, or tried to: more than to look or to wait.
fn acted(report: &StepReport) -> bool {
    // What a step does is told with its key first.
    let key = report.what.split(' ').next().unwrap_or_default();
    !matches!(key, "wait" | "diagnose") && not_executable(report).is_none()
}

/// Whether the signals are as they were, after steps that were carried out.
fn unchanged(reports: &[StepReport], signals_unchanged: bool) -> (bool, String) {
    let failed = reports.iter().find_map(|report| match &report.outcome {
        StepOutcome::Failed { message } => Some(format!("{}: {message}", report.what)),
        _ => None,
    });
    match failed {
        Some(failed) => (false, failed),
        None if signals_unchanged => (true, "every signal is as it was".to_owned()),
        None => (false, "the signals changed".to_owned()),
    }
}

/// Whether every step did its work, and the first that did not.
fn verified(reports: &[StepReport]) -> (bool, String) {
    let failed = reports.iter().find_map(|report| match &report.outcome {
        StepOutcome::Changed | StepOutcome::Unchanged => None,
        StepOutcome::Rejected { status, message } => Some(format!("{}: {status}: {message}", report.what)),
        StepOutcome::Failed { message } => Some(format!("{}: {message}", report.what)),
        StepOutcome::NotExecutable { .. } => not_executable(report),
    });
    match failed {
        Some(failed) => (false, failed),
        None if reports.is_empty() => (false, "nothing was carried out".to_owned()),
        None => (true, "each step succeeded".to_owned()),
    }
}

/// The journal's line of a diagnosis.
#[must_use]
pub fn diagnosis(found: &Diagnosis) -> Kind {
    Kind::Diagnosis { service: found.service.clone(), found: found.found(), lines: found.lines.clone() }
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
