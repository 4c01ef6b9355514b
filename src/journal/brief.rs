//! What is known when a run begins: the drill in brief, and the control plane.

use serde::{Deserialize, Serialize};

use crate::drill::{Budget, ChoiceBrief, Impact, Length, ScenarioTimes};

/// What is going to be run: all that a report needs of the drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Brief {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: String,
    /// The firedrill that runs it.
    pub firedrill: String,
    /// The run's name: `20261122-141500-k3f9q2`.
    pub run: String,
    /// The drill's name.
    pub drill: String,
    /// The drill's title.
    pub title: String,
    /// `sha256:…` of the drill file and the files that it names.
    pub drill_hash: String,
    /// The variant, where one was chosen.
    pub variant: Option<String>,
    /// Who mends.
    pub responder: ResponderKind,
    /// The target's namespace.
    pub namespace: String,
    /// The target Service.
    pub service: String,
    /// What is watched, in the report's order.
    pub signals: Vec<SignalBrief>,
    /// The detector's signal.
    pub detector: String,
    /// How long all signals must stay up.
    pub stable_for: Length,
    /// The deadline.
    pub max_duration: Length,
    /// How long the runbook waits once the detector has fired.
    #[serde(default, skip_serializing_if = "Length::is_zero")]
    pub respond_after: Length,
    /// Whether the fault is left out: the same path on a healthy workload.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub control: bool,
    /// How many seconds of the scenario pass in a second, where a person plays; 0 where nobody does.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub speed: u32,
    /// What the outage costs.
    pub impact: Impact,
    /// What a passing run may use at most.
    pub budget: Budget,
    /// Declared times of the paths through the rounds.
    pub scenario: ScenarioTimes,
    /// The options that the runbook takes, or that a player had best take, in order.
    pub choices: Vec<ChoiceBrief>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One signal, as the report names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignalBrief {
    /// Its name.
    pub name: String,
    /// What it is.
    pub source: SignalSource,
    /// The time between two requests; nothing for a watch.
    pub every: Option<Length>,
}

/// What a signal's observations come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignalSource {
    /// A watch of a Service's `EndpointSlice`s.
    Slices,
    /// Requests through the API server's service proxy.
    ApiserverProxy,
    /// Requests from this machine to a port of the cluster's nodes.
    #[serde(rename = "nodePort")]
    NodePort,
    /// Requests from this machine to a URL.
    Url,
    /// A source that this firedrill does not know.
    #[serde(other)]
    Unknown,
}

/// The control plane that the run talks to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// `local`, `kind` or `context`.
    pub provider: String,
    /// The cluster's name.
    pub name: String,
    /// `v1.37.2`.
    pub version: String,
    /// Whose Kubernetes it is: `kwok`, `kind`, `EKS`, …; nothing where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<String>,
    /// How many nodes it has; nothing where they may not be listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<u32>,
    /// Whether this run made it (and removes it).
    pub created_by_run: bool,
    /// Whether pods' answers come from firedrill's responder instead of containers.
    pub simulated_pods: bool,
}

/// Who mends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResponderKind {
    /// firedrill carries the runbook out.
    Runbook,
    /// A person, with their own tools.
    Manual,
    /// A person who plays the rounds.
    Player,
}
