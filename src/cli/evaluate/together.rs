//! All cells on one cluster, some at once. An interrupt reaches each of them.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::path::Path;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::cell::{Done, Ready};
use crate::cluster::Held;
use crate::engine::plan::Plan;
use crate::report::evaluation::cells::Cell;
use crate::report::evaluation::{Row, Verdict};
use crate::steps::helm::Helm;
use crate::ui::progress::Progress;

/// What all cells have come to.
pub(super) struct Together {
    /// Of each cell that was begun, by its place in the drill's order.
    pub done: BTreeMap<usize, Done>,
    /// Whether an interrupt kept the others from beginning.
    pub interrupted: bool,
    /// Whether a cell panicked.
    pub panicked: bool,
}

/// Runs the cells, the longest paths first, at most `parallel` at once.
pub(super) async fn run(
    cells: Vec<(Cell, Plan)>,
    (held, helm): (&Held, Option<&Helm>),
    journals: &Path,
    parallel: usize,
    interrupts: &mut UnboundedReceiver<()>,
    progress: &Progress,
) -> Together {
    let all = cells.len();
    let mut waiting: Vec<(usize, (Cell, Plan))> = cells.into_iter().enumerate().collect();
    waiting.sort_by_key(|(_, (cell, _))| std::cmp::Reverse(cell.path.len()));
    let mut waiting = VecDeque::from(waiting);
    let mut running: JoinSet<(usize, Done)> = JoinSet::new();
    let mut tell: Vec<UnboundedSender<()>> = Vec::new();
    let mut together = Together { done: BTreeMap::new(), interrupted: false, panicked: false };
    loop {
        while running.len() < parallel && !together.interrupted {
            let Some((index, (cell, plan))) = waiting.pop_front() else { break };
            let (send, received) = unbounded_channel();
            tell.push(send);
            let ready = Ready::new(cell, plan, helm.cloned(), held, journals);
            running.spawn(async move { (index, ready.run(received).await) });
        }
        tokio::select! {
            Some(()) = interrupts.recv() => {
                if !std::mem::replace(&mut together.interrupted, true) {
                    progress.note("interrupted: every run is ended and undone");
                }
                for run in &tell {
                    // Nobody listens where the run is over.
                    let _ = run.send(());
                }
            }
            ended = running.join_next() => match ended {
                None => break,
                Some(Err(_)) => together.panicked = true,
                Some(Ok((index, done))) => {
                    let n = together.done.len() + 1;
                    for row in &done.rows {
                        progress.note(&format!("{n} of {all}: {}", line(row)));
                    }
                    together.done.insert(index, done);
                }
            },
        }
    }
    never_begun(&mut together, waiting);
    together
}

/// Cells that an interrupt kept from beginning are told, too: the matrix has a row for each.
fn never_begun(together: &mut Together, waiting: impl IntoIterator<Item = (usize, (Cell, Plan))>) {
    for (index, (cell, plan)) in waiting {
        together.done.insert(index, Done::interrupted(&cell, &plan.wishes.run));
    }
}

/// `fix.E mitigates: holds`
fn line(row: &Row) -> String {
    let verdict = row.verdict.word();
    let claim =
        row.claim.map(|claim| format!(" {}", crate::report::text::promise(claim))).unwrap_or_default();
    let why = if row.verdict == Verdict::Holds { String::new() } else { format!(" ({})", row.detail) };
    format!("{}{claim}: {verdict}{why}", row.name)
}
