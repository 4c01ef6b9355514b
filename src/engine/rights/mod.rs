//! The rights that a run needs of the API server, as data: what `firedrill rbac` prints and what
//! the preflight asks for. Found by following every request of a run; nothing here asks a
//! cluster, but for the kinds that firedrill does not know.

mod gather;
mod kinds;
mod rule;
mod run;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

pub use kinds::Kinds;
pub use rule::{Rule, rules};

use super::plan::{BlastLimit, Plan};
use gather::Gather;

/// One verb on one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The API group; empty for the core group.
    pub group: String,
    /// The resource's name in URLs: `services`.
    pub resource: String,
    /// `proxy`.
    pub subresource: Option<&'static str>,
    /// The namespace; nothing for all, and for what is in none.
    pub namespace: Option<String>,
    /// The object, where one name is enough.
    pub name: Option<String>,
    /// `get`, `list`, `watch`, `create`, `patch`, `delete`.
    pub verb: &'static str,
    /// What for.
    pub purposes: BTreeSet<Purpose>,
}

impl Right {
    /// What for, for people: `to deploy the workload, inject the fault`.
    #[must_use]
    pub fn why(&self) -> String {
        why(&self.purposes)
    }
}

/// `patch services/api in namespace shop: to inject the fault`.
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        for part in self.name.as_deref().into_iter().chain(self.subresource) {
            write!(f, "/{part}")?;
        }
        match &self.namespace {
            _ if self.resource == run::NAMESPACES => {}
            Some(namespace) => write!(f, " in namespace {namespace}")?,
            None => f.write_str(" in all namespaces")?,
        }
        write!(f, ": {}", self.why())
    }
}

/// What a run does with a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// The namespace's label.
    Opened,
    /// A namespace of the run's own.
    Namespace,
    /// Before-images in the cluster.
    Records,
    /// The Leases of the run and of its target.
    Presence,
    /// The workload's manifests.
    Deploy,
    /// Rollouts.
    Ready,
    /// Endpoints, requests, the heartbeat.
    Signals,
    /// The blast limit.
    Blast,
    /// The fault's steps.
    Fault,
    /// The runbook's steps.
    Runbook,
    /// The look at the root cause.
    RootCause,
    /// The undo.
    Undo,
    /// What the report says of the cluster.
    Facts,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opened => "see whether the namespace is open to drills",
            Self::Namespace => "make the run's namespace and delete it",
            Self::Records => "keep before-images",
            Self::Presence => "say that the runner lives and its target is taken",
            Self::Deploy => "deploy the workload",
            Self::Ready => "wait for rollouts",
            Self::Signals => "watch the target",
            Self::Blast => "watch the other Services",
            Self::Fault => "inject the fault",
            Self::Runbook => "carry out the runbook",
            Self::RootCause => "see whether the root cause is gone",
            Self::Undo => "put everything back",
            Self::Facts => "say in the report how many nodes there are and whose Kubernetes it is",
        })
    }
}

/// `to deploy the workload, inject the fault`.
#[must_use]
pub fn why(purposes: &BTreeSet<Purpose>) -> String {
    let each: Vec<String> = purposes.iter().map(ToString::to_string).collect();
    format!("to {}", each.join(", "))
}

/// Whose the namespace of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// It is there before the run, and stays.
    Existing,
    /// The run makes it and deletes it. No Role can be in it beforehand, so the run's rights are
    /// those of a ClusterRole.
    Own,
}

impl Ground {
    /// Where this plan is run.
    #[must_use]
    pub const fn of(plan: &Plan) -> Self {
        if plan.ground.makes_namespace { Self::Own } else { Self::Existing }
    }
}

/// What a run needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// Sorted; none is in another.
    pub needed: Vec<Right>,
    /// The kinds of manifests, `apiVersion Kind`, whose resources nobody knows: the rights on
    /// their objects are missing in `needed`.
    pub unknown: Vec<String>,
}

/// What a run of this plan needs.
#[must_use]
pub fn of(plan: &Plan, ground: Ground, kinds: &Kinds) -> Rights {
    let mut gather = Gather::new(&plan.namespace, kinds);
    run::namespace(&mut gather, plan, ground);
    run::bookkeeping(&mut gather);
    run::workload(&mut gather, plan, ground);
    run::signals(&mut gather, plan, ground);
    run::root_cause(&mut gather, plan);
    steps::all(&mut gather, plan);
    gather.finish()
}

/// What the blast limit `cluster` needs, which no Role of one namespace can give.
#[must_use]
pub fn all_slices() -> Vec<Right> {
    let kinds = Kinds::default();
    let mut gather = Gather::new("", &kinds);
    run::all_slices(&mut gather);
    gather.finish().needed
}

/// What the report can do without: the cluster's nodes. No run is refused for it.
#[must_use]
pub fn nodes() -> Right {
    Right {
        group: String::new(),
        resource: "nodes".to_owned(),
        subresource: None,
        namespace: None,
        name: None,
        verb: "list",
        purposes: BTreeSet::from([Purpose::Facts]),
    }
}

/// Whether the run has to look at the Services that are not its own, and where: nothing where
/// there are none.
#[must_use]
pub fn watches_others(plan: &Plan, ground: Ground) -> bool {
    match plan.wishes.blast_limit {
        BlastLimit::Off => false,
        // In a namespace of its own, every Service is the run's.
        BlastLimit::Namespace => ground == Ground::Existing,
        BlastLimit::Cluster => true,
    }
}
