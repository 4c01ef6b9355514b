//! An evaluation: what each option of a drill promises, against what it did. Like the report of one
//! run, it is a fold over journals and nothing else.
//!
//! - [`cells`]: what is carried out
//! - [`row`](row::rows): one run's events in, its rows out
//! - [`text`](text::text), [`markdown`](markdown::markdown): for people; JSON by the types

pub mod cells;
pub mod markdown;
mod observed;
pub mod row;
pub mod text;
mod words;

use serde::{Deserialize, Serialize};

use super::amounts::Millis;
use crate::journal::Cluster;
pub use row::{Effect, LeftBehind, Row, Verdict};

/// The format of evaluations that this firedrill writes.
pub const SCHEMA: &str = "firedrill.dev/evaluation/v1";

/// The matrix, in the order in which its JSON says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// [`SCHEMA`].
    pub schema: String,
    /// The drill's name.
    pub drill: String,
    /// The drill's title.
    pub title: String,
    /// The variant, where one was chosen.
    pub variant: Option<String>,
    /// `sha256:…` of the drill.
    pub drill_hash: String,
    /// The firedrill that evaluated it.
    pub firedrill: String,
    /// Whether nothing was broken.
    pub control: bool,
    /// The worst of the rows' verdicts; what is not executable here is no fault of the drill.
    pub verdict: Verdict,
    /// The names of the rows that do not hold.
    pub broken: Vec<String>,
    /// The control plane; nothing when no run got that far.
    pub cluster: Option<Cluster>,
    /// How many runs it took.
    pub runs: usize,
    /// How many of them went on at once, at most.
    pub parallel: usize,
    /// How long all of it took.
    pub took_ms: Millis,
    /// Options, what comes after them, and items of checklists, in the drill's order.
    pub options: Vec<Row>,
    /// Paths through all rounds, or controls.
    pub paths: Vec<Row>,
    /// What is left changed, and the run that left it.
    pub left: Vec<String>,
    /// How the numbers came about.
    pub notes: Vec<String>,
    /// The folder of the runs' journals.
    pub journals: String,
}

impl Evaluation {
    /// Every row.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.options.iter().chain(&self.paths)
    }

    /// Settles the verdict, once every row is there.
    pub fn judge(&mut self) {
        let broken = self.rows().filter(|row| row.verdict == Verdict::DoesNotHold);
        self.broken = broken.map(|row| row.name.clone()).collect();
        let has = |verdict| self.rows().any(|row| row.verdict == verdict);
        self.verdict = match () {
            () if has(Verdict::DoesNotHold) => Verdict::DoesNotHold,
            () if has(Verdict::Error) || self.rows().next().is_none() => Verdict::Error,
            () if self.rows().all(|row| row.verdict == Verdict::NotExecutable) => Verdict::NotExecutable,
            () => Verdict::Holds,
        };
    }
}

#[cfg(test)]
mod tests;
