//! From the objects in the cluster to records. Nothing in them is trusted blindly: whoever may
//! write a ConfigMap wrote them.

use k8s_openapi::ByteString;
use serde_json::Value;

use super::entry::{self, Entry, Outline, Place, Pointer};
use super::error::StoreError;
use super::home::stranger;
use super::pack::{Parts, unpack};
use super::shelf::{self, PART_KEY, Shelf};
use crate::journal::{ObjectRef, Record};

/// What all records of a run in parts may weigh together, bytes.
const MOST: usize = 32 * 1024 * 1024;

/// The records of a run, as far as they can be read.
#[derive(Debug, Default)]
pub struct Kept {
    /// In the order of the changes.
    pub records: Vec<Record>,
    /// Those in the run's Secret, where it cannot be read.
    pub sealed: Vec<Sealed>,
}

/// A change of a Secret whose record cannot be read: it is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The Secret that the run changed.
    pub object: ObjectRef,
    /// What is known of the change.
    pub outline: Outline,
    /// Why its record cannot be read.
    pub why: String,
}

/// An entry that was found and checked.
pub(super) enum Found {
    Record(Box<Record>),
    InSecret(ObjectRef, u64, Outline),
}

impl Shelf {
    /// The entries of the run's own object.
    pub async fn entries(&self, own: &Value) -> Result<Vec<Found>, StoreError> {
        let mut found = Vec::new();
        let mut room = MOST;
        for (key, text) in self.texts(own) {
            let entry = text.and_then(|text| entry::read(&text).map_err(|error| self.why(&error)));
            let entry = entry.map_err(|why| self.no_record(&key, why))?;
            found.push(match entry {
                Entry::Record(record) => Found::Record(self.checked(&key, record)?),
                Entry::Elsewhere(pointer) => self.follow(&key, pointer, &mut room).await?,
            });
        }
        Ok(found)
    }

    /// Reads what an entry names.
    async fn follow(&self, key: &str, pointer: Pointer, room: &mut usize) -> Result<Found, StoreError> {
        let Pointer { change, object, place } = pointer;
        self.at_home(key, &object)?;
        if key != shelf::key(change) {
            return Err(self.no_record(key, format!("it is about the change {change}")));
        }
        let parts = match place {
            Place::Secret(outline) if !self.object.is_secret() && object.is_secret() => {
                return Ok(Found::InSecret(object, change, outline));
            }
            Place::Secret(_) => return Err(self.no_record(key, "it leads to a Secret".to_owned())),
            Place::Parts(parts) => parts,
        };
        let text = self.joined(key, change, &parts).await?;
        *room = room.checked_sub(text.len()).ok_or_else(|| {
            self.no_record(key, format!("the records in parts have more than {MOST} bytes"))
        })?;
        let record: Record =
            serde_json::from_str(&text).map_err(|error| self.no_record(key, self.why(&error)))?;
        if record.change != change || record.object != object {
            return Err(self.no_record(key, "its parts hold the record of another change".to_owned()));
        }
        self.checked(key, Box::new(record)).map(Found::Record)
    }

    async fn joined(&self, key: &str, change: u64, parts: &Parts) -> Result<String, StoreError> {
        let numbers = parts.numbers();
        let numbers = numbers.ok_or_else(|| self.no_record(key, "it names too many parts".to_owned()))?;
        let mut cut = Vec::new();
        for number in numbers {
            let object = self.part(change, number);
            let live = self.api.get(&object).await.map_err(|error| self.failed(error))?;
            let bytes = live.as_ref().and_then(|live| {
                let field = if self.object.is_secret() { "data" } else { "binaryData" };
                bytes(live.get(field)?.get(PART_KEY)?)
            });
            cut.push(bytes.ok_or_else(|| self.no_record(key, format!("its part {object} is missing")))?);
        }
        unpack(parts, &cut).map_err(|why| self.no_record(key, why))
    }

    /// The texts of the run's own object that are to be records, by key.
    fn texts(&self, own: &Value) -> Vec<(String, Result<String, String>)> {
        let data = own.get("data").and_then(Value::as_object);
        let text = |value: &Value| {
            let text = if self.object.is_secret() {
                bytes(value).and_then(|bytes| String::from_utf8(bytes).ok())
            } else {
                value.as_str().map(str::to_owned)
            };
            text.ok_or_else(|| "it is no text".to_owned())
        };
        let records = data.into_iter().flatten().filter(|(key, _)| key.starts_with("record-"));
        records.map(|(key, value)| (key.clone(), text(value))).collect()
    }

    fn checked(&self, key: &str, record: Box<Record>) -> Result<Box<Record>, StoreError> {
        self.at_home(key, &record.object)?;
        if record.redacted {
            return Err(self.no_record(key, "it holds hashes in the place of values".to_owned()));
        }
        match (record.object.is_secret(), self.object.is_secret()) {
            (true, true) | (false, false) => Ok(record),
            (true, false) => Err(self.stranger(key, "a Secret, whose records lie in a Secret")),
            (false, true) => Err(self.stranger(key, "an object that is no Secret")),
        }
    }

    fn at_home(&self, key: &str, object: &ObjectRef) -> Result<(), StoreError> {
        let namespace = self.object.namespace.as_deref().unwrap_or_default();
        stranger(object, namespace).map_or(Ok(()), |what| Err(self.stranger(key, what)))
    }

    fn stranger(&self, key: &str, what: &'static str) -> StoreError {
        StoreError::Stranger { place: self.place(), key: key.to_owned(), what }
    }

    fn no_record(&self, key: &str, why: String) -> StoreError {
        StoreError::NoRecord { place: self.place(), key: key.to_owned(), why }
    }

    /// What is wrong with a text; of one in a Secret only where, as the message could quote it.
    fn why(&self, error: &serde_json::Error) -> String {
        if self.object.is_secret() {
            return format!("line {}, column {} is not what it should be", error.line(), error.column());
        }
        error.to_string()
    }
}

/// The record of a change in what was found in the run's Secret.
pub(super) fn take(found: &mut Vec<Found>, object: &ObjectRef, change: u64) -> Option<Record> {
    let wanted = |found: &Found| matches!(found, Found::Record(record) if record.change == change && record.object == *object);
    let at = found.iter().position(wanted)?;
    match found.swap_remove(at) {
        Found::Record(record) => Some(*record),
        Found::InSecret(..) => None,
    }
}

fn bytes(base64: &Value) -> Option<Vec<u8>> {
    let ByteString(bytes) = serde_json::from_value(base64.clone()).ok()?;
    Some(bytes)
}
