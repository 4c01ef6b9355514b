//! What is going to be run: a checked drill, and how the caller wants it.

use std::collections::BTreeMap;

use super::node_port;
use super::phase::{Course, Rules};
use super::watch::Detector;
pub use super::wishes::{BlastLimit, Rehearsal, Wishes};
use crate::clock::Nanos;
use crate::drill::{
    Drill, DrillError, Length, Loaded, Manifest, Mistake, RunbookEntry, Signal, Step, Values, Via, scenario,
};
use crate::journal::{Brief, ResponderKind, SCHEMA, SignalBrief, SignalSource};
use serde_json::Value;

/// How long the signals may take to become steady, beside `stableFor`.
const SETTLE_WITHIN: Length = Length::secs(30);
/// How long users may stay without service after the runbook is over.
const RECOVER_WITHIN: Length = Length::secs(30);
/// How long the root cause may outlive the mend, beside `stableFor`.
const RESOLVE_WITHIN: Length = Length::secs(10);

/// The same, where the root cause may well stay: a trial finds that out.
const TRY_RESOLVE_WITHIN: Length = Length::secs(2);
/// How long users may be without service after a path that nothing was broken for.
const CONTROL_WITHIN: Length = Length::secs(5);

/// A drill with everything that its run needs.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The drill, with its variant in place, as it is on this kind of cluster.
    pub drill: Drill,
    /// The manifests' objects, in the order of the files.
    pub manifests: Vec<Value>,
    /// The objects of each manifest file, by the name that the drill uses.
    pub manifests_by_file: BTreeMap<String, Vec<Value>>,
    /// The files of the charts that it uses, by name.
    pub charts: BTreeMap<String, String>,
    /// What these charts hold, once helm has rendered them.
    pub rendered: Vec<Value>,
    /// How the caller wants it.
    pub wishes: Wishes,
    /// The namespace to act in.
    pub namespace: String,
    /// What the preflight found there.
    pub ground: Ground,
    /// What `firedrill` calls the drill: a built-in name, or a file.
    pub reference: String,
    hash: String,
}

/// What a run stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// Whether the run makes its namespace, and removes it.
    pub makes_namespace: bool,
    /// The Deployment behind the target Service.
    pub deployment: String,
    /// Whether the run may watch the EndpointSlices of all namespaces.
    pub all_slices: bool,
}

impl Plan {
    /// Puts a loaded drill and the caller's wishes together.
    ///
    /// # Errors
    /// Where the variant is unknown, a manifest cannot be read, or a workload that is there
    /// already is to be found in no namespace that anybody named.
    pub fn new(loaded: Loaded, wishes: Wishes) -> Result<Self, DrillError> {
        let drill = match &wishes.variant {
            Some(name) => loaded.drill.with_variant(name)?,
            None => loaded.drill.clone(),
        };
        let mut drill = drill.on(wishes.provider);
        // Neither what they name nor what they need is this run's.
        drill.variants.clear();
        let files = drill.workload.manifests().iter().map(|manifest| manifest.file.clone());
        let mut manifests_by_file = BTreeMap::new();
        for file in files.chain(drill.applied_files().map(str::to_owned)) {
            let objects = loaded.objects(&[&file])?.into_iter().map(|object| object.value).collect();
            manifests_by_file.insert(file, objects);
        }
        let mut charts = BTreeMap::new();
        for chart in drill.charts() {
            let files = loaded.files.below(chart)?.into_iter();
            charts.extend(files.map(|(name, text)| (format!("{chart}/{name}"), text)));
        }
        node_port::give_to(&drill, &mut manifests_by_file);
        let of_file = |manifest: &Manifest| manifests_by_file.get(&manifest.file).cloned();
        let manifests = drill.workload.manifests().iter().filter_map(of_file).flatten().collect();
        let deployment = drill.workload.deployed().map(|deployed| deployed.ready.deployment.clone());
        if deployment.is_none() && wishes.namespace.is_none() {
            return Err(where_is_it(&drill).into());
        }
        // Until the preflight has looked, a new namespace is what is expected.
        let deployment = deployment.unwrap_or_default();
        let ground = Ground { makes_namespace: true, deployment, all_slices: false };
        let suffix = wishes.run.rsplit('-').next().unwrap_or_default();
        let own = || format!("{}-{suffix}", drill.metadata.name.value);
        let namespace = wishes.namespace.clone().unwrap_or_else(own);
        let reference = if loaded.is_builtin() { drill.metadata.name.value.clone() } else { loaded.origin };
        let hash = loaded.hash;
        Ok(Self {
            drill,
            manifests,
            manifests_by_file,
            charts,
            rendered: Vec::new(),
            wishes,
            namespace,
            ground,
            reference,
            hash,
        })
    }

    /// The Deployments that the run deploys, the one behind the target first: the workload is
    /// ready when all of them are rolled out.
    #[must_use]
    pub fn deployments(&self) -> Vec<&str> {
        let Some(deployed) = self.drill.workload.deployed() else { return Vec::new() };
        let main = deployed.ready.deployment.as_str();
        let made = self.manifests.iter().filter(|object| object["kind"] == "Deployment");
        let others =
            made.filter_map(|object| object["metadata"]["name"].as_str()).filter(|name| *name != main);
        std::iter::once(main).chain(others).collect()
    }

