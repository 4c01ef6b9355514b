//! The runner's half: the guard is started, confirmed ready, watched, dismissed and reaped.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use miette::Diagnostic;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Charge, DISMISSED, READY};
use crate::engine::news::Desk;
use crate::engine::phase::Input;
use crate::journal::AbortReason;

/// How long a guard may take to get ready, once it has its credentials.
const READY_WITHIN: Duration = Duration::from_secs(5);
/// How long a dismissed guard may take to end.
const GONE_WITHIN: Duration = Duration::from_secs(2);

/// Why there is no guard.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The own executable is not known.
    #[error("cannot find firedrill's own executable for the guard process: {source}")]
    #[diagnostic(
        code(firedrill::guard::executable),
        help("was the file replaced while firedrill ran? start it again")
    )]
    Executable {
        /// Why.
        source: std::io::Error,
    },
    /// The process cannot be started.
    #[error("cannot start the guard process {}: {source}", executable.display())]
    #[diagnostic(code(firedrill::guard::spawn), help("look at the limits on processes: ulimit -u"))]
    Spawn {
        /// The program.
        executable: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It did not say that it is ready.
    #[error("the guard process did not get ready: {why}; nothing was changed")]
    #[diagnostic(
        code(firedrill::guard::not_ready),
        help(
            "no run changes anything without a guard that reaches the API server, too: see whether it answers, kubectl get --raw /version"
        )
    )]
    NotReady {
        /// What happened.
        why: String,
    },
}

/// A guard that is ready. Dropped without [`Watched::dismiss`], it takes its runner for dead and
/// undoes the run.
#[derive(Debug)]
pub struct Guard {
    child: Child,
    stdin: ChildStdin,
    said: BufReader<ChildStdout>,
}

impl Guard {
    /// Starts firedrill's own executable as a guard and waits until it is ready.
    ///
    /// # Errors
    /// Where the executable cannot be found or started, or is not ready within 5 s and the time
    /// that it may take to get its `credentials`; then it is ended and reaped.
    pub async fn start(charge: &Charge, credentials: Duration) -> Result<Self, Error> {
        let executable = std::env::current_exe().map_err(|source| Error::Executable { source })?;
        Self::spawn(&executable, charge)?.ready(READY_WITHIN + credentials).await
    }

    fn spawn(executable: &Path, charge: &Charge) -> Result<Self, Error> {
        let failed = |source| Error::Spawn { executable: executable.to_owned(), source };
        // Its last words go where the runner's would have gone: to the person at the terminal.
        let mut child = Command::new(executable)
            .args(charge.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(std::io::ErrorKind::BrokenPipe.into()));
        };
        Ok(Self { child, stdin, said: BufReader::new(stdout) })
    }

    async fn ready(mut self, within: Duration) -> Result<Self, Error> {
        let mut line = String::new();
        let why = match timeout(within, self.said.read_line(&mut line)).await {
            Ok(Ok(_)) if line.trim() == READY => return Ok(self),
            Ok(Ok(0)) => "it ended at once".to_owned(),
            Ok(Ok(_)) => line.trim().to_owned(),
            Ok(Err(error)) => format!("its pipe is broken: {error}"),
            Err(_) => format!("no answer within {} s", within.as_secs()),
        };
        // A process that cannot be killed is gone already.
        let _ = self.child.kill().await;
        Err(Error::NotReady { why })
    }

    /// From now on its loss ends the run.
    #[must_use]
    pub fn watch(self, desk: Desk) -> Watched {
        let Self { child, stdin, mut said } = self;
        let watch = tokio::spawn(async move {
            let mut line = String::new();
            while said.read_line(&mut line).await.is_ok_and(|read| read > 0) {
                line.clear();
            }
            let detail = "the guard process ended; nobody would undo the run if firedrill died, too";
            desk.input(Input::Abort(AbortReason::GuardLost, detail.to_owned()));
        });
        Watched { child, stdin, watch }
    }
}

/// A guard whose loss ends the run.
#[derive(Debug)]
pub struct Watched {
    child: Child,
    stdin: ChildStdin,
    watch: JoinHandle<()>,
}

impl Watched {
    /// Tells it that nothing is left for it to do, and waits until it has ended.
    pub async fn dismiss(mut self) {
        // One that is gone needs no word; its child is reaped all the same.
        let _ = self.stdin.write_all(format!("{DISMISSED}\n").as_bytes()).await;
        drop(self.stdin);
        if timeout(GONE_WITHIN, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
        // With its process, its pipe is closed.
        let _ = self.watch.await;
    }
}
