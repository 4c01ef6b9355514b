//! Whether the parts of a drill fit each other: names that are referred to exist, limits make
//! sense, manifests hold what the steps touch. Everything wrong is told at once.

mod limits;
mod manifests;
mod rounds;
mod signals;
mod steps;
mod when;

use std::collections::BTreeMap;

use serde_saphyr::Spanned;

use super::error::{DrillError, Mistake};
use super::files::Files;
use super::manifest::Object;
use super::source::Source;
use super::tree::Node;
use super::{Drill, Step};

/// Checks a parsed drill. `name` and `text` are the drill file's, for messages; `files` are the
/// files beside it. Returns what is doubtful but allowed.
pub fn check(name: &str, text: &str, drill: &Drill, files: &Files) -> Result<Vec<Mistake>, DrillError> {
    let mut check = Check {
        source: Source::new(name, text),
        tree: Node::read(text),
        drill,
        files,
        found: Vec::new(),
        elsewhere: Vec::new(),
        read: BTreeMap::new(),
    };
    if !check.sizes() {
        return check.finish();
    }
    check.limits();
    check.signals();
    check.rounds();
    check.runbook();
    let inventory = check.manifests();
    check.steps(&inventory);
    check.finish()
}

/// Every step of a drill with its path in the file, in the file's order.
#[must_use]
pub fn steps(drill: &Drill) -> Vec<(String, &Step)> {
    let mut all = Vec::new();
    for (path, list) in step_lists(drill) {
        all.extend(list.iter().enumerate().map(|(i, step)| (format!("{path}/{i}"), &step.value)));
    }
    all
}

fn step_lists(drill: &Drill) -> Vec<(String, &[Spanned<Step>])> {
    let mut lists = vec![("fault/steps".to_owned(), drill.fault.steps.as_slice())];
    for (r, round) in drill.rounds.iter().enumerate() {
        for (o, option) in round.options.iter().enumerate() {
            lists.push((format!("rounds/{r}/options/{o}/steps"), option.steps.as_slice()));
        }
        lists.push((format!("rounds/{r}/steps"), round.steps.as_slice()));
    }
    for (name, variant) in &drill.variants {
        if let Some(fault) = &variant.fault {
            lists.push((format!("variants/{name}/fault/steps"), fault.steps.as_slice()));
        }
    }
    lists
}

struct Check<'a> {
    source: Source,
    tree: Option<Node>,
    drill: &'a Drill,
    files: &'a Files,
    /// Mistakes of the drill file.
    found: Vec<Mistake>,
    /// Mistakes of manifest files.
    elsewhere: Vec<Mistake>,
    /// The manifest files that were read, or could not be.
    read: BTreeMap<String, Option<Vec<Object>>>,
}

impl Check<'_> {
    /// Notes a mistake at a path of the drill file, with a few words beneath the source.
    fn note(&mut self, path: &str, label: &str, mistake: Mistake) {
        let (offset, len) = self.tree.as_ref().map_or((0, 1), |tree| tree.locate(path));
        self.found.push(mistake.at(self.source.place(offset, len), label));
    }

    fn finish(self) -> Result<Vec<Mistake>, DrillError> {
        let mut all = self.found;
        all.sort_by_key(Mistake::position);
        all.extend(self.elsewhere);
        let (errors, warnings): (Vec<_>, Vec<_>) = all.into_iter().partition(Mistake::is_error);
        if errors.is_empty() { Ok(warnings) } else { Err(DrillError::many(self.source.name(), errors)) }
    }
}

/// What a name or id that others refer to may consist of.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 40
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
