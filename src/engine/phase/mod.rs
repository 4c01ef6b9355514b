//! The phases of a run as a pure function: `step(State, Input) -> (State, Vec<Effect>)`.
//!
//! It never sees a cluster, a terminal or a clock: the loop in [`super::run`] feeds it what
//! happened and carries out what it asks for. Times are nanoseconds since the run began.

mod turn;

use crate::clock::Nanos;
use crate::drill::SignalState;
use crate::journal::intervals::Edge;
use crate::journal::{AbortReason, Phase, Point};
use turn::Turn;

/// What a run is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Course {
    /// To the end of the outage.
    #[default]
    Outage,
    /// To the end of the runbook: whether users are served then is what is to be found out.
    Trial,
    /// The runbook alone; nothing is broken, so nothing is expected and nobody is awaited.
    Control,
}

/// What the phases depend on; fixed for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How long all signals must stay up.
    pub stable_for: Nanos,
    /// How long the steady state may take to come.
    pub settle_within: Nanos,
    /// The signal and state that the fault must bring about, and how fast.
    pub expect: (usize, SignalState, Nanos),
    /// Whether the run carries out what mends, once the detector has fired: the runbook, or what a
    /// player chooses.
    pub runbook: bool,
    /// What the run is for.
    pub course: Course,
    /// How long to wait for the users to be served after the runbook is over.
    pub recover_within: Nanos,
    /// How long to wait for the root cause to be gone after the incident is mitigated.
    pub resolve_within: Nanos,
    /// When the run ends in any case.
    pub deadline: Nanos,
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
    /// Between these moments nothing could be seen: no limit but the deadline counts them.
    Blind(Nanos, Nanos),
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

/// Users are served again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mitigated {
    /// Since when.
    at: Nanos,
    /// Since when that is known: from here on the root cause is waited for.
    known: Nanos,
}

/// Where a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact that stays true once it is")]
pub struct State {
    /// The phase.
    pub phase: Phase,
    entered: Nanos,
    impact: Option<Edge>,
    expected_seen: bool,
    detected: bool,
    responding: bool,
    runbook_over: Option<Nanos>,
    mitigated: Option<Mitigated>,
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
        Phase::Responding => {
            let held = stable.filter(|_| rules.course == Course::Control && state.runbook_over.is_some());
            [state.runbook_over.map(|at| at.saturating_add(rules.recover_within)), held]
        }
        Phase::Holding => [stable, state.mitigated.map(|m| m.known.saturating_add(rules.resolve_within))],
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

#[cfg(test)]
mod tests;
