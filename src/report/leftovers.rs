//! What undo did, and what is left: said by the run itself, or found in the records of a run
//! that was killed.

use super::damage::Undo;
use crate::journal::{Effect, Event, Kind, Record, UndoItem, UndoResult};

/// How undo ended. Without its last word, what was recorded and not undone is what is left.
pub(super) fn undo(events: &[Event]) -> Undo {
    let items: Vec<UndoItem> = events
        .iter()
        .filter_map(|e| match &e.kind {
            Kind::Undone(item) => Some(item.clone()),
            _ => None,
        })
        .collect();
    let said = events.iter().rev().find_map(|e| match &e.kind {
        Kind::UndoFinished { complete, left } => Some((*complete, left.clone())),
        _ => None,
    });
    let (complete, left) = said.unwrap_or_else(|| (false, remaining(events, &items)));
    Undo { complete, left, items }
}

/// The records that no successful undo answers, each once.
fn remaining(events: &[Event], items: &[UndoItem]) -> Vec<String> {
    let mut left: Vec<String> = Vec::new();
    let records = events.iter().filter_map(|e| match &e.kind {
        Kind::Recorded { record } => Some(record),
        _ => None,
    });
    for line in records.flat_map(|record| open(record, items)) {
        if !left.contains(&line) {
            left.push(line);
        }
    }
    left
}

fn open(record: &Record, items: &[UndoItem]) -> Vec<String> {
    let object = record.object.to_string();
    let settled = |object: &str, field: Option<&str>| {
        items.iter().any(|item| {
            item.object == object
                && (item.field.is_none() || item.field.as_deref() == field)
                && !matches!(item.result, UndoResult::Failed { .. })
        })
    };
    // With its namespace, everything in it is gone.
    if record.object.namespace.as_ref().is_some_and(|name| settled(&format!("namespace/{name}"), None)) {
        return Vec::new();
    }
    match &record.effect {
        Effect::Fields { changes } => changes
            .iter()
            .filter(|change| !settled(&object, Some(&change.path)))
            .map(|change| format!("{object} {}", change.path))
            .collect(),
        Effect::Created | Effect::Deleted { .. } if settled(&object, None) => Vec::new(),
        Effect::Created => vec![format!("{object}, made by the run")],
        Effect::Deleted { .. } => vec![format!("{object}, deleted by the run")],
    }
}
