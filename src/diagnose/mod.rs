//! Why a Service has no endpoints. Pure: from what was read of the cluster to a cause, its
//! evidence and the command that mends it. What has to be read for that is asked here, too.

mod elsewhere;
mod events;
mod facts;
pub mod links;
mod mismatch;
mod near;
mod ports;
mod readiness;
mod release;
mod rules;
#[cfg(test)]
mod tests;
mod text;

pub use elsewhere::{Missing, missing};
pub use events::explained_by_events;
pub use facts::*;
pub use near::NearMiss;
pub use readiness::{not_ready, plain};
pub use release::Release;
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
    /// Who changed last what the cause lies in: the selector, the ports, the replicas.
    pub changed: Option<Changed>,
    /// The Helm release of the Service, and the revision that is to be looked at.
    pub release: Option<Release>,
    /// Other namespaces that have what is missing here.
    pub elsewhere: Vec<Elsewhere>,
    /// A command that mends it, or shows more, where one is known. It is shown, never run.
    pub fix: Option<String>,
    /// Commands that make the fix last, where it alone would not.
    pub then: Vec<String>,
    /// Why it would not.
    pub note: Option<String>,
}

impl Diagnosis {
    /// Whether it names a cause.
    #[must_use]
    pub const fn found(&self) -> bool {
        !matches!(self.cause, Cause::Healthy)
    }
}
