//! The namespaces of a run: whose they are, and the end of those that it made.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::{Patience, Undo, requests};
use crate::journal::{ObjectRef, Record, UndoResult};
use crate::steps::api::{Api, ApiError, Mode, RUN_LABEL, label, meta, namespace_ref};

/// Whose a namespace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The run made it.
    Ours,
    /// The run made it, and it is being deleted.
    Going,
    /// It was there before the run.
    Foreign,
    /// It does not exist.
    Gone,
}

/// How the namespaces of the run stand.
pub(super) async fn look(
    api: &Api,
    undo: &Undo,
    records: &[Record],
    deadline: Instant,
) -> BTreeMap<String, Standing> {
    let mut names: BTreeSet<&str> = records.iter().filter_map(|r| r.object.namespace.as_deref()).collect();
    names.insert(&undo.namespace);
    let mut standings = BTreeMap::new();
    for name in names {
        let object = namespace_ref(name);
        let mut patience = Patience::until(deadline);
        let seen = loop {
            match requests(api, deadline).get(&object).await {
                Err(error) => {
                    if let Err(error) = patience.after(error).await {
                        break Err(error);
                    }
                }
                seen => break seen,
            }
        };
        let standing = match seen {
            Ok(None) => Standing::Gone,
            Ok(Some(live)) if label(&live, RUN_LABEL) != Some(&undo.run) => Standing::Foreign,
            Ok(Some(live)) if meta(&live, "deletionTimestamp").is_some() => Standing::Going,
            // Not to be read: then it is not the run's either.
            Err(error) if error.status() == Some(403) => Standing::Foreign,
            // Without an answer it may be; before it is deleted, that is asked again.
            Ok(Some(_)) | Err(_) => Standing::Ours,
        };
        standings.insert(name.to_owned(), standing);
    }
    standings
}

/// Deletes a namespace of the run; done once that is accepted, for its end takes seconds.
pub(super) async fn delete(api: &Api, run: &str, object: &ObjectRef, deadline: Instant) -> UndoResult {
    let mut patience = Patience::until(deadline);
    loop {
        let error = match once(&requests(api, deadline), run, object).await {
            Ok(result) => return result,
            Err(error) => error,
        };
        if let Err(error) = patience.after(error).await {
            return UndoResult::Failed { message: error.to_string() };
        }
    }
}

async fn once(api: &Api, run: &str, object: &ObjectRef) -> Result<UndoResult, ApiError> {
    let Some(live) = api.get(object).await? else { return Ok(UndoResult::Deleted) };
    if label(&live, RUN_LABEL) != Some(run) {
        return Ok(UndoResult::AlreadyAsBefore);
    }
    if meta(&live, "deletionTimestamp").is_none() {
        let uid = meta(&live, "uid").map(str::to_owned);
        api.delete(object, uid, None, Mode::Real).await?;
    }
    Ok(UndoResult::Deleted)
}
