//! The process beside a run that makes a kind cluster and ends it: `kind create` runs as its child,
//! and when its runner goes away, however that happens and however far the cluster is, it removes
//! the cluster. Its stdout is the link to the runner; its stdin is the cluster's lock, which is so
//! held until the last of the two has ended.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::Child;
use tokio::time::timeout;

use super::mark::Mark;
use super::remove::{self, Makers};
use super::tools::Tools;
use super::words::{Said, Told};
use super::{Error, config};
use crate::cluster::pair::stdout_end;
use crate::cluster::state::{Home, at};

/// How long kind may take to end after SIGTERM, which it does not catch.
const KIND_WITHIN: Duration = Duration::from_secs(2);

/// What a keeper is told: the command line of `firedrill kind-keeper`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The cluster's folder, with its mark and its configuration.
    pub home: PathBuf,
    /// `kind`.
    pub kind: PathBuf,
    /// The container engine.
    pub engine: PathBuf,
    /// An image for the node; nothing for kind's own choice.
    pub image: Option<String>,
}

/// Makes the cluster, keeps it for as long as its runner lives, and removes it.
///
/// # Errors
/// Where it could not begin, or something is left and there is no runner to hear of it.
pub async fn run(order: Order) -> Result<(), crate::cluster::Error> {
    let home = Home::at(&order.home)?;
    let Some(mark) = Mark::read(&home)? else {
        let why = "found no mark in the cluster's folder".to_owned();
        return Err(Error::Keeper { name: home.name().to_owned(), why }.into());
    };
    let (hears, says) = stdout_end().map_err(at("use stdout as the link for", home.path()))?.into_split();
    let tools = Tools { kind: order.kind, engine: order.engine, kubeconfig: home.kubeconfig() };
    let keeper = Keeper { home, mark, tools, hears: BufReader::new(hears), says };
    keeper.run(order.image.as_deref()).await
}

struct Keeper {
    home: Home,
    mark: Mark,
    tools: Tools,
    hears: BufReader<OwnedReadHalf>,
    says: OwnedWriteHalf,
}

impl Keeper {
    async fn run(mut self, image: Option<&str>) -> Result<(), crate::cluster::Error> {
        let mut kind = start(&self.home, &self.tools, image)?;
        let group = kind.id();
        let lines = kind.stderr.take();
        let made = tokio::select! {
            status = relay(&mut kind, lines, &mut self.says) => Ok(status),
            wish = wish(&mut self.hears) => Err(wish),
        };
        let (wish, makers) = match made {
            Ok(Ok(status)) if status.success() => {
                say(&mut self.says, &Said::Created).await;
                (wish(&mut self.hears).await, Makers::none())
            }
            Ok(status) => {
                let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                say(&mut self.says, &Said::Failed(status)).await;
                (Told::Remove, Makers::of(group))
            }
            // A cluster that is not whole is nothing to keep.
            Err(_) => {
                end(&mut kind).await;
                (Told::Remove, Makers::of(group))
            }
        };
        match wish {
            Told::Keep => {
                say(&mut self.says, &Said::Kept).await;
                Ok(())
            }
            Told::Remove => self.remove(makers).await,
        }
    }

    /// A runner that is gone leaves its lock's file to be removed, too, and does not hear of what is
    /// left.
    async fn remove(mut self, makers: Makers) -> Result<(), crate::cluster::Error> {
        let removed = remove::all(&self.tools, &self.home, &self.mark, makers).await;
        let said = match &removed {
            Ok(()) => Said::Removed,
            Err(crate::cluster::Error::Kind(Error::Left { why, .. })) => Said::Left(why.clone()),
            Err(error) => Said::Left(error.to_string()),
        };
        if say(&mut self.says, &said).await {
            return Ok(());
        }
        if removed.is_ok() {
            // One that stays is taken again next time.
            let _ = std::fs::remove_file(self.home.path().with_extension("lock"));
        }
        removed
    }
}

/// Starts `kind create cluster`, in a process group of its own.
fn start(home: &Home, tools: &Tools, image: Option<&str>) -> Result<Child, Error> {
    let mut command = tools.kind();
    command.args(["create", "cluster", "--name", home.name(), "--config"]).arg(config::file(home));
    command.arg("--kubeconfig").arg(home.kubeconfig());
    if let Some(image) = image {
        command.args(["--image", image]);
    }
    command.stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    command.spawn().map_err(|source| Error::Spawn { program: tools.kind.clone(), source })
}

/// Passes kind's lines on and waits for its end.
async fn relay(
    kind: &mut Child,
    lines: Option<tokio::process::ChildStderr>,
    says: &mut OwnedWriteHalf,
) -> std::io::Result<ExitStatus> {
    if let Some(stderr) = lines {
        let mut lines = BufReader::new(stderr);
        let mut line = Vec::new();
        while matches!(lines.read_until(b'\n', &mut line).await, Ok(1..)) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            say(says, &Said::Says(text)).await;
            line.clear();
        }
    }
    kind.wait().await
}

/// Ends kind alone: what it has started goes on to its own end, see [`Makers`].
async fn end(kind: &mut Child) {
    let pid = kind.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    if let Some(pid) = pid {
        // It may have ended just now.
        let _ = kill_process(pid, Signal::TERM);
    }
    if timeout(KIND_WITHIN, kind.wait()).await.is_err() {
        let _ = kind.kill().await;
    }
}

/// Waits for what the runner wants; its end is a wish, too.
async fn wish(hears: &mut BufReader<OwnedReadHalf>) -> Told {
    let mut line = String::new();
    loop {
        line.clear();
        match hears.read_line(&mut line).await {
            Ok(read) if read > 0 => {
                if let Some(told) = Told::parse(&line) {
                    return told;
                }
            }
            _ => return Told::Remove,
        }
    }
}

/// Says it, where the runner is still there.
async fn say(says: &mut OwnedWriteHalf, said: &Said) -> bool {
    says.write_all(format!("{said}\n").as_bytes()).await.is_ok()
}
