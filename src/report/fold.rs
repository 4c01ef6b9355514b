//! The fold: events in, a report out. Any events, in any order, give some report.

use std::time::Duration;

use super::amounts::{Millis, cents};
use super::damage::{
    Abort, BudgetLine, ChoiceDamage, DamageReport, Diagnosis, Revenue, RootCause, SCHEMA, StepDone,
};
use super::debrief::debrief;
use super::leftovers;
use super::measured::{Measured, Window, gaps};
use super::moments::{durations, point, timeline};
use super::radius::blast_radius;
use super::skew;
use super::verdict::Verdict;
use crate::drill::impact::loss;
use crate::drill::{Budget, Impact, Length};
use crate::journal::{
    Brief, Cluster, Event, Kind, Point, ResponderKind, ScenarioTimes, StepOutcome, StepPlace,
};

/// What a reader must know of a cluster whose pods run no containers.
pub const SIMULATED_PODS: &str = "pods run no containers here: their answers come from firedrill's responder";

/// Says of a whole journal what happened. The last event is `run-ended`; a journal without it
/// is that of a killed run.
#[must_use]
pub fn fold(events: &[Event]) -> DamageReport {
    let started = events.iter().find_map(|e| match &e.kind {
        Kind::RunStarted(brief) => Some(brief),
        _ => None,
    });
    let nothing = no_brief();
    let brief = started.unwrap_or(&nothing);
    let mut report = gather(brief, events);
    if !brief.control {
        report.budget = budget(&brief.budget, &report);
    }
    report.warnings = warnings(events, &report);
    report.notes = notes(brief, &report);
    if events.iter().any(|event| matches!(event.kind, Kind::Aftermath(_))) {
        let trial = "a trial: it ended when its last option had settled, whether users were served or not";
        report.notes.push(trial.to_owned());
    }
    report.judge(aborted(events));
    report
}

/// All that follows from the events alone; the rest follows from this.
fn gather(brief: &Brief, events: &[Event]) -> DamageReport {
    let fault = point(events, Point::Fault);
    let window = Window::of(events);
    let zero = fault.or(window.map(|w| w.from)).unwrap_or(0);
    let measured = Measured::of(brief, window, events);
    DamageReport {
        schema: SCHEMA.to_owned(),
        run: brief.run.clone(),
        drill: brief.drill.clone(),
        verdict: Verdict::Aborted,
        responder: brief.responder,
        variant: brief.variant.clone(),
        drill_hash: brief.drill_hash.clone(),
        cluster: cluster(events),
        timeline: timeline(events, fault),
        durations_ms: durations(events, fault),
        downtime: measured.downtime(),
        signals: measured.signals(events, zero),
        requests: measured.requests(events, |_| true),
        revenue: revenue(brief, &measured),
        scenario: brief.scenario,
        choices: choices(brief, events),
        debrief: debrief(brief, events, measured.costly().map_or(0, |(_, ns)| ns)),
        blast_radius: blast_radius(brief, &measured, events, zero),
        budget: Vec::new(),
        undo: leftovers::undo(events),
        watch_gaps: gaps(events, zero),
        title: brief.title.clone(),
        namespace: brief.namespace.clone(),
        service: brief.service.clone(),
        firedrill: brief.firedrill.clone(),
        control: brief.control,
        missed: Vec::new(),
        aborted: None,
        root_cause: root_cause(events),
        diagnoses: diagnoses(events),
        steps: steps(events),
        warnings: Vec::new(),
        notes: Vec::new(),
    }
}

/// What is known of a run whose first event is missing.
fn no_brief() -> Brief {
    Brief {
        schema: String::new(),
        firedrill: String::new(),
        run: String::new(),
        drill: String::new(),
        title: String::new(),
        drill_hash: String::new(),
        variant: None,
        responder: ResponderKind::Runbook,
        namespace: String::new(),
        service: String::new(),
        signals: Vec::new(),
        detector: String::new(),
        stable_for: Length::default(),
        max_duration: Length::default(),
        respond_after: Length::default(),
        control: false,
        speed: 0,
        impact: Impact::default(),
        budget: Budget::default(),
        scenario: ScenarioTimes::default(),
        choices: Vec::new(),
    }
}

fn cluster(events: &[Event]) -> Option<Cluster> {
    events.iter().find_map(|event| match &event.kind {
        Kind::ClusterReady(cluster) => Some(cluster.clone()),
        _ => None,
    })
}

fn revenue(brief: &Brief, measured: &Measured) -> Revenue {
    let cost = |outage| cents(loss(&brief.impact, outage));
    let declared = |seconds| cost(Duration::from_secs(seconds));
    let costly = measured.costly();
    Revenue {
        currency: brief.impact.currency.clone(),
        per_minute: brief.impact.revenue_per_minute.normalize(),
        measured: costly.map(|(_, ns)| cost(Duration::from_nanos(ns))),
        scenario: declared(brief.scenario.downtime_s),
        basis: costly.map(|(basis, _)| basis),
        scenario_best: declared(brief.scenario.optimal_s),
        scenario_worst: declared(brief.scenario.worst_s),
    }
}

