//! What the signals have told so far: a track for each, the events for the journal, and the
//! summary that the phases decide by.

use tokio::sync::watch;

use super::phase::{Health, Input};
use crate::clock::Nanos;
use crate::drill::{Signal, SignalState};
use crate::journal::Kind;
use crate::journal::intervals::{Edge, Track};
use crate::signals::{Observation, Seen, Signals};

/// The detector's rule: so many bad observations of this signal in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detector {
    /// The signal, by its place in the drill.
    pub signal: usize,
    /// How many.
    pub after: usize,
}

/// All signals of a run, as far as they have been heard.
#[derive(Debug)]
pub struct Watched {
    names: Vec<String>,
    requests: Vec<bool>,
    tracks: Vec<Track>,
    detector: Detector,
    states: watch::Sender<Vec<Option<SignalState>>>,
    injecting_since: Option<Nanos>,
}

impl Watched {
    /// Nothing is heard yet.
    #[must_use]
    pub fn new(signals: &[Signal], detector: Detector) -> Self {
        let requests: Vec<_> = signals.iter().map(|s| matches!(s, Signal::Http(_))).collect();
        let track = |requests: &bool| if *requests { Track::of_requests() } else { Track::of_watch() };
        Self {
            names: signals.iter().map(|s| s.name().to_owned()).collect(),
            tracks: requests.iter().map(track).collect(),
            states: watch::Sender::new(vec![None; signals.len()]),
            requests,
            detector,
            injecting_since: None,
        }
    }

    /// The latest state of every signal, for whoever waits for one.
    #[must_use]
    pub fn states(&self) -> watch::Receiver<Vec<Option<SignalState>>> {
        self.states.subscribe()
    }

    /// From now on an outage counts.
    pub fn injecting(&mut self, now: Nanos) {
        self.injecting_since = Some(now);
    }

    /// Takes an observation in; returns what the journal says of it.
    pub fn take(&mut self, observation: &Observation) -> Kind {
        let index = observation.signal;
        let arrival = observation.stamp.elapsed;
        let signal = self.names[index].clone();
        let track = &mut self.tracks[index];
        let kind = match observation.seen.clone() {
            Seen::Endpoints { usable, total, state } => {
                track.observe(arrival, state);
                Kind::Endpoints { signal, usable, total, state }
            }
            Seen::Request { sent, result, state } => {
                track.answer(sent, arrival, state);
                Kind::Request { signal, sent_ns: sent, result, state }
            }
            Seen::Gap { from, to, reason } => {
                track.gap(from, to);
                Kind::Gap { signal, from_ns: from, to_ns: to, reason }
            }
        };
        self.states.send_if_modified(|states| {
            let now = self.tracks[index].state();
            std::mem::replace(&mut states[index], now) != now
        });
        kind
    }

    /// How every signal is. A watch is known to be up for as long as the API server is heard,
    /// requests up to the last good one, and not beyond one that is still to be answered.
    #[must_use]
    pub fn health(&self, signals: Option<&Signals>) -> Vec<Health> {
        let last_answer = signals.map_or(0, Signals::last_answer);
        let in_flight = signals.map(Signals::oldest_in_flight).unwrap_or_default();
        let each = self.tracks.iter().zip(&self.requests).enumerate();
        each.map(|(index, (track, requests))| {
            let oldest = in_flight.get(index).copied().flatten().unwrap_or(Nanos::MAX);
            let last_up = track.last_up().unwrap_or(0).min(oldest);
            Health {
                up_since: track.up_since(),
                up_until: if *requests { last_up } else { last_answer },
                first_out: self.injecting_since.and_then(|since| track.first_out(since)),
            }
        })
        .collect()
    }

    /// Whether the detector's rule is true.
    #[must_use]
    pub fn detected(&self) -> Option<Input> {
        let at = self.tracks[self.detector.signal].failed_in_a_row_at(self.detector.after)?;
        let edge = Edge { at, uncertainty: 0, upper_bound: false };
        Some(Input::Detected(edge, self.names[self.detector.signal].clone()))
    }
}
