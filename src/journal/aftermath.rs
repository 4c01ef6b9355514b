//! What is different in the cluster after an option, whatever the users see.

use serde::{Deserialize, Serialize};

/// What an option has left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Aftermath {
    /// `round.option`.
    pub option: String,
    /// Pods that no controller owns any more, or that are not of the Deployment's current
    /// ReplicaSet.
    pub orphans: Vec<String>,
    /// Fields that differ from what was declared last: the release's manifest, or the drill's.
    pub drift: Vec<Drift>,
    /// What the broken release brought beside the fault and what is gone now: `poddisruptionbudget/api`.
    pub dropped: Vec<String>,
}

/// A field that is not as it was declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// `service/api-service`.
    pub object: String,
    /// A JSON pointer (RFC 6901); nothing where the object itself is missing.
    pub field: Option<String>,
    /// What is declared, as JSON.
    pub declared: Option<String>,
    /// What is there, as JSON; nothing where it is missing.
    pub live: Option<String>,
    /// The field manager that owns the field now.
    pub owner: Option<String>,
}
