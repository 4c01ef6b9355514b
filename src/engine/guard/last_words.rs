//! What the guard adds to the dead runner's journal, so that it reads like any other: why the
//! run ended, what was undone, and that it is over.

use std::path::Path;

use crate::clock::{Stamp, Stopwatch};
use crate::engine::undo::UndoSummary;
use crate::journal::write::Journal;
use crate::journal::{AbortReason, Event, Kind, Phase, Record, UndoItem, UndoResult};

/// What a journal says of its run, as far as a guard needs it.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// The first event's moment.
    first: Option<Stamp>,
    /// The before-images.
    pub records: Vec<Record>,
    /// Why the run was being ended.
    aborted: Option<String>,
    /// How far it came.
    phase: Option<Phase>,
    /// What was undone.
    undone: Vec<UndoItem>,
    /// Whether the last undo was complete.
    complete: Option<bool>,
    /// Whether the last event is there.
    ended: bool,
}

impl Said {
    /// Takes an event in.
    pub fn hear(&mut self, event: Event) {
        self.first.get_or_insert(event.stamp);
        match event.kind {
            Kind::Recorded { record } => self.records.push(record),
            Kind::Aborted { detail, .. } => self.aborted = Some(detail),
            Kind::Phase { phase } => self.phase = self.phase.max(Some(phase)),
            Kind::Undone(item) => self.undone.push(item),
            Kind::UndoFinished { complete, .. } => self.complete = Some(complete),
            Kind::RunEnded => self.ended = true,
            _ => {}
        }
    }

    /// Whether there is nothing to add and nothing to undo: the run ended in order, only its
    /// runner did not come to say so.
    pub fn is_over(&self) -> bool {
        self.ended && self.complete == Some(true)
    }

    /// Whether this says more than what is said of the same field already.
    fn is_news(&self, item: &UndoItem) -> bool {
        let same = |earlier: &&UndoItem| earlier.object == item.object && earlier.field == item.field;
        let Some(earlier) = self.undone.iter().rev().find(same) else { return true };
        let settled = |result: &UndoResult| {
            matches!(result, UndoResult::Restored | UndoResult::AlreadyAsBefore | UndoResult::Deleted)
        };
        let nothing_more = match &item.result {
            UndoResult::AlreadyAsBefore | UndoResult::Deleted => settled(&earlier.result),
            // What the run deleted is gone.
            UndoResult::LeftGone { .. } => earlier.result == UndoResult::Deleted,
            _ => false,
        };
        !nothing_more && earlier.result != item.result
    }
}

/// The dead runner's journal, open for the rest. A journal that cannot be written keeps nobody
/// from undoing: what does not fit is left out.
#[derive(Debug)]
pub(super) struct LastWords {
    journal: Option<Journal>,
    clock: Stopwatch,
    said: Said,
}

impl LastWords {
    /// Opens the journal.
    pub fn open(path: &Path, clock: Stopwatch) -> Self {
        let mut said = Said::default();
        // One of a run that had not begun holds nothing, and nothing is added to it.
        let journal = Journal::resume(path, &mut |event| said.hear(event)).ok();
        Self { journal, clock, said }
    }

    /// What the journal held.
    pub const fn said(&self) -> &Said {
        &self.said
    }

    /// The runner died, and the undo begins. `since` is when the run was seen to be over.
    pub fn begin(&mut self, since: Stamp) {
        if !self.said.ended {
            // The last `aborted` is the one that counts; it says what the one before said.
            let before = self.said.aborted.as_ref();
            let before = before.map(|detail| format!(", while it ended the run: {detail}"));
            let detail = format!("it was killed or crashed{}", before.unwrap_or_default());
            self.write_at(since, Kind::Aborted { reason: AbortReason::RunnerDied, detail });
        }
        self.enter(since, Phase::Undoing);
    }

    /// One change was undone, or was not; what is said already is not said again.
    pub fn undone(&mut self, item: UndoItem) {
        if self.said.is_news(&item) {
            self.said.undone.push(item.clone());
            self.write(Kind::Undone(item));
        }
    }

    /// Something that a reader should know.
    pub fn warn(&mut self, message: String) {
        self.write(Kind::Warning { message });
    }

    /// The undo is over, and with it the run.
    pub fn finish(mut self, summary: &UndoSummary) {
        let left = summary.left.clone();
        self.write(Kind::UndoFinished { complete: summary.complete, left });
        self.enter(self.clock.stamp(), Phase::Ended);
        if !self.said.ended {
            self.write(Kind::RunEnded);
        }
    }

    /// A phase that was entered before is not entered again.
    fn enter(&mut self, stamp: Stamp, phase: Phase) {
        if self.said.phase < Some(phase) {
            self.said.phase = Some(phase);
            self.write_at(stamp, Kind::Phase { phase });
        }
    }

    fn write(&mut self, kind: Kind) {
        self.write_at(self.clock.stamp(), kind);
    }

    fn write_at(&mut self, stamp: Stamp, kind: Kind) {
        if let Some(journal) = &mut self.journal {
            // Kept by the journal, and tried again with the next one.
            let stamp = self.said.first.map_or(stamp, |first| stamp.on_the_wall_of(first));
            let _ = journal.append(stamp, kind);
        }
    }
}
