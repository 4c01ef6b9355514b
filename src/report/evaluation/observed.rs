//! What the events of a run say of each entry of its path: how the signals were before and after it,
//! and what its steps came to. Pure.

use std::collections::BTreeMap;

use crate::clock::Nanos;
use crate::drill::{Claim, SignalState};
use crate::journal::intervals::Track;
use crate::journal::{Event, Kind, Point, SignalSource, StepOutcome, StepPlace};

/// What was seen of one entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Observed {
    /// `round.option`.
    pub name: String,
    /// When its first step began.
    pub began: Nanos,
    /// When the cluster had settled after it.
    pub ended: Nanos,
    /// Whether users were served before it; nothing where a signal had not said anything.
    pub served_before: Option<bool>,
    /// Whether they are served after it.
    pub served_after: Option<bool>,
    /// The status of the first step that was refused.
    pub refusal: Option<u16>,
    /// Whether any step was carried out.
    pub executed: bool,
    /// Steps that this cluster cannot do, with what is missing.
    pub not_executable: Vec<String>,
    /// Steps that failed, with why.
    pub failed: Vec<String>,
    /// Whether a diagnosis named the cause.
    pub diagnosed: bool,
    /// Whether the root cause was gone, when it was last looked for.
    pub resolved: Option<bool>,
    /// What was promised, whether it held, and how that is known.
    pub claim: Option<(Claim, Option<bool>, String)>,
}

/// Each entry that was judged, in order.
pub(super) fn observed(events: &[Event]) -> Vec<Observed> {
    let mut signals = Signals::default();
    let mut open = Observed::default();
    let mut all = Vec::new();
    for event in events {
        let elapsed = event.stamp.elapsed;
        signals.take_in(event);
        match &event.kind {
            Kind::Point { point: Point::Ack, .. } => open = begun(&signals, elapsed),
            Kind::StepStarted { at: StepPlace::Runbook(name, _), .. } if *name != open.name => {
                open = Observed { name: name.clone(), ..begun(&signals, elapsed) };
            }
            Kind::StepFinished { at: StepPlace::Runbook(..), what, outcome } => open.step(what, outcome),
            Kind::Diagnosis { found, .. } => open.diagnosed |= found,
            Kind::RootCause { resolved, .. } => open.resolved = Some(*resolved),
            Kind::Claim { option, claim, held, detail } => {
                open.name.clone_from(option);
                (open.ended, open.served_after) = (elapsed, signals.served());
                open.claim = Some((*claim, *held, detail.clone()));
                all.push(std::mem::replace(&mut open, begun(&signals, elapsed)));
            }
            _ => {}
        }
    }
    all
}

fn begun(signals: &Signals<'_>, began: Nanos) -> Observed {
    Observed { began, served_before: signals.served(), ..Observed::default() }
}

impl Observed {
    fn step(&mut self, what: &str, outcome: &StepOutcome) {
        match outcome {
            StepOutcome::Changed | StepOutcome::Unchanged => self.executed = true,
            StepOutcome::Rejected { status, .. } => {
                self.executed = true;
                self.refusal = self.refusal.or(Some(*status));
            }
            StepOutcome::Failed { message } => self.failed.push(format!("{what}: {message}")),
            StepOutcome::NotExecutable { reason } => self.not_executable.push(format!("{what}: {reason}")),
        }
    }
}

/// The state of every signal, as far as the events have come.
#[derive(Default)]
struct Signals<'a> {
    tracks: BTreeMap<&'a str, Track>,
}

impl<'a> Signals<'a> {
    fn take_in(&mut self, event: &'a Event) {
        let elapsed = event.stamp.elapsed;
        match &event.kind {
            Kind::RunStarted(brief) => {
                for signal in &brief.signals {
                    let watched = signal.source == SignalSource::Slices;
                    let track = if watched { Track::of_watch() } else { Track::of_requests() };
                    self.tracks.insert(&signal.name, track);
                }
            }
            Kind::Endpoints { signal, state, .. } => {
                self.tracks.entry(signal).and_modify(|track| track.observe(elapsed, *state));
            }
            Kind::Request { signal, sent_ns, state, .. } => {
                self.tracks.entry(signal).and_modify(|track| track.answer(*sent_ns, elapsed, *state));
            }
            _ => {}
        }
    }

    /// Whether every signal is up.
    fn served(&self) -> Option<bool> {
        let states: Option<Vec<_>> = self.tracks.values().map(Track::state).collect();
        Some(states?.into_iter().all(|state| state == SignalState::Up))
    }
}
