//! The report for people: what one would paste into an incident channel. Plain text, no colour,
//! 80 columns (but for names that are longer), nothing in it that a terminal would obey.

mod account;
mod debrief;
mod measured;
mod page;
mod radius;
mod sight;

pub(crate) use account::promise;
pub(in crate::report) use page::Page;

use super::DamageReport;
use super::verdict::Verdict;
use crate::journal::{AbortReason, Cluster, ResponderKind};

/// The report as text, with a line end. `journal` says where its events are kept.
#[must_use]
pub fn text(report: &DamageReport, journal: Option<&str>) -> String {
    let mut page = Page::default();
    headline(&mut page, report);
    debrief::debrief(&mut page, report);
    measured::timeline(&mut page, report);
    measured::times(&mut page, report);
    sight::sight(&mut page, report);
    sight::requests(&mut page, report);
    measured::gaps(&mut page, report);
    account::budget(&mut page, report);
    account::choices(&mut page, report);
    account::steps(&mut page, report);
    account::cause(&mut page, report);
    radius::blast_radius(&mut page, report);
    account::undo(&mut page, report);
    list(&mut page, "Warnings", &report.warnings);
    list(&mut page, "Notes", &report.notes);
    if let Some(journal) = journal {
        page.section("Journal");
        page.line(journal);
    }
    page.finish()
}

/// The debrief of a played run, with its verdict; the rest of the report is not in it.
#[must_use]
pub fn debriefing(report: &DamageReport) -> String {
    let mut page = Page::default();
    verdict(&mut page, report);
    debrief::debrief(&mut page, report);
    account::undo(&mut page, report);
    page.finish()
}

fn headline(page: &mut Page, report: &DamageReport) {
    verdict(page, report);
    if !report.run.is_empty() {
        page.gap();
        identity(page, report);
    }
}

fn verdict(page: &mut Page, report: &DamageReport) {
    let verdict = match report.verdict {
        Verdict::Passed => "PASSED",
        Verdict::Missed => "MISSED",
        Verdict::Aborted => "ABORTED",
    };
    let title = if report.title.is_empty() { "a run of unknown beginning" } else { &report.title };
    page.top(&format!("{verdict}: {title}"));
    for reason in &report.missed {
        page.item("- ", reason);
    }
    if let Some(aborted) = &report.aborted {
        let why = match aborted.reason {
            None => "killed, or still going on",
            Some(AbortReason::Interrupted) => "interrupted",
            Some(AbortReason::Deadline) => "ended by its deadline",
            Some(AbortReason::NotSteady) => "never steady, so nothing was broken",
            Some(AbortReason::NoEffect) => "the fault had no effect",
            Some(AbortReason::NotRecovered) => "not recovered",
            Some(AbortReason::Refused) => "refused by a safeguard",
            Some(AbortReason::BlastLimit) => "ended by its blast limit",
            Some(AbortReason::RunnerDied) => "the runner died; its guard undid",
            Some(AbortReason::GuardLost) => "the guard process ended, so the run could not go on safely",
            Some(AbortReason::Failed) => "the cluster or the environment failed",
            Some(AbortReason::Unknown) => "for a reason that this firedrill does not know",
        };
        let detail = Some(aborted.detail.as_str()).filter(|d| !d.is_empty());
        page.item("- ", &[Some(why), detail].into_iter().flatten().collect::<Vec<_>>().join(": "));
    }
    if let Some(summary) = summary(report) {
        page.line(&summary);
    }
}

/// The run in one line.
fn summary(report: &DamageReport) -> Option<String> {
    let times = &report.durations_ms;
    let after = |word: &str, time| match time {
        Some(time) => format!("{word} after {time}"),
        None => format!("not {word}"),
    };
    let down = report.downtime.http_ms.or(report.downtime.endpoints_ms)?;
    Some(format!(
        "{}, {}, {}; users were without service for {down}",
        after("detected", times.detect),
        after("mitigated", times.mitigate),
        after("resolved", times.resolve)
    ))
}

fn identity(page: &mut Page, report: &DamageReport) {
    let by = match report.responder {
        ResponderKind::Runbook => "its runbook",
        ResponderKind::Manual => "a person",
        ResponderKind::Player => "a player",
    };
    let variant = report.variant.as_ref().map(|v| format!(" (variant {v})")).unwrap_or_default();
    page.item("drill    ", &format!("{}{variant}; responder: {by}", report.drill));
    page.item("run      ", &report.run);
    page.item("target   ", &format!("service/{} in namespace {}", report.service, report.namespace));
    match &report.cluster {
        Some(c) => page.item("cluster  ", &cluster(c)),
        None => page.item("cluster  ", "none was reached"),
    }
}

/// `staging, v1.34.4 (context, kind, 3 nodes)`
pub(in crate::report) fn cluster(cluster: &Cluster) -> String {
    let mut facts = vec![cluster.provider.clone()];
    facts.extend(cluster.distribution.clone().filter(|name| *name != cluster.provider));
    facts.extend(cluster.nodes.map(|nodes| format!("{nodes} node{}", if nodes == 1 { "" } else { "s" })));
    format!("{}, {} ({})", cluster.name, cluster.version, facts.join(", "))
}

fn list(page: &mut Page, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        page.section(title);
        for line in lines {
            page.item("- ", line);
        }
    }
}

#[cfg(test)]
mod tests;
