//! Starting a cluster: all of it or nothing.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use super::super::binaries::{Binaries, Release};
use super::link::{Responder, Said};
use super::{Progress, config, create, log, processes, ready, remove};
use crate::cluster::Error;
use crate::cluster::state::{Home, Owner, State};

/// The deadline of one attempt. An idle machine needs four seconds.
const START_WITHIN: Duration = Duration::from_secs(90);
/// How often a start is tried again when what failed it was chance.
const ATTEMPTS: u32 = 3;
/// How often it is looked whether a component has ended: its parent is kwokctl, not this process.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a start needs.
pub(super) struct Start<'a> {
    pub home: &'a Home,
    pub binaries: &'a Binaries,
    pub kubernetes: Release,
    pub executable: &'a Path,
    pub owner: Owner,
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
}

impl Start<'_> {
    /// Starts the cluster, whose lock the caller holds. After a failure nothing is left.
    pub async fn run(&self) -> Result<(Responder, State), Error> {
        let mut attempt = 1;
        loop {
            match self.attempt().await {
                Err(error) if attempt < ATTEMPTS && is_chance(&error) => {
                    attempt += 1;
                    (self.progress)(Progress::Again { attempt, error: error.to_string() });
                }
                outcome => return outcome,
            }
        }
    }

    async fn attempt(&self) -> Result<(Responder, State), Error> {
        let mut state = State::starting(self.owner);
        self.home.make()?;
        let responder = async {
            config::write(self.home, self.binaries, self.kubernetes)?;
            self.home.write(&state)?;
            Responder::start(self.home, self.executable, self.owner).await
        };
        let mut responder = match responder.await {
            Ok(responder) => responder,
            Err(error) => return Err(self.put_back(None, error).await),
        };
        let version = match self.bring_up(&mut responder).await {
            Ok(version) => version,
            Err(error) => return Err(self.put_back(Some(responder), error).await),
        };
        state.version = Some(version);
        match self.home.write(&state) {
            Ok(()) => Ok((responder, state)),
            Err(error) => Err(self.put_back(Some(responder), error).await),
        }
    }

    /// Removes what a failed attempt has left, and says what is to be said.
    async fn put_back(&self, responder: Option<Responder>, error: Error) -> Error {
        match remove::all(self.home, responder).await {
            Ok(()) => error,
            Err(left) => Error::NotPutBack { error: Box::new(error), left: Box::new(left) },
        }
    }

    async fn bring_up(&self, responder: &mut Responder) -> Result<String, Error> {
        let waiting = Waiting::new(self.progress);
        let work = async {
            waiting.on("etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok");
            create::create(self.home, self.binaries).await?;
            let version = ready::ready(self.home, |what| waiting.on(what)).await?;
            responder.say(Said::Serve).await?;
            Ok(version)
        };
        let outcome = tokio::select! {
            outcome = timeout(START_WITHIN, work) => outcome,
            component = any_ended(self.home) => return Err(self.ended(component)),
        };
        match outcome {
            Ok(Ok(version)) => Ok(version),
            Err(_) => Err(self.slow(&waiting)),
            // A component that has ended is the reason of whatever else failed.
            Ok(Err(error)) => match processes::ended(self.home) {
                Some(component) => Err(self.ended(component)),
                None => Err(error),
            },
        }
    }

    fn ended(&self, component: &str) -> Error {
        Error::Component {
            name: self.home.name().to_owned(),
            component: component.to_owned(),
            log: log::tail(&self.home.log(component)),
        }
    }

    fn slow(&self, waiting: &Waiting<'_>) -> Error {
        Error::Slow {
            name: self.home.name().to_owned(),
            within: START_WITHIN,
            waiting: waiting.what(),
            log: log::tail(&self.home.log("kube-apiserver")),
        }
    }
}

/// Whether another attempt can go better: another process took a port meanwhile, or a machine
/// under load was too slow for a component's own patience with the API server.
fn is_chance(error: &Error) -> bool {
    let Error::Component { log, .. } = error else { return false };
    log.iter().any(|line| {
        line.contains("address already in use") || line.contains("failed to wait for apiserver being healthy")
    })
}

async fn any_ended(home: &Home) -> &'static str {
    loop {
        if let Some(component) = processes::ended(home) {
            return component;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// What is being waited for: told when it changes, remembered for the message of the deadline.
struct Waiting<'a> {
    progress: &'a (dyn Fn(Progress) + Send + Sync),
    what: Mutex<&'static str>,
}

impl<'a> Waiting<'a> {
    fn new(progress: &'a (dyn Fn(Progress) + Send + Sync)) -> Self {
        Self { progress, what: Mutex::new("") }
    }

    fn on(&self, what: &'static str) {
        *self.what.lock().unwrap_or_else(PoisonError::into_inner) = what;
        (self.progress)(Progress::Waiting { what });
    }

    fn what(&self) -> &'static str {
        *self.what.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
