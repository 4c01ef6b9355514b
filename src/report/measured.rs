//! What the signals measured between the injection and the end of the watch.

use std::collections::BTreeMap;

use super::amounts::Millis;
use super::damage::{Basis, Downtime, Lag, Requests, SignalDamage, WatchGap};
use crate::clock::Nanos;
use crate::drill::SignalState;
use crate::journal::intervals::{Edge, Spent, Track};
use crate::journal::{Brief, Event, Kind, Phase, SignalSource};

/// From the injection to the end of the watch; preparing and teardown are outside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub from: Nanos,
    pub to: Nanos,
}

impl Window {
    /// Nothing where nothing was injected. A journal that ends early ends the watch, too.
    pub fn of(events: &[Event]) -> Option<Self> {
        let entered = |wanted| {
            let is = move |e: &&Event| matches!(&e.kind, Kind::Phase { phase } if *phase == wanted);
            events.iter().find(is).map(|e| e.stamp.elapsed)
        };
        let from = entered(Phase::Injecting)?;
        let last = events.iter().map(|e| e.stamp.elapsed).max()?;
        Some(Self { from, to: entered(Phase::Undoing).unwrap_or(last).max(from) })
    }

    const fn holds(self, moment: Nanos) -> bool {
        self.from <= moment && moment < self.to
    }
}

/// The tracks of the drill's signals, and what else observations add up to.
pub(super) struct Measured<'a> {
    brief: &'a Brief,
    window: Option<Window>,
    tracks: BTreeMap<&'a str, Track>,
}

impl<'a> Measured<'a> {
    pub fn of(brief: &'a Brief, window: Option<Window>, events: &'a [Event]) -> Self {
        let track = |source| match source {
            SignalSource::Slices => Track::of_watch(),
            SignalSource::ApiserverProxy
            | SignalSource::NodePort
            | SignalSource::Url
            | SignalSource::Unknown => Track::of_requests(),
        };
        let mut tracks: BTreeMap<&str, Track> =
            brief.signals.iter().map(|s| (s.name.as_str(), track(s.source))).collect();
        for Event { stamp, kind, .. } in events {
            match kind {
                Kind::Endpoints { signal, state, .. } => {
                    tracks.entry(signal).and_modify(|t| t.observe(stamp.elapsed, *state));
                }
                Kind::Request { signal, sent_ns, state, .. } => {
                    tracks.entry(signal).and_modify(|t| t.answer(*sent_ns, stamp.elapsed, *state));
                }
                Kind::Gap { signal, from_ns, to_ns, .. } => {
                    tracks.entry(signal).and_modify(|t| t.gap(*from_ns, *to_ns));
                }
                _ => {}
            }
        }
        Self { brief, window, tracks }
    }

    /// Each signal that saw anything of the incident, with its track.
    fn seeing(&self) -> impl Iterator<Item = (SignalSource, &Track, Window)> {
        self.brief.signals.iter().filter_map(|signal| {
            let (window, track) = (self.window?, self.tracks.get(signal.name.as_str())?);
            let sees = track.unknown(window.from, window.to) < window.to - window.from;
            sees.then_some((signal.source, track, window))
        })
    }

    pub fn signals(&self, events: &[Event], zero: Nanos) -> Vec<SignalDamage> {
        let first = self.brief.signals.iter().find(|signal| signal.source == SignalSource::Slices);
        let first = first.and_then(|signal| self.seen(&signal.name));
        let damage = |signal: &crate::journal::SignalBrief| {
            let track = self.tracks.get(signal.name.as_str())?;
            let (spent, unknown, intervals) = match self.window {
                None => (Spent::default(), 0, Vec::new()),
                Some(Window { from, to }) => {
                    (track.downtime(from, to), track.unknown(from, to), track.within(from, to))
                }
            };
            let ends = |i: crate::journal::intervals::Interval| {
                (Millis::between(zero, i.from.at), i.to.map(|to| Millis::between(zero, to.at)))
            };
            Some(SignalDamage {
                name: signal.name.clone(),
                via: signal.source,
                downtime_ms: Millis::of(spent.ns),
                uncertainty_ms: Millis::of(spent.uncertainty),
                unknown_ms: Millis::of(unknown),
                intervals: intervals.into_iter().map(ends).collect(),
                upper_bound: spent.upper_bound,
                lag_ms: first
                    .zip(self.seen(&signal.name))
                    .map_or_else(Lag::default, |(first, own)| lag(first, own)),
                requests: (signal.source != SignalSource::Slices)
                    .then(|| self.requests(events, |name| name == signal.name)),
            })
        };
        self.brief.signals.iter().filter_map(damage).collect()
    }

