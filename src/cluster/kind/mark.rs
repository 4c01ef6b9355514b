//! What firedrill remembers of a kind cluster that one of its runs makes: written before the cluster
//! is, so that what a killed run left is told from a cluster of the user's, which has the same name.
//!
//! The API server's port is chosen by firedrill at random, and the node's container carries it from
//! the moment when it is made: a cluster is the marked one only where both agree.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::cluster::Error;
use crate::cluster::state::{Home, Owner};

/// The format.
const SCHEMA: &str = "firedrill.dev/kind/v1";

/// Whose a cluster is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mark {
    schema: String,
    /// Who ends it: its run, or nobody once it was kept.
    pub owner: Owner,
    /// When its making began.
    pub since: DateTime<Utc>,
    /// The port of this machine at which its API server is.
    pub apiserver_port: u16,
}

impl Mark {
    /// Of a cluster that a run is about to make.
    #[must_use]
    pub fn of_a_run(apiserver_port: u16) -> Self {
        Self { schema: SCHEMA.to_owned(), owner: Owner::Run, since: Utc::now(), apiserver_port }
    }

    /// The mark; nothing where there is none, or none that can be read.
    pub fn read(home: &Home) -> Result<Option<Self>, Error> {
        Ok(home.read_as::<Self>()?.filter(|mark| mark.schema == SCHEMA))
    }

    /// Makes the mark, at once or not at all.
    pub fn write(&self, home: &Home) -> Result<(), Error> {
        home.write_as(self)
    }
}
