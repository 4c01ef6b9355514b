//! What is seen of the cluster: each signal is a task that turns what arrives into
//! [`Observation`]s, stamped where they arrive and before any queue.

pub mod blast;
pub mod classify;
pub mod direct;
pub mod endpoints;
pub mod heartbeat;
pub mod http;
pub mod requests;
pub mod slices;
pub mod slim;

use std::collections::BTreeMap;
use std::sync::Arc;

use kube::Client;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::{Nanos, Stamp, Stopwatch};
use crate::drill::{Signal, SignalState, Via};
use heartbeat::Heartbeat;
use requests::InFlight;

/// One thing that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// When it arrived.
    pub stamp: Stamp,
    /// The signal, by its place in the drill.
    pub signal: usize,
    /// What it was.
    pub seen: Seen,
}

/// What a signal can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The endpoints of a Service, over the union of its slices.
    Endpoints {
        /// Ready and with a port.
        usable: u32,
        /// All.
        total: u32,
        /// What it says about the users.
        state: SignalState,
    },
    /// A request that was answered or given up.
    Request {
        /// When it was sent.
        sent: Nanos,
        /// What the report counts it as.
        result: String,
        /// What it says about the users, if anything.
        state: Option<SignalState>,
    },
    /// For a while, changes could not be seen.
    Gap {
        /// The last moment that is known to be seen.
        from: Nanos,
        /// The first moment that is seen again.
        to: Nanos,
        /// Why.
        reason: String,
    },
}

/// What every signal's task needs.
#[derive(Clone)]
pub struct Source {
    /// A client that retries nothing by itself.
    pub client: Client,
    /// The namespace of the Service.
    pub namespace: String,
    /// `HOST:PORT` to dial for each node port that signals ask.
    pub node_ports: BTreeMap<u16, String>,
    /// The run's clock.
    pub clock: Stopwatch,
    /// Where observations go.
    pub observed: UnboundedSender<Observation>,
}

impl Source {
    /// Hands an observation on. The receiver is gone only when the run is over.
    fn emit(&self, signal: usize, stamp: Stamp, seen: Seen) {
        let _ = self.observed.send(Observation { stamp, signal, seen });
    }
}

/// The running signals of a drill. Dropping them ends their tasks.
#[derive(Debug)]
pub struct Signals {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
    heartbeat: Arc<Heartbeat>,
    in_flight: Vec<Arc<InFlight>>,
}

impl Signals {
    /// Starts every signal of a drill, and the heartbeat that makes their gaps known.
    #[must_use]
    pub fn start(signals: &[Signal], target: &str, source: &Source) -> Self {
        let mut tasks = JoinSet::new();
        let (stop, stopped) = watch::channel(false);
        let heartbeat = Arc::new(Heartbeat::new(source.clock.elapsed()));
        let watched = (0..signals.len()).filter(|i| matches!(signals[*i], Signal::Endpoints(_))).collect();
        let (beat, from, service, until) =
            (Arc::clone(&heartbeat), source.clone(), target.to_owned(), stopped.clone());
        tasks.spawn(async move { heartbeat::run(&beat, &from, &service, watched, until).await });
        let in_flight: Vec<Arc<InFlight>> = signals.iter().map(|_| Arc::default()).collect();
        for (index, signal) in signals.iter().enumerate() {
            let (source, beat, until) = (source.clone(), Arc::clone(&heartbeat), stopped.clone());
            match signal.clone() {
                Signal::Endpoints(spec) => {
                    tasks.spawn(async move { endpoints::run(index, &spec, &source, &beat, until).await });
                }
                Signal::Http(spec) if spec.via != Via::ApiserverProxy => {
                    let flying = Arc::clone(&in_flight[index]);
                    tasks.spawn(async move { direct::run(index, &spec, &source, &flying, until).await });
                }
                Signal::Http(spec) => {
                    let (service, flying) = (target.to_owned(), Arc::clone(&in_flight[index]));
                    tasks.spawn(async move {
                        http::run(index, &spec, &service, &source, (&beat, &flying), until).await;
                    });
                }
            }
        }
        Self { tasks, stop, heartbeat, in_flight }
    }

    /// When the API server was last known to answer.
    #[must_use]
    pub fn last_answer(&self) -> Nanos {
        self.heartbeat.last()
    }

    /// What knows when the API server was last heard.
    #[must_use]
    pub fn heartbeat(&self) -> Arc<Heartbeat> {
        Arc::clone(&self.heartbeat)
    }

    /// For each signal, when its oldest request without an answer was sent.
    #[must_use]
    pub fn oldest_in_flight(&self) -> Vec<Option<Nanos>> {
        self.in_flight.iter().map(|requests| requests.oldest()).collect()
    }

    /// Ends every signal and waits for its task: requests under way are given up.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Waits until the run says stop, or is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
