//! The forms of a drill: itself, and itself with each of its variants. A step may be part of several.

use serde_saphyr::Spanned;

use super::{of_next, of_round, of_rounds};
use crate::drill::{Drill, Step, Variant, Workload};

/// Lists of steps, each with its path in the file.
pub(super) type StepLists<'a> = Vec<(String, &'a [Spanned<Step>])>;

/// A drill in one of its forms.
pub(super) struct Form<'a> {
    /// The variant; nothing for the drill itself.
    pub variant: Option<&'a str>,
    /// What is deployed.
    pub workload: &'a Workload,
    /// Every step that can be taken.
    pub steps: StepLists<'a>,
}

impl Form<'_> {
    /// Whether the objects of its workload are known before it is deployed: what a chart makes,
    /// only helm knows.
    pub(super) fn is_known(&self) -> bool {
        self.workload.deployed().is_some_and(|deployed| deployed.chart.is_none())
    }
}

/// All forms of a drill, itself first.
pub(super) fn forms(drill: &Drill) -> Vec<Form<'_>> {
    let mut steps = vec![("fault/steps".to_owned(), drill.fault.steps.as_slice())];
    of_rounds("rounds", &drill.rounds, &mut steps);
    let itself = Form { variant: None, workload: &drill.workload, steps };
    let variants = drill.variants.iter().map(|(name, variant)| Form {
        variant: Some(name),
        workload: variant.workload.as_ref().unwrap_or(&drill.workload),
        steps: with(drill, name, variant),
    });
    std::iter::once(itself).chain(variants).collect()
}

/// The steps of the drill with a variant: those of the variant where it has its own.
fn with<'a>(drill: &'a Drill, name: &str, variant: &'a Variant) -> StepLists<'a> {
    let path = format!("variants/{name}");
    let mut lists = Vec::new();
    match &variant.fault {
        Some(fault) => lists.push((format!("{path}/fault/steps"), fault.steps.as_slice())),
        None => lists.push(("fault/steps".to_owned(), drill.fault.steps.as_slice())),
    }
    for (r, round) in drill.rounds.iter().enumerate() {
        if variant.rounds.iter().any(|own| own.id.value == round.id.value) {
            continue;
        }
        of_round(&format!("rounds/{r}"), round, &mut lists);
        for (o, option) in round.options.iter().enumerate() {
            let option = format!("{}.{}", round.id.value, option.id.value);
            let Some(change) = variant.options.get(&option) else { continue };
            let (own, changed) = (format!("rounds/{r}/options/{o}"), format!("{path}/options/{option}"));
            if let Some(steps) = &change.steps {
                lists.retain(|(path, _)| *path != format!("{own}/steps"));
                lists.push((format!("{changed}/steps"), steps.as_slice()));
            }
            if let Some(next) = &change.next {
                lists.retain(|(path, _)| !path.starts_with(&format!("{own}/next/")));
                of_next(&changed, next, &mut lists);
            }
        }
    }
    of_rounds(&format!("{path}/rounds"), &variant.rounds, &mut lists);
    lists
}
