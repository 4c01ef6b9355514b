//! The paths through a drill's rounds, and the declared time of each: what a human would need,
//! never what a cluster did.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use super::error::{DrillError, Mistake};
use super::nearest::suggest;
use super::{Choice, Claim, Drill, Length, Round, Signal, Step};

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

/// One entry of the runbook, resolved.
#[derive(Debug, Clone)]
pub struct RunbookEntry<'a> {
    /// `round.option`, or `round` for a round without options.
    pub name: String,
    /// What the option promises; nothing for a round without options.
    pub claim: Option<Claim>,
    /// One line for people.
    pub label: &'a str,
    /// The declared time a human needs for it.
    pub takes: Length,
    /// Whether it is its round's best option.
    pub best: bool,
    /// What is done, in order.
    pub steps: &'a [Spanned<Step>],
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

impl Drill {
    /// The signal of this name.
    #[must_use]
    pub fn signal(&self, name: &str) -> Option<&Signal> {
        self.signals.iter().map(|s| &s.value).find(|s| s.name() == name)
    }

    /// The drill with the workload and fault of one of its variants. An unknown variant is
    /// refused with the nearest known one.
    pub fn with_variant(&self, name: &str) -> Result<Self, DrillError> {
        let Some(variant) = self.variants.get(name) else {
            let known = self.variants.keys().map(String::as_str);
            return Err(Mistake::new(
                "firedrill::drill::unknown-variant",
                format!("the drill {} has no variant `{name}`", self.metadata.name.value),
            )
            .help(suggest(name, "its variants", known))
            .into());
        };
        let mut drill = self.clone();
        if let Some(workload) = &variant.workload {
            drill.workload = workload.clone();
        }
        if let Some(fault) = &variant.fault {
            drill.fault = fault.clone();
        }
        Ok(drill)
    }

    /// What the runbook does, in order. Entries that name nothing are left out; the check
    /// refuses a drill that has any.
    #[must_use]
    pub fn runbook_path(&self) -> Vec<RunbookEntry<'_>> {
        self.runbook.iter().filter_map(|name| self.runbook_entry(&name.value)).collect()
    }

    /// What one entry of the runbook means: `round.option`, or `round` for its best option or
    /// for the steps of a round without options.
    #[must_use]
    pub fn runbook_entry(&self, name: &str) -> Option<RunbookEntry<'_>> {
        let (round, option) = match name.split_once('.') {
            Some((round, option)) => (round, Some(option)),
            None => (name, None),
        };
        let round = self.rounds.iter().find(|r| r.id.value == round)?;
        let option = match option {
            Some(id) => round.options.iter().find(|o| o.id.value == id)?,
            None if round.options.is_empty() => return Some(round_entry(round)),
            None => round.best()?,
        };
        Some(RunbookEntry {
            name: format!("{}.{}", round.id.value, option.id.value),
            claim: Some(option.claim),
            label: &option.label,
            takes: option.takes,
            best: option.best,
            steps: &option.steps,
        })
    }
}

fn round_entry(round: &Round) -> RunbookEntry<'_> {
    RunbookEntry {
        name: round.id.value.clone(),
        claim: None,
        label: &round.title,
        takes: Length::default(),
        best: false,
        steps: &round.steps,
    }
}

/// The declared times of the three paths: as it happened, best, worst.
#[must_use]
pub fn times(drill: &Drill) -> ScenarioTimes {
    let reaction: Duration = drill.responder.reaction.into();
    let rounds = rounds_to_resolve(drill);
    let happened = reaction.saturating_add(until_resolved(drill));
    let best = sum(rounds.iter().filter_map(|r| r.best()));
    let worst = rounds.iter().fold(reaction, |total, round| total.saturating_add(slowest(round)));
    ScenarioTimes { downtime_s: happened.as_secs(), optimal_s: best.as_secs(), worst_s: worst.as_secs() }
}

/// The options that the runbook takes, for the journal.
#[must_use]
pub fn choices(drill: &Drill) -> Vec<ChoiceBrief> {
    drill
        .runbook_path()
        .into_iter()
        .filter(|entry| entry.claim.is_some())
        .map(|entry| ChoiceBrief {
            option: entry.name,
            label: entry.label.to_owned(),
            takes_s: Duration::from(entry.takes).as_secs(),
            best: entry.best,
        })
        .collect()
}

/// The rounds up to the first that can resolve the incident; later ones are no downtime.
fn rounds_to_resolve(drill: &Drill) -> &[Round] {
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
fn slowest(round: &Round) -> Duration {
    let tried = sum(round.options.iter().filter(|o| !o.claim.ends_round()));
    let end = round
        .options
        .iter()
        .filter(|o| o.claim == Claim::Resolves)
        .max_by_key(|o| o.takes)
        .or_else(|| round.best());
    tried.saturating_add(sum(end))
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
    fn the_runbook_is_resolved() {
        let drill = builtin();
        let path = drill.runbook_path();
        let seen: Vec<_> = path.iter().map(|e| (e.name.as_str(), e.claim, e.best, e.steps.len())).collect();
        assert_eq!(
            seen,
            [
                ("triage.B", Some(Claim::FindsCause), true, 1),
                ("fix.A", Some(Claim::Resolves), true, 1),
                ("verify", None, false, 2)
            ]
        );
        let taken: Vec<_> = choices(&drill).into_iter().map(|c| (c.option, c.takes_s, c.best)).collect();
        assert_eq!(taken, [("triage.B".to_owned(), 60, true), ("fix.A".to_owned(), 120, true)]);
    }

    #[test]
    fn a_bare_round_means_its_best_option() {
        let drill = builtin();
        assert_eq!(drill.runbook_entry("fix").unwrap().name, "fix.A");
        assert!(drill.runbook_entry("fix.Z").is_none());
        assert!(drill.runbook_entry("verify.A").is_none());
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

    #[test]
    fn a_variant_replaces_what_it_names() {
        let text = catalogue::builtin()[0].files[0].1;
        let fault = "  port:\n    fault:\n      name: port\n      steps: [{delete: service/api-service}]\n      \
            expect: {signal: http, state: out, within: 5s}\n";
        let drill = parse::parse("drill.yaml", &format!("{text}variants:\n{fault}")).unwrap();
        let port = drill.with_variant("port").unwrap();
        assert_eq!(port.fault.name, "port");
        assert_eq!(port.workload.manifests().len(), drill.workload.manifests().len());
        let error = drill.with_variant("prot").unwrap_err();
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert_eq!(help, "did you mean `port`? its variants: port");
    }
}
