//! From observations to the intervals in which users were not served. Pure; the engine asks it
//! while the run goes on, the report asks it afterwards, and both get the same answer.
//!
//! Samples are ordered by the moment they speak about: the arrival of a watch event, but the
//! *sending* of a request. An answer that comes late therefore takes its place between the
//! answers to requests that were sent before and after it, whatever order they arrived in.

use crate::clock::Nanos;
use crate::drill::SignalState;

/// Events that a gap held back can arrive a little after the gap is over. An edge that comes
/// this soon after one is counted as hidden by it: one heartbeat.
pub const AFTER_GAP: Nanos = 500_000_000;

/// The moment at which a signal changed, and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// When it was seen to change.
    pub at: Nanos,
    /// How much earlier it may have been.
    pub uncertainty: Nanos,
    /// Whether something hid the moment (a gap, or the beginning of the watch).
    pub upper_bound: bool,
}

/// One outage of one signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// When it began.
    pub from: Edge,
    /// When it ended; nothing while it lasts.
    pub to: Option<Edge>,
}

/// A sum of times, and how far it can be off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// The sum.
    pub ns: Nanos,
    /// How far it can be off, in either direction.
    pub uncertainty: Nanos,
    /// Whether something hid an edge of it.
    pub upper_bound: bool,
}

/// What a sample says. The order breaks ties between requests that were sent at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Out,
    Nothing,
    Up,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Each change is seen as it happens, but in gaps.
    Watch,
    /// Nothing is known between two requests.
    Requests,
}

/// Everything that was seen of one signal.
#[derive(Debug, Clone)]
pub struct Track {
    source: Source,
    /// In the order of the moments they speak about.
    samples: Vec<(Nanos, Said)>,
    /// From and to, as they were reported.
    gaps: Vec<(Nanos, Nanos)>,
    /// The latest moment that a failure speaks about.
    last_out: Option<Nanos>,
    /// Arrivals of the failures since the last good observation.
    row: Vec<Nanos>,
}

impl Track {
    /// A signal that a watch feeds: see [`Track::observe`].
    #[must_use]
    pub const fn of_watch() -> Self {
        Self::new(Source::Watch)
    }

    /// A signal that requests feed: see [`Track::answer`].
    #[must_use]
    pub const fn of_requests() -> Self {
        Self::new(Source::Requests)
    }

    const fn new(source: Source) -> Self {
        Self { source, samples: Vec::new(), gaps: Vec::new(), last_out: None, row: Vec::new() }
    }

    /// A watch saw this state at this moment.
    pub fn observe(&mut self, arrival: Nanos, state: SignalState) {
        self.answer(arrival, arrival, Some(state));
    }

    /// A request sent then was answered, or given up, at this arrival. No state: the answer
    /// says nothing about the users. To be called in the order of arrival, which need not be
    /// the order of sending.
    pub fn answer(&mut self, sent: Nanos, arrival: Nanos, state: Option<SignalState>) {
        let said = match state {
            Some(SignalState::Out) => Said::Out,
            Some(SignalState::Up) => Said::Up,
            None => Said::Nothing,
        };
        let place = self.samples.partition_point(|s| *s <= (sent, said));
        self.samples.insert(place, (sent, said));
        match said {
            Said::Out => {
                self.row.push(arrival);
                self.last_out = self.last_out.max(Some(sent));
            }
            Said::Up => self.row.clear(),
            Said::Nothing => {}
        }
    }

    /// Changes could not be seen from one moment to the other.
    pub fn gap(&mut self, from: Nanos, to: Nanos) {
        if from < to {
            let place = self.gaps.partition_point(|g| *g <= (from, to));
            self.gaps.insert(place, (from, to));
        }
    }

    /// What the latest telling sample says; nothing before the first.
    #[must_use]
    pub fn state(&self) -> Option<SignalState> {
        self.samples.iter().rev().find_map(|(_, said)| match said {
            Said::Out => Some(SignalState::Out),
            Said::Up => Some(SignalState::Up),
            Said::Nothing => None,
        })
    }

    /// Since when the signal has been up without a failure; nothing while it is out or unseen.
    /// A late failure of an earlier request can still move this.
    #[must_use]
    pub fn up_since(&self) -> Option<Edge> {
        let first = match self.last_out {
            None => 0,
            Some(out) => self.samples.partition_point(|(at, said)| (*at, *said) <= (out, Said::Out)),
        };
        let up = self.samples.get(first..)?.iter().find(|(_, said)| *said == Said::Up)?;
        Some(self.edge(self.last_out, up.0))
    }

    /// The latest moment for which the signal is known to have been up: the last good sample.
    /// A watch needs none, it stays up until it says otherwise.
    #[must_use]
    pub fn last_up(&self) -> Option<Nanos> {
        self.samples.iter().rev().find(|(_, said)| *said == Said::Up).map(|(at, _)| *at)
    }

    /// The start of the outage that lasts now; nothing while the signal is up or unseen.
    #[must_use]
    pub fn out_since(&self) -> Option<Edge> {
        (self.state()? == SignalState::Out).then(|| self.intervals().last().map(|i| i.from))?
    }

