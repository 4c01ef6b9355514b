//! Whether the parts of a drill fit each other: names that are referred to exist, limits make
//! sense, manifests hold what the steps touch. Everything wrong is told at once.

mod charts;
mod choices;
mod forms;
mod helm;
mod limits;
mod manifests;
mod rounds;
mod runbook;
mod signals;
mod steps;
mod variants;
mod when;

use std::collections::BTreeMap;

use forms::StepLists;

use super::error::{DrillError, Mistake};
use super::files::Files;
use super::manifest::Object;
use super::source::Source;
use super::tree::Node;
use super::{Drill, Next, Round, Step, Workload};

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
    check.variants();
    check.charts();
    let inventory = check.manifests();
    let forms = forms::forms(drill);
    check.releases(&forms);
    check.steps(&inventory, &forms);
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

fn step_lists(drill: &Drill) -> StepLists<'_> {
    let mut lists = vec![("fault/steps".to_owned(), drill.fault.steps.as_slice())];
    of_rounds("rounds", &drill.rounds, &mut lists);
    for (name, variant) in &drill.variants {
        let path = format!("variants/{name}");
        if let Some(fault) = &variant.fault {
            lists.push((format!("{path}/fault/steps"), fault.steps.as_slice()));
        }
        for (option, change) in &variant.options {
            let path = format!("{path}/options/{option}");
            if let Some(steps) = &change.steps {
                lists.push((format!("{path}/steps"), steps.as_slice()));
            }
            of_next(&path, change.next.as_deref().unwrap_or_default(), &mut lists);
        }
        of_rounds(&format!("{path}/rounds"), &variant.rounds, &mut lists);
    }
    lists
}

fn of_rounds<'a>(path: &str, rounds: &'a [Round], lists: &mut StepLists<'a>) {
    for (r, round) in rounds.iter().enumerate() {
        of_round(&format!("{path}/{r}"), round, lists);
    }
}

fn of_round<'a>(path: &str, round: &'a Round, lists: &mut StepLists<'a>) {
    for (o, option) in round.options.iter().enumerate() {
        let path = format!("{path}/options/{o}");
        lists.push((format!("{path}/steps"), option.steps.as_slice()));
        of_next(&path, &option.next, lists);
    }
    lists.push((format!("{path}/steps"), round.steps.as_slice()));
    for (i, item) in round.checklist.iter().enumerate() {
        lists.push((format!("{path}/checklist/{i}/steps"), item.steps.as_slice()));
    }
}

fn of_next<'a>(path: &str, next: &'a [Next], lists: &mut StepLists<'a>) {
    for (n, next) in next.iter().enumerate() {
        lists.push((format!("{path}/next/{n}/steps"), next.steps.as_slice()));
    }
}

/// Every workload of a drill with its path in the file.
fn workloads(drill: &Drill) -> Vec<(String, &Workload)> {
    let variants = drill.variants.iter().filter_map(|(name, variant)| {
        Some((format!("variants/{name}/workload"), variant.workload.as_ref()?))
    });
    std::iter::once(("workload".to_owned(), &drill.workload)).chain(variants).collect()
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
