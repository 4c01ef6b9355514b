//! The phases of a run as a pure function: `step(State, Input) -> (State, Vec<Effect>)`.
//!
//! It never sees a cluster, a terminal or a clock: the loop in [`super::run`] feeds it what
//! happened and carries out what it asks for. Times are nanoseconds since the run began.

use crate::clock::Nanos;
use crate::drill::SignalState;
use crate::journal::intervals::Edge;
use crate::journal::{AbortReason, Phase, Point};

/// What the phases depend on; fixed for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How long all signals must stay up.
    pub stable_for: Nanos,
    /// How long the steady state may take to come.
    pub settle_within: Nanos,
    /// The signal and state that the fault must bring about, and how fast.
    pub expect: (usize, SignalState, Nanos),
    /// Whether firedrill mends by itself, once the detector has fired.
    pub runbook: bool,
    /// How long to wait for the users to be served after the runbook is over.
    pub recover_within: Nanos,
    /// How long to wait for the root cause to be gone after the incident is mitigated.
    pub resolve_within: Nanos,
    /// When the run ends in any case.
    pub deadline: Nanos,
}

impl Rules {
    /// How long after the mend the run waits for the root cause to be gone.
    const fn patience(&self) -> Nanos {
        self.stable_for.saturating_add(self.resolve_within)
    }
}

/// What one signal says at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// Since when it has been up without a break; nothing while it is out or unseen.
    pub up_since: Option<Edge>,
    /// Until when it is known to be up: the last good observation.
    pub up_until: Nanos,
    /// The start of its first outage since the injection began.
    pub first_out: Option<Edge>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Nothing but time, or a signal's news: how every signal is now.
    Health(Vec<Health>),
    /// The detector's rule became true.
    Detected(Edge, String),
    /// The workload is deployed and ready.
    Prepared,
    /// The last step of the injection was acknowledged.
    Injected(Edge),
    /// The runbook, or a person, took it.
    Acknowledged(Edge, String),
    /// The runbook is over.
    RunbookOver,
    /// The root cause was looked for.
    RootCause {
        /// Whether it is gone.
        resolved: bool,
        /// When that became true, as far as is known.
        moment: Edge,
    },
    /// Something makes going on pointless.
    Abort(AbortReason, String),
    /// Everything is put back, as far as possible.
    Undone,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Tell that a phase begins.
    Enter(Phase),
    /// Deploy the workload.
    Deploy,
    /// Inject the fault.
    Inject,
    /// Carry the runbook out.
    Respond,
    /// Look for the root cause until it is gone.
    CheckRootCause,
    /// Tell a point in time; a later one of the same kind replaces it.
    Stamp {
        /// Which.
        point: Point,
        /// When.
        moment: Edge,
        /// Who or what made it.
        by: String,
    },
    /// Tell that the run ends before its time.
    Abort(AbortReason, String),
    /// Put everything back.
    Undo,
    /// The run is over.
    End,
}

/// Where a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The phase.
    pub phase: Phase,
    entered: Nanos,
    impact: Option<Nanos>,
    expected_seen: bool,
    detected: bool,
    responding: bool,
    runbook_over: Option<Nanos>,
    mitigated: Option<Nanos>,
    resolved: Option<Edge>,
    resolve_told: bool,
}

impl State {
    /// Whether users were served again, for as long as `stableFor` asks.
    #[must_use]
    pub const fn is_mitigated(&self) -> bool {
        self.mitigated.is_some()
    }

    /// Whether the root cause was seen to be gone, too.
    #[must_use]
    pub const fn is_resolved(&self) -> bool {
        self.resolve_told
    }
}

/// The first state, with what it asks for.
#[must_use]
pub fn begin() -> (State, Vec<Effect>) {
    let state = State {
        phase: Phase::Preparing,
        entered: 0,
        impact: None,
        expected_seen: false,
        detected: false,
        responding: false,
        runbook_over: None,
        mitigated: None,
        resolved: None,
        resolve_told: false,
    };
    (state, vec![Effect::Enter(Phase::Preparing), Effect::Deploy])
}

/// Takes one input at `now`.
#[must_use]
pub fn step(rules: &Rules, state: State, now: Nanos, input: Input) -> (State, Vec<Effect>) {
    let mut turn = Turn { rules, state, now, effects: Vec::new() };
    turn.take(input);
    turn.deadline();
    (turn.state, turn.effects)
}

