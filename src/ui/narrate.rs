//! Events in words: one line for each that is worth one, none for the rest. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::Nanos;
use crate::drill::{Claim, SignalState};
use crate::journal::{
    AbortReason, Event, Kind, NOT_EXECUTABLE, Phase, Point, Radius, StepOutcome, UndoItem, UndoResult,
    only_looks,
};
use crate::plain::{plain, short};
use crate::report::amounts::Millis;
use crate::report::text::promise;

/// How many lines the Services beside the target get: a whole cluster that goes out must not drown
/// the run.
const OTHERS: usize = 40;
const OTHERS_AND_ONE: usize = OTHERS + 1;

/// Remembers what is needed to tell news from repetition.
#[derive(Debug, Default)]
pub(super) struct Narrator {
    fault: Option<Nanos>,
    /// Between the injection and undo: before and after it, nothing that is out is news.
    broken: bool,
    stable_for: String,
    namespace: String,
    /// How often something was told of the other Services.
    others: usize,
    /// What each signal's requests came to.
    asked: BTreeMap<String, Asked>,
}

/// The requests of one signal, as far as they were told.
#[derive(Debug, Default)]
struct Asked {
    /// When the latest of those that were answered was sent.
    sent: Nanos,
    state: Option<SignalState>,
    /// What was told since the state last changed.
    results: BTreeSet<String>,
}

/// The phase in words, as a status line has it.
pub(super) const fn words(phase: Phase) -> &'static str {
    match phase {
        Phase::Preparing => "deploying the workload",
        Phase::Settling => "waiting for a steady state",
        Phase::Injecting => "breaking it",
        Phase::Undetected => "broken, not detected yet",
        Phase::Responding => "detected, being mended",
        Phase::Holding => "served again, waiting that it stays so",
        Phase::Undoing => "putting everything back",
        Phase::Ended => "over",
    }
}

/// A line with the time since the run began: `   2.003s  fault`.
pub(super) fn stamped(elapsed: Nanos, line: &str) -> String {
    let millis = elapsed / 1_000_000;
    format!("{:>5}.{:03}s  {}", millis / 1000, millis % 1000, short(&plain(line)))
}

impl Narrator {
    /// The lines of an event, each with its time.
    pub fn tell(&mut self, event: &Event) -> Vec<String> {
        let lines = self.say(&event.kind);
        lines.iter().map(|line| stamped(event.stamp.elapsed, line)).collect()
    }

    fn say(&mut self, kind: &Kind) -> Vec<String> {
        match kind {
            Kind::RunStarted(brief) => {
                self.stable_for = brief.stable_for.to_string();
                self.namespace.clone_from(&brief.namespace);
                vec![format!("{}, run {}", brief.title, brief.run)]
            }
            Kind::ClusterReady(c) => vec![format!("cluster {}, {} ({})", c.name, c.version, c.provider)],
            Kind::Phase { phase } => self.phase(*phase),
            Kind::StepFinished { what, outcome, .. } => vec![format!("{what}: {}", done(what, outcome))],
            Kind::Said { lines, .. } => lines.iter().map(|line| format!("  {line}")).collect(),
            Kind::Claim { option, claim, held, detail } => vec![held_line(option, *claim, *held, detail)],
            Kind::Endpoints { signal, usable, total, state } => {
                let out = if self.broken && *state == SignalState::Out { "OUT, " } else { "" };
                vec![format!("{signal}: {out}{usable} of {total} usable")]
            }
            Kind::Request { signal, sent_ns, result, state } => {
                self.request(signal, *sent_ns, result, *state)
            }
            Kind::Gap { signal, from_ns, to_ns, reason } => {
                let blind = Millis::between(*from_ns, *to_ns);
                vec![format!("{signal}: nothing was seen for {blind} ({reason})")]
            }
            Kind::BlastRadius(radius) => self.radius(radius),
            Kind::Point { point, at_ns, by, uncertainty_ns, upper_bound } => {
                self.point(*point, *at_ns, by, Millis::of(*uncertainty_ns), *upper_bound)
            }
            Kind::RootCause { resolved: true, .. } => vec!["the root cause is gone".to_owned()],
            Kind::RootCause { reasons, .. } => {
                vec![format!("the root cause is still there: {}", reasons.join("; "))]
            }
            Kind::Diagnosis { lines, .. } => lines.iter().map(|line| format!("  {line}")).collect(),
            Kind::Aborted { reason, detail } => vec![format!("ENDING EARLY: {}: {detail}", why(*reason))],
            Kind::Undone(item) => vec![undone(item)],
            Kind::UndoFinished { complete: true, .. } => vec!["undo is complete".to_owned()],
            Kind::UndoFinished { left, .. } => {
                let head = "UNDO IS NOT COMPLETE, left changed:".to_owned();
                std::iter::once(head).chain(left.iter().map(|l| format!("  {l}"))).collect()
            }
            Kind::Warning { message } => vec![format!("WARNING: {message}")],
            // Whoever plays sees the rounds and choices on a screen of their own.
            Kind::Round { .. }
            | Kind::Chosen { .. }
            | Kind::Hint { .. }
            | Kind::Aftermath(_)
            | Kind::Recorded { .. }
            | Kind::StepStarted { .. }
            | Kind::RunEnded
            | Kind::Unknown => Vec::new(),
        }
    }

