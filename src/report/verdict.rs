//! How a run ended: the verdict, why it is not `passed`, and the exit code that says so.

use serde::{Deserialize, Serialize};

use super::amounts::as_written;
use super::damage::{Abort, DamageReport};
use crate::journal::{AbortReason, Point, ResponderKind};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Detected and mitigated, every budget and claim held, undo complete.
    Passed,
    /// Carried out to the end, and not passed.
    Missed,
    /// Ended before its time.
    Aborted,
}

/// What the process that ran the drill says to its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportExit {
    /// 0
    Passed,
    /// 1: a budget or a claim was missed, the deadline met, or the fault had no effect.
    Missed,
    /// 3: a safeguard or the preflight refused to go on.
    Refused,
    /// 4: the cluster or the environment failed, or the steady state was not reached.
    Environment,
    /// 5: something is left changed.
    LeftChanged,
    /// 130: interrupted, and undone.
    Interrupted,
}

impl DamageReport {
    /// The exit code that the run deserves. That something is left changed weighs most.
    #[must_use]
    pub fn exit(&self) -> ReportExit {
        if !self.undo.complete {
            return ReportExit::LeftChanged;
        }
        match (self.verdict, self.aborted.as_ref().and_then(|a| a.reason)) {
            (Verdict::Passed, _) => ReportExit::Passed,
            (_, Some(AbortReason::Interrupted)) => ReportExit::Interrupted,
            (Verdict::Missed, _)
            | (
                _,
                Some(
                    AbortReason::Deadline
                    | AbortReason::BlastLimit
                    | AbortReason::NoEffect
                    | AbortReason::NotRecovered,
                ),
            ) => ReportExit::Missed,
            (_, Some(AbortReason::Refused)) => ReportExit::Refused,
            (Verdict::Aborted, _) => ReportExit::Environment,
        }
    }

    /// Settles the verdict, once everything else is known.
    pub(super) fn judge(&mut self, aborted: Option<Abort>) {
        self.missed = if aborted.is_some() { Vec::new() } else { self.shortfalls() };
        self.verdict = match (&aborted, self.missed.is_empty()) {
            (Some(_), _) => Verdict::Aborted,
            (None, false) => Verdict::Missed,
            (None, true) => Verdict::Passed,
        };
        self.aborted = aborted;
    }

    fn shortfalls(&self) -> Vec<String> {
        let mut missed = Vec::new();
        let reached = |wanted| self.timeline.iter().any(|moment| moment.point == wanted);
        let (impact, detect) = (reached(Point::Impact), reached(Point::Detect));
        for (short, what) in [
            (self.control && impact, "users were hurt, though nothing was broken"),
            (self.control && detect, "an alarm was raised, though nothing was broken"),
            (!self.control && self.durations_ms.detect.is_none(), "the incident was not detected"),
            (
                !self.control && self.durations_ms.mitigate.is_none(),
                "users were not served again for long enough: not mitigated",
            ),
        ] {
            missed.extend(short.then(|| what.to_owned()));
        }
        // A player thinks, and may choose what is wrong: neither misses anything.
        let played = self.responder == ResponderKind::Player;
        for line in self.budget.iter().filter(|line| !line.ok && !played) {
            let limit = as_written(line.limit_ms);
            let name = if line.name == "downtime" { "downtime" } else { &format!("time to {}", line.name) };
            missed.push(match line.actual_ms {
                Some(actual) => format!("{name}: {actual} is over the budget of {limit}"),
                None => format!("{name}: not reached, the budget is {limit}"),
            });
        }
        for choice in self.choices.iter().filter(|choice| choice.held == Some(false) && !played) {
            missed.push(format!("{} did not do what it promises: {}", choice.option, choice.detail));
        }
        if !self.undo.complete {
            missed.push("something is left changed".to_owned());
        }
        missed
    }
}
