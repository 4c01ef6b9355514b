//! Every step of the drill, tried out as far as that can be done before the first one is taken.

use std::collections::BTreeSet;

use super::Refusal;
use crate::drill::{Claim, Step, Workload};
use crate::engine::plan::{Plan, Rehearsal};
use crate::journal::{ObjectRef, StepPlace};
use crate::steps;
use crate::steps::api::Api;
use crate::steps::preview::{Found, Place, Preview, preview};

/// A step, tried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Try {
    /// Where it comes from.
    pub place: StepPlace,
    /// What it does, for people.
    pub what: String,
    /// Whether the drill promises that the API server refuses it, or a trial is to find out.
    pub refusal_expected: bool,
    /// Its requests; none for one that only looks or waits.
    pub requests: Vec<Asked>,
}

/// One request, and whether what was found counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The request.
    pub preview: Preview,
    /// An earlier step changes the same object: what holds now need not hold then.
    pub later: bool,
}

/// The steps of the fault, then those of the runbook; with the workload's before them where it
/// is still to be deployed.
pub async fn all(api: &Api, plan: &Plan) -> Result<Vec<Try>, Refusal> {
    let mut steps: Vec<(StepPlace, &Step, bool)> = Vec::new();
    let fault = plan.drill.fault.steps.iter().enumerate();
    steps.extend(fault.map(|(index, step)| (StepPlace::Fault(index), &step.value, false)));
    // What the API server says to an option on trial is what the trial is there to find out.
    let on_trial = matches!(plan.wishes.rehearsal, Rehearsal::Trial(_));
    for entry in plan.path() {
        let rejected = on_trial || entry.claim == Some(Claim::Rejected);
        let of_entry = entry.steps.iter().enumerate();
        steps.extend(
            of_entry
                .map(|(index, step)| (StepPlace::Runbook(entry.name.clone(), index), &step.value, rejected)),
        );
    }
    let place = Place { api, namespace: &plan.namespace, manifests: &plan.manifests_by_file };
    let mut touched = BTreeSet::new();
    let mut tries = Vec::new();
    for (at, step, refusal_expected) in steps {
        let requests = preview(step, place).await?;
        tries.push(asked(at, step, refusal_expected, requests, &mut touched));
    }
    Ok(tries)
}

/// The workload's chart and its manifests as if steps installed and applied them; nothing where it
/// is there already.
pub async fn workload(api: &Api, plan: &Plan) -> Result<Vec<Try>, Refusal> {
    let Workload::Deployed(deployed) = &plan.drill.workload else { return Ok(Vec::new()) };
    let mut tries = Vec::new();
    if let Some(chart) = &deployed.chart {
        let what = format!("helm install {} {}", chart.release, chart.path);
        let place = StepPlace::Workload;
        tries.push(Try { place, what, refusal_expected: false, requests: Vec::new() });
    }
    if deployed.manifests.is_empty() {
        return Ok(tries);
    }
    let manifests = deployed.manifests.iter().map(|manifest| manifest.file.clone()).collect();
    let step = Step::Apply(crate::drill::ApplyStep { manifests });
    let place = Place { api, namespace: &plan.namespace, manifests: &plan.manifests_by_file };
    let requests = preview(&step, place).await?;
    tries.push(asked(StepPlace::Workload, &step, false, requests, &mut BTreeSet::new()));
    Ok(tries)
}

fn asked(
    place: StepPlace,
    step: &Step,
    refusal_expected: bool,
    requests: Vec<Preview>,
    touched: &mut BTreeSet<ObjectRef>,
) -> Try {
    let before = touched.clone();
    touched.extend(requests.iter().map(|preview| preview.object.clone()));
    let asked = |preview: Preview| Asked { later: before.contains(&preview.object), preview };
    let requests = requests.into_iter().map(asked).collect();
    Try { place, what: steps::describe(step), refusal_expected, requests }
}

/// Whether the API server accepts all that can be known now.
///
/// # Errors
/// The first step that it refuses, although the drill does not promise that.
pub fn accepted(tries: &[Try]) -> Result<(), Refusal> {
    for tried in tries.iter().filter(|tried| !tried.refusal_expected) {
        for asked in tried.requests.iter().filter(|asked| !asked.later) {
            if let Found::Refused { status, message } = &asked.preview.found {
                let (what, status, message) = (tried.what.clone(), *status, message.clone());
                return Err(Refusal::Step { what, status, message });
            }
        }
    }
    Ok(())
}
