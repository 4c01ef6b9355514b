//! The paths through a drill's rounds, and the declared time of each: what a human would need,
//! never what a cluster did.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Choice, Claim, Drill, Round, RunbookEntry};

/// Declared downtimes of the paths through the rounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScenarioTimes {
    /// As it happened: the reaction and the runbook's options, seconds.
    pub downtime_s: u64,
    /// The best option of each round, without the reaction, seconds.
    pub optimal_s: u64,
    /// Every wrong option first, seconds.
    pub worst_s: u64,
}

/// One option on the path that is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChoiceBrief {
    /// `round.option`.
    pub option: String,
    /// One line for people.
    pub label: String,
    /// Declared, seconds.
    pub takes_s: u64,
    /// Whether it is its round's best.
    pub best: bool,
}

impl Claim {
    /// Whether the round is over after an option with this claim: nothing changed, or the API
    /// server refused it, and the responder has to choose again.
    #[must_use]
    pub const fn ends_round(self) -> bool {
        !matches!(self, Self::Unchanged | Self::Rejected)
    }
}

impl Round {
    /// The option that is marked best.
    #[must_use]
    pub fn best(&self) -> Option<&Choice> {
        self.options.iter().find(|o| o.best)
    }
}

/// The declared times of the three paths: as it happened, best, worst.
#[must_use]
pub fn times(drill: &Drill) -> ScenarioTimes {
    let reaction: Duration = drill.responder.reaction.into();
    let rounds = rounds_to_resolve(drill);
    let happened = reaction.saturating_add(until_resolved(drill));
    let best = sum(rounds.iter().filter_map(|r| r.best()));
    let worst = rounds.iter().fold(reaction, |total, round| total.saturating_add(sum(slowest(round))));
    ScenarioTimes { downtime_s: happened.as_secs(), optimal_s: best.as_secs(), worst_s: worst.as_secs() }
}

/// The options on a path, for the journal.
#[must_use]
pub fn choices(path: &[RunbookEntry<'_>]) -> Vec<ChoiceBrief> {
    path.iter()
        .filter(|entry| entry.claim.is_some())
        .map(|entry| ChoiceBrief {
            option: entry.name.clone(),
            label: entry.label.to_owned(),
            takes_s: Duration::from(entry.takes).as_secs(),
            best: entry.best,
        })
        .collect()
}

/// The rounds up to the first that can resolve the incident; later ones are no downtime.
pub(super) fn rounds_to_resolve(drill: &Drill) -> &[Round] {
    let resolving = |round: &Round| round.options.iter().any(|o| o.claim == Claim::Resolves);
    let end = drill.rounds.iter().position(resolving).map_or(drill.rounds.len(), |i| i + 1);
    &drill.rounds[..end]
}

fn until_resolved(drill: &Drill) -> Duration {
    let mut total = Duration::ZERO;
    for entry in drill.runbook_path() {
        total = total.saturating_add(entry.takes.into());
        if entry.claim == Some(Claim::Resolves) {
            break;
        }
    }
    total
}

/// Every option that leaves the round open, then the slowest that resolves, or else the best.
pub(super) fn slowest(round: &Round) -> Vec<&Choice> {
    let tried = round.options.iter().filter(|o| !o.claim.ends_round());
    let resolving = round.options.iter().filter(|o| o.claim == Claim::Resolves);
    tried.chain(resolving.max_by_key(|o| o.takes).or_else(|| round.best())).collect()
}

fn sum<'a>(options: impl IntoIterator<Item = &'a Choice>) -> Duration {
    options.into_iter().fold(Duration::ZERO, |total, o| total.saturating_add(o.takes.into()))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::drill::{catalogue, parse};

    fn builtin() -> Drill {
        catalogue::load("service-has-no-endpoints").unwrap().drill
    }

    /// A drill with rounds of `id claim takes best` lines, made from the built-in one.
    fn drill(rounds: &[&[(&str, &str, &str, bool)]], runbook: &str) -> Drill {
        let text = catalogue::builtin()[0].files[0].1;
        let (head, _) = text.split_once("\nrounds:\n").unwrap();
        let mut text = format!("{head}\nrounds:\n");
        for (r, options) in rounds.iter().enumerate() {
            let _ = write!(text, "  - {{id: r{r}, title: t, options: [");
            for (id, claim, takes, best) in *options {
                let _ = write!(text, "{{id: {id}, label: l, claim: {claim}, takes: {takes}, best: {best}}},");
            }
            text.push_str("]}\n");
        }
        let _ = writeln!(text, "runbook: {runbook}");
        parse::parse("drill.yaml", &text).unwrap()
    }

    #[test]
    fn the_story_takes_six_minutes_three_at_best_thirty_four_at_worst() {
        let times = times(&builtin());
        assert_eq!(times, ScenarioTimes { downtime_s: 360, optimal_s: 180, worst_s: 34 * 60 });
    }

    #[test]
    fn what_comes_after_the_end_is_no_downtime() {
        let fix: &[_] = &[("A", "resolves", "2m", true), ("B", "mitigates", "9m", false)];
        let after: &[_] = &[("A", "unchanged", "50m", false), ("B", "finds-cause", "60m", true)];
        let drill = drill(&[fix, after], "[r0.B, r0.A, r1.B]");
        assert_eq!(times(&drill), ScenarioTimes { downtime_s: 14 * 60, optimal_s: 120, worst_s: 300 });
    }

    #[test]
    fn without_an_option_that_resolves_every_round_counts() {
        let one: &[_] = &[("A", "finds-cause", "1m", true), ("B", "rejected", "4m", false)];
        let two: &[_] = &[("A", "mitigates", "2m", true), ("B", "breaks-again", "8m", false)];
        let drill = drill(&[one, two], "[r0]");
        assert_eq!(
            times(&drill),
            ScenarioTimes { downtime_s: 240, optimal_s: 180, worst_s: 180 + 240 + 60 + 120 }
        );
    }
}
