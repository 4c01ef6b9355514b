//! Why a Service has no endpoints. Pure: from what was read of the cluster to a cause, its
//! evidence and the command that mends it.

mod facts;
mod near;
mod rules;
#[cfg(test)]
mod tests;
mod text;

pub use facts::*;
pub use near::NearMiss;
pub use rules::{Cause, diagnose};

use serde::Serialize;

/// What a diagnosis says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// The Service.
    pub service: String,
    /// Its namespace.
    pub namespace: String,
    /// The cause.
    pub cause: Cause,
    /// The cause and how it is known, for people, a line each.
    pub lines: Vec<String>,
    /// Pods that lack one label only, the likeliest first.
    pub near_misses: Vec<NearMiss>,
    /// A command that mends it, where one is known.
    pub fix: Option<String>,
}

impl Diagnosis {
    /// Whether it names a cause.
    #[must_use]
    pub const fn found(&self) -> bool {
        !matches!(self.cause, Cause::Healthy)
    }
}
