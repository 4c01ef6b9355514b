//! Changes that cannot be undone because their values cannot be read: said, and left.

use super::Sealed;
use crate::journal::{Effect, ObjectRef, Record, UndoItem, UndoResult};

/// What is said of them, with their namespaces.
pub(super) fn items(sealed: &[Sealed], records: &[Record]) -> Vec<(Option<String>, UndoItem)> {
    let closed = sealed.iter().flat_map(|sealed| {
        let why = format!("its record cannot be read: {}", sealed.why);
        said(&sealed.object, &sealed.outline.paths, &why)
    });
    let redacted = records.iter().filter(|record| record.redacted).flat_map(|record| {
        let paths = match &record.effect {
            Effect::Fields { changes } => changes.iter().map(|change| change.path.clone()).collect(),
            Effect::Created | Effect::Deleted { .. } => Vec::new(),
        };
        said(&record.object, &paths, "the journal holds hashes of its values; recover has them")
    });
    closed.chain(redacted).collect()
}

fn said(object: &ObjectRef, paths: &[String], why: &str) -> Vec<(Option<String>, UndoItem)> {
    let item = |field: Option<String>| {
        let result = UndoResult::Failed { message: why.to_owned() };
        (object.namespace.clone(), UndoItem { object: object.to_string(), field, result })
    };
    match paths {
        [] => vec![item(None)],
        paths => paths.iter().map(|path| item(Some(path.clone()))).collect(),
    }
}
