//! What the cluster answered to a choice: outcomes of its steps, endpoints before and after, and
//! how the users' requests went meanwhile.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::page::{Row, Tone};
use crate::drill::Claim;
use crate::journal::{Event, Kind, NOT_EXECUTABLE, StepOutcome, only_looks};
use crate::report::text::promise;

/// The results of a signal's requests, each with its number, in the order of their first.
type Results = Vec<(String, usize)>;

/// A choice, as far as it has come.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// `round.option`, or `round` where the round left no choice.
    pub name: String,
    /// One line for people.
    pub label: String,
    /// What it teaches.
    pub teaches: Option<String>,
    /// What was promised, whether that held, and how it is known.
    pub claim: Option<(Claim, Option<bool>, String)>,
    /// Steps that are over, and what they had to say.
    rows: Vec<Row>,
    /// The step that is under way.
    step: Option<String>,
    before: BTreeMap<String, u32>,
    after: BTreeMap<String, (u32, u32)>,
    results: BTreeMap<String, Results>,
}

impl Answer {
    /// Nothing is answered yet; each signal has so many usable endpoints.
    #[must_use]
    pub fn awaited(
        name: &str,
        label: &str,
        teaches: Option<String>,
        endpoints: &BTreeMap<String, (u32, u32)>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            teaches,
            before: endpoints.iter().map(|(signal, (usable, _))| (signal.clone(), *usable)).collect(),
            after: endpoints.clone(),
            ..Self::default()
        }
    }

    /// Takes the next event in.
    pub fn take_in(&mut self, event: &Event) {
        match &event.kind {
            Kind::StepStarted { what, .. } => self.step = Some(what.clone()),
            Kind::StepFinished { what, outcome, .. } => {
                self.step = None;
                let (tone, said) = outcome_said(what, outcome);
                self.rows.push(Row::new(tone, format!("{what}: {said}")));
            }
            Kind::Said { lines, .. } | Kind::Diagnosis { lines, .. } => {
                self.rows.extend(lines.iter().map(|line| Row::new(Tone::Plain, line.clone()).under()));
            }
            Kind::Endpoints { signal, usable, total, .. } => {
                self.after.insert(signal.clone(), (*usable, *total));
            }
            Kind::Request { signal, result, .. } => {
                let results = self.results.entry(signal.clone()).or_default();
                match results.iter_mut().find(|(known, _)| known == result) {
                    Some((_, count)) => *count += 1,
                    None => results.push((result.clone(), 1)),
                }
            }
            Kind::Claim { option, claim, held, detail } if *option == self.name => {
                self.claim = Some((*claim, *held, detail.clone()));
            }
            _ => {}
        }
    }

    /// What the cluster has answered so far.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = self.rows.clone();
        if let Some(step) = &self.step {
            rows.push(Row::new(Tone::Faint, format!("{step}: under way …")));
        }
        for (signal, (usable, total)) in &self.after {
            let was = self.before.get(signal).copied().unwrap_or_default();
            let (tone, before) = match was.cmp(usable) {
                Ordering::Equal => (Tone::Plain, "as before".to_owned()),
                Ordering::Less => (Tone::Good, format!("before: {was}")),
                Ordering::Greater => (Tone::Bad, format!("before: {was}")),
            };
            let row = Row::new(tone, format!("{signal}: {usable} of {total} usable, {before}"));
            rows.push(row);
        }
        for (signal, results) in &self.results {
            let each: Vec<_> = results.iter().map(|(result, count)| format!("{result} ({count})")).collect();
            rows.push(Row::new(Tone::Plain, format!("{signal}, meanwhile: {}", each.join(", then "))));
        }
        rows
    }

    /// What was promised and what came of it, in a row.
    #[must_use]
    pub fn verdict(&self) -> Option<Row> {
        let (claim, held, detail) = self.claim.as_ref()?;
        let (tone, word) = match held {
            Some(true) => (Tone::Good, "KEPT"),
            Some(false) => (Tone::Bad, "BROKEN"),
            None => (Tone::Plain, "NOBODY CAN SAY HERE"),
        };
        // The answer has said it already.
        let told = *held == Some(true) && matches!(claim, Claim::Rejected | Claim::FindsCause);
        let detail = if told || detail.is_empty() { String::new() } else { format!(" ({detail})") };
        Some(Row::new(tone, format!("Promised: {}. {word}{detail}", promise(*claim))))
    }

    /// The same in a few words, for the list of options.
    #[must_use]
    pub fn in_short(&self) -> String {
        match &self.claim {
            Some((claim, Some(true), _)) => promise(*claim).to_owned(),
            Some((claim, Some(false), _)) => format!("not so: {}", promise(*claim)),
            Some((_, None, _)) => NOT_EXECUTABLE.to_owned(),
            None => "tried".to_owned(),
        }
    }
}

/// What came of a step.
fn outcome_said(what: &str, outcome: &StepOutcome) -> (Tone, String) {
    let looks = only_looks(what);
    match outcome {
        StepOutcome::Changed => (Tone::Plain, "done".to_owned()),
        StepOutcome::Unchanged if looks => (Tone::Plain, "done".to_owned()),
        StepOutcome::Unchanged => (Tone::Plain, "nothing changed".to_owned()),
        StepOutcome::Rejected { status, message } => (Tone::Bad, format!("REFUSED with {status}: {message}")),
        StepOutcome::Failed { message } => (Tone::Bad, format!("FAILED: {message}")),
        StepOutcome::NotExecutable { reason } => (Tone::Plain, format!("{NOT_EXECUTABLE}: {reason}")),
    }
}