    /// The edges of the outage that a signal saw: the first beginning and, where it is over, the
    /// last end.
    fn seen(&self, signal: &str) -> Option<(Edge, Option<Edge>)> {
        let (window, track) = (self.window?, self.tracks.get(signal)?);
        let outages = track.within(window.from, window.to);
        Some((outages.first()?.from, outages.last()?.to))
    }

    /// The longest downtime of the signals of a sort.
    fn longest(&self, slices: bool) -> Option<Spent> {
        self.seeing()
            .filter(|(source, ..)| (*source == SignalSource::Slices) == slices)
            .map(|(_, track, window)| track.downtime(window.from, window.to))
            .max_by_key(|spent| spent.ns)
    }

    pub fn downtime(&self) -> Downtime {
        let (endpoints, http) = (self.longest(true), self.longest(false));
        let uncertainty = [endpoints, http].into_iter().flatten().map(|s| s.uncertainty).max();
        Downtime {
            endpoints_ms: endpoints.map(|s| Millis::of(s.ns)),
            http_ms: http.map(|s| Millis::of(s.ns)),
            uncertainty_ms: Millis::of(uncertainty.unwrap_or(0)),
        }
    }

    /// The downtime that money is counted from.
    pub fn costly(&self) -> Option<(Basis, Nanos)> {
        let http = self.longest(false).map(|spent| (Basis::Http, spent.ns));
        http.or_else(|| self.longest(true).map(|spent| (Basis::Endpoints, spent.ns)))
    }

    /// The track of the target's endpoints, where it saw anything.
    pub fn target(&self) -> Option<&Track> {
        self.seeing().find(|(source, ..)| *source == SignalSource::Slices).map(|(_, track, _)| track)
    }

    /// Requests of these signals by the moment of their sending.
    pub fn requests(&self, events: &[Event], of: impl Fn(&str) -> bool) -> Requests {
        let mut requests = Requests::default();
        for event in events {
            let Kind::Request { signal, sent_ns, result, state } = &event.kind else { continue };
            let known = self.tracks.contains_key(signal.as_str()) && of(signal);
            if known && self.window.is_some_and(|w| w.holds(*sent_ns)) {
                requests.sent += 1;
                requests.failed += u64::from(*state == Some(SignalState::Out));
                *requests.by_result.entry(result.clone()).or_default() += 1;
            }
        }
        requests
    }
}

/// How much later the second saw what the first saw. A moment can have been earlier than it is
/// stamped, never later, so the two errors pull in opposite directions: the larger one counts.
fn lag(first: (Edge, Option<Edge>), own: (Edge, Option<Edge>)) -> Lag {
    let between = |first: Edge, own: Edge| {
        (Millis::between(first.at, own.at), Millis::of(first.uncertainty.max(own.uncertainty)))
    };
    let (out, out_uncertainty) = between(first.0, own.0);
    let up = first.1.zip(own.1).map(|(first, own)| between(first, own));
    Lag {
        out: Some(out),
        out_uncertainty,
        up: up.map(|(lag, _)| lag),
        up_uncertainty: up.map(|(_, off)| off).unwrap_or_default(),
    }
}

/// Every gap that was noticed, also outside the window.
pub(super) fn gaps(events: &[Event], zero: Nanos) -> Vec<WatchGap> {
    let gap = |event: &Event| match &event.kind {
        Kind::Gap { signal, from_ns, to_ns, reason } => Some(WatchGap {
            signal: signal.clone(),
            from_ms: Millis::between(zero, *from_ns),
            to_ms: Millis::between(zero, *to_ns),
            reason: reason.clone(),
        }),
        _ => None,
    };
    events.iter().filter_map(gap).collect()
}