    /// The start of the first outage that was not over before `after`.
    #[must_use]
    pub fn first_out(&self, after: Nanos) -> Option<Edge> {
        let hit = |i: &Interval| i.to.is_none_or(|to| to.at > after);
        self.intervals().into_iter().find(hit).map(|i| i.from)
    }

    /// How many observations in a row were bad, as they arrived.
    #[must_use]
    pub fn failures_in_a_row(&self) -> usize {
        self.row.len()
    }

    /// When the present row of bad observations came to be `n` long; nothing if it is shorter.
    #[must_use]
    pub fn failed_in_a_row_at(&self, n: usize) -> Option<Nanos> {
        self.row.get(n.checked_sub(1)?).copied()
    }

    /// Every outage, in order.
    #[must_use]
    pub fn intervals(&self) -> Vec<Interval> {
        let mut found: Vec<Interval> = Vec::new();
        let mut open: Option<Edge> = None;
        let (mut last_up, mut last_out) = (None, None);
        for &(at, said) in &self.samples {
            match said {
                Said::Nothing => {}
                Said::Out => {
                    open = open.or_else(|| Some(self.edge(last_up, at)));
                    last_out = Some(at);
                }
                Said::Up => {
                    if let Some(from) = open.take() {
                        found.push(Interval { from, to: Some(self.edge(last_out, at)) });
                    }
                    last_up = Some(at);
                }
            }
        }
        found.extend(open.map(|from| Interval { from, to: None }));
        found
    }

    /// The change that was seen at this moment, when the state before it was last seen then.
    fn edge(&self, before: Option<Nanos>, at: Nanos) -> Edge {
        let hiding = self.gaps.iter().filter(|(from, to)| *from < at && at <= to.saturating_add(AFTER_GAP));
        let hidden = hiding.map(|(from, _)| at.abs_diff(*from)).max();
        let known = match (self.source, before) {
            (Source::Requests, Some(before)) => at.abs_diff(before),
            _ => 0,
        };
        // Nothing changed between the last sample and itself, whatever the gap's length.
        let room = before.map_or(Nanos::MAX, |before| at.abs_diff(before));
        Edge {
            at,
            uncertainty: known.max(hidden.unwrap_or(0).min(room)),
            upper_bound: hidden.is_some() || before.is_none(),
        }
    }

    /// The outages within a window, cut to it. An edge that the window makes is certain.
    #[must_use]
    pub fn within(&self, from: Nanos, to: Nanos) -> Vec<Interval> {
        let cut = |mut interval: Interval| {
            let end = interval.to.map_or(Nanos::MAX, |e| e.at);
            if from >= to || interval.from.at >= to || end <= from {
                return None;
            }
            if interval.from.at < from {
                interval.from = Edge { at: from, uncertainty: 0, upper_bound: false };
            }
            interval.to = interval.to.filter(|e| e.at <= to);
            Some(interval)
        };
        self.intervals().into_iter().filter_map(cut).collect()
    }

    /// The time out within a window. An outage that lasts counts to the window's end.
    #[must_use]
    pub fn downtime(&self, from: Nanos, to: Nanos) -> Spent {
        self.within(from, to).into_iter().fold(Spent::default(), |sum, interval| {
            let end = interval.to.unwrap_or_else(|| self.still_out(to));
            Spent {
                ns: sum.ns.saturating_add(end.at.saturating_sub(interval.from.at)),
                uncertainty: sum
                    .uncertainty
                    .saturating_add(interval.from.uncertainty)
                    .saturating_add(end.uncertainty),
                upper_bound: sum.upper_bound || interval.from.upper_bound || end.upper_bound,
            }
        })
    }

    /// The end of a window that an outage reaches: it was last seen at the last failure in it.
    fn still_out(&self, end: Nanos) -> Edge {
        let past = self.samples.partition_point(|(at, _)| *at <= end);
        let known = self.samples[..past].iter().rev().find(|(_, said)| *said == Said::Out);
        self.edge(known.map(|(at, _)| *at), end)
    }

    /// The time within a window of which nothing is known: gaps, from an answer that says nothing
    /// to the next that says something, and all before the first of these.
    #[must_use]
    pub fn unknown(&self, from: Nanos, to: Nanos) -> Nanos {
        let mut blind = self.gaps.clone();
        let mut since: Option<Nanos> = Some(0);
        for &(at, said) in &self.samples {
            if said == Said::Nothing {
                since = since.or(Some(at));
            } else if let Some(began) = since.take() {
                blind.push((began, at));
            }
        }
        blind.extend(since.map(|began| (began, Nanos::MAX)));
        union(blind, from, to)
    }
}

/// The length of what the spans cover of a window, counted once.
fn union(mut spans: Vec<(Nanos, Nanos)>, from: Nanos, to: Nanos) -> Nanos {
    spans.sort_unstable();
    let (mut sum, mut seen) = (0, from);
    for (start, end) in spans {
        let (start, end) = (start.max(seen), end.min(to));
        if start < end {
            sum += end - start;
            seen = end;
        }
    }
    sum
}

#[cfg(test)]
#[path = "intervals_tests.rs"]
mod tests;
