//! A whole run inside the test's process: what happens in it can set a fault of the platform
//! going at the very event.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use firedrill::clock::Stopwatch;
use firedrill::drill::{self, Provider};
use firedrill::engine::ending::Ending;
use firedrill::engine::plan::{BlastLimit, Plan, Wishes};
use firedrill::engine::run::{Setup, run};
use firedrill::journal::write::Journal;
use firedrill::journal::{Cluster, Event, Kind, Phase, ResponderKind};
use firedrill::report::{self, DamageReport};
use kube::{Client, Config};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::run::running::DRILL;

/// A run that has not begun.
pub struct Rehearsal {
    config: Config,
    plan: Plan,
    clock: Stopwatch,
    journal: Option<PathBuf>,
    within: Duration,
}

/// A run that is over.
pub struct Rehearsed {
    /// All that happened.
    pub events: Vec<Event>,
    /// What the report says of it.
    pub report: DamageReport,
    /// How long it took.
    pub took: Duration,
    /// Where the changes were.
    pub namespace: String,
}

impl Rehearsal {
    /// Of the built-in drill, mended by its runbook.
    pub fn new(config: Config) -> Self {
        Self::of(DRILL, config)
    }

    /// Of any drill.
    pub fn of(drill: &str, config: Config) -> Self {
        let suffix: String = std::iter::repeat_with(fastrand::lowercase).take(6).collect();
        let wishes = Wishes {
            run: format!("20261122-141500-{suffix}"),
            by: "it@here/1".to_owned(),
            namespace: None,
            responder: ResponderKind::Runbook,
            variant: None,
            max_duration: Duration::from_secs(120),
            keep_workload: false,
            blast_limit: BlastLimit::Namespace,
            provider: Provider::Local,
            respond_after: Duration::ZERO,
            rehearsal: firedrill::engine::plan::Rehearsal::default(),
            speed: 0,
        };
        let plan = Plan::new(drill::load(drill).unwrap(), wishes).unwrap();
        let clock = Stopwatch::start();
        Self { config, plan, clock, journal: None, within: Duration::from_secs(60) }
    }

    /// Ended by this deadline.
    pub fn max_duration(mut self, length: Duration) -> Self {
        self.plan.wishes.max_duration = length;
        self
    }

    /// The workload, and with it its namespace, stays.
    pub fn keep_workload(mut self) -> Self {
        self.plan.wishes.keep_workload = true;
        self
    }

    /// By somebody who may watch the whole cluster.
    pub fn everywhere(mut self) -> Self {
        self.plan.ground.all_slices = true;
        self
    }

    /// By this clock.
    pub fn clock(mut self, clock: Stopwatch) -> Self {
        self.clock = clock;
        self
    }

    /// With its journal here.
    pub fn journal(mut self, path: PathBuf) -> Self {
        self.journal = Some(path);
        self
    }

    /// A run that is not over by then fails the test.
    pub fn within(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// Runs it; `observe` sees each event right after it is written.
    pub async fn run(self, observe: impl FnMut(&Event) + Send) -> Rehearsed {
        let (_silence, interrupts) = unbounded_channel();
        self.interrupted_by(interrupts, observe).await
    }

    /// The same, ended by a message.
    pub async fn interrupted_by(
        self,
        interrupts: UnboundedReceiver<()>,
        mut observe: impl FnMut(&Event) + Send,
    ) -> Rehearsed {
        let folder = tempfile::tempdir().unwrap();
        let path = self.journal.unwrap_or_else(|| folder.path().join("run.jsonl"));
        let namespace = self.plan.namespace.clone();
        let mut probe = self.config.clone();
        probe.default_retry = false;
        let setup = Setup {
            helm: None,
            plan: self.plan,
            control: Client::try_from(self.config).unwrap(),
            probe: Client::try_from(probe).unwrap(),
            node_ports: BTreeMap::new(),
            cluster: cluster(),
            journal: Journal::create(&path).unwrap(),
            clock: self.clock,
            guard: None,
            interrupts,
            moves: None,
        };
        let mut events: Vec<Event> = Vec::new();
        let mut seen = |event: &Event| {
            events.push(event.clone());
            observe(event);
        };
        let began = Instant::now();
        let ended = tokio::time::timeout(self.within, run(setup, &mut seen)).await;
        let took = began.elapsed();
        let Ok(ending) = ended else {
            panic!("not over within {:?}: {events:#?}", self.within);
        };
        assert_eq!(ending, Ending::Complete);
        let report = report::fold(&events);
        Rehearsed { events, report, took, namespace }
    }
}

impl Rehearsed {
    /// When a phase began, since the run did.
    pub fn entered(&self, wanted: Phase) -> Option<Duration> {
        let entered = |event: &&Event| event.kind == Kind::Phase { phase: wanted };
        self.events.iter().find(entered).map(|event| Duration::from_nanos(event.stamp.elapsed))
    }
}

fn cluster() -> Cluster {
    Cluster {
        provider: "local".to_owned(),
        name: "own".to_owned(),
        version: "v1".to_owned(),
        distribution: None,
        nodes: None,
        created_by_run: false,
        simulated_pods: true,
    }
}
