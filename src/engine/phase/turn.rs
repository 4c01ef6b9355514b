//! One turn of the phases: one input at one moment.

use super::{Course, Effect, Health, Input, Mitigated, Rules, State, all_up};
use crate::clock::Nanos;
use crate::drill::SignalState;
use crate::journal::intervals::Edge;
use crate::journal::{AbortReason, Phase, Point};

/// A state that is being taken further, and what that asks for.
pub(super) struct Turn<'a> {
    pub rules: &'a Rules,
    pub state: State,
    pub now: Nanos,
    pub effects: Vec<Effect>,
}

impl Turn<'_> {
    pub fn take(&mut self, input: Input) {
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
            // An answer that comes after it broke again is about what is over.
            Input::RootCause { resolved, moment } if self.state.phase == Phase::Holding => {
                self.state.resolved = resolved.then_some(moment);
            }
            Input::Blind(from, to) => self.blind(from, to),
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

    /// What could not be seen did not fail to come: the limits begin that much later.
    fn blind(&mut self, from: Nanos, to: Nanos) {
        let State { entered, runbook_over, mitigated, .. } = &mut self.state;
        let known = mitigated.as_mut().map(|mitigated| &mut mitigated.known);
        for since in [Some(entered), runbook_over.as_mut(), known].into_iter().flatten() {
            *since = since.saturating_add(to.saturating_sub(from.max(*since)));
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
            if self.rules.course == Course::Control {
                self.respond();
            } else {
                self.effects.push(Effect::Inject);
            }
        } else if self.now >= self.state.entered.saturating_add(self.rules.settle_within) {
            let detail = "the signals did not stay up for as long as stableFor asks";
            self.abort(AbortReason::NotSteady, detail.to_owned());
        }
    }

    /// The earliest start of an outage of any signal. A signal that is slower to tell can still
    /// move it back: its request was sent before the first event arrived. And a gap that hid it
    /// is known only when it is over, which is after what it held back has arrived.
    fn look_for_impact(&mut self, health: &[Health]) {
        let first = health.iter().filter_map(|h| h.first_out).min_by_key(|moment| moment.at);
        if let Some(moment) = first
            && self.state.impact.is_none_or(|known| moment != known && moment.at <= known.at)
        {
            self.state.impact = Some(moment);
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
        let gave_up = gave_up.is_some_and(|at| self.now >= at);
        match self.rules.course {
            Course::Control if self.has_held(health) => self.undo(),
            Course::Control if !gave_up => {}
            Course::Outage | Course::Trial if all_up(health).is_some() => {
                self.enter(Phase::Holding);
                self.effects.push(Effect::CheckRootCause);
            }
            // That users are not served is what the trial has found out.
            Course::Trial if gave_up => self.undo(),
            Course::Outage | Course::Control if gave_up => {
                let detail = "the runbook is over, and users are still not served";
                self.abort(AbortReason::NotRecovered, detail.to_owned());
            }
            _ => {}
        }
    }

    /// In a control: whether the runbook is over, and users are served beyond its end.
    fn has_held(&self, health: &[Health]) -> bool {
        let beyond = |over| {
            all_up(health).is_some_and(|up| up.until >= over && up.for_at_least(self.rules.stable_for))
        };
        self.state.runbook_over.is_some_and(beyond)
    }

    fn hold(&mut self, health: &[Health]) {
        match (self.state.mitigated, all_up(health)) {
            (None, Some(up)) if up.for_at_least(self.rules.stable_for) => {
                let mitigated = Mitigated { at: up.since.at, known: self.now };
                self.state.mitigated = Some(mitigated);
                self.stamp(Point::Mitigate, up.since, "signals");
                self.resolve(mitigated);
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
    fn resolve(&mut self, mitigated: Mitigated) {
        if let Some(gone) = self.state.resolved
            && !self.state.resolve_told
        {
            self.state.resolve_told = true;
            self.stamp(Point::Resolve, Edge { at: gone.at.max(mitigated.at), ..gone }, "firedrill");
        }
        let waited = self.now >= mitigated.known.saturating_add(self.rules.resolve_within);
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

    pub fn deadline(&mut self) {
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
