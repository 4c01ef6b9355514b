//! What there is to do for one object: pure, from its records and the object as it is.

use serde_json::{Value, json};

use super::fold::{Fields, Verdict};
use super::image;
use super::ownership::give_back;
use crate::journal::{Effect, Record, UndoResult};
use crate::steps::api::{MANAGER, RUN_LABEL, label, managed_fields, meta};
use crate::steps::ownership::{newest, owner};
use crate::steps::pointer::set;

/// What there is to do.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plan<'a> {
    /// Nothing; only to be said.
    Said(UndoResult),
    /// Someone is deleting it: look again later.
    Deleting,
    /// Put fields back.
    Fields {
        /// The run's writes.
        fields: Fields<'a>,
        /// `managedFields` before the first of them.
        first: &'a [Value],
    },
    /// Delete what the run made.
    Delete,
    /// Make it again, in the place of what the run made, where there is such a thing.
    Recreate {
        /// The object as it was before the run.
        image: Value,
        /// The run's object in its place.
        in_place_of: Option<String>,
    },
    /// It is there again; only who owns it is not said right yet.
    OwnAgain {
        /// The object as it was before the run.
        image: Value,
    },
}

/// What is to be done about these records of one object. They are in the order of the changes,
/// each change once.
pub(super) fn plan<'a>(records: &[&'a Record], live: Option<&Value>, run: &str) -> Plan<'a> {
    let made_by_run = records.first().is_some_and(|record| record.effect == Effect::Created);
    let deleted = records.iter().enumerate().find_map(|(at, record)| match &record.effect {
        Effect::Deleted { before } => Some((at, before.as_ref())),
        _ => None,
    });
    match deleted {
        _ if made_by_run => plan_made(live, run),
        Some((at, before)) => plan_deleted(&records[..at], records[at], before, live, run),
        None => plan_fields(records, live),
    }
}

/// The run made it; before, nothing of this name was there.
fn plan_made(live: Option<&Value>, run: &str) -> Plan<'static> {
    match live {
        None => Plan::Said(UndoResult::AlreadyAsBefore),
        Some(live) if label(live, RUN_LABEL) != Some(run) => Plan::Said(gone(Some(live))),
        Some(live) if is_being_deleted(live) => Plan::Said(UndoResult::Deleted),
        Some(_) => Plan::Delete,
    }
}

/// The run deleted it (and may have made another one in its place).
fn plan_deleted<'a>(
    earlier: &[&'a Record],
    deletion: &Record,
    before: &Value,
    live: Option<&Value>,
    run: &str,
) -> Plan<'a> {
    let image = image_before(earlier, before);
    let Some(live) = live else { return Plan::Recreate { image, in_place_of: None } };
    let uid = meta(live, "uid");
    if is_being_deleted(live) {
        return Plan::Deleting;
    }
    if uid == deletion.uid.as_deref() {
        // The deletion never arrived.
        return if earlier.is_empty() {
            Plan::Said(UndoResult::AlreadyAsBefore)
        } else {
            plan_fields(earlier, Some(live))
        };
    }
    if label(live, RUN_LABEL) == Some(run) {
        return match newest(foreign(live)) {
            Some(owner) => Plan::Said(UndoResult::LeftChanged { by: Some(owner.manager), when: owner.time }),
            None => Plan::Recreate { image, in_place_of: uid.map(str::to_owned) },
        };
    }
    if image::same(&image, live) {
        let ours = managed_fields(live).iter().any(|e| e.get("manager").is_some_and(|m| m == MANAGER));
        return if ours { Plan::OwnAgain { image } } else { Plan::Said(UndoResult::AlreadyAsBefore) };
    }
    match image::controller(before) {
        Some(controller) if image::controller(live) == Some(controller) => {
            Plan::Said(UndoResult::AlreadyAsBefore)
        }
        _ => Plan::Said(gone(Some(live))),
    }
}

/// The object as it was before the run, from what the run deleted in the end.
fn image_before(earlier: &[&Record], before: &Value) -> Value {
    let mut fields = Fields::default();
    for record in earlier {
        add(&mut fields, record);
    }
    let mut image = image::of(&fields.undone(before));
    if let Some(first) = earlier.first() {
        let owners = managed_fields(before);
        let settled = paths(&fields, before, &[Verdict::Restore, Verdict::AsBefore]);
        let left = paths(&fields, before, &[Verdict::Changed]);
        let given_back = give_back(&fields, &first.managed_fields, owners, owners, &settled, &left);
        if let Some(owners) = given_back {
            set(&mut image, "/metadata/managedFields", Some(json!(owners)));
        }
    }
    image
}

/// The run changed fields of it.
fn plan_fields<'a>(records: &[&'a Record], live: Option<&Value>) -> Plan<'a> {
    let Some(live) = live else { return Plan::Said(gone(None)) };
    let uid = meta(live, "uid");
    let mut fields = Fields::default();
    let mut first = None;
    for record in records.iter().filter(|record| record.uid.as_deref() == uid) {
        add(&mut fields, record);
        first.get_or_insert(record.managed_fields.as_slice());
    }
    match first {
        Some(_) if fields.is_empty() => Plan::Said(UndoResult::AlreadyAsBefore),
        Some(first) => Plan::Fields { fields, first },
        None => Plan::Said(gone(Some(live))),
    }
}

fn add<'a>(fields: &mut Fields<'a>, record: &'a Record) {
    if let Effect::Fields { changes } = &record.effect {
        for change in changes {
            fields.add(change, &record.managed_fields);
        }
    }
}

/// The fields of which this is said.
pub(super) fn paths(fields: &Fields<'_>, live: &Value, verdicts: &[Verdict]) -> Vec<String> {
    let said = fields.verdicts(live).into_iter().filter(|(_, verdict)| verdicts.contains(verdict));
    said.map(|(path, _)| path.to_owned()).collect()
}

/// What is said of a field.
pub(super) fn result(verdict: Verdict, live: &Value, path: &str) -> UndoResult {
    match verdict {
        Verdict::Restore => UndoResult::Restored,
        Verdict::AsBefore | Verdict::Theirs => UndoResult::AlreadyAsBefore,
        Verdict::Changed => {
            let others: Vec<Value> = foreign(live).cloned().collect();
            let owner = owner(&others, path);
            UndoResult::LeftChanged {
                by: owner.as_ref().map(|owner| owner.manager.clone()),
                when: owner.and_then(|owner| owner.time),
            }
        }
    }
}

/// The entries of people and tools other than firedrill that wrote more than the status.
fn foreign(live: &Value) -> impl Iterator<Item = &Value> {
    managed_fields(live).iter().filter(|entry| {
        entry.get("manager").is_none_or(|m| m != MANAGER) && entry.get("subresource").is_none()
    })
}

fn is_being_deleted(live: &Value) -> bool {
    meta(live, "deletionTimestamp").is_some()
}

fn gone(live: Option<&Value>) -> UndoResult {
    let now = live.map_or_else(
        || "it was deleted since".to_owned(),
        |live| {
            let since = meta(live, "creationTimestamp").unwrap_or("an unknown time");
            format!("another one of this name is there since {since}")
        },
    );
    UndoResult::LeftGone { now }
}