/// When the state wants to be asked again though nothing happens. Never later than the
/// deadline; a moment that is over means: with the next news.
#[must_use]
pub fn wake_at(rules: &Rules, state: &State, health: &[Health]) -> Nanos {
    let stable = all_up(health).map(|up| up.since.at.saturating_add(rules.stable_for));
    let after = |length| Some(state.entered.saturating_add(length));
    let wanted = match state.phase {
        Phase::Settling => [stable, after(rules.settle_within)],
        Phase::Undetected => [after(rules.expect.2), None],
        Phase::Responding => [state.runbook_over.map(|at| at.saturating_add(rules.recover_within)), None],
        Phase::Holding => [stable, state.mitigated.map(|at| at.saturating_add(rules.patience()))],
        _ => [None, None],
    };
    wanted.into_iter().flatten().fold(rules.deadline, Nanos::min)
}

/// All signals together.
struct AllUp {
    /// The latest of the moments since which each is up.
    since: Edge,
    /// The earliest of the moments until which each is known to be up.
    until: Nanos,
}

impl AllUp {
    fn for_at_least(&self, length: Nanos) -> bool {
        self.until >= self.since.at.saturating_add(length)
    }
}

fn all_up(health: &[Health]) -> Option<AllUp> {
    let ups: Option<Vec<_>> = health.iter().map(|h| h.up_since).collect();
    let since = ups?.into_iter().max_by_key(|edge| edge.at)?;
    let until = health.iter().map(|h| h.up_until).min()?;
    Some(AllUp { since, until })
}

struct Turn<'a> {
    rules: &'a Rules,
    state: State,
    now: Nanos,
    effects: Vec<Effect>,
}

