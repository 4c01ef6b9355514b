//! The link between a responder and whoever starts it: lines over a socket pair.
//!
//! ```text
//! responder ─ bound ──> starter      the socket for the API server is there
//! responder <── serve ─ starter      the API server is up
//! responder ─ serving > starter      the pods are known
//! responder <─── keep ─ starter      the cluster shall outlive me
//! responder ─ kept ───> starter
//! ```
//!
//! When the link closes without `keep`, the responder removes the cluster. So nothing is left
//! behind however the starter ends.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use super::{environment, log};
use crate::cluster::Error;
use crate::cluster::pair::pair;
use crate::cluster::state::{Home, Owner, at};

/// How long the responder may take for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// What the starter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// The API server is up.
    Serve,
    /// The cluster shall outlive the link.
    Keep,
}

impl Said {
    const fn word(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Keep => "keep",
        }
    }

    /// Reads a line.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        [Self::Serve, Self::Keep].into_iter().find(|said| said.word() == line.trim())
    }

    /// The responder's answer.
    #[must_use]
    pub const fn answer(self) -> &'static str {
        match self {
            Self::Serve => "serving",
            Self::Keep => "kept",
        }
    }
}

/// The responder's first word.
pub const BOUND: &str = "bound";

/// A responder, seen from its starter. Dropped, it removes the cluster.
#[derive(Debug)]
pub struct Responder {
    home: Home,
    child: Child,
    link: BufReader<UnixStream>,
}

impl Responder {
    /// Starts the responder and waits until its socket is there.
    pub(super) async fn start(home: &Home, executable: &Path, owner: Owner) -> Result<Self, Error> {
        let failed = at("make a socket pair for", home.path());
        let (ours, theirs) = pair().map_err(failed)?;
        let log = home.responder_log();
        let log = File::create(&log).map_err(at("write", &log))?;
        let mut command = Command::new(executable);
        environment::clean(&mut command, home);
        command
            .arg("responder")
            .arg("--home")
            .arg(home.path())
            .current_dir(home.components())
            .stdin(Stdio::null())
            .stdout(theirs)
            .stderr(log);
        if owner == Owner::Caller {
            command.arg("--until-stdin-closes").stdin(Stdio::inherit());
        }
        let child =
            command.spawn().map_err(|source| Error::Spawn { program: executable.to_owned(), source })?;
        let mut responder = Self { home: home.clone(), child, link: BufReader::new(ours) };
        // The command holds the other end of the link, which must close with the responder.
        drop(command);
        responder.hear(BOUND).await?;
        Ok(responder)
    }

    /// Says something and waits for the answer.
    pub(super) async fn say(&mut self, said: Said) -> Result<(), Error> {
        let line = format!("{}\n", said.word());
        if let Err(error) = self.link.get_mut().write_all(line.as_bytes()).await {
            return Err(self.failed(format!("the link is broken: {error}")));
        }
        self.hear(said.answer()).await
    }

    /// Ends the responder before it removes anything: the cluster is gone already.
    pub(super) async fn end(mut self) {
        // It may have noticed by itself that the cluster is gone, and have ended.
        let _ = self.child.kill().await;
    }

    async fn hear(&mut self, word: &str) -> Result<(), Error> {
        let mut line = String::new();
        let why = match tokio::time::timeout(ANSWER_WITHIN, self.link.read_line(&mut line)).await {
            Ok(Ok(_)) if line.trim() == word => return Ok(()),
            Ok(Ok(0)) => format!("it ended before it said {word:?}"),
            Ok(Ok(_)) => format!("it said {:?} instead of {word:?}", line.trim()),
            Ok(Err(error)) => format!("the link is broken: {error}"),
            Err(_) => format!("no {word:?} within {} s", ANSWER_WITHIN.as_secs()),
        };
        Err(self.failed(why))
    }

    fn failed(&self, why: String) -> Error {
        let log = log::tail(&self.home.responder_log());
        Error::Responder { name: self.home.name().to_owned(), why, log }
    }
}
