//! The undo of a run whose last request may still be on its way.

use std::collections::BTreeMap;
use std::time::Duration;

use kube::Client;
use tokio::time::{Instant, sleep};

use super::Charge;
use crate::engine::undo::store::{ConfigMapStore, Kept, Sealed, StoreError};
use crate::engine::undo::{Patience, Undo, UndoSummary};
use crate::journal::{Record, UndoItem};
use crate::steps::api::namespace_ref;

/// How long one look may try.
const TRIES_FOR: Duration = Duration::from_secs(60);
/// Between the first look and the second.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Undoes a run from its records in the cluster and in the journal, by two looks.
///
/// When the runner died, a request of it may have been under way: the creation of its namespace,
/// of its Lease or of its records, or the change itself. Such a request lives on in the API
/// server's socket, and the first look may come before it: it would find nothing to undo, and the
/// change, whose pinned `resourceVersion` still fits, would land after it. A request that was
/// sent is answered within a second by an API server that answers the first look; one that is
/// frozen holds the first look back just as long. So a second look, a second after the first one
/// is over, finds what landed late. For what the first one has put back already it is the same
/// idempotent undo once more.
pub(super) struct PutBack<'a> {
    client: &'a Client,
    charge: &'a Charge,
    /// The records of both places, each change once.
    known: BTreeMap<u64, Record>,
    /// Those in the cluster that this guard may not read.
    sealed: Vec<Sealed>,
    /// Why those in the cluster could not be used.
    unread: Option<StoreError>,
}

impl<'a> PutBack<'a> {
    /// An undo of the run that `charge` is about.
    pub fn new(client: &'a Client, charge: &'a Charge) -> Self {
        Self { client, charge, known: BTreeMap::new(), sealed: Vec::new(), unread: None }
    }

    /// Both looks; `journaled` are the records of the journal.
    pub async fn both_looks(
        &mut self,
        journaled: &[Record],
        told: &mut (dyn FnMut(UndoItem) + Send),
    ) -> UndoSummary {
        self.look(journaled, told).await;
        sleep(LOOK_AGAIN_AFTER).await;
        self.look(journaled, told).await
    }

    /// Why the records in the cluster could not be used, where that is so.
    pub const fn unread(&self) -> Option<&StoreError> {
        self.unread.as_ref()
    }

    async fn look(&mut self, journaled: &[Record], told: &mut (dyn FnMut(UndoItem) + Send)) -> UndoSummary {
        match self.load().await {
            Ok(kept) => {
                self.unread = None;
                self.sealed = kept.sealed;
                self.know(kept.records);
            }
            Err(error) => self.unread = Some(error),
        }
        // The journal is written first: where both have a change, its record is never the older.
        // A copy without the values is of no use; where it is all that there is, the undo says so.
        let lost = self.unread.is_some();
        self.know(journaled.iter().filter(|record| lost || !record.redacted).cloned());
        let mut undo = Undo::new(self.client.clone(), &self.charge.run, &self.charge.namespace);
        undo.within = TRIES_FOR;
        undo.sealed.clone_from(&self.sealed);
        if self.charge.keep_workload {
            undo.keep.insert(namespace_ref(&self.charge.namespace));
        }
        let records: Vec<Record> = self.known.values().cloned().collect();
        undo.run(&records, told).await
    }

    fn know(&mut self, records: impl IntoIterator<Item = Record>) {
        self.known.extend(records.into_iter().map(|record| (record.change, record)));
    }

    /// The records in the cluster; a silent API server is asked again.
    async fn load(&self) -> Result<Kept, StoreError> {
        let store = ConfigMapStore::new(self.client.clone(), &self.charge.namespace, &self.charge.run);
        let mut patience = Patience::until(Instant::now() + TRIES_FOR);
        loop {
            match store.load_readable().await {
                Err(StoreError::Api { place, source }) => {
                    let again = patience.after(source).await;
                    again.map_err(|source| StoreError::Api { place, source })?;
                }
                answer => return answer,
            }
        }
    }
}