impl Turn<'_> {
    fn take(&mut self, input: Input) {
        match input {
            Input::Health(health) => self.health(&health),
            Input::Detected(moment, by) => self.detected(moment, by),
            Input::Prepared if self.state.phase == Phase::Preparing => self.enter(Phase::Settling),
            Input::Injected(moment) if self.state.phase == Phase::Injecting => {
                self.stamp(Point::Fault, moment, "firedrill");
                self.enter(Phase::Undetected);
                if self.state.detected {
                    self.respond();
                }
            }
            Input::Acknowledged(moment, by) if self.is_outage() => {
                self.stamp(Point::Ack, moment, &by);
            }
            Input::RunbookOver if self.is_outage() => self.state.runbook_over = Some(self.now),
            Input::RootCause { resolved, moment } if self.is_outage() => {
                self.state.resolved = resolved.then_some(moment);
            }
            Input::Abort(reason, detail) => self.abort(reason, detail),
            Input::Undone if self.state.phase == Phase::Undoing => {
                self.enter(Phase::Ended);
                self.effects.push(Effect::End);
            }
            // Late answers of what a phase that is over had asked for.
            Input::Prepared
            | Input::Injected(_)
            | Input::Acknowledged(..)
            | Input::RunbookOver
            | Input::RootCause { .. }
            | Input::Undone => {}
        }
    }

    fn health(&mut self, health: &[Health]) {
        if self.state.phase >= Phase::Injecting && self.state.phase < Phase::Undoing {
            self.look_for_impact(health);
        }
        match self.state.phase {
            Phase::Settling => self.settle(health),
            Phase::Undetected => self.undetected(health),
            Phase::Responding => self.responding(health),
            Phase::Holding => self.hold(health),
            Phase::Preparing | Phase::Injecting | Phase::Undoing | Phase::Ended => {}
        }
    }

    fn settle(&mut self, health: &[Health]) {
        if all_up(health).is_some_and(|up| up.for_at_least(self.rules.stable_for)) {
            self.enter(Phase::Injecting);
            self.effects.push(Effect::Inject);
        } else if self.now >= self.state.entered.saturating_add(self.rules.settle_within) {
            let detail = "the signals did not stay up for as long as stableFor asks";
            self.abort(AbortReason::NotSteady, detail.to_owned());
        }
    }

    /// The earliest start of an outage of any signal. A signal that is slower to tell can still
    /// move it back: its request was sent before the first event arrived.
    fn look_for_impact(&mut self, health: &[Health]) {
        let first = health.iter().filter_map(|h| h.first_out).min_by_key(|moment| moment.at);
        if let Some(moment) = first
            && self.state.impact.is_none_or(|known| moment.at < known)
        {
            self.state.impact = Some(moment.at);
            self.stamp(Point::Impact, moment, "signals");
        }
    }

    fn undetected(&mut self, health: &[Health]) {
        let (signal, state, within) = self.rules.expect;
        self.state.expected_seen |= health.get(signal).is_some_and(|h| match state {
            SignalState::Out => h.first_out.is_some(),
            SignalState::Up => h.up_since.is_some(),
        });
        if !self.state.expected_seen && self.now >= self.state.entered.saturating_add(within) {
            let detail = "what the drill expects of its fault was not seen in time";
            self.abort(AbortReason::NoEffect, detail.to_owned());
        } else if self.state.impact.is_some() && all_up(health).is_some() {
            // Mended, or healed, before any alarm.
            self.enter(Phase::Holding);
            self.effects.push(Effect::CheckRootCause);
        }
    }

    fn detected(&mut self, moment: Edge, by: String) {
        if self.state.detected || !(Phase::Injecting..Phase::Undoing).contains(&self.state.phase) {
            return;
        }
        self.state.detected = true;
        self.effects.push(Effect::Stamp { point: Point::Detect, moment, by });
        if self.state.phase == Phase::Undetected {
            self.respond();
        }
    }

    /// Someone knows: the runbook begins, once.
    fn respond(&mut self) {
        self.enter(Phase::Responding);
        if self.rules.runbook && !self.state.responding {
            self.state.responding = true;
            self.effects.push(Effect::Respond);
        }
    }

    fn responding(&mut self, health: &[Health]) {
        let gave_up = self.state.runbook_over.map(|at| at.saturating_add(self.rules.recover_within));
        if all_up(health).is_some() {
            self.enter(Phase::Holding);
            self.effects.push(Effect::CheckRootCause);
        } else if gave_up.is_some_and(|at| self.now >= at) {
            let detail = "the runbook is over, and users are still not served";
            self.abort(AbortReason::NotRecovered, detail.to_owned());
        }
    }

    fn hold(&mut self, health: &[Health]) {
        match (self.state.mitigated, all_up(health)) {
            (None, Some(up)) if up.for_at_least(self.rules.stable_for) => {
                self.state.mitigated = Some(up.since.at);
                self.stamp(Point::Mitigate, up.since, "signals");
                self.resolve(up.since.at);
            }
            (None, Some(_)) => {}
            (None, None) => {
                // It broke again before it counted as mitigated.
                self.state.resolved = None;
                if self.state.detected {
                    self.respond();
                } else {
                    self.enter(Phase::Undetected);
                }
            }
            (Some(mitigated), _) => self.resolve(mitigated),
        }
    }

    /// Mitigated; is the root cause gone, and is the responder done?
    fn resolve(&mut self, mitigated: Nanos) {
        if let Some(gone) = self.state.resolved
            && !self.state.resolve_told
        {
            self.state.resolve_told = true;
            self.stamp(Point::Resolve, Edge { at: gone.at.max(mitigated), ..gone }, "firedrill");
        }
        let waited = self.now >= mitigated.saturating_add(self.rules.patience());
        let responder_done = !self.state.responding || self.state.runbook_over.is_some();
        if (self.state.resolve_told || waited) && responder_done {
            self.undo();
        }
    }

    fn abort(&mut self, reason: AbortReason, detail: String) {
        if self.state.phase < Phase::Undoing {
            self.effects.push(Effect::Abort(reason, detail));
            self.undo();
        }
    }

    fn deadline(&mut self) {
        if self.now >= self.rules.deadline {
            self.abort(AbortReason::Deadline, "the run's time is over (--max-duration)".to_owned());
        }
    }

    fn undo(&mut self) {
        self.enter(Phase::Undoing);
        self.effects.push(Effect::Undo);
    }

    fn enter(&mut self, phase: Phase) {
        self.state.phase = phase;
        self.state.entered = self.now;
        self.effects.push(Effect::Enter(phase));
    }

    fn stamp(&mut self, point: Point, moment: Edge, by: &str) {
        self.effects.push(Effect::Stamp { point, moment, by: by.to_owned() });
    }

    /// Between the fault and the undo.
    fn is_outage(&self) -> bool {
        (Phase::Undetected..Phase::Undoing).contains(&self.state.phase)
    }
}

#[cfg(test)]
#[path = "phase_tests.rs"]
mod tests;
