//! What an undo did, and what is left, in words.

use std::collections::BTreeSet;

use crate::journal::{ObjectRef, UndoItem, UndoResult};

/// What became of an object as a whole.
pub(super) fn item(object: &ObjectRef, result: UndoResult) -> UndoItem {
    UndoItem { object: object.to_string(), field: None, result }
}

/// What is left, for people. What goes with its namespace is not.
pub(super) fn left(items: &[(Option<String>, UndoItem)], leaving: &BTreeSet<String>) -> Vec<String> {
    let stays = |namespace: &Option<String>| namespace.as_ref().is_none_or(|name| !leaving.contains(name));
    items
        .iter()
        .filter(|(namespace, _)| stays(namespace))
        .filter_map(|(namespace, item)| sentence(namespace.as_deref(), item))
        .collect()
}

fn sentence(namespace: Option<&str>, item: &UndoItem) -> Option<String> {
    let place = namespace.map(|name| format!(" in {name}")).unwrap_or_default();
    let field = item.field.as_ref().map(|field| format!(" {field}")).unwrap_or_default();
    let why = match &item.result {
        UndoResult::Restored | UndoResult::AlreadyAsBefore | UndoResult::Deleted => return None,
        UndoResult::LeftChanged { by, when } => {
            let by = by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
            let when = when.as_deref().map(|when| format!(" at {when}")).unwrap_or_default();
            format!("changed since{by}{when}; left so")
        }
        UndoResult::LeftGone { now } => format!("{now}; left so"),
        UndoResult::Failed { message } => format!("not put back: {message}"),
    };
    Some(format!("{}{place}{field}: {why}", item.object))
}
