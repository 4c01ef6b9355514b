//! The ticking line: the phase in words, the downtime so far and what it would have cost.

use std::time::Duration;

use super::narrate::words;
use crate::clock::Nanos;
use crate::drill::Impact;
use crate::drill::impact::loss;
use crate::journal::outage::Outage;
use crate::journal::{Event, Kind, Phase};
use crate::plain::plain;
use crate::report::amounts::{Millis, money};

/// What the ticking line knows of the run.
#[derive(Debug, Default)]
pub(super) struct Live {
    phase: Option<Phase>,
    impact: Impact,
    outage: Outage,
    /// What was noted before the run began.
    note: String,
}

impl Live {
    pub fn note(&mut self, note: &str) {
        note.clone_into(&mut self.note);
    }

    pub fn take_in(&mut self, event: &Event) {
        match &event.kind {
            Kind::RunStarted(brief) => self.impact = brief.impact.clone(),
            Kind::Phase { phase } => self.phase = Some(*phase),
            _ => {}
        }
        self.outage.take_in(event);
    }

    /// The line at a moment of the run.
    pub fn line(&self, now: Nanos) -> String {
        let Some(phase) = self.phase else { return plain(&self.note).into_owned() };
        match self.outage.so_far(now) {
            None => words(phase).to_owned(),
            Some((down, out)) => {
                let word = if out { "DOWN for" } else { "down for" };
                let cost = match loss(&self.impact, Duration::from_nanos(down)) {
                    none if none.is_zero() => String::new(),
                    cost => format!(", {} lost (simulated)", money(&self.impact.currency, cost)),
                };
                format!("{}: {word} {}{cost}", words(phase), tenths(down))
            }
        }
    }
}

/// A time that ticks in steps that an eye can follow: `12.3 s`, `2m 03.4s`.
fn tenths(nanos: Nanos) -> String {
    match nanos {
        ..60_000_000_000 => format!("{}.{} s", nanos / 1_000_000_000, nanos / 100_000_000 % 10),
        _ => Millis::of(nanos).to_string(),
    }
}
