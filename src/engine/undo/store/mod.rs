//! The records in the cluster: a ConfigMap per run, so that any machine can undo. Records that
//! hold a Secret's values lie in a Secret of the same name, and the ConfigMap says so.

mod entry;
mod error;
mod home;
mod pack;
mod read;
pub(super) mod shelf;

use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::about::About;
use super::redact::Salt;
use crate::journal::Record;
use crate::steps::api::{Api, RUN_LABEL, label};
use crate::steps::{RecordError, Recorder};
pub use entry::Outline;
use entry::Pointer;
pub use error::StoreError;
use read::{Found, take};
pub use read::{Kept, Sealed};
use shelf::{Shelf, key};

/// The key in the run's ConfigMap that says that there are Secrets to be deleted, too.
const SECRETS: &str = "secrets";
/// The key in the run's Secret with the salt of the hashes in the journal.
const SALT: &str = "salt";

/// The records of one run, in the target's namespace.
#[derive(Debug, Clone)]
pub struct ConfigMapStore {
    run: String,
    maps: Shelf,
    secrets: Shelf,
    salt: Salt,
}

impl ConfigMapStore {
    /// The store of `run` in `namespace`; its ConfigMap is made with the first record.
    #[must_use]
    pub fn new(client: kube::Client, namespace: &str, run: &str) -> Self {
        let api = Api::new(client).patient();
        Self {
            run: run.to_owned(),
            maps: Shelf::of_config_maps(api.clone(), namespace, run),
            secrets: Shelf::of_secrets(api, namespace, run),
            salt: Salt::default(),
        }
    }

    /// The same; what it makes says whose run it is.
    #[must_use]
    pub fn about(mut self, about: &About) -> Self {
        self.maps.annotations = about.annotations();
        self.secrets.annotations = about.annotations();
        self
    }

    /// The run's salt, for the copies of records in its journal.
    #[must_use]
    pub fn salt(&self) -> Salt {
        self.salt.clone()
    }

    /// Appends a record, or replaces the one of the same change. Durable when this returns:
    /// the API server has acknowledged it.
    pub async fn append(&self, record: &Record) -> Result<(), StoreError> {
        if !record.object.is_secret() {
            return self.maps.put(record, &[]).await;
        }
        let salt = self.salt.bytes().map_err(|source| StoreError::NoSalt { source })?;
        // Before there is a Secret: whoever deletes the store must know.
        self.maps.put_entry(SECRETS, &self.secrets.object.name).await?;
        self.secrets.put(record, &[(SALT, &salt)]).await?;
        let entry = json!(Pointer::to_secret(record)).to_string();
        self.maps.put_entry(&key(record.change), &entry).await
    }

    /// The records, in the order of the changes; none where there is no store.
    ///
    /// # Errors
    /// Where one of them cannot be read, be it for a missing right.
    pub async fn load(&self) -> Result<Vec<Record>, StoreError> {
        let kept = self.load_readable().await?;
        let why = |sealed: Sealed| StoreError::Sealed { object: sealed.object.to_string(), why: sealed.why };
        kept.sealed.into_iter().next().map_or(Ok(kept.records), |sealed| Err(why(sealed)))
    }

    /// The records that can be read, and what is known of those in a Secret that cannot.
    pub async fn load_readable(&self) -> Result<Kept, StoreError> {
        match self.maps.read().await? {
            Some(own) => self.read(&own).await,
            None => Ok(Kept::default()),
        }
    }

    /// The records that the run's ConfigMap holds or leads to.
    pub(super) async fn read(&self, own: &Value) -> Result<Kept, StoreError> {
        let mut kept = Kept::default();
        let mut in_secret = Vec::new();
        for found in self.maps.entries(own).await? {
            match found {
                Found::Record(record) => kept.records.push(*record),
                Found::InSecret(object, change, outline) => in_secret.push((object, change, outline)),
            }
        }
        if !in_secret.is_empty() {
            let mut opened = self.open().await?;
            for (object, change, outline) in in_secret {
                let record = match &mut opened {
                    Ok(found) => take(found, &object, change).ok_or_else(|| self.lacks(change)),
                    Err(why) => Err(why.clone()),
                };
                match record {
                    Ok(record) => kept.records.push(record),
                    Err(why) => kept.sealed.push(Sealed { object, outline, why }),
                }
            }
        }
        kept.records.sort_by_key(|record| record.change);
        Ok(kept)
    }

    /// The records in the run's Secret, or why it cannot be read.
    async fn open(&self) -> Result<Result<Vec<Found>, String>, StoreError> {
        let found = match self.secrets.read().await {
            Ok(Some(own)) => self.secrets.entries(&own).await,
            Ok(None) => return Ok(Err(format!("{} is not there", self.secrets.place()))),
            Err(error) => Err(error),
        };
        match found {
            Err(error @ StoreError::Api { .. }) => Ok(Err(error.to_string())),
            found => found.map(Ok),
        }
    }

    fn lacks(&self, change: u64) -> String {
        format!("{} has no {}", self.secrets.place(), key(change))
    }

    /// Deletes the store; that it is not there is fine.
    pub async fn delete(&self) -> Result<(), StoreError> {
        let own = self.maps.read().await?;
        let own = own.filter(|own| label(own, RUN_LABEL) == Some(&self.run));
        // Asked for only where there are some: it takes rights that a run may not have.
        if own.is_some_and(|own| own.get("data").is_some_and(|data| data.get(SECRETS).is_some())) {
            self.secrets.clear().await?;
        }
        self.maps.clear().await
    }
}

impl Recorder for ConfigMapStore {
    fn record(&self, record: Record) -> BoxFuture<'_, Result<(), RecordError>> {
        Box::pin(async move {
            let kept = self.append(&record).await;
            kept.map_err(|error| RecordError { place: self.maps.place(), message: error.to_string() })
        })
    }
}

/// The name of a run's ConfigMap, and of its Lease.
pub(super) fn name(run: &str) -> String {
    format!("firedrill-{run}")
}
