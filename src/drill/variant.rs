//! A drill in another form.

use super::error::{DrillError, Mistake};
use super::nearest::suggest;
use super::{Choice, Drill, OptionChange, UsedBy, Variant};

/// The word for the drill itself, where a variant is asked for; no variant is called so.
pub const NO_VARIANT: &str = "none";

/// Whether a name that was asked for means a variant.
#[must_use]
pub fn is_variant(name: &&str) -> bool {
    *name != NO_VARIANT
}

impl Drill {
    /// The variant that is meant by what was asked for; where nothing was, the one that the command
    /// takes by itself.
    #[must_use]
    pub fn variant_meant<'a>(&'a self, asked: Option<&'a str>, command: UsedBy) -> Option<&'a str> {
        asked.or_else(|| self.variant_for(command)).filter(is_variant)
    }

    /// The drill as one of its variants has it. An unknown variant is refused with the nearest
    /// known one.
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
        drill.take(variant);
        Ok(drill)
    }

    /// The variant that a command takes by itself.
    #[must_use]
    pub fn variant_for(&self, command: UsedBy) -> Option<&str> {
        let mut variants = self.variants.iter();
        variants.find(|(_, variant)| variant.used_by.contains(&command)).map(|(name, _)| name.as_str())
    }

    fn take(&mut self, variant: &Variant) {
        if let Some(workload) = &variant.workload {
            self.workload = workload.clone();
        }
        if let Some(fault) = &variant.fault {
            self.fault = fault.clone();
        }
        for round in &mut self.rounds {
            for option in &mut round.options {
                let name = format!("{}.{}", round.id.value, option.id.value);
                if let Some(change) = variant.options.get(&name) {
                    option.take(change);
                }
            }
        }
        let replaced = |id: &String| variant.rounds.iter().any(|round| round.id.value == *id);
        self.rounds.retain(|round| !replaced(&round.id.value));
        self.rounds.extend(variant.rounds.iter().cloned());
        if let Some(runbook) = &variant.runbook {
            self.runbook.clone_from(runbook);
        }
    }
}

impl Choice {
    fn take(&mut self, change: &OptionChange) {
        let OptionChange { label, claim, steps, teaches, next } = change.clone();
        self.label = label.unwrap_or_else(|| std::mem::take(&mut self.label));
        self.claim = claim.unwrap_or(self.claim);
        self.steps = steps.unwrap_or_else(|| std::mem::take(&mut self.steps));
        self.teaches = teaches.or_else(|| self.teaches.take());
        self.next = next.unwrap_or_else(|| std::mem::take(&mut self.next));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Claim, catalogue, parse};

    fn with(variants: &str) -> Drill {
        let text = catalogue::builtin()[0].files[0].1;
        let (text, _) = text.split_once("\nvariants:\n").unwrap_or((text, ""));
        parse::parse("drill.yaml", &format!("{text}\nvariants:\n{variants}")).unwrap()
    }

    #[test]
    fn it_replaces_what_it_names() {
        let drill = with(
            "  port:\n    fault:\n      name: port\n      steps: [{delete: service/api-service}]\n      \
             expect: {signal: http, state: out, within: 5s}\n",
        );
        let port = drill.with_variant("port").unwrap();
        assert_eq!(port.fault.name, "port");
        assert_eq!(port.workload.manifests().len(), drill.workload.manifests().len());
        let error = drill.with_variant("prot").unwrap_err();
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert_eq!(help, "did you mean `port`? its variants: port");
    }

    #[test]
    fn options_keep_what_it_does_not_name_and_rounds_of_its_own_come_last() {
        let drill = with(
            "  other:\n    for: [play]\n    options: {fix.C: {claim: unchanged}}\n    rounds: [{id: triage, \
             title: t, steps: [{wait: {signal: http, state: up, within: 1s}}]}, {id: end, title: e}]\n    \
             runbook: [fix.C, triage]\n",
        );
        let other = drill.with_variant("other").unwrap();
        let rounds: Vec<_> = other.rounds.iter().map(|r| r.id.value.as_str()).collect();
        assert_eq!(rounds, ["fix", "harden", "triage", "end"]);
        let fix = other.entries("fix.C").remove(0);
        assert_eq!((fix.claim, fix.steps.len()), (Some(Claim::Unchanged), 1));
        assert_eq!(other.runbook_path().len(), 2);
        assert_eq!(drill.variant_for(UsedBy::Play), Some("other"));
        assert_eq!(drill.variant_for(UsedBy::Evaluate), None);
    }
}
