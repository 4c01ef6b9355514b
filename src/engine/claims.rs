//! Whether an option did what its text promises.

use super::phase::State;
use crate::diagnose::Diagnosis;
use crate::drill::Claim;
use crate::journal::{Kind, StepOutcome};
use crate::steps::StepReport;

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
        if !matches!(self.claim, Claim::Resolves | Claim::Mitigates | Claim::BreaksAgain)
            && let Some(reason) = reports.iter().find_map(not_executable)
        {
            return Some(self.judged(None, format!("not executable here: {reason}")));
        }
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
            Claim::Unchanged if signals_unchanged => (true, "every signal is as it was".to_owned()),
            Claim::Unchanged => (false, "the signals changed".to_owned()),
            Claim::Verified => verified(reports),
            Claim::Resolves | Claim::Mitigates | Claim::BreaksAgain => return None,
        };
        Some(self.judged(Some(held), detail))
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
