//! The ticking line: the phase in words, the downtime so far and what it would have cost.

use std::collections::BTreeMap;
use std::time::Duration;

use super::narrate::words;
use crate::clock::Nanos;
use crate::drill::impact::loss;
use crate::drill::{Impact, SignalState};
use crate::journal::intervals::Track;
use crate::journal::{Event, Kind, Phase, SignalSource};
use crate::plain::plain;
use crate::report::amounts::{Millis, money};

/// What the ticking line knows of the run.
#[derive(Debug, Default)]
pub(super) struct Live {
    phase: Option<Phase>,
    impact: Impact,
    /// By name; whether requests feed it.
    tracks: BTreeMap<String, (bool, Track)>,
    from: Option<Nanos>,
    to: Option<Nanos>,
    /// What was noted before the run began.
    note: String,
}

impl Live {
    pub fn note(&mut self, note: &str) {
        note.clone_into(&mut self.note);
    }

    pub fn take_in(&mut self, event: &Event) {
        let elapsed = event.stamp.elapsed;
        match &event.kind {
            Kind::RunStarted(brief) => {
                self.impact = brief.impact.clone();
                for signal in &brief.signals {
                    let requests = signal.source != SignalSource::Slices;
                    let track = if requests { Track::of_requests() } else { Track::of_watch() };
                    self.tracks.insert(signal.name.clone(), (requests, track));
                }
            }
            Kind::Phase { phase } => {
                self.phase = Some(*phase);
                match phase {
                    Phase::Injecting => self.from = self.from.or(Some(elapsed)),
                    Phase::Undoing => self.to = self.to.or(Some(elapsed)),
                    _ => {}
                }
            }
            Kind::Endpoints { signal, state, .. } => {
                if let Some((_, track)) = self.tracks.get_mut(signal) {
                    track.observe(elapsed, *state);
                }
            }
            Kind::Request { signal, sent_ns, state, .. } => {
                if let Some((_, track)) = self.tracks.get_mut(signal) {
                    track.answer(*sent_ns, elapsed, *state);
                }
            }
            _ => {}
        }
    }

    /// The line at a moment of the run.
    pub fn line(&self, now: Nanos) -> String {
        let Some(phase) = self.phase else { return plain(&self.note).into_owned() };
        match self.outage(now) {
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

    /// The downtime so far and whether it goes on: by requests where there are any.
    fn outage(&self, now: Nanos) -> Option<(Nanos, bool)> {
        let from = self.from?;
        let to = self.to.unwrap_or(now).max(from);
        let seeing = |wanted: bool| {
            let some =
                self.tracks.values().filter(move |(requests, t)| *requests == wanted && t.state().is_some());
            let down = some.map(|(_, track)| {
                let out = track.state() == Some(SignalState::Out) && self.to.is_none();
                (track.downtime(from, to).ns, out)
            });
            down.max()
        };
        seeing(true).or_else(|| seeing(false)).filter(|(ns, _)| *ns > 0)
    }
}

/// A time that ticks in steps that an eye can follow: `12.3 s`, `2m 03.4s`.
fn tenths(nanos: Nanos) -> String {
    match nanos {
        ..60_000_000_000 => format!("{}.{} s", nanos / 1_000_000_000, nanos / 100_000_000 % 10),
        _ => Millis::of(nanos).to_string(),
    }
}
