//! What is left of runs that were killed together with their keepers.

use std::path::Path;

use super::mark::Mark;
use super::tools::Tools;
use super::{Progress, containers, remove};
use crate::cluster::state::{Home, Lock, Owner};

/// Removes every cluster that a dead run of this state folder has left.
pub async fn remove_leftovers(state: &Path) -> Result<(), crate::cluster::Error> {
    for home in Home::all_kind(state)? {
        let tools = Tools::find(home.kubeconfig()).await?;
        remove_left(&tools, &home, &|_| {}).await?;
    }
    Ok(())
}

/// The same, but for the cluster that is wanted, which is looked at more closely.
pub(super) async fn others(
    tools: &Tools,
    state: &Path,
    wanted: &Home,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), crate::cluster::Error> {
    for home in Home::all_kind(state)?.into_iter().filter(|home| home != wanted) {
        let tools = Tools { kubeconfig: home.kubeconfig(), ..tools.clone() };
        remove_left(&tools, &home, progress).await?;
    }
    Ok(())
}

async fn remove_left(
    tools: &Tools,
    home: &Home,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), crate::cluster::Error> {
    let Some(lock) = Lock::try_take(home)? else { return Ok(()) };
    if was_left(tools, home, progress).await? {
        lock.remove();
    }
    Ok(())
}

/// Removes a cluster that a dead run made, whose lock is free therefore. Says whether it was one.
pub(super) async fn was_left(
    tools: &Tools,
    home: &Home,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<bool, crate::cluster::Error> {
    let Some(mark) = Mark::read(home)?.filter(|mark| mark.owner == Owner::Run) else { return Ok(false) };
    if containers::marked(tools, home.name(), &mark).await?.is_empty() {
        // It is somebody else's, and so is not what the mark is about.
        home.remove()?;
        return Ok(false);
    }
    progress(Progress::Leftover { name: home.name().to_owned() });
    remove::all(tools, home, &mark, remove::Makers::none()).await?;
    Ok(true)
}
