//! A run's writes to one object, folded into what there is to put back.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::journal::FieldChange;
use crate::steps::pointer::{contains, get, set};

/// One field over the whole run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field<'a> {
    /// Its value before the run's first write.
    pub before: Option<Value>,
    /// Its value after the run's last write.
    pub after: Option<Value>,
    /// `managedFields` before the first write.
    pub owners: &'a [Value],
}

impl Field<'_> {
    /// Whether it stands for an object that the run made only to put fields into it.
    fn is_container(&self) -> bool {
        self.before.is_none() && self.after == Some(json!({}))
    }
}

/// The fields that a run wrote, by JSON pointer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fields<'a>(BTreeMap<String, Field<'a>>);

/// What becomes of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// It holds the run's last value: it gets the one from before.
    Restore(Option<Value>),
    /// It is as it was.
    AsBefore,
    /// Someone else wrote it since.
    Changed,
}

impl<'a> Fields<'a> {
    /// Adds a change, later than all before.
    pub fn add(&mut self, change: &FieldChange, owners: &'a [Value]) {
        let Self(fields) = self;
        let path = change.path.as_str();
        let container = change.before.is_none() && change.after == Some(json!({}));
        if let Some((outer, field)) =
            fields.iter_mut().find(|(outer, field)| contains(outer, path) && !field.is_container())
            && let Some(after) = field.after.as_mut().filter(|after| after.is_object())
        {
            // The whole object around it is the run's; the change is one in there.
            set(after, &path[outer.len()..], change.after.clone());
            return;
        }
        let inner: Vec<String> = fields.keys().filter(|p| contains(path, p)).cloned().collect();
        if container {
            // An object that comes back with its fields' removal behind it was there before.
            let known = inner.iter().any(|p| fields[p].before.is_some());
            if !known && !fields.contains_key(path) {
                fields.insert(path.to_owned(), Field { before: None, after: change.after.clone(), owners });
            }
            return;
        }
        let mut before = change.before.clone();
        for p in inner {
            // A field in it was the run's already: its first value counts.
            if let (Some(field), Some(before)) = (fields.remove(&p), before.as_mut()) {
                set(before, &p[path.len()..], field.before);
            }
        }
        fields
            .entry(path.to_owned())
            .and_modify(|field| field.after.clone_from(&change.after))
            .or_insert_with(|| Field { before, after: change.after.clone(), owners });
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `managedFields` before the first write of `path`.
    pub fn owners(&self, path: &str) -> &'a [Value] {
        self.0.get(path).map_or(&[], |field| field.owners)
    }

    /// What becomes of each field on the object as it is.
    pub fn verdicts(&self, live: &Value) -> Vec<(&str, Verdict)> {
        let mut verdicts = Vec::new();
        let mut result = live.clone();
        for (path, field) in self.0.iter().filter(|(_, field)| !field.is_container()) {
            let now = get(live, path);
            let verdict = if now == field.before.as_ref() {
                Verdict::AsBefore
            } else if now == field.after.as_ref() {
                set(&mut result, path, field.before.clone());
                Verdict::Restore(field.before.clone())
            } else {
                Verdict::Changed
            };
            verdicts.push((path.as_str(), verdict));
        }
        // The innermost first: what they held must be gone before they are looked at.
        for (path, _) in self.0.iter().rev().filter(|(_, field)| field.is_container()) {
            if get(&result, path) == Some(&json!({})) {
                set(&mut result, path, None);
                verdicts.push((path.as_str(), Verdict::Restore(None)));
            }
        }
        verdicts
    }

    /// The object as it would be without the run's writes.
    pub fn undone(&self, image: &Value) -> Value {
        let mut image = image.clone();
        for (path, verdict) in self.verdicts(&image.clone()) {
            if let Verdict::Restore(value) = verdict {
                set(&mut image, path, value);
            }
        }
        image
    }
}
