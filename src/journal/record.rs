//! The before-image of a change: what undo needs, written before the change is sent.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How to undo one change of one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Counts from 0 in the order of the changes of a run.
    pub change: u64,
    /// The object.
    pub object: ObjectRef,
    /// Its UID before the change; nothing where it did not exist.
    pub uid: Option<String>,
    /// What the change does.
    pub effect: Effect,
    /// `metadata.managedFields` before the change, to give the ownership back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub managed_fields: Vec<Value>,
    /// Whether hashes stand in the place of a Secret's values: such a copy undoes nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redacted: bool,
}

/// An object of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// `v1`, `apps/v1`.
    pub api_version: String,
    /// `Service`.
    pub kind: String,
    /// The resource's name in URLs: `services`.
    pub plural: String,
    /// Nothing for an object of the whole cluster.
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
}

impl ObjectRef {
    /// Whether its values must not be shown, nor lie readable anywhere but in a Secret.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.api_version == "v1" && (self.kind == "Secret" || self.plural == "secrets")
    }

    /// Whether it grants rights: a Role, a binding. No record leads to one, for whoever undoes
    /// may have more rights than whoever wrote the record.
    #[must_use]
    pub fn grants_rights(&self) -> bool {
        self.api_version.split('/').next() == Some("rbac.authorization.k8s.io")
    }

    /// Whether both are the same object to the API server: its URL has no kind.
    #[must_use]
    pub fn is_at(&self, other: &Self) -> bool {
        fn place(of: &ObjectRef) -> (&str, &str, Option<&str>, &str) {
            (&of.api_version, &of.plural, of.namespace.as_deref(), &of.name)
        }
        place(self) == place(other)
    }
}

impl std::fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind.to_lowercase(), self.name)
    }
}

/// What a change does to its object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Effect {
    /// Fields get other values.
    Fields {
        /// Each, with both values.
        changes: Vec<FieldChange>,
    },
    /// The object is made by the run (and carries its label).
    Created,
    /// The object is deleted.
    Deleted {
        /// The object as it was.
        before: Box<Value>,
    },
}

/// One field, before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// A JSON pointer (RFC 6901): `/spec/selector/app`.
    pub path: String,
    /// The value before; nothing where the field was absent.
    pub before: Option<Value>,
    /// The value after; nothing where the change removes the field.
    pub after: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_was_written_otherwise_makes_no_other_object() {
        let service = ObjectRef {
            api_version: "v1".to_owned(),
            kind: "Service".to_owned(),
            plural: "services".to_owned(),
            namespace: Some("shop".to_owned()),
            name: "api".to_owned(),
        };
        assert!(service.is_at(&ObjectRef { kind: "service".to_owned(), ..service.clone() }));
        assert!(!service.is_at(&ObjectRef { name: "web".to_owned(), ..service.clone() }));
        assert!(!service.is_at(&ObjectRef { namespace: None, ..service.clone() }));
    }
}
