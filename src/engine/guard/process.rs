//! The guard's half: it waits for the end of its runner and puts everything back.

use std::io;
use std::time::Duration;

use kube::Client;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::hearing::{End, Hearing};
use super::last_words::{LastWords, Said};
use super::put_back::PutBack;
use super::{Charge, GRACE, PrivateCluster, READY};
use crate::clock::{Stamp, Stopwatch};
use crate::engine::undo::UndoSummary;
use crate::journal::{UndoItem, UndoResult, read};

/// How long the API server may take for its first answer; the runner waits a little longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// How long a private cluster may take to go after its owner: a container engine can be slow.
const CLUSTER_GONE_WITHIN: Duration = Duration::from_secs(60);
/// Between two looks at its folder.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a guard did that a person should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The runner lives and did not end the run in time; this is what an undo brought.
    Overdue(UndoSummary),
    /// The runner died; this is what an undo brought.
    RunnerDied(UndoSummary),
}

/// Whether a guard could undo: the API server answers it.
///
/// # Errors
/// What the API server says instead, for people.
pub async fn reach(client: &Client) -> Result<(), String> {
    match timeout(ANSWER_WITHIN, client.apiserver_version()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("the API server does not answer it: {error}")),
        Err(_) => Err(format!("the API server does not answer it within {} s", ANSWER_WITHIN.as_secs())),
    }
}

/// The line that says it.
#[must_use]
pub fn ready() -> String {
    format!("{READY}\n")
}

/// Guards until the runner says that it is not needed any more, or dies; `tell` hears what was
/// done.
///
/// # Errors
/// Where stdin is no pipe.
pub async fn run(client: Client, charge: Charge, tell: &mut dyn FnMut(News)) -> io::Result<()> {
    let clock = Stopwatch::since(charge.began);
    let mut hearing = Hearing::open()?;
    let overdue = Instant::from_std(clock.instant(charge.deadline)) + GRACE;
    let mut late = Late::default();
    let end = tokio::select! {
        biased;
        end = hearing.end() => end,
        () = sleep_until(overdue) => {
            // The runner holds its journal open, so only the cluster is changed now. Should it go
            // on after all, it finds its Lease gone and ends the run by itself.
            late.since = Some(clock.stamp());
            let undone = late.undo(&client, &charge);
            let end = tokio::select! {
                biased;
                end = hearing.end() => Some(end),
                summary = undone => {
                    tell(News::Overdue(summary));
                    None
                }
            };
            // For as long as the runner lives, it may still send what it was about to.
            match end {
                Some(end) => end,
                None => hearing.end().await,
            }
        }
    };
    if end == End::RunnerDied
        && let Some(summary) = bury(&client, &charge, clock, late).await
    {
        tell(News::RunnerDied(summary));
    }
    Ok(())
}

/// An undo while the runner lived.
#[derive(Debug, Default)]
struct Late {
    since: Option<Stamp>,
    undone: Vec<UndoItem>,
}

impl Late {
    async fn undo(&mut self, client: &Client, charge: &Charge) -> UndoSummary {
        let mut said = Said::default();
        // The records in the cluster are enough where the journal cannot be read.
        let _ = read::each(&charge.journal, &mut |event| said.hear(event));
        let mut put_back = PutBack::new(client, charge);
        put_back.both_looks(&said.records, &mut |item| self.undone.push(item)).await
    }
}

/// The runner is dead: undoes, and finishes its journal. Nothing where the run had ended.
async fn bury(client: &Client, charge: &Charge, clock: Stopwatch, late: Late) -> Option<UndoSummary> {
    let died = clock.stamp();
    let mut words = LastWords::open(&charge.journal, clock);
    if words.said().is_over() {
        return None;
    }
    words.begin(late.since.unwrap_or(died));
    late.undone.into_iter().for_each(|item| words.undone(item));
    let summary = if let Some(cluster) = &charge.private_cluster {
        cluster_gone(cluster, &mut words).await
    } else {
        let records = words.said().records.clone();
        let mut put_back = PutBack::new(client, charge);
        let summary = put_back.both_looks(&records, &mut |item| words.undone(item)).await;
        if let Some(error) = put_back.unread() {
            let used = "the records in the cluster could not be read, so the journal's alone were used";
            words.warn(format!("{used}: {error}"));
        }
        summary
    };
    words.finish(&summary);
    Some(summary)
}

/// A private cluster is removed by the process beside it when the runner dies, with all that is in it.
async fn cluster_gone(cluster: &PrivateCluster, words: &mut LastWords) -> UndoSummary {
    let PrivateCluster { folder, name, removal } = cluster;
    let deadline = Instant::now() + CLUSTER_GONE_WITHIN;
    while folder.exists() {
        if Instant::now() >= deadline {
            let seconds = CLUSTER_GONE_WITHIN.as_secs();
            let left =
                format!("cluster {name}: still there {seconds} s after its runner; `{removal}` removes it");
            return UndoSummary { complete: false, left: vec![left] };
        }
        sleep(LOOK_EVERY).await;
    }
    words.undone(UndoItem { object: format!("cluster/{name}"), field: None, result: UndoResult::Deleted });
    UndoSummary { complete: true, left: Vec::new() }
}
