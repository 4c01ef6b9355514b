//! The runbook: that each of its entries is something that the drill's rounds offer.

use super::Check;
use crate::drill::error::Mistake;
use crate::drill::nearest::suggest;
use crate::drill::{Drill, Round};

impl Check<'_> {
    pub(super) fn runbook(&mut self) {
        let drill = self.drill;
        self.entries("runbook", drill, |mistake| mistake);
        if !drill.rounds.is_empty() && drill.runbook.is_empty() {
            let mistake = Mistake::new(
                "firedrill::drill::no-runbook",
                "the drill has rounds, but no runbook",
            )
            .help("`run` mends by the runbook: name the options that it takes, such as [triage.B, fix.A]")
            .warning();
            self.note("rounds", "no runbook walks through these", mistake);
        }
    }

    /// Tells the entries of a drill's runbook that name nothing in it.
    pub(super) fn entries(&mut self, path: &str, drill: &Drill, told: impl Fn(Mistake) -> Mistake) {
        for (i, entry) in drill.runbook.iter().enumerate() {
            if drill.entries(&entry.value).is_empty() {
                let mistake = told(unknown(&drill.rounds, &entry.value));
                self.note(&format!("{path}/{i}"), "names nothing", mistake);
            }
        }
    }
}

/// What is said about an entry that names nothing.
pub(super) fn unknown(rounds: &[Round], entry: &str) -> Mistake {
    let code = "firedrill::drill::runbook";
    let named =
        entry.split_once('.').and_then(|(id, rest)| Some((rounds.iter().find(|r| r.id.value == id)?, rest)));
    let Some((round, part)) = named else {
        let known: Vec<String> = rounds.iter().flat_map(names).collect();
        let help = suggest(entry, "what a runbook can name here", known.iter().map(String::as_str));
        let message = format!("the runbook names `{entry}`, which is no round, option or item");
        return Mistake::new(code, message).help(help);
    };
    let id = &round.id.value;
    let (what, whose) =
        if round.checklist.is_empty() { ("option", "its options") } else { ("item", "its items") };
    let known = parts(round);
    if known.is_empty() {
        let message = format!("the round `{id}` leaves no choice, so it has no `{part}`");
        return Mistake::new(code, message).help(format!("name the round: {id}"));
    }
    let help = suggest(part, whose, known.iter().map(String::as_str));
    Mistake::new(code, format!("the round `{id}` has no {what} `{part}`")).help(help)
}

fn names(round: &Round) -> Vec<String> {
    let id = &round.id.value;
    let whole = round.options.is_empty().then(|| id.clone());
    whole.into_iter().chain(parts(round).into_iter().map(|part| format!("{id}.{part}"))).collect()
}

/// The options or items of a round, and what comes after the options.
fn parts(round: &Round) -> Vec<String> {
    let mut parts = Vec::new();
    for option in &round.options {
        let id = &option.id.value;
        parts.push(id.clone());
        parts.extend((0..option.next.len()).map(|n| format!("{id}.next.{n}")));
    }
    parts.extend(round.checklist.iter().map(|item| item.id.value.clone()));
    parts
}