    /// What is done once the outage is detected, in order.
    #[must_use]
    pub fn path(&self) -> Vec<RunbookEntry<'_>> {
        match &self.wishes.rehearsal {
            Rehearsal::Runbook => self.drill.runbook_path(),
            Rehearsal::Trial(entries) | Rehearsal::Control(entries) => {
                self.drill.path(entries.iter().map(String::as_str))
            }
        }
    }

    /// Every step that the run may take: those of the fault, and those of the runbook; of every
    /// option, where a person chooses.
    #[must_use]
    pub fn steps(&self) -> Vec<&Step> {
        let path = match self.wishes.responder {
            // The variants are not this run's; what comes after an option is evaluated only.
            ResponderKind::Player => {
                return self.drill.steps().collect();
            }
            ResponderKind::Runbook => self.path(),
            ResponderKind::Manual => Vec::new(),
        };
        let steps = path.into_iter().flat_map(|entry| entry.steps);
        self.drill.fault.steps.iter().chain(steps).map(|step| &step.value).collect()
    }

    /// The signals, in the drill's order.
    #[must_use]
    pub fn signals(&self) -> Vec<Signal> {
        self.drill.signals.iter().map(|signal| signal.value.clone()).collect()
    }

    /// What every release gets beside the drill's own values: the chart's part in the workload, and
    /// the node port that a signal asks.
    #[must_use]
    pub fn release_values(&self) -> Values {
        let Some(chart) = self.drill.workload.chart() else { return Values::new() };
        let port = self.node_ports().into_keys().next();
        node_port::in_values(chart, port)
    }

    /// The node ports that signals ask, each with the name of the first signal that does.
    #[must_use]
    pub fn node_ports(&self) -> BTreeMap<u16, String> {
        node_port::asked(&self.drill)
    }

    /// Whether a Service of the drill has a node port of a number that only one run in a cluster can
    /// have.
    #[must_use]
    pub fn has_fixed_node_port(&self) -> bool {
        let mut objects = self.manifests_by_file.values().flatten();
        !self.node_ports().is_empty() || objects.any(|object| !node_port::node_ports_of(object).is_empty())
    }

    /// The place of a signal that the check knows to exist.
    fn place(&self, name: &str) -> usize {
        self.drill.signals.iter().position(|signal| signal.value.name() == name).unwrap_or(0)
    }

    /// The detector's rule.
    #[must_use]
    pub fn detector(&self) -> Detector {
        let detector = &self.drill.detector;
        Detector { signal: self.place(&detector.signal.value), after: detector.after.value as usize }
    }

    /// What the phases depend on, for a run whose cluster is there at `now`: the deadline
    /// counts from then.
    #[must_use]
    pub fn rules(&self, now: Nanos) -> Rules {
        let stable_for = self.drill.steady_state.stable_for.value.nanos();
        let expect = &self.drill.fault.expect;
        let (course, recover_within, resolve_within) = match self.wishes.rehearsal {
            Rehearsal::Runbook => (Course::Outage, RECOVER_WITHIN, RESOLVE_WITHIN),
            // The trial has waited already, until nothing changed any more.
            Rehearsal::Trial(_) => (Course::Trial, Length::default(), TRY_RESOLVE_WITHIN),
            Rehearsal::Control(_) => (Course::Control, CONTROL_WITHIN, RESOLVE_WITHIN),
        };
        Rules {
            stable_for,
            settle_within: stable_for.saturating_add(SETTLE_WITHIN.nanos()),
            expect: (self.place(&expect.signal.value), expect.state, expect.within.value.nanos()),
            runbook: self.wishes.responder != ResponderKind::Manual,
            course,
            recover_within: recover_within.nanos(),
            resolve_within: resolve_within.nanos(),
            deadline: now.saturating_add(Length(self.wishes.max_duration).nanos()),
        }
    }

    /// The journal's first event.
    #[must_use]
    pub fn brief(&self) -> Brief {
        let drill = &self.drill;
        let choices = match self.wishes.responder {
            ResponderKind::Runbook => scenario::choices(&self.path()),
            // What a player's choices are held against.
            ResponderKind::Player => {
                scenario::choices(&drill.path(drill.best_path().iter().map(String::as_str)))
            }
            ResponderKind::Manual => Vec::new(),
        };
        Brief {
            schema: SCHEMA.to_owned(),
            firedrill: env!("CARGO_PKG_VERSION").to_owned(),
            run: self.wishes.run.clone(),
            drill: drill.metadata.name.value.clone(),
            title: drill.metadata.title.clone(),
            drill_hash: self.hash.clone(),
            variant: self.wishes.variant.clone(),
            responder: self.wishes.responder,
            namespace: self.namespace.clone(),
            service: drill.target.service.value.clone(),
            signals: drill.signals.iter().map(|signal| brief(&signal.value)).collect(),
            detector: drill.detector.signal.value.clone(),
            stable_for: drill.steady_state.stable_for.value,
            max_duration: Length(self.wishes.max_duration),
            respond_after: Length(self.wishes.respond_after),
            control: matches!(self.wishes.rehearsal, Rehearsal::Control(_)),
            speed: self.wishes.speed,
            impact: drill.impact.clone(),
            budget: drill.budget.clone(),
            scenario: scenario::times(drill),
            choices,
        }
    }
}

fn where_is_it(drill: &Drill) -> Mistake {
    let name = &drill.metadata.name.value;
    Mistake::new(
        "firedrill::drill::which-namespace",
        format!("{name} breaks a workload that is there already, but nothing says in which namespace"),
    )
    .help("name it with -n NAMESPACE; it must carry the label firedrill.dev/allow=true")
}

fn brief(signal: &Signal) -> SignalBrief {
    let (source, every) = match signal {
        Signal::Endpoints(_) => (SignalSource::Slices, None),
        Signal::Http(http) => {
            let source = match http.via {
                Via::ApiserverProxy => SignalSource::ApiserverProxy,
                Via::NodePort(_) => SignalSource::NodePort,
                Via::Url(_) => SignalSource::Url,
            };
            (source, Some(http.every.value))
        }
    };
    SignalBrief { name: signal.name().to_owned(), source, every }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