/// The options of the brief in their order, then those that were taken besides.
fn choices(brief: &Brief, events: &[Event]) -> Vec<ChoiceDamage> {
    let mut choices: Vec<ChoiceDamage> = Vec::new();
    // A player's brief says what would have been best.
    let planned = if brief.responder == ResponderKind::Player { &[][..] } else { &brief.choices };
    for choice in planned {
        choices.push(ChoiceDamage {
            option: choice.option.clone(),
            label: choice.label.clone(),
            takes_s: choice.takes_s,
            best: choice.best,
            claim: None,
            held: None,
            detail: String::new(),
        });
    }
    for event in events {
        if let Kind::Chosen { option, label, takes_s, best, .. } = &event.kind {
            choices.push(ChoiceDamage {
                option: option.clone(),
                label: label.clone(),
                takes_s: *takes_s,
                best: *best,
                claim: None,
                held: None,
                detail: String::new(),
            });
        }
        let Kind::Claim { option, claim, held, detail } = &event.kind else { continue };
        let known = choices.iter().rposition(|c| c.option == *option);
        let at = known.unwrap_or_else(|| {
            let (option, label, detail) = (option.clone(), String::new(), String::new());
            choices.push(ChoiceDamage {
                option,
                label,
                takes_s: 0,
                best: false,
                claim: None,
                held: None,
                detail,
            });
            choices.len() - 1
        });
        if let Some(choice) = choices.get_mut(at) {
            (choice.claim, choice.held, choice.detail) = (Some(*claim), *held, detail.clone());
        }
    }
    choices
}

fn budget(budget: &Budget, report: &DamageReport) -> Vec<BudgetLine> {
    let times = &report.durations_ms;
    let downtime = report.downtime.endpoints_ms.max(report.downtime.http_ms);
    let limits = [
        ("detect", budget.detect, times.detect),
        ("mitigate", budget.mitigate, times.mitigate),
        ("resolve", budget.resolve, times.resolve),
        ("downtime", budget.downtime, downtime),
    ];
    let line = |(name, limit, actual): (&str, Option<Length>, Option<Millis>)| {
        let limit_ms = Millis::of(limit?.nanos());
        let ok = actual.is_some_and(|actual| actual <= limit_ms);
        Some(BudgetLine { name: name.to_owned(), limit_ms, actual_ms: actual, ok })
    };
    limits.into_iter().filter_map(line).collect()
}

fn root_cause(events: &[Event]) -> Option<RootCause> {
    events.iter().rev().find_map(|e| match &e.kind {
        Kind::RootCause { resolved, reasons } => {
            Some(RootCause { resolved: *resolved, reasons: reasons.clone() })
        }
        _ => None,
    })
}

fn diagnoses(events: &[Event]) -> Vec<Diagnosis> {
    let said = events.iter().filter_map(|e| match &e.kind {
        Kind::Diagnosis { service, found, lines } => {
            Some(Diagnosis { service: service.clone(), found: *found, lines: lines.clone() })
        }
        _ => None,
    });
    said.collect()
}

fn steps(events: &[Event]) -> Vec<StepDone> {
    let done = events.iter().filter_map(|e| match &e.kind {
        Kind::StepFinished { at, what, outcome } if *at != StepPlace::Workload => {
            Some(StepDone { place: at.clone(), what: what.clone(), outcome: outcome.clone() })
        }
        _ => None,
    });
    done.collect()
}

fn aborted(events: &[Event]) -> Option<Abort> {
    // The last one: a guard that finishes a dead runner's journal says what came before, too.
    let said = events.iter().rev().find_map(|e| match &e.kind {
        Kind::Aborted { reason, detail } => Some(Abort { reason: Some(*reason), detail: detail.clone() }),
        _ => None,
    });
    let ended = events.iter().any(|e| e.kind == Kind::RunEnded);
    let killed = || Abort { reason: None, detail: "the journal ends before the run did".to_owned() };
    said.or_else(|| (!ended).then(killed))
}

fn warnings(events: &[Event], report: &DamageReport) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    if report.durations_ms.mitigate.is_some() && report.durations_ms.resolve.is_none() {
        let why = match &report.root_cause {
            Some(cause) if !cause.reasons.is_empty() => cause.reasons.join("; "),
            Some(_) => "its check gave no reason".to_owned(),
            None => "it was not checked".to_owned(),
        };
        warnings.push(format!("mitigated, not resolved: the root cause is not known to be gone ({why})"));
    }
    for event in events {
        if let Kind::Warning { message } = &event.kind {
            warnings.push(message.clone());
        }
    }
    let unknown = events.iter().filter(|e| e.kind == Kind::Unknown).count();
    if unknown > 0 {
        warnings.push(format!(
            "left out: events of a kind that this firedrill does not know ({unknown}); a later one wrote the journal"
        ));
    }
    warnings
}

fn notes(brief: &Brief, report: &DamageReport) -> Vec<String> {
    let mut notes = Vec::new();
    if brief.control {
        notes.push("a control: the fault was left out, nothing was to be seen".to_owned());
    }
    if !brief.respond_after.is_zero() {
        notes.push(format!(
            "the runbook was held back for {} after the detection (--respond-after)",
            brief.respond_after
        ));
    }
    if report.cluster.as_ref().is_some_and(|c| c.simulated_pods) {
        notes.push(SIMULATED_PODS.to_owned());
    }
    let sources: Vec<_> = report.signals.iter().map(|signal| signal.via).collect();
    notes.extend(report.cluster.as_ref().and_then(|c| skew::note(&c.version, &sources)));
    if report.timeline.iter().any(|m| m.before_fault) {
        notes.push("early: seen before the API server acknowledged the fault; counts as 0 ms".to_owned());
    }
    for step in report.steps.iter().filter(|step| step.outcome == StepOutcome::Changed) {
        if let Some(workload) = step.what.strip_prefix("restart ") {
            notes.push(format!(
                "restart {workload}: nothing to undo, as pods that went do not come back; the annotation kubectl.kubernetes.io/restartedAt stays"
            ));
        }
    }
    notes
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
