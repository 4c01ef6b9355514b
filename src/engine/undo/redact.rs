//! Copies of records for the journal, which must not hold a Secret's values.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::journal::{Effect, FieldChange, Record};
use crate::steps::pointer::{child, contains};

/// How much chance a salt holds, bytes.
const SALT: usize = 32;

/// Where a Secret holds values. Its annotations do, too: `kubectl apply` keeps all that was
/// applied in one.
const VALUES: [&str; 3] = ["/data", "/stringData", "/metadata/annotations"];

/// What makes the hashes of one run guessable by nobody: chosen when it is first needed, and
/// kept in the run's Secret alone.
#[derive(Clone, Default)]
pub struct Salt(Arc<OnceLock<[u8; SALT]>>);

impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt(…)")
    }
}

impl Salt {
    /// The record as it may stand in a journal: the values of a Secret are hashes there, which
    /// say whether two are the same, and nothing else to whoever does not know the salt. Other
    /// records are copied as they are.
    ///
    /// # Errors
    /// Where the operating system gives no random bytes.
    pub fn for_journal(&self, record: &Record) -> io::Result<Record> {
        if record.object.is_secret() { Ok(redacted(record, &self.bytes()?)) } else { Ok(record.clone()) }
    }

    /// The salt itself.
    pub(super) fn bytes(&self) -> io::Result<[u8; SALT]> {
        if let Some(chosen) = self.0.get() {
            return Ok(*chosen);
        }
        let mut random = [0; SALT];
        File::open("/dev/urandom")?.read_exact(&mut random)?;
        Ok(*self.0.get_or_init(|| random))
    }
}

fn redacted(record: &Record, salt: &[u8]) -> Record {
    let hashed = |path: &str, value: &Option<Value>| {
        let mut value = value.clone();
        if let Some(value) = &mut value {
            hash(path, value, salt);
        }
        value
    };
    let effect = match &record.effect {
        Effect::Created => Effect::Created,
        Effect::Deleted { before } => {
            let mut before = before.clone();
            hash("", &mut before, salt);
            Effect::Deleted { before }
        }
        Effect::Fields { changes } => {
            let change = |change: &FieldChange| FieldChange {
                path: change.path.clone(),
                before: hashed(&change.path, &change.before),
                after: hashed(&change.path, &change.after),
            };
            Effect::Fields { changes: changes.iter().map(change).collect() }
        }
    };
    Record { effect, redacted: true, ..record.clone() }
}

/// Puts hashes in the place of the values in `value`, which is what `path` points at.
fn hash(path: &str, value: &mut Value, salt: &[u8]) {
    match value {
        Value::Null => {}
        Value::Object(map) => map.iter_mut().for_each(|(key, value)| hash(&child(path, key), value, salt)),
        _ if !VALUES.iter().any(|root| *root == path || contains(root, path)) => {}
        Value::String(text) => *value = Value::String(salted(salt, text)),
        other => *other = Value::String(salted(salt, &other.to_string())),
    }
}

fn salted(salt: &[u8], text: &str) -> String {
    let sum = Sha256::new().chain_update(salt).chain_update(text).finalize();
    sum.iter().fold("sha256:".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::journal::ObjectRef;

    fn record(kind: &str, plural: &str, effect: Effect) -> Record {
        let object = ObjectRef {
            api_version: "v1".to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            namespace: Some("shop".to_owned()),
            name: "token".to_owned(),
        };
        let managed_fields = vec![json!({"fieldsV1": {"f:data": {"f:key": {}}}})];
        Record { change: 0, object, uid: None, effect, managed_fields, redacted: false }
    }

    fn change(path: &str, before: Value) -> FieldChange {
        FieldChange { path: path.to_owned(), before: Some(before), after: None }
    }

    #[test]
    fn a_deleted_secret_keeps_its_form_and_none_of_its_values() {
        let applied =
            json!({"kubectl.kubernetes.io/last-applied-configuration": "{\"data\":{\"key\":\"aHVzaA==\"}}"});
        let before = json!({"metadata": {"name": "token", "labels": {"app": "api"}, "annotations": applied},
            "data": {"key": "aHVzaA==", "same": "aHVzaA=="}, "type": "Opaque"});
        let full = record("Secret", "secrets", Effect::Deleted { before: Box::new(before) });
        let copy = redacted(&full, b"salt");
        assert!(copy.redacted && !full.redacted);
        assert_eq!(copy.managed_fields, full.managed_fields);
        let Effect::Deleted { before } = &copy.effect else { panic!("{copy:?}") };
        assert!(!before.to_string().contains("aHVzaA"), "{before}");
        assert_eq!(
            (&before["type"], &before["metadata"]["labels"]),
            (&json!("Opaque"), &json!({"app": "api"}))
        );
        assert_eq!(before["data"]["key"], before["data"]["same"]);
        assert_ne!(copy, redacted(&full, b"pepper"));
    }

    #[test]
    fn fields_of_a_secret_are_hashed_where_values_are() {
        let changes = vec![
            change("/data/key", json!("aHVzaA==")),
            change("/data", json!({})),
            change("/metadata/annotations/a~1b", json!("hush")),
            change("/metadata/labels/app", json!("api")),
            change("/immutable", json!(true)),
            change("/metadata", json!({"annotations": {"c": ["hush"]}, "name": "token"})),
        ];
        let copy =
            redacted(&record("Secret", "secrets", Effect::Fields { changes: changes.clone() }), b"salt");
        let Effect::Fields { changes: copied } = &copy.effect else { panic!("{copy:?}") };
        let text = json!(copied).to_string();
        assert!(!text.contains("hush") && !text.contains("aHVzaA"), "{text}");
        for same in [1, 3, 4] {
            assert_eq!(copied[same], changes[same]);
        }
    }

    #[test]
    fn other_objects_are_copied_as_they_are() {
        let changes = vec![change("/data/key", json!("plain"))];
        let map = record("ConfigMap", "configmaps", Effect::Fields { changes });
        let salt = Salt::default();
        assert_eq!(salt.for_journal(&map).unwrap(), map);
        // Whatever it calls itself, the URL leads to a Secret.
        let disguised = record("ConfigMap", "secrets", Effect::Created);
        assert!(salt.for_journal(&disguised).unwrap().redacted);
        assert_eq!(salt.bytes().unwrap(), salt.clone().bytes().unwrap(), "one salt a run");
        assert_ne!(salt.bytes().unwrap(), Salt::default().bytes().unwrap());
    }
}
