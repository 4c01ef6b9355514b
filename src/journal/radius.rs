//! What a run sees of the Services beside its target.

use serde::{Deserialize, Serialize};

use crate::clock::Nanos;

/// One thing that was seen of them. All `*_ns` are nanoseconds since the run began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "seen", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Radius {
    /// From now on, a Service that has a usable endpoint now is told when it loses the last one.
    Watched {
        /// Where.
        scope: Scope,
        /// Why not everywhere.
        reason: Option<String>,
    },
    /// The fault goes in, and what can be lost is not known.
    Unwatched {
        /// Why.
        reason: String,
    },
    /// A Service lost its last usable endpoint.
    Out {
        /// Its namespace.
        namespace: String,
        /// Its name.
        service: String,
        /// Whether its last slice was deleted, too. Told again where that came later.
        deleted: bool,
    },
    /// It has one again.
    Back {
        /// Its namespace.
        namespace: String,
        /// Its name.
        service: String,
    },
    /// From now on changes are not seen.
    Broken {
        /// The last moment that is known to be seen.
        from_ns: Nanos,
        /// Why.
        reason: String,
    },
    /// Changes are seen again.
    Mended {
        /// The last moment before that is known to be seen.
        from_ns: Nanos,
        /// The first moment that is seen again.
        to_ns: Nanos,
        /// Why they were not.
        reason: String,
        /// Whether what came and went in between is not known.
        lost: bool,
    },
    /// Something that this firedrill does not know.
    #[serde(other)]
    Unknown,
}

/// Where the other Services are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// In the whole cluster.
    Cluster,
    /// In the target's namespace.
    Namespace,
    /// Somewhere that this firedrill does not know.
    #[serde(other)]
    Unknown,
}
