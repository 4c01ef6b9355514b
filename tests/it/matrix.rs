//! The promise "whatever dies, whenever", tried: the runner is killed at each event of the first
//! drill, with a guard that undoes and with one that dies, too; and at random moments.

mod cell;
mod every;
mod ground;
mod soak;
mod table;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use cell::{Cell, Outcome};
use ground::Ground;

/// How many cells are tried at once.
const AT_ONCE: usize = 8;

/// Tries all cells; each worker has a workload of its own, which is there before its cells and
/// after them. The outcomes are in the cells' order.
async fn try_all(cells: Vec<Cell>) -> Vec<Outcome> {
    let queue: VecDeque<(usize, Cell)> = cells.into_iter().enumerate().collect();
    let queue = Arc::new(Mutex::new(queue));
    let worker = |queue: Arc<Mutex<VecDeque<(usize, Cell)>>>| async move {
        let ground = Ground::new().await;
        let mut outcomes = Vec::new();
        loop {
            let next = queue.lock().unwrap().pop_front();
            let Some((place, cell)) = next else { return outcomes };
            outcomes.push((place, cell.try_on(&ground).await));
        }
    };
    let workers: Vec<_> = (0..AT_ONCE).map(|_| tokio::spawn(worker(Arc::clone(&queue)))).collect();
    let mut outcomes = Vec::new();
    for worker in workers {
        outcomes.extend(worker.await.unwrap());
    }
    outcomes.sort_by_key(|(place, _)| *place);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}
