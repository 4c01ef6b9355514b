//! Removing a cluster: its processes, then its folder. Whoever does it holds the cluster's lock.

use std::path::Path;
use std::time::Duration;

use super::link::Responder;
use super::processes;
use crate::cluster::Error;
use crate::cluster::state::{Home, Lock, Owner};

/// How long a lock is waited for by who wants to remove its cluster.
const LOCK_WITHIN: Duration = Duration::from_secs(120);

/// Removes everything. The responder is the last to go: while it lives, it would finish the
/// work if this process were killed in the middle of it.
pub(super) async fn all(home: &Home, responder: Option<Responder>) -> Result<(), Error> {
    processes::end(home, |process| !process.is_responder()).await?;
    home.remove()?;
    if let Some(responder) = responder {
        responder.end().await;
    }
    processes::end(home, |_| true).await
}

/// Removes a cluster that another process has made, with its lock. Says whether there was one.
pub(super) async fn stranger(home: &Home) -> Result<bool, Error> {
    let lock = Lock::take(home, LOCK_WITHIN).await?;
    let there = home.path().is_dir();
    all(home, None).await?;
    lock.remove();
    Ok(there)
}

/// For the responder, whose owner is gone: removes the cluster it belongs to.
pub async fn own(home: &Home) -> Result<(), Error> {
    let lock = Lock::take(home, LOCK_WITHIN).await?;
    processes::end(home, |process| !process.is_responder()).await?;
    home.remove()?;
    lock.remove();
    Ok(())
}

/// Removes what crashed processes have left: clusters that have an owner or never got ready,
/// and that neither a starter (the lock) nor a responder looks after.
pub(super) async fn leftovers(state: &Path) -> Result<(), Error> {
    for home in Home::all(state)? {
        let stays = home.read()?.is_some_and(|state| state.owner == Owner::Nobody && state.version.is_some());
        if stays {
            continue;
        }
        let Some(lock) = Lock::try_take(&home)? else { continue };
        if processes::of(&home).iter().any(processes::Process::is_responder) {
            continue;
        }
        all(&home, None).await?;
        lock.remove();
    }
    Ok(())
}
