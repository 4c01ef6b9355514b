//! A cluster that a run may use, and what becomes of it when the run is over.

use super::state::Home;
use super::{Access, Error, kind, local};

/// A cluster that a run may use. Dropped without [`Held::release`], one that is the run's own is
/// removed by the process beside it.
#[derive(Debug)]
pub struct Held {
    /// How to talk to it.
    pub access: Access,
    private: Option<Private>,
}

/// A cluster that goes with its run.
#[derive(Debug)]
enum Private {
    Local(Box<local::Private>),
    Kind(Box<kind::Private>),
}

impl From<Access> for Held {
    /// A cluster that is not the run's to remove.
    fn from(access: Access) -> Self {
        Self { access, private: None }
    }
}

impl Held {
    /// A local cluster that is the run's own.
    pub(super) fn private(access: Access, private: local::Private) -> Self {
        Self { access, private: Some(Private::Local(Box::new(private))) }
    }

    /// A kind cluster that is the run's own.
    pub(super) fn kind(access: Access, private: kind::Private) -> Self {
        Self { access, private: Some(Private::Kind(Box::new(private))) }
    }

    /// Whether nothing of the cluster stays once it is released.
    #[must_use]
    pub fn is_removed_on_release(&self) -> bool {
        self.private.as_ref().is_some_and(|private| match private {
            Private::Local(private) => !private.is_kept(),
            Private::Kind(private) => !private.is_kept(),
        })
    }

    /// The folder of a private cluster. Such a one goes with this process, also where it is to be
    /// kept in the end.
    #[must_use]
    pub fn private_home(&self) -> Option<&Home> {
        self.private.as_ref().map(|private| match private {
            Private::Local(private) => private.home(),
            Private::Kind(private) => private.home(),
        })
    }

    /// The command that removes it by hand.
    #[must_use]
    pub fn removal(&self) -> String {
        let name = &self.access.facts.name;
        match self.private {
            Some(Private::Kind(_)) => format!("kind delete cluster --name {name}"),
            _ => format!("firedrill cluster down {name}"),
        }
    }

    /// Removes a private cluster, unless it is to be kept; leaves another's.
    pub async fn release(self) -> Result<(), Error> {
        match self.private {
            Some(Private::Local(private)) => private.release().await,
            Some(Private::Kind(private)) => private.release().await,
            None => Ok(()),
        }
    }
}
