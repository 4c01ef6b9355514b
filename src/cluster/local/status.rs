//! What clusters there are.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::processes::{self, Process};
use super::{Options, running, whole};
use crate::cluster::Error;
use crate::cluster::state::{Home, Owner};

/// A cluster, as `cluster status` shows it.
#[derive(Debug, Clone)]
pub struct Status {
    /// Its name.
    pub name: String,
    /// How it is.
    pub health: Health,
    /// The API server's version, once it was ready.
    pub version: Option<String>,
    /// Who ends it.
    pub owner: Option<Owner>,
    /// When its start began.
    pub since: Option<DateTime<Utc>>,
    /// For people and their tools.
    pub kubeconfig: PathBuf,
    /// What runs.
    pub processes: Vec<Process>,
}

/// How a cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Everything runs, and the API server answers.
    Up,
    /// Everything runs, but the API server does not answer.
    Silent,
    /// It is being started, or its start was interrupted.
    Starting,
    /// Something that belongs to it does not run.
    Broken,
    /// Nothing runs; the folder is there.
    Down,
}

impl Health {
    /// One word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Silent => "silent",
            Self::Starting => "starting",
            Self::Broken => "broken",
            Self::Down => "down",
        }
    }
}

/// Every cluster that has a folder, by name.
pub async fn list(options: &Options) -> Result<Vec<Status>, Error> {
    let mut all = Vec::new();
    for home in Home::all(&options.state)? {
        all.push(status(&home).await?);
    }
    Ok(all)
}

async fn status(home: &Home) -> Result<Status, Error> {
    let state = home.read()?;
    let processes = processes::of(home);
    let health = match &state {
        _ if processes.is_empty() => Health::Down,
        Some(state) if state.version.is_none() => Health::Starting,
        Some(_) if whole(home) => match running(home).await {
            Ok(Some(_)) => Health::Up,
            Ok(None) => Health::Broken,
            Err(_) => Health::Silent,
        },
        _ => Health::Broken,
    };
    Ok(Status {
        name: home.name().to_owned(),
        health,
        version: state.as_ref().and_then(|state| state.version.clone()),
        owner: state.as_ref().map(|state| state.owner),
        since: state.as_ref().map(|state| state.since),
        kubeconfig: home.kubeconfig(),
        processes,
    })
}
