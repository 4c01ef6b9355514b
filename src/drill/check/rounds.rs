//! Rounds: what each of them is about, and the words that go with it.

use std::collections::BTreeSet;

use super::{Check, is_word};
use crate::drill::error::Mistake;
use crate::drill::{Length, Round};

/// The word of a path that leads to what comes after an option.
const NEXT: &str = "next";

impl<'a> Check<'a> {
    pub(super) fn rounds(&mut self) {
        self.list_of_rounds("rounds", &self.drill.rounds);
        for (name, variant) in &self.drill.variants {
            self.list_of_rounds(&format!("variants/{name}/rounds"), &variant.rounds);
        }
    }

    fn list_of_rounds(&mut self, path: &str, rounds: &'a [Round]) {
        let mut seen = BTreeSet::new();
        for (r, round) in rounds.iter().enumerate() {
            let path = format!("{path}/{r}");
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
        if id == NEXT {
            let mistake =
                Mistake::new("firedrill::drill::name", format!("`{NEXT}` cannot be the id of a {what}"))
                    .help(format!("`round.option.{NEXT}.0` is what comes after an option"));
            self.note(path, "a word of its own", mistake);
        }
        if !seen.insert(id) {
            let mistake =
                Mistake::new("firedrill::drill::duplicate", format!("the {what} `{id}` is there twice"))
                    .help(format!("give each {what} an id of its own"));
            self.note(path, "the second one", mistake);
        }
    }

    fn round(&mut self, path: &str, round: &'a Round) {
        self.words(path, round);
        let mut seen = BTreeSet::new();
        for (o, option) in round.options.iter().enumerate() {
            let path = format!("{path}/options/{o}");
            self.id(&format!("{path}/id"), "option", &option.id.value, &mut seen);
            self.option(&path, &round.id.value, option);
        }
        for (i, item) in round.checklist.iter().enumerate() {
            let path = format!("{path}/checklist/{i}");
            self.id(&format!("{path}/id"), "checklist's item", &item.id.value, &mut seen);
            self.item(&path, &round.id.value, item);
        }
        self.one_of_three(path, round);
        if !round.options.is_empty() {
            self.one_best(path, round);
        }
    }

    /// What presses, and what helps.
    fn words(&mut self, path: &str, round: &Round) {
        let mut before: Option<Length> = None;
        for (c, cue) in round.cues.iter().enumerate() {
            let path = format!("{path}/cues/{c}");
            self.said(&format!("{path}/say"), "cue", &cue.say);
            if let Some(before) = before.filter(|before| cue.after <= *before) {
                let mistake = Mistake::new(
                    "firedrill::drill::cue-order",
                    format!("the cue after {} does not come after the one after {before}", cue.after),
                )
                .help("order the cues by `after`, each later than the one before");
                self.note(&format!("{path}/after"), "out of order", mistake);
            }
            before = before.max(Some(cue.after));
        }
        if let Some(hint) = &round.hint {
            self.said(&format!("{path}/hint/say"), "hint", &hint.say);
        }
    }

    fn said(&mut self, path: &str, what: &str, say: &str) {
        if say.trim().is_empty() {
            let mistake = Mistake::new("firedrill::drill::silent", format!("the {what} says nothing"))
                .help(format!("write a sentence, or leave the {what} out"));
            self.note(path, "no words", mistake);
        }
    }

    /// A round is a choice, a checklist, or steps that leave no choice.
    fn one_of_three(&mut self, path: &str, round: &Round) {
        let id = &round.id.value;
        let (options, steps) = (!round.options.is_empty(), !round.steps.is_empty());
        let told = |code, what: &str, help: &str| {
            Mistake::new(code, format!("the round `{id}` has {what}")).help(help)
        };
        let both = "firedrill::drill::round-steps";
        let (key, label, mistake) = match (options, steps, !round.checklist.is_empty()) {
            (true, false, false) | (false, true, false) | (false, false, true) => return,
            (false, false, false) => {
                let help = "give it options to choose from, a checklist, or steps that leave no choice";
                let what = "neither options nor steps nor a checklist";
                ("id", "nothing to do", told("firedrill::drill::empty-round", what, help))
            }
            (true, true, false) => {
                let help = "put the steps into an option, or into a round of their own after this one";
                ("steps", "steps beside options", told(both, "both options and steps", help))
            }
            (true, false, true) => {
                let help = "one chooses an option, or does all of a checklist: give the checklist a round of its own after this one";
                ("checklist", "a checklist beside options", told(both, "both options and a checklist", help))
            }
            (false, true, true) => {
                let help = "make the steps an item of the checklist";
                ("steps", "steps beside a checklist", told(both, "both steps and a checklist", help))
            }
            (true, true, true) => {
                let help = "keep the options here, and give the checklist, with the steps as an item, a round of its own after this one";
                ("steps", "one of the three", told(both, "options, steps and a checklist", help))
            }
        };
        self.note(&format!("{path}/{key}"), label, mistake);
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
}
