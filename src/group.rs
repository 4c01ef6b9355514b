//! A child process with everything that it starts: ended and reaped when its owner goes.

use std::io;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// More than any answer takes that is read whole.
const MOST: u64 = 1024 * 1024;

/// How long a killed process may take to disappear.
const DISAPPEAR: Duration = Duration::from_secs(2);

/// How long a binary may be "busy" because a sibling process still has it open for writing.
const BUSY: Duration = Duration::from_secs(1);

/// A process that leads a group of its own. Dropping it kills the group.
pub(crate) struct Group {
    child: Child,
}

impl Group {
    /// Starts `command` as the leader of a new group.
    pub(crate) async fn spawn(command: &mut Command) -> io::Result<Self> {
        command.process_group(0).kill_on_drop(true);
        let since = Instant::now();
        loop {
            match command.spawn() {
                // A process that forked while the file was being written holds it open until it
                // has called exec itself.
                Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && since.elapsed() < BUSY => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                result => return result.map(|child| Self { child }),
            }
        }
    }

    /// Its standard output, once, where it is piped.
    pub(crate) fn stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Its standard error, once, where it is piped.
    pub(crate) fn stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    /// Waits for its end and reaps it.
    pub(crate) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }
}

impl Drop for Group {
    /// Blocks for the few milliseconds that killed processes take to go, so that whoever drops
    /// this can then remove the folder in which they worked.
    fn drop(&mut self) {
        // No id means that it has been reaped.
        let id = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let Some(id) = id else { return };
        if kill_process_group(id, Signal::KILL).is_err() {
            return;
        }
        let deadline = Instant::now() + DISAPPEAR;
        let reaped = wait_until(deadline, || !matches!(self.child.try_wait(), Ok(None)));
        if reaped {
            // Its children belong to init now, which may be slow to reap or never do it; dead
            // they are, and a tenth of a second is long enough for their last write to end.
            let soon = Instant::now() + Duration::from_millis(100);
            wait_until(soon, || test_kill_process_group(id).is_err());
        }
    }
}

fn wait_until(deadline: Instant, mut done: impl FnMut() -> bool) -> bool {
    loop {
        if done() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// How a command ended, and what it wrote to its pipes.
pub(crate) struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command to its end.
pub(crate) async fn run(command: &mut Command) -> io::Result<Ended> {
    let mut group = Group::spawn(command).await?;
    let (stdout, stderr) = (group.stdout(), group.stderr());
    let (stdout, stderr) = tokio::join!(read(stdout), read(stderr));
    let status = group.wait().await?;
    Ok(Ended { status, stdout, stderr })
}

/// Runs a command to its end and returns what it writes to its piped standard output. Where it
/// fails, the reason holds the last line that it wrote to its piped standard error.
pub(crate) async fn output(command: &mut Command) -> Result<String, String> {
    let ended = run(command).await.map_err(|error| format!("cannot be run: {error}"))?;
    if ended.status.success() {
        return Ok(ended.stdout);
    }
    let last = ended.stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    Err(format!("ended with {}: {last}", ended.status).trim_end_matches(": ").to_owned())
}

async fn read(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        // What was read before an error counts; the exit status says the rest.
        let _ = (&mut pipe).take(MOST).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
