//! Crash points, for tests of what a killed runner leaves. In debug builds only: the process
//! kills itself (SIGKILL) before or after it writes a chosen event to the journal that it began.
//!
//! ```text
//! FIREDRILL_CRASH=before:phase:undoing    before the run enters that phase
//! FIREDRILL_CRASH=after:recorded          after the first before-image is durable
//! FIREDRILL_CRASH=before:point:detect
//! FIREDRILL_CRASH=after:step-started:fault.0
//! FIREDRILL_CRASH=after:request#3         after the third request
//! FIREDRILL_CRASH=after+guard:recorded    with its child, the guard, killed right before
//! ```
//!
//! An event is named by its [`Kind::label`], or by the part of it before the colon. Anything
//! else never crashes.

use std::fs;

use rustix::process::{Pid, Signal, getpid, kill_process};

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

/// How to die.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Death {
    moment: Moment,
    with_guard: bool,
}

impl Moment {
    /// Kills this process where it is to die now.
    pub fn die_if(self, wanted: Option<Death>) {
        let Some(death) = wanted.filter(|death| death.moment == self) else { return };
        if death.with_guard {
            // The thread that would notice the loss is this one.
            for child in children() {
                let _ = kill_process(child, Signal::KILL);
            }
        }
        // A process may always send a signal to itself; it ends before this returns.
        let _ = kill_process(getpid(), Signal::KILL);
    }
}

/// The children of this process, where there is a /proc that tells.
fn children() -> Vec<Pid> {
    let own = getpid().as_raw_nonzero().to_string();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_child = |pid: &i32| {
        // `PID (NAME) STATE PARENT …`, and a name may hold anything.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
        parent == Some(own.as_str())
    };
    pids.filter(is_child).filter_map(Pid::from_raw).collect()
}

/// Where to crash.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Crash {
    death: Death,
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
        let (how, event) = text.split_once(':')?;
        let (how, with_guard) = match how.strip_suffix("+guard") {
            Some(how) => (how, true),
            None => (how, false),
        };
        let moment = match how {
            "before" => Moment::Before,
            "after" => Moment::After,
            _ => return None,
        };
        let (label, left) = match event.split_once('#') {
            Some((label, nth)) => (label, nth.parse().ok()?),
            None => (event, 1),
        };
        Some(Self { death: Death { moment, with_guard }, label: label.to_owned(), left })
    }

    /// How to die at this event, if at all.
    pub fn wanted(&mut self, kind: &Kind) -> Option<Death> {
        let label = kind.label();
        let rest = label.strip_prefix(&self.label)?;
        if !rest.is_empty() && !rest.starts_with(':') {
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        (self.left == 0).then_some(self.death)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Phase, StepPlace};

    fn crashes(text: &str, kinds: &[Kind]) -> Option<(usize, Death)> {
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
        let found = |at, moment, with_guard| Some((at, Death { moment, with_guard }));
        for (text, expected) in [
            ("before:phase", found(0, Moment::Before, false)),
            ("after:phase#2", found(3, Moment::After, false)),
            ("before:phase:undoing", found(3, Moment::Before, false)),
            ("after:step-started:fault.0", found(1, Moment::After, false)),
            ("after:step-started:fix.A.1", found(2, Moment::After, false)),
            ("after:run-ended", found(4, Moment::After, false)),
            ("after+guard:run-ended", found(4, Moment::After, true)),
            ("after:run", None),
            ("after:phase:undoing#2", None),
            ("between:phase", None),
            ("", None),
        ] {
            assert_eq!(crashes(text, &kinds), expected, "{text}");
        }
    }
}
