//! The outage so far, while a run goes on: how long users were without service, and whether they still are.

use std::collections::BTreeMap;

use super::intervals::Track;
use super::{Event, Kind, Phase, SignalSource};
use crate::clock::Nanos;
use crate::drill::SignalState;

/// What the events up to now say of the outage.
#[derive(Debug, Clone, Default)]
pub struct Outage {
    /// By name; whether requests feed it.
    tracks: BTreeMap<String, (bool, Track)>,
    from: Option<Nanos>,
    to: Option<Nanos>,
}

impl Outage {
    /// Takes the next event in.
    pub fn take_in(&mut self, event: &Event) {
        let elapsed = event.stamp.elapsed;
        match &event.kind {
            Kind::RunStarted(brief) => {
                for signal in &brief.signals {
                    let requests = signal.source != SignalSource::Slices;
                    let track = if requests { Track::of_requests() } else { Track::of_watch() };
                    self.tracks.insert(signal.name.clone(), (requests, track));
                }
            }
            Kind::Phase { phase: Phase::Injecting } => self.from = self.from.or(Some(elapsed)),
            Kind::Phase { phase: Phase::Undoing } => self.to = self.to.or(Some(elapsed)),
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

    /// The downtime so far and whether it goes on: by requests where there are any. Nothing where
    /// there was none.
    #[must_use]
    pub fn so_far(&self, now: Nanos) -> Option<(Nanos, bool)> {
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

    /// Whether any signal is out, and the watch goes on.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.from.is_some()
            && self.to.is_none()
            && self.tracks.values().any(|(_, track)| track.state() == Some(SignalState::Out))
    }

    /// The state of a signal, as far as one is known.
    #[must_use]
    pub fn state(&self, signal: &str) -> Option<SignalState> {
        self.tracks.get(signal)?.1.state()
    }
}
