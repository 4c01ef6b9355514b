//! Where a cluster comes from. What a drill can show depends on it: pods of the local cluster run
//! no containers, and only kind maps node ports to this machine.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a cluster comes from.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// firedrill's own control plane, without containers.
    #[default]
    Local,
    /// A kind cluster: nodes in containers, pods with real kubelets.
    Kind,
    /// A context of the user's kubeconfig.
    Context,
}

impl Provider {
    /// Every kind of cluster.
    pub const ALL: [Self; 3] = [Self::Local, Self::Kind, Self::Context];

    /// As drill files, reports and `--cluster` write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Kind => "kind",
            Self::Context => "context",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
