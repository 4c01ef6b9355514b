//! The keeper, seen from its runner.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout, timeout_at};

use super::tools::Tools;
use super::words::{Said, Told};
use super::{CREATED_WITHIN, Error, REMOVED_WITHIN};
use crate::cluster::local::log::last_lines;
use crate::cluster::pair::pair;
use crate::cluster::state::{Home, Lock, at};

/// How long a keeper that has said its last word may take to end, or to answer `keep`.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How a removal went.
#[derive(Debug)]
pub(super) enum Removal {
    /// Nothing is left.
    Done,
    /// This is.
    Left(String),
    /// The keeper ended before it could say: it was killed.
    Unknown,
}

/// A keeper. Dropped, it removes the cluster.
#[derive(Debug)]
pub(super) struct Keeper {
    name: String,
    child: Child,
    link: BufReader<UnixStream>,
    /// The line that is being read; what came before a caller stopped waiting is not lost.
    line: String,
    /// What kind has said so far.
    log: String,
}

impl Keeper {
    /// Starts firedrill's own executable as a keeper, which begins to make the cluster.
    pub fn start(
        home: &Home,
        tools: &Tools,
        (executable, image): (&Path, Option<&str>),
        lock: &Lock,
    ) -> Result<Self, crate::cluster::Error> {
        let (ours, theirs) = pair().map_err(at("make a socket pair for", home.path()))?;
        let mut command = Command::new(executable);
        command.arg("kind-keeper").arg("--home").arg(home.path());
        command.arg("--kind").arg(&tools.kind).arg("--engine").arg(&tools.engine);
        if let Some(image) = image {
            command.arg("--node-image").arg(image);
        }
        // The lock is given back when the keeper has ended, too.
        command.stdin(Stdio::from(lock.share()?)).stdout(theirs);
        let spawned = command.spawn();
        let child = spawned
            .map_err(|source| crate::cluster::Error::Spawn { program: executable.to_owned(), source })?;
        // The command holds the other end of the link, which must close with the keeper.
        drop(command);
        let link = BufReader::new(ours);
        Ok(Self { name: home.name().to_owned(), child, link, line: String::new(), log: String::new() })
    }

    /// Waits until kind has made the cluster, and tells its lines meanwhile.
    pub async fn created(&mut self, tell: impl Fn(&str)) -> Result<(), Error> {
        let deadline = Instant::now() + CREATED_WITHIN;
        let name = self.name.clone();
        loop {
            match timeout_at(deadline, self.hear()).await {
                Ok(Some(Said::Says(line))) => {
                    tell(&line);
                    self.log.push_str(&line);
                    self.log.push('\n');
                }
                Ok(Some(Said::Created)) => return Ok(()),
                Ok(Some(Said::Failed(status))) => {
                    return Err(Error::Create { name, status, log: last_lines(&self.log) });
                }
                Ok(Some(Said::Left(why))) => return Err(Error::Left { name, why }),
                Ok(Some(Said::Removed | Said::Kept)) => {}
                Ok(None) => return Err(Error::Keeper { name, why: "ended".to_owned() }),
                Err(_) => {
                    let log = last_lines(&self.log);
                    return Err(Error::Slow { name, within: CREATED_WITHIN, log });
                }
            }
        }
    }

    /// All that kind has said so far.
    pub fn log(&self) -> &str {
        &self.log
    }

    /// Says that the cluster shall stay, and waits until the keeper has heard it.
    pub async fn keep(mut self) -> Result<(), Error> {
        let name = self.name.clone();
        let failed = |why: &str| Error::Keeper { name, why: why.to_owned() };
        let word = format!("{}\n", Told::Keep.word());
        if self.link.get_mut().write_all(word.as_bytes()).await.is_err() {
            // Without a keeper nobody would remove the cluster: it stays.
            return Ok(());
        }
        match timeout(ANSWER_WITHIN, self.hear()).await {
            Ok(Some(Said::Kept) | None) => {}
            Ok(Some(other)) => {
                return Err(failed(&format!("said {other:?} when it was to keep the cluster")));
            }
            Err(_) => return Err(failed("did not answer when it was to keep the cluster")),
        }
        self.reap().await;
        Ok(())
    }

    /// Has the cluster removed, however far it is, and waits for that.
    pub async fn remove(&mut self) -> Removal {
        // A keeper that is gone shows as the end of the link.
        let _ = self.link.get_mut().write_all(format!("{}\n", Told::Remove.word()).as_bytes()).await;
        self.removed().await
    }

    /// Waits for a removal that goes on already, and for the keeper's end.
    pub async fn removed(&mut self) -> Removal {
        let deadline = Instant::now() + REMOVED_WITHIN;
        let removal = loop {
            match timeout_at(deadline, self.hear()).await {
                Ok(Some(Said::Removed)) => break Removal::Done,
                Ok(Some(Said::Left(why))) => break Removal::Left(why),
                Ok(Some(_)) => {}
                Ok(None) => break Removal::Unknown,
                Err(_) => {
                    let seconds = REMOVED_WITHIN.as_secs();
                    return Removal::Left(format!("its keeper is still at it after {seconds} s"));
                }
            }
        };
        self.reap().await;
        removal
    }

    async fn reap(&mut self) {
        if timeout(ANSWER_WITHIN, self.child.wait()).await.is_err() {
            // Its work is done, and a process that cannot be killed is gone already.
            let _ = self.child.kill().await;
        }
    }

    /// The next thing that the keeper says; nothing when it has ended.
    async fn hear(&mut self) -> Option<Said> {
        loop {
            match self.link.read_line(&mut self.line).await {
                Ok(read) if read > 0 => {
                    let said = Said::parse(&self.line);
                    self.line.clear();
                    if said.is_some() {
                        return said;
                    }
                }
                _ => return None,
            }
        }
    }
}
