//! What a player's game came to: each choice, what it cost and whether it did what was said of it,
//! the time spent thinking and acting, and the scenario's clock. Real and declared time are kept apart.

use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::amounts::{Millis, cents};
use crate::clock::Nanos;
use crate::drill::Claim;
use crate::drill::impact::loss;
use crate::journal::outage::Outage;
use crate::journal::{Brief, Event, Kind, ResponderKind};

/// What a player's game came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Debrief {
    /// What the player chose, in order.
    pub choices: Vec<Played>,
    /// The hints that were asked for.
    pub hints: Vec<HintTaken>,
    /// What would have been best, in order: `round.option`.
    pub best_path: Vec<String>,
    /// Real time between what was to be decided and the decision.
    pub thinking_ms: Millis,
    /// Real time between the decisions and what came of them.
    pub acting_ms: Millis,
    /// The scenario's clock.
    pub clock: ScenarioClock,
    /// The same for the best path: declared time alone, seconds.
    pub best_s: u64,
    /// What that would have cost.
    pub best_lost: Decimal,
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Played {
    /// `round.option`.
    pub option: String,
    /// One line for people.
    pub label: String,
    /// Whether it is its round's best.
    pub best: bool,
    /// Declared, seconds.
    pub takes_s: u64,
    /// Whether users were without service, so that its declared time counts.
    pub counts: bool,
    /// How long the player thought.
    pub thought_ms: Millis,
    /// How long it took until what came of it was known; nothing where the run ended first.
    pub acted_ms: Option<Millis>,
    /// What the drill file says of it; nothing where the run ended first.
    pub claim: Option<Claim>,
    /// Whether that held; nothing where it cannot be said.
    pub held: Option<bool>,
    /// How it is known.
    pub detail: String,
}

/// A hint that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HintTaken {
    /// The round's id.
    pub round: String,
    /// Declared, seconds.
    pub takes_s: u64,
    /// Whether users were without service, so that it counts.
    pub counts: bool,
}

/// Real time without service, times the speed of the game, and the declared time of what was
/// chosen meanwhile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioClock {
    /// Measured.
    pub real_ms: Millis,
    /// How many seconds of the scenario passed in one.
    pub speed: u32,
    /// Declared, seconds.
    pub declared_s: u64,
    /// What the clock showed.
    pub shows_ms: Millis,
    /// What that cost.
    pub lost: Decimal,
}

/// The debrief of a played run; nothing for others. `real` is its measured downtime.
pub(super) fn debrief(brief: &Brief, events: &[Event], real: Nanos) -> Option<Debrief> {
    if brief.responder != ResponderKind::Player {
        return None;
    }
    let (choices, hints) = decisions(events);
    let counted = choices.iter().filter(|c| c.counts).map(|c| c.takes_s);
    let hinted = hints.iter().filter(|h| h.counts).map(|h| h.takes_s);
    let declared_s = counted.chain(hinted).fold(0, u64::saturating_add);
    let speed = brief.speed.max(1);
    let shows = real.saturating_mul(speed.into()).saturating_add(declared_s.saturating_mul(1_000_000_000));
    let lost = |nanos| cents(loss(&brief.impact, Duration::from_nanos(nanos)));
    let total = |of: &dyn Fn(&Played) -> Option<Millis>| choices.iter().filter_map(of).sum();
    Some(Debrief {
        thinking_ms: total(&|choice| Some(choice.thought_ms)),
        acting_ms: total(&|choice| choice.acted_ms),
        best_path: brief.choices.iter().map(|choice| choice.option.clone()).collect(),
        clock: ScenarioClock {
            real_ms: Millis::of(real),
            speed,
            declared_s,
            shows_ms: Millis::of(shows),
            lost: lost(shows),
        },
        best_s: brief.scenario.optimal_s,
        best_lost: cents(loss(&brief.impact, Duration::from_secs(brief.scenario.optimal_s))),
        choices,
        hints,
    })
}

fn decisions(events: &[Event]) -> (Vec<Played>, Vec<HintTaken>) {
    let (mut choices, mut hints): (Vec<Played>, Vec<_>) = (Vec::new(), Vec::new());
    let mut outage = Outage::default();
    let mut chosen_at: Nanos = 0;
    for event in events {
        // As it was before the decision.
        let counts = outage.goes_on();
        outage.take_in(event);
        match &event.kind {
            Kind::Chosen { option, label, takes_s, best, thought_ns } => {
                chosen_at = event.stamp.elapsed;
                choices.push(Played {
                    option: option.clone(),
                    label: label.clone(),
                    best: *best,
                    takes_s: *takes_s,
                    counts,
                    thought_ms: Millis::of(*thought_ns),
                    acted_ms: None,
                    claim: None,
                    held: None,
                    detail: String::new(),
                });
            }
            Kind::Claim { option, claim, held, detail } => {
                let open = choices.last_mut().filter(|c| c.option == *option && c.claim.is_none());
                if let Some(choice) = open {
                    choice.acted_ms = Some(Millis::between(chosen_at, event.stamp.elapsed));
                    (choice.claim, choice.held, choice.detail) = (Some(*claim), *held, detail.clone());
                }
            }
            Kind::Hint { round, takes_s } => {
                hints.push(HintTaken { round: round.clone(), takes_s: *takes_s, counts });
            }
            _ => {}
        }
    }
    (choices, hints)
}
