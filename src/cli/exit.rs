//! Exit codes, and how a failure reaches a person.

use std::process::ExitCode;
use std::time::Duration;

use miette::Diagnostic;

use crate::ui::terminal;

/// What the process says to its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done; the drill passed.
    Passed,
    /// 1: the drill ran and missed a budget or a claim, did not recover, or met its deadline.
    Missed,
    /// 2: bad usage or a bad drill file.
    Usage,
    /// 3: refused by a safeguard or the preflight.
    Refused,
    /// 4: the cluster or the environment failed.
    Environment,
    /// 5: something is left changed.
    LeftChanged,
    /// 130: interrupted, and undone.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Passed => 0,
            Exit::Missed => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::Environment => 4,
            Exit::LeftChanged => 5,
            Exit::Interrupted => 130,
        })
    }
}

/// What a command ends with.
pub type Outcome = Result<Exit, Failure>;

/// An exit code with the message that explains it.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    error: Box<dyn Diagnostic + Send + Sync>,
}

impl Failure {
    /// A failure with an exit code of its own.
    pub fn new(exit: Exit, error: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self { exit, error: Box::new(error) }
    }

    /// Bad usage or a bad drill file.
    pub fn usage(error: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self::new(Exit::Usage, error)
    }

    /// The cluster or the environment failed.
    pub fn environment(error: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self::new(Exit::Environment, error)
    }

    /// The same, with another exit code.
    #[must_use]
    pub fn with(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    /// Says it on stderr; that stderr may be closed is no further failure.
    pub fn print(&self) {
        terminal::diagnostic(&*self.error);
    }
}

impl From<Failure> for Exit {
    fn from(failure: Failure) -> Self {
        failure.exit
    }
}

/// How long what cannot be cut short may hold up the end of the process.
const LAST_WORK: Duration = Duration::from_secs(1);

/// Runs a command's future on a runtime of two workers.
pub fn block_on(command: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|source| Failure::environment(NoRuntime { source }))?;
    let outcome = runtime.block_on(command);
    // The lookup of a name cannot be cut short, and nobody needs its answer any more.
    runtime.shutdown_timeout(LAST_WORK);
    outcome
}

/// Runs the future of a command that mostly waits on a runtime of this thread alone.
pub fn block_on_one(command: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::environment(NoRuntime { source }))?;
    runtime.block_on(command)
}

/// The operating system gave no threads or no event queue.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot start: {source}")]
#[diagnostic(code(firedrill::runtime), help("look at the limits on open files and processes: ulimit -a"))]
struct NoRuntime {
    source: std::io::Error,
}
