//! Variants: that what they change is there, and that the drill fits together with the change.

use std::collections::BTreeMap;

use super::{Check, is_word};
use crate::drill::error::Mistake;
use crate::drill::nearest::suggest;
use crate::drill::{Choice, Drill, NO_VARIANT, OptionChange, UsedBy, Variant};

impl Check<'_> {
    pub(super) fn variants(&mut self) {
        let drill = self.drill;
        let mut taken = BTreeMap::new();
        for (name, variant) in &drill.variants {
            let path = format!("variants/{name}");
            self.variant_name(&path, name);
            for (i, command) in variant.used_by.iter().enumerate() {
                self.used_by(&format!("{path}/for/{i}"), name, *command, &mut taken);
            }
            for (option, change) in &variant.options {
                self.change(&format!("{path}/options/{option}"), option, change, variant);
            }
            self.variant_runbook(&path, name, variant);
        }
    }

    fn variant_name(&mut self, path: &str, name: &str) {
        if name == NO_VARIANT {
            let mistake = Mistake::new("firedrill::drill::name", "no variant can have the name `none`")
                .help("`--variant none` means the drill itself: give the variant another name");
            self.note(path, "a word of its own", mistake);
        } else if !is_word(name) {
            let mistake =
                Mistake::new("firedrill::drill::name", format!("`{name}` cannot be a variant's name"))
                    .help("letters, digits, `-` and `_`, at most 40: it is typed as `--variant NAME`");
            self.note(path, "this name", mistake);
        }
    }

    /// A command takes one variant by itself at most.
    fn used_by<'n>(
        &mut self,
        path: &str,
        name: &'n str,
        command: UsedBy,
        taken: &mut BTreeMap<&'static str, &'n str>,
    ) {
        let command = match command {
            UsedBy::Play => "play",
            UsedBy::Evaluate => "evaluate",
        };
        let Some(other) = taken.insert(command, name) else { return };
        let message = if other == name {
            format!("the variant `{name}` is for `{command}` twice")
        } else {
            format!("the variants `{other}` and `{name}` are both for `{command}`")
        };
        let mistake = Mistake::new("firedrill::drill::duplicate", message)
            .help("a command takes one variant by itself; any other is chosen with --variant NAME");
        self.note(path, "the second one", mistake);
    }

    /// What differs in an option of the drill.
    fn change(&mut self, path: &str, name: &str, change: &OptionChange, variant: &Variant) {
        let (round, id) = name.split_once('.').unwrap_or((name, ""));
        if variant.rounds.iter().any(|own| own.id.value == round) {
            let mistake = Mistake::new(
                "firedrill::drill::unknown-option",
                format!("the variant has a round `{round}` of its own, so nothing is changed in the drill's"),
            )
            .help("write the change into the variant's round, or change the drill's round option by option");
            self.note(path, "changes nothing", mistake);
            return;
        }
        let Some(option) = find(self.drill, round, id) else {
            let known = names(self.drill);
            let mistake = Mistake::new(
                "firedrill::drill::unknown-option",
                format!("the variant changes `{name}`, which is no option of the drill"),
            )
            .help(suggest(name, "its options", known.iter().map(String::as_str)));
            self.note(path, "names nothing", mistake);
            return;
        };
        if let Some(label) = &change.label {
            self.one_line(&format!("{path}/label"), label);
        }
        let steps = change.steps.as_ref().unwrap_or(&option.steps);
        if steps.is_empty() && (change.steps.is_some() || change.claim.is_some()) {
            self.claim(path, name, change.claim.unwrap_or(option.claim));
        }
        self.next(path, name, change.next.as_deref().unwrap_or_default());
    }

    /// The variant's runbook, or the drill's where that names what the variant has replaced.
    fn variant_runbook(&mut self, path: &str, name: &str, variant: &Variant) {
        if variant.runbook.is_none() && variant.rounds.is_empty() && variant.options.is_empty() {
            return;
        }
        let Ok(with) = self.drill.with_variant(name) else { return };
        if variant.runbook.is_some() {
            self.entries(&format!("{path}/runbook"), &with, |mistake| mistake);
            return;
        }
        let drill = self.drill;
        // What names nothing in the drill itself was told already.
        let lost = drill.runbook.iter().map(|entry| &entry.value);
        let lost = lost.filter(|entry| !drill.entries(entry).is_empty() && with.entries(entry).is_empty());
        for entry in lost {
            let mistake = Mistake::new(
                "firedrill::drill::runbook",
                format!("the drill's runbook names `{entry}`, which the variant `{name}` has no more"),
            )
            .help("give the variant a runbook of its own, or its round what the drill's runbook names");
            self.note(path, "replaces it", mistake);
        }
    }
}

fn find<'d>(drill: &'d Drill, round: &str, id: &str) -> Option<&'d Choice> {
    let round = drill.rounds.iter().find(|r| r.id.value == round)?;
    round.options.iter().find(|option| option.id.value == id)
}

fn names(drill: &Drill) -> Vec<String> {
    let of_round = |round: &crate::drill::Round| -> Vec<String> {
        round.options.iter().map(|option| format!("{}.{}", round.id.value, option.id.value)).collect()
    };
    drill.rounds.iter().flat_map(of_round).collect()
}