    /// Another Service that goes out, or is back: of many the first ones.
    fn radius(&mut self, radius: &Radius) -> Vec<String> {
        let line = match radius {
            Radius::Unwatched { reason } => format!("other Services cannot be watched: {reason}"),
            Radius::Mended { from_ns, to_ns, reason, lost: true } => {
                let blind = Millis::between(*from_ns, *to_ns);
                format!("other Services: nothing was seen for {blind} ({reason})")
            }
            Radius::Out { namespace, service, deleted } => {
                let how = if *deleted { "deleted" } else { "no endpoints" };
                format!("service/{service}{}: OUT, {how}", self.away(namespace))
            }
            Radius::Back { namespace, service } => {
                format!("service/{service}{}: back", self.away(namespace))
            }
            Radius::Watched { .. } | Radius::Broken { .. } | Radius::Mended { .. } | Radius::Unknown => {
                return Vec::new();
            }
        };
        self.others += usize::from(self.broken);
        match self.others {
            _ if !self.broken => Vec::new(),
            ..=OTHERS => vec![line],
            OTHERS_AND_ONE => vec!["more of other Services is in the report".to_owned()],
            _ => Vec::new(),
        }
    }

    fn away(&self, namespace: &str) -> String {
        if namespace == self.namespace { String::new() } else { format!(" in namespace {namespace}") }
    }

    fn phase(&mut self, phase: Phase) -> Vec<String> {
        self.broken = (Phase::Injecting..Phase::Undoing).contains(&phase);
        let more = match phase {
            Phase::Preparing => format!(" into namespace {}", self.namespace),
            Phase::Settling => format!(": every signal up for {}", self.stable_for),
            Phase::Holding => format!(" for {}", self.stable_for),
            // The points and steps say it.
            Phase::Undetected | Phase::Responding | Phase::Ended => return Vec::new(),
            Phase::Injecting | Phase::Undoing => String::new(),
        };
        vec![format!("{}{more}", words(phase))]
    }

    /// Only what differs from the answer before.
    /// Each result once in a state. An answer that comes after that of a later request (a timeout
    /// takes its time) is no news of now.
    fn request(
        &mut self,
        signal: &str,
        sent: Nanos,
        result: &str,
        state: Option<SignalState>,
    ) -> Vec<String> {
        let asked = self.asked.entry(signal.to_owned()).or_default();
        if sent < asked.sent {
            return Vec::new();
        }
        asked.sent = sent;
        if asked.state != state {
            asked.state = state;
            asked.results.clear();
        }
        if !asked.results.insert(result.to_owned()) {
            return Vec::new();
        }
        let says = match state {
            Some(SignalState::Out) if self.broken => "OUT, ",
            Some(_) => "",
            None => "says nothing about the users, ",
        };
        vec![format!("{signal}: {says}{result}")]
    }

    fn point(&mut self, point: Point, at: Nanos, by: &str, off: Millis, bound: bool) -> Vec<String> {
        let name = match point {
            Point::Fault => {
                self.fault = Some(at);
                return vec![format!("FAULT     in place ({by})")];
            }
            Point::Impact => "IMPACT  ",
            Point::Detect => "DETECT  ",
            Point::Ack => "ACK     ",
            Point::Mitigate => "MITIGATE",
            Point::Resolve => "RESOLVE ",
        };
        let Some(fault) = self.fault else { return vec![format!("{name}  ({by})")] };
        let since = Millis::of(at.saturating_sub(fault));
        let bound = if bound { "≤ " } else { "" };
        let off = if off.micros() > 0 { format!(" ± {off}") } else { String::new() };
        vec![format!("{name}  {bound}{since}{off} after the fault ({by})")]
    }
}

fn done(what: &str, outcome: &StepOutcome) -> String {
    // These change nothing by their nature.
    let looks = only_looks(what);
    match outcome {
        StepOutcome::Unchanged if looks => "done".to_owned(),
        StepOutcome::Changed => "done".to_owned(),
        StepOutcome::Unchanged => "nothing changed".to_owned(),
        StepOutcome::Rejected { status, message } => format!("REJECTED ({status}): {message}"),
        StepOutcome::Failed { message } => format!("FAILED: {message}"),
        StepOutcome::NotExecutable { reason } => format!("NOT EXECUTABLE HERE: {reason}"),
    }
}

fn held_line(option: &str, claim: Claim, held: Option<bool>, detail: &str) -> String {
    let promise = promise(claim);
    let held = match held {
        Some(true) => "held",
        Some(false) => "NOT HELD",
        None if detail.starts_with(NOT_EXECUTABLE) => return format!("{option}: {detail}"),
        None => "cannot be said yet",
    };
    let detail = if detail.is_empty() { String::new() } else { format!(", {detail}") };
    format!("{option} {promise}: {held}{detail}")
}

const fn why(reason: AbortReason) -> &'static str {
    match reason {
        AbortReason::Interrupted => "interrupted",
        AbortReason::Deadline => "deadline",
        AbortReason::NotSteady => "no steady state",
        AbortReason::NoEffect => "the fault had no effect",
        AbortReason::NotRecovered => "not recovered",
        AbortReason::Refused => "refused by a safeguard",
        AbortReason::BlastLimit => "the blast limit",
        AbortReason::RunnerDied => "the runner died",
        AbortReason::GuardLost => "the guard process ended",
        AbortReason::Failed => "failed",
        AbortReason::Unknown => "unknown reason",
    }
}

/// What became of one change, for people.
#[must_use]
pub fn undone(item: &UndoItem) -> String {
    let field = item.field.as_ref().map(|f| format!(" {f}")).unwrap_or_default();
    let result = match &item.result {
        UndoResult::Restored => "restored".to_owned(),
        UndoResult::AlreadyAsBefore => "already as before".to_owned(),
        UndoResult::Deleted => "deleted".to_owned(),
        UndoResult::LeftChanged { by, .. } => {
            format!("left as {} changed it", by.as_deref().unwrap_or("someone"))
        }
        UndoResult::LeftGone { now } => format!("left alone, {now}"),
        UndoResult::Failed { message } => format!("NOT UNDONE: {message}"),
    };
    format!("{}{field}: {result}", item.object)
}
