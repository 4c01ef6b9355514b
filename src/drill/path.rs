//! The paths through a drill's rounds: what each entry of a runbook means, and the best and the
//! worst way through.

use serde_saphyr::Spanned;

use super::scenario::{rounds_to_resolve, slowest};
use super::{Choice, Claim, Drill, Item, Length, Next, Round, Signal, Step, check};

/// One entry of a path, resolved.
#[derive(Debug, Clone)]
pub struct RunbookEntry<'a> {
    /// `round.option`, `round.item`, `round.option.next.N` for what comes after an option, or
    /// `round` for a round that leaves no choice.
    pub name: String,
    /// What is promised; nothing for a round that leaves no choice.
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

impl Drill {
    /// The signal of this name.
    #[must_use]
    pub fn signal(&self, name: &str) -> Option<&Signal> {
        self.signals.iter().map(|s| &s.value).find(|s| s.name() == name)
    }

    /// What the runbook does, in order. Entries that name nothing are left out; the check
    /// refuses a drill that has any.
    #[must_use]
    pub fn runbook_path(&self) -> Vec<RunbookEntry<'_>> {
        self.path(self.runbook.iter().map(|name| name.value.as_str()))
    }

    /// What these entries mean, in order.
    pub fn path<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<RunbookEntry<'_>> {
        names.into_iter().flat_map(|name| self.entries(name)).collect()
    }

    /// What one entry means: `round.option`, or `round` for its best option, its whole checklist
    /// or its steps. Nothing where it names nothing.
    #[must_use]
    pub fn entries(&self, name: &str) -> Vec<RunbookEntry<'_>> {
        let mut parts = name.split('.');
        let id = parts.next().unwrap_or_default();
        let Some(round) = self.rounds.iter().find(|r| r.id.value == id) else { return Vec::new() };
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (None, ..) => whole(round),
            (Some(id), None, ..) => one(round, id).into_iter().collect(),
            (Some(id), Some("next"), Some(number), None) => next(round, id, number).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Every step that is written anywhere in it, of its variants too.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        check::steps(self).into_iter().map(|(_, step)| step)
    }

    /// The manifest files that any of its steps applies.
    pub fn applied_files(&self) -> impl Iterator<Item = &str> {
        self.steps()
            .filter_map(|step| match step {
                Step::Apply(apply) => Some(apply.manifests.iter().map(String::as_str)),
                _ => None,
            })
            .flatten()
    }

    /// The best way: the best option of each round, and every round that leaves no choice.
    #[must_use]
    pub fn best_path(&self) -> Vec<String> {
        self.rounds.iter().flat_map(whole).map(|entry| entry.name).collect()
    }

    /// Every wrong option first, up to the end of the outage.
    #[must_use]
    pub fn worst_path(&self) -> Vec<String> {
        let rounds = rounds_to_resolve(self).iter();
        rounds.flat_map(|round| slowest(round).into_iter().map(|o| of_option(round, o).name)).collect()
    }
}

impl Round {
    /// What can be chosen in it: its options, or the items of its checklist, in their order.
    #[must_use]
    pub fn choices(&self) -> Vec<RunbookEntry<'_>> {
        let options = self.options.iter().map(|option| of_option(self, option));
        options.chain(self.checklist.iter().map(|item| of_item(self, item))).collect()
    }
}

fn whole(round: &Round) -> Vec<RunbookEntry<'_>> {
    if let Some(best) = round.best() {
        return vec![of_option(round, best)];
    }
    if !round.checklist.is_empty() {
        return round.choices();
    }
    vec![RunbookEntry {
        name: round.id.value.clone(),
        claim: None,
        label: &round.title,
        takes: Length::default(),
        best: false,
        steps: &round.steps,
    }]
}

fn one<'a>(round: &'a Round, id: &str) -> Option<RunbookEntry<'a>> {
    let name = format!("{}.{id}", round.id.value);
    round.choices().into_iter().find(|entry| entry.name == name)
}

fn next<'a>(round: &'a Round, id: &str, number: &str) -> Option<RunbookEntry<'a>> {
    let option = round.options.iter().find(|o| o.id.value == id)?;
    let next: &Next = option.next.get(number.parse::<usize>().ok()?)?;
    Some(RunbookEntry {
        name: format!("{}.{id}.next.{number}", round.id.value),
        claim: Some(next.claim),
        label: &next.label,
        takes: Length::default(),
        best: false,
        steps: &next.steps,
    })
}

fn of_option<'a>(round: &Round, option: &'a Choice) -> RunbookEntry<'a> {
    RunbookEntry {
        name: format!("{}.{}", round.id.value, option.id.value),
        claim: Some(option.claim),
        label: &option.label,
        takes: option.takes,
        best: option.best,
        steps: &option.steps,
    }
}

fn of_item<'a>(round: &Round, item: &'a Item) -> RunbookEntry<'a> {
    RunbookEntry {
        name: format!("{}.{}", round.id.value, item.id.value),
        claim: Some(Claim::Verified),
        label: &item.label,
        takes: item.takes,
        best: true,
        steps: &item.steps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{catalogue, scenario};

    fn builtin() -> Drill {
        catalogue::load("service-has-no-endpoints").unwrap().drill
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
                ("harden.endpoints", Some(Claim::Verified), true, 1),
                ("harden.requests", Some(Claim::Verified), true, 1),
            ]
        );
        let taken: Vec<_> = scenario::choices(&path).into_iter().map(|c| (c.option, c.takes_s)).collect();
        assert_eq!(taken[..2], [("triage.B".to_owned(), 60), ("fix.A".to_owned(), 120)]);
    }

    #[test]
    fn a_bare_round_means_its_best_option_or_its_whole_checklist() {
        let drill = builtin();
        let names = |entry: &str| -> Vec<_> { drill.entries(entry).into_iter().map(|e| e.name).collect() };
        assert_eq!(names("fix"), ["fix.A"]);
        assert_eq!(names("harden"), ["harden.endpoints", "harden.requests"]);
        for nothing in ["fix.Z", "harden.A", "none", "fix.A.next.9", "fix.A.then.0", "fix.A.next.0.1", ""] {
            assert!(names(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn the_worst_way_takes_every_wrong_option_first() {
        let worst = ["triage.A", "triage.C", "triage.D", "triage.B", "fix.B", "fix.D"];
        assert_eq!(builtin().worst_path(), worst);
        assert_eq!(builtin().best_path(), ["triage.B", "fix.A", "harden.endpoints", "harden.requests"]);
    }
}
