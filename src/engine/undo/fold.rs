//! A run's writes to one object, folded into what there is to put back.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::journal::FieldChange;
use crate::steps::api::{MANAGER, managed_fields};
use crate::steps::ownership::owns;
use crate::steps::pointer::{contains, get, set};

/// One field over the whole run.
#[derive(Debug, Clone, PartialEq)]
struct Field<'a> {
    /// Its value before the run's first write.
    before: Option<Value>,
    /// Its value after the run's last write.
    after: Option<Value>,
    /// `managedFields` before the first write.
    owners: &'a [Value],
    /// What the last write found, where it was not the first one.
    found: Option<Found<'a>>,
}

/// A field right before a write of the run.
#[derive(Debug, Clone, PartialEq)]
struct Found<'a> {
    value: Option<Value>,
    managed_fields: &'a [Value],
}

impl Field<'_> {
    /// Whether it holds what the run wrote: its last value, or the one before, where the last
    /// write was recorded and never arrived (the runner died in between).
    fn is_ours(&self, live: &Value, path: &str) -> bool {
        let now = get(live, path);
        now == self.after.as_ref()
            || self
                .found
                .as_ref()
                .is_some_and(|found| found.value.as_ref() == now && found.stayed(live, path))
    }

    /// Whether it stands for an object that came or went with the fields in it; these have
    /// entries of their own.
    fn is_container(&self) -> bool {
        is_container(self.before.as_ref(), self.after.as_ref())
    }
}

impl Found<'_> {
    /// Whether nobody wrote the field since; that it has the same value is known. A value is the
    /// run's as long as firedrill owns it. What is absent has no owner: then nobody must have
    /// written anything.
    fn stayed(&self, live: &Value, path: &str) -> bool {
        let specs = |entries: &[Value]| -> Vec<Value> {
            entries.iter().filter(|entry| entry.get("subresource").is_none()).cloned().collect()
        };
        let now = specs(managed_fields(live));
        match self.value {
            Some(_) => now.iter().any(|e| e.get("manager").is_some_and(|m| m == MANAGER) && owns(e, path)),
            None => !now.is_empty() && now == specs(self.managed_fields),
        }
    }
}

fn is_container(before: Option<&Value>, after: Option<&Value>) -> bool {
    let empty =
        |value: Option<&Value>| value.is_none_or(|v| v.as_object().is_some_and(serde_json::Map::is_empty));
    empty(before) && empty(after)
}

/// The fields that a run wrote, by JSON pointer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fields<'a>(BTreeMap<String, Field<'a>>);

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It holds what the run wrote: it gets the value from before.
    Restore,
    /// It is as it was.
    AsBefore,
    /// The run had put it back itself; what it is now is someone else's.
    Theirs,
    /// Someone else wrote it over the run's value.
    Changed,
}

impl<'a> Fields<'a> {
    /// Adds a change, later than all before.
    pub fn add(&mut self, change: &FieldChange, owners: &'a [Value]) {
        let path = change.path.as_str();
        let around = self.0.iter_mut().find(|(p, field)| contains(p, path) && !field.is_container());
        if let Some((outer, field)) = around
            && let Some(after) = field.after.as_mut().filter(|after| after.is_object())
        {
            // The whole object around it is the run's; the change is one in there.
            let mut value = after.clone();
            set(&mut value, &path[outer.len()..], change.before.clone());
            field.found = Some(Found { value: Some(value), managed_fields: owners });
            set(after, &path[outer.len()..], change.after.clone());
            return;
        }
        if is_container(change.before.as_ref(), change.after.as_ref()) {
            self.0
                .entry(path.to_owned())
                .and_modify(|field| field.after.clone_from(&change.after))
                .or_insert_with(|| Field {
                    before: change.before.clone(),
                    after: change.after.clone(),
                    owners,
                    found: None,
                });
            return;
        }
        let before = self.swallow(path, change.before.clone());
        if let Some(field) = self.0.get_mut(path) {
            if field.is_container() && !is_container(before.as_ref(), None) {
                field.before = before;
            }
            field.after.clone_from(&change.after);
            field.found = Some(Found { value: change.before.clone(), managed_fields: owners });
        } else {
            let field = Field { before, after: change.after.clone(), owners, found: None };
            self.0.insert(path.to_owned(), field);
        }
    }

    /// Takes the fields inside `path` out, as it is changed as a whole from now on: `before`
    /// with their first values, where the run's were still there.
    fn swallow(&mut self, path: &str, before: Option<Value>) -> Option<Value> {
        let inner: Vec<String> = self.0.keys().filter(|p| contains(path, p)).cloned().collect();
        let taken = inner.into_iter().filter_map(|p| Some((p[path.len()..].to_owned(), self.0.remove(&p)?)));
        let inside = Fields(taken.collect());
        let was = self.0.get(path).filter(|field| field.is_container());
        let whole = before.or_else(|| was.and_then(|field| field.before.clone()));
        whole.map(|whole| inside.undone(&whole))
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `managedFields` before the first write of `path`.
    pub fn owners(&self, path: &str) -> &'a [Value] {
        self.0.get(path).map_or(&[], |field| field.owners)
    }

    /// What becomes of each field on the object as it is. Objects that only hold such fields
    /// are left out.
    pub fn verdicts(&self, live: &Value) -> Vec<(&str, Verdict)> {
        let said = |(path, field): &(&'_ String, &Field<'_>)| {
            !field.is_container() || !self.0.keys().any(|p| contains(path, p))
        };
        let verdict = |path: &str, field: &Field<'_>| {
            let now = get(live, path);
            if now == field.before.as_ref() {
                Verdict::AsBefore
            } else if field.is_ours(live, path) {
                Verdict::Restore
            } else if field.before == field.after {
                Verdict::Theirs
            } else {
                Verdict::Changed
            }
        };
        let fields = self.0.iter().filter(said);
        fields.map(|(path, field)| (path.as_str(), verdict(path, field))).collect()
    }

    /// The object with each field back that is to be restored.
    pub fn undone(&self, live: &Value) -> Value {
        let mut result = live.clone();
        for (path, field) in self.0.iter().filter(|(_, field)| !field.is_container()) {
            if field.is_ours(live, path) {
                set(&mut result, path, field.before.clone());
            }
        }
        // The innermost first: what they held must be gone before they are looked at.
        for (path, field) in self.0.iter().rev().filter(|(_, field)| field.is_container()) {
            if field.before != field.after && get(&result, path) == field.after.as_ref() {
                set(&mut result, path, field.before.clone());
            }
        }
        result
    }
}
