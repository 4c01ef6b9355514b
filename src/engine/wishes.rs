//! How a caller wants a drill to be run.

use std::time::Duration;

use crate::drill::Provider;
use crate::journal::ResponderKind;

/// Where Services that are not the drill's must not lose all their endpoints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BlastLimit {
    /// In the target's namespace.
    #[default]
    Namespace,
    /// In the whole cluster.
    Cluster,
    /// Nowhere: such a Service is listed in the report, and that is all.
    Off,
}

/// How the caller wants a drill to be run.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// The run's name.
    pub run: String,
    /// Who runs it: `user@host/pid`.
    pub by: String,
    /// The namespace to act in; nothing for a new one, named after the drill and the run.
    pub namespace: Option<String>,
    /// Who mends.
    pub responder: ResponderKind,
    /// The variant's name.
    pub variant: Option<String>,
    /// The deadline.
    pub max_duration: Duration,
    /// Whether the workload stays.
    pub keep_workload: bool,
    /// Which other Services end the run when they go out.
    pub blast_limit: BlastLimit,
    /// What kind of cluster the run is for.
    pub provider: Provider,
    /// How long the runbook waits once the detector has fired.
    pub respond_after: Duration,
    /// What is done, and how it is looked at.
    pub rehearsal: Rehearsal,
    /// How many seconds of the scenario pass in a second, where a person plays; else 0.
    pub speed: u32,
}

/// What a run does once the outage is detected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Rehearsal {
    /// The drill's runbook, to the end of the outage.
    #[default]
    Runbook,
    /// These entries, each until the cluster has settled after it, whether users are served then or
    /// not; and what the last one has left behind.
    Trial(Vec<String>),
    /// These entries on a healthy workload: the fault is left out.
    Control(Vec<String>),
}
