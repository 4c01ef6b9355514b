//! Rounds, their options, and the runbook that walks through them.

use std::collections::BTreeSet;

use super::{Check, is_word};
use crate::drill::error::Mistake;
use crate::drill::nearest::suggest;
use crate::drill::{Choice, Claim, Round};

impl Check<'_> {
    pub(super) fn rounds(&mut self) {
        let mut seen = BTreeSet::new();
        for (r, round) in self.drill.rounds.iter().enumerate() {
            let path = format!("rounds/{r}");
            self.id(&format!("{path}/id"), "round", &round.id.value, &mut seen);
            self.round(&path, round);
        }
    }

    fn id<'i>(&mut self, path: &str, what: &str, id: &'i str, seen: &mut BTreeSet<&'i str>) {
        if !is_word(id) {
            let mistake =
                Mistake::new("firedrill::drill::name", format!("`{id}` cannot be the id of a {what}"))
                    .help("letters, digits, `-` and `_`, at most 40: the runbook writes round.option");
            self.note(path, "this id", mistake);
        }
        if !seen.insert(id) {
            let mistake =
                Mistake::new("firedrill::drill::duplicate", format!("the {what} `{id}` is there twice"))
                    .help(format!("give each {what} an id of its own"));
            self.note(path, "the second one", mistake);
        }
    }

    fn round(&mut self, path: &str, round: &Round) {
        let id = &round.id.value;
        let mut seen = BTreeSet::new();
        for (o, option) in round.options.iter().enumerate() {
            let path = format!("{path}/options/{o}");
            self.id(&format!("{path}/id"), "option", &option.id.value, &mut seen);
            self.claim(&path, id, option);
        }
        for (i, item) in round.checklist.iter().enumerate() {
            self.id(&format!("{path}/checklist/{i}/id"), "item", &item.id.value, &mut seen);
        }
        let one = usize::from(!round.steps.is_empty()) + usize::from(!round.checklist.is_empty());
        match (round.options.is_empty(), one == 0) {
            (true, true) => {
                let mistake = Mistake::new(
                    "firedrill::drill::empty-round",
                    format!("the round `{id}` has neither options nor steps"),
                )
                .help("give it options to choose from, or steps that leave no choice");
                self.note(&format!("{path}/id"), "nothing to do", mistake);
            }
            (false, false) => {
                let mistake = Mistake::new(
                    "firedrill::drill::round-steps",
                    format!("the round `{id}` has both options and steps"),
                )
                .help("put the steps into an option, or into a round of their own after this one");
                self.note(&format!("{path}/steps"), "steps beside options", mistake);
            }
            (false, true) => self.one_best(path, round),
            (true, false) => {}
        }
    }

    fn one_best(&mut self, path: &str, round: &Round) {
        let id = &round.id.value;
        let best: Vec<usize> = (0..round.options.len()).filter(|i| round.options[*i].best).collect();
        match best.as_slice() {
            [_] => {}
            [] => {
                let mistake = Mistake::new(
                    "firedrill::drill::best",
                    format!("no option of the round `{id}` is the best"),
                )
                .help("mark one option with `best: true`");
                self.note(&format!("{path}/id"), "no best option", mistake);
            }
            [_, second, ..] => {
                let mistake = Mistake::new(
                    "firedrill::drill::best",
                    format!("the round `{id}` has {} best options", best.len()),
                )
                .help("mark only one option with `best: true`");
                self.note(&format!("{path}/options/{second}/best"), "a second best", mistake);
            }
        }
    }

    /// A claim about the cluster needs a step that touches it.
    fn claim(&mut self, path: &str, round: &str, option: &Choice) {
        let claims = match option.claim {
            Claim::Resolves => "resolve the incident",
            Claim::Mitigates => "serve the users again",
            Claim::Rejected => "be refused",
            Claim::BreaksAgain => "break again",
            Claim::Verified => "be verified",
            Claim::Unchanged | Claim::FindsCause => return,
        };
        if option.steps.is_empty() {
            let mistake = Mistake::new(
                "firedrill::drill::claim",
                format!("{round}.{} claims to {claims}, but has no steps that could", option.id.value),
            )
            .help("give it steps, or claim `unchanged` or `finds-cause` for an option that only looks");
            self.note(&format!("{path}/claim"), "nothing backs this", mistake);
        }
    }

    pub(super) fn runbook(&mut self) {
        for (i, entry) in self.drill.runbook.iter().enumerate() {
            if self.drill.entries(&entry.value).is_empty() {
                self.unknown_entry(&format!("runbook/{i}"), &entry.value);
            }
        }
        if !self.drill.rounds.is_empty() && self.drill.runbook.is_empty() {
            let mistake = Mistake::new(
                "firedrill::drill::no-runbook",
                "the drill has rounds, but no runbook",
            )
            .help("`run` mends by the runbook: name the options that it takes, such as [triage.B, fix.A]")
            .warning();
            self.note("rounds", "no runbook walks through these", mistake);
        }
    }

    fn unknown_entry(&mut self, path: &str, entry: &str) {
        let rounds = &self.drill.rounds;
        let named = entry
            .split_once('.')
            .and_then(|(id, option)| rounds.iter().find(|r| r.id.value == id).map(|round| (round, option)));
        let mistake = if let Some((round, option)) = named {
            let known: Vec<&str> = round.options.iter().map(|o| o.id.value.as_str()).collect();
            let help = suggest(option, "its options", known);
            Mistake::new(
                "firedrill::drill::runbook",
                format!("the round `{}` has no option `{option}`", round.id.value),
            )
            .help(help)
        } else {
            let known: Vec<String> = rounds.iter().flat_map(entries).collect();
            let help = suggest(entry, "what a runbook can name here", known.iter().map(String::as_str));
            Mistake::new(
                "firedrill::drill::runbook",
                format!("the runbook names `{entry}`, which is no round or option"),
            )
            .help(help)
        };
        self.note(path, "names nothing", mistake);
    }
}

fn entries(round: &Round) -> Vec<String> {
    let id = &round.id.value;
    let options = round.options.iter().map(|o| format!("{id}.{}", o.id.value));
    if round.options.is_empty() { vec![id.clone()] } else { options.collect() }
}
