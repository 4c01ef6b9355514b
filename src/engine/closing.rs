//! The end of a run: putting everything back, and what stays where that is not done.

use std::time::Duration;

use super::phase::Input;
use super::tasks::{Tasks, lock};
use super::undo::Undo;
use crate::journal::{Kind, Record};

/// How long undo may try.
const UNDO_WITHIN: Duration = Duration::from_secs(60);

impl Tasks {
    /// Puts everything back, in the order of the last change first, and tells what came of it.
    pub fn undo(&self, records: Vec<Record>) -> impl Future<Output = ()> + Send + 'static {
        let tasks = self.clone();
        async move {
            let wishes = &tasks.plan().wishes;
            let desk = tasks.desk.clone();
            let mut told = |item| desk.event(Kind::Undone(item));
            let mut undo = Undo::new(tasks.client.clone(), &wishes.run, &tasks.plan().namespace);
            undo.within = UNDO_WITHIN;
            if wishes.keep_workload {
                undo.keep.extend(lock(&tasks.made).iter().cloned());
            }
            let summary = undo.run(&records, &mut told).await;
            desk.event(Kind::UndoFinished { complete: summary.complete, left: summary.left });
            desk.input(Input::Undone);
        }
    }

    /// What would be left if the run ended here.
    #[must_use]
    pub fn left(&self, records: &[Record]) -> Vec<String> {
        let namespace = &self.plan().namespace;
        let changed = records.iter().map(|record| format!("{} in namespace {namespace}", record.object));
        let mut left: Vec<String> = changed.collect();
        if self.plan().ground.makes_namespace {
            left.push(format!("namespace {namespace}, with all that is in it"));
        }
        left.dedup();
        left
    }
}
