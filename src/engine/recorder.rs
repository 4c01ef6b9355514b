//! Before-images go to the journal and to the cluster before a change is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::BoxFuture;

use super::news::Desk;
use super::undo::store::ConfigMapStore;
use crate::clock::Nanos;
use crate::journal::Record;
use crate::steps::{RecordError, Recorder};

/// The run's journal, and a ConfigMap in the target's namespace.
pub struct TwoPlaces {
    /// The way to the journal.
    pub desk: Desk,
    /// The records in the cluster.
    pub store: ConfigMapStore,
    /// When the latest record was durable in both. The change is sent right after that.
    pub at: Arc<AtomicU64>,
}

impl Recorder for TwoPlaces {
    fn record(&self, record: Record) -> BoxFuture<'_, Result<(), RecordError>> {
        let failed = |message| RecordError { place: "the journal".to_owned(), message };
        Box::pin(async move {
            self.desk.write(record.clone()).await.map_err(failed)?;
            self.store.record(record).await?;
            let now: Nanos = self.desk.clock().elapsed();
            self.at.store(now, Ordering::Relaxed);
            Ok(())
        })
    }
}
