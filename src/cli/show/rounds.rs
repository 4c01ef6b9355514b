//! The rounds: what presses, what can be done, and what is promised of it.

use std::fmt::Write as _;

use serde_saphyr::Spanned;

use super::wrapped;
use crate::drill::{Choice, Claim, Item, Length, Next, Round, See, Step};

pub(super) const INDENT: &str = "           ";

/// A round with everything that it offers.
pub(super) fn round(round: &Round) -> String {
    let mut text = format!("Round      {}: {}\n", round.id.value, round.title);
    text.push_str(&pressing(round));
    for option in &round.options {
        text.push_str(&option_lines(option));
    }
    for item in &round.checklist {
        text.push_str(&item_lines(item));
    }
    text.push_str(&step_lines(&round.steps, INDENT));
    text
}

/// What presses, what is shown, and what helps.
fn pressing(round: &Round) -> String {
    let mut text = String::new();
    let mut say = |words: &str| {
        let _ = writeln!(text, "{}", wrapped(words, INDENT));
    };
    if let Some(cue) = &round.cue {
        say(cue);
    }
    for cue in &round.cues {
        say(&format!("After {}: {}", cue.after, cue.say));
    }
    if let Some(hint) = &round.hint {
        say(&format!("Hint, takes {}: {}", hint.takes, hint.say));
    }
    if !round.see.is_empty() {
        let seen: Vec<&str> = round.see.iter().map(|see| seen(*see)).collect();
        say(&format!("Shows {}.", seen.join(", ")));
    }
    text
}

fn option_lines(option: &Choice) -> String {
    let best = if option.best { ", best" } else { "" };
    let mut text = format!("       {:>3} {}\n", option.id.value, option.label);
    let _ = writeln!(text, "{INDENT}takes {}, {}{best}", option.takes, claim(option.claim));
    text.push_str(&step_lines(&option.steps, "             "));
    text.push_str(&next_lines(&option.next));
    text
}

/// What comes after an option.
pub(super) fn next_lines(next: &[Next]) -> String {
    let mut text = String::new();
    for next in next {
        let _ = writeln!(text, "{INDENT}then: {}; {}", next.label, claim(next.claim));
        text.push_str(&step_lines(&next.steps, "             "));
    }
    text
}

fn item_lines(item: &Item) -> String {
    let takes =
        if item.takes == Length::default() { String::new() } else { format!(", takes {}", item.takes) };
    let mut text = format!("       [ ] {}: {}{takes}\n", item.id.value, item.label);
    text.push_str(&step_lines(&item.steps, "             "));
    text
}

pub(super) fn step_lines(steps: &[Spanned<Step>], indent: &str) -> String {
    steps.iter().fold(String::new(), |mut text, step| {
        let _ = writeln!(text, "{indent}{}", step.value);
        text
    })
}

const fn seen(see: See) -> &'static str {
    match see {
        See::Endpoints => "endpoints",
        See::Pods => "pods",
        See::Selector => "selector",
        See::Events => "events",
    }
}

/// What is promised, as the end of a sentence about the option.
pub(super) const fn claim(claim: Claim) -> &'static str {
    match claim {
        Claim::Resolves => "resolves the incident",
        Claim::Mitigates => "serves the users, leaves the cause",
        Claim::Unchanged => "changes nothing",
        Claim::Rejected => "is refused by the API server",
        Claim::FindsCause => "finds the cause",
        Claim::BreaksAgain => "breaks again",
        Claim::Verified => "succeeds in each step",
    }
}
