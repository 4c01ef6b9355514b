//! Where somebody is who plays a drill's rounds: what can be chosen now, and when a round is over. Pure.

use std::collections::BTreeSet;

use super::{Claim, Drill, Round, RunbookEntry};

/// How far a player has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Course {
    /// The rounds that were entered.
    entered: usize,
    /// What is done of the round: the entries that end it, or count towards that.
    done: BTreeSet<String>,
}

impl Course {
    /// The round that the player is in; nothing before the first.
    #[must_use]
    pub fn round<'a>(&self, drill: &'a Drill) -> Option<&'a Round> {
        drill.rounds.get(self.entered.checked_sub(1)?)
    }

    /// Whether there is a round after this one.
    #[must_use]
    pub fn has_more(&self, drill: &Drill) -> bool {
        self.entered < drill.rounds.len()
    }

    /// Enters the next round; nothing where none is left.
    pub fn go_on<'a>(&mut self, drill: &'a Drill) -> Option<&'a Round> {
        let round = drill.rounds.get(self.entered)?;
        self.entered += 1;
        self.done.clear();
        Some(round)
    }

    /// What can be chosen in the round, in its order.
    #[must_use]
    pub fn choices<'a>(&self, drill: &'a Drill) -> Vec<RunbookEntry<'a>> {
        self.round(drill).map_or_else(Vec::new, Round::choices)
    }

    /// The entry of this name, where it can be chosen now.
    #[must_use]
    pub fn choice<'a>(&self, drill: &'a Drill, name: &str) -> Option<RunbookEntry<'a>> {
        if self.is_over(drill) || self.done.contains(name) {
            return None;
        }
        self.choices(drill).into_iter().find(|entry| entry.name == name)
    }

    /// Takes in what came of an entry. One whose promise was seen to be broken counts for nothing.
    pub fn took(&mut self, name: &str, claim: Option<Claim>, held: Option<bool>) {
        if claim.is_none_or(Claim::ends_round) && held != Some(false) {
            self.done.insert(name.to_owned());
        }
    }

    /// Whether this entry of the round is done.
    #[must_use]
    pub fn has_done(&self, name: &str) -> bool {
        self.done.contains(name)
    }

    /// Whether the round asks for nothing more: an option has ended it, its checklist is done, or
    /// its steps are.
    #[must_use]
    pub fn is_over(&self, drill: &Drill) -> bool {
        let Some(round) = self.round(drill) else { return false };
        match round.checklist.as_slice() {
            [] => !self.done.is_empty(),
            items => items.iter().all(|i| self.done.contains(&format!("{}.{}", round.id.value, i.id.value))),
        }
    }
}

impl Round {
    /// Whether it leaves no choice: it has steps only.
    #[must_use]
    pub const fn goes_by_itself(&self) -> bool {
        self.options.is_empty() && self.checklist.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::catalogue;

    #[test]
    fn a_choice_that_ends_nothing_leads_back_and_a_checklist_wants_every_item() {
        let drill = catalogue::load("service-has-no-endpoints").unwrap().drill;
        let mut course = Course::default();
        assert!(course.round(&drill).is_none() && course.choices(&drill).is_empty());
        assert_eq!(course.go_on(&drill).unwrap().id.value, "triage");
        let names: Vec<_> = course.choices(&drill).into_iter().map(|c| c.name).collect();
        assert_eq!(names, ["triage.A", "triage.B", "triage.C", "triage.D"]);
        course.took("triage.A", Some(Claim::Unchanged), Some(true));
        course.took("triage.B", Some(Claim::FindsCause), Some(false));
        assert!(!course.is_over(&drill), "a wrong choice and a broken promise end nothing");
        assert!(course.choice(&drill, "triage.A").is_some(), "and can be tried again");
        assert!(course.choice(&drill, "fix.A").is_none(), "of another round");
        course.took("triage.B", Some(Claim::FindsCause), Some(true));
        assert!(course.is_over(&drill) && course.choice(&drill, "triage.A").is_none());
        while course.has_more(&drill) {
            course.go_on(&drill);
        }
        let items: Vec<_> = course.choices(&drill).into_iter().map(|c| c.name).collect();
        assert!(items.len() > 1 && !course.is_over(&drill));
        for item in items.iter().rev() {
            assert!(!course.is_over(&drill) && course.choice(&drill, item).is_some());
            course.took(item, Some(Claim::Verified), Some(true));
            assert!(course.choice(&drill, item).is_none(), "once is enough");
        }
        assert!(course.is_over(&drill));
        assert!(course.go_on(&drill).is_none());
    }
}
