//! Crash points, for tests of what a killed runner leaves. In debug builds only: the process
//! kills itself (SIGKILL) before or after it writes a chosen event to the journal that it began.
//!
//! ```text
//! FIREDRILL_CRASH=before:phase:undoing    before the run enters that phase
//! FIREDRILL_CRASH=after:recorded          after the first before-image is durable
//! FIREDRILL_CRASH=before:point:detect
//! FIREDRILL_CRASH=after:step-started:fault.0
//! FIREDRILL_CRASH=after:request#3         after the third request
//! ```
//!
//! An event is named by its [`Kind::label`], or by the part of it before the colon. Anything
//! else never crashes.

use rustix::process::{Signal, getpid, kill_process};

use super::Kind;

/// Names the crash point.
const VARIABLE: &str = "FIREDRILL_CRASH";

/// On which side of the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// The event is not in the journal.
    Before,
    /// It is, and as durable as its kind is.
    After,
}

impl Moment {
    /// Kills this process where it is to die now.
    pub fn die_if(self, wanted: Option<Self>) {
        if wanted == Some(self) {
            // A process may always send a signal to itself; it ends before this returns.
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }
}

/// Where to crash.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Crash {
    moment: Moment,
    label: String,
    /// How many such events there still are, this one included.
    left: u64,
}

impl Crash {
    /// What the environment asks for.
    pub fn from_env() -> Option<Self> {
        Self::parse(&std::env::var(VARIABLE).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let (moment, event) = text.split_once(':')?;
        let moment = match moment {
            "before" => Moment::Before,
            "after" => Moment::After,
            _ => return None,
        };
        let (label, left) = match event.split_once('#') {
            Some((label, nth)) => (label, nth.parse().ok()?),
            None => (event, 1),
        };
        Some(Self { moment, label: label.to_owned(), left })
    }

    /// On which side of the write of this event to die, if at all.
    pub fn wanted(&mut self, kind: &Kind) -> Option<Moment> {
        let label = kind.label();
        let rest = label.strip_prefix(&self.label)?;
        if !rest.is_empty() && !rest.starts_with(':') {
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        (self.left == 0).then_some(self.moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Phase, StepPlace};

    fn crashes(text: &str, kinds: &[Kind]) -> Option<(usize, Moment)> {
        let mut crash = Crash::parse(text)?;
        kinds.iter().enumerate().find_map(|(at, kind)| Some((at, crash.wanted(kind)?)))
    }

    #[test]
    fn the_chosen_event_is_the_one() {
        let step = |at| Kind::StepStarted { at, what: String::new() };
        let kinds = [
            Kind::Phase { phase: Phase::Injecting },
            step(StepPlace::Fault(0)),
            step(StepPlace::Runbook("fix.A".to_owned(), 1)),
            Kind::Phase { phase: Phase::Undoing },
            Kind::RunEnded,
        ];
        for (text, expected) in [
            ("before:phase", Some((0, Moment::Before))),
            ("after:phase#2", Some((3, Moment::After))),
            ("before:phase:undoing", Some((3, Moment::Before))),
            ("after:step-started:fault.0", Some((1, Moment::After))),
            ("after:step-started:fix.A.1", Some((2, Moment::After))),
            ("after:run-ended", Some((4, Moment::After))),
            ("after:run", None),
            ("after:phase:undoing#2", None),
            ("between:phase", None),
            ("", None),
        ] {
            assert_eq!(crashes(text, &kinds), expected, "{text}");
        }
    }
}
