//! `kind` and the container engine: found, and called.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use futures::future::join3;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use super::Error;
use crate::cluster::binaries::executable_in;
use crate::cluster::group::Group;

/// The engines that are looked for, in this order.
const ENGINES: [&str; 3] = ["docker", "podman", "nerdctl"];
/// Those that kind takes in `KIND_EXPERIMENTAL_PROVIDER`.
const KNOWN: [&str; 5] = ["docker", "podman", "nerdctl", "finch", "nerdctl.lima"];
/// What tells kind which engine to use.
const PROVIDER: &str = "KIND_EXPERIMENTAL_PROVIDER";
/// How long an engine may take to say that it is there.
const ENGINE_WITHIN: Duration = Duration::from_secs(10);
/// How long any other call may take, but for `kind create`.
const CALL_WITHIN: Duration = Duration::from_secs(60);

/// `kind` and the engine that it is to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    /// `kind`.
    pub kind: PathBuf,
    /// `docker`, `podman`, `nerdctl`, by path.
    pub engine: PathBuf,
    /// The only kubeconfig that kind may write.
    pub kubeconfig: PathBuf,
}

impl Tools {
    /// Finds both on PATH; the engine answers.
    pub async fn find(kubeconfig: PathBuf) -> Result<Self, Error> {
        let path = env::var_os("PATH").unwrap_or_default();
        let kind = executable_in(&path, "kind").ok_or(Error::NoKind)?;
        let named = env::var(PROVIDER).ok().filter(|name| !name.is_empty());
        let engine = engine(&path, named).await?;
        Ok(Self { kind, engine, kubeconfig })
    }

    /// The engine's name, as kind and people call it.
    #[must_use]
    pub fn engine_name(&self) -> String {
        self.engine.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// A call of kind with the user's environment (`DOCKER_HOST`, proxies, …), but for the kubeconfig
    /// and the engine.
    pub(super) fn kind(&self) -> Command {
        let mut command = Command::new(&self.kind);
        command.env("KUBECONFIG", &self.kubeconfig).env(PROVIDER, self.engine_name()).stdin(Stdio::null());
        command
    }

    /// The names of the clusters that kind knows, whether they run or not.
    pub async fn clusters(&self) -> Result<Vec<String>, Error> {
        let mut command = self.kind();
        command.args(["get", "clusters"]);
        let said = call(&mut command, CALL_WITHIN).await?;
        Ok(said.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect())
    }

    /// The kubeconfig of a cluster that runs, for this machine.
    pub async fn kubeconfig_of(&self, name: &str) -> Result<String, Error> {
        let mut command = self.kind();
        command.args(["get", "kubeconfig", "--name", name]);
        call(&mut command, CALL_WITHIN).await
    }

    /// Deletes a cluster, whoever made it: it is for the caller to know.
    pub(super) async fn delete(&self, name: &str) -> Result<(), Error> {
        let mut command = self.kind();
        command.args(["delete", "cluster", "--name", name, "--kubeconfig"]).arg(&self.kubeconfig);
        call(&mut command, CALL_WITHIN).await.map(drop)
    }

    /// What the engine says to these arguments.
    pub(super) async fn engine<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
    ) -> Result<String, Error> {
        call(Command::new(&self.engine).args(args), CALL_WITHIN).await
    }
}

/// The engine that was named, else the first that answers.
async fn engine(path: &OsString, named: Option<String>) -> Result<PathBuf, Error> {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let looked = match named {
        Some(name) if KNOWN.contains(&name.as_str()) => vec![name],
        Some(name) => return Err(Error::UnknownEngine { name, known: owned(&KNOWN) }),
        None => owned(&ENGINES),
    };
    let mut silent = Vec::new();
    for name in &looked {
        let Some(program) = executable_in(path, name) else { continue };
        match answers(&program, name).await {
            Ok(()) => return Ok(program),
            Err(why) => silent.push((name.clone(), why)),
        }
    }
    if silent.is_empty() { Err(Error::NoEngine { looked }) } else { Err(Error::EngineSilent { silent }) }
}

/// Whether the engine works: it can list containers. Else its last line.
async fn answers(program: &Path, name: &str) -> Result<(), String> {
    let why = |error| match error {
        Error::Call { why, .. } => why,
        other => other.to_string(),
    };
    if name == "docker" {
        // As podman's stand-in it is no engine that kind could take for docker.
        let says = call(Command::new(program).arg("--version"), ENGINE_WITHIN).await.map_err(why)?;
        if !says.starts_with("Docker") {
            return Err(format!("is another program in disguise: {}", says.trim()));
        }
    }
    call(Command::new(program).args(["ps", "--quiet"]), ENGINE_WITHIN).await.map(drop).map_err(why)
}

/// Runs a command to its end and returns its stdout. Dropped, or past the deadline, it is ended with
/// all that it has started.
async fn call(command: &mut Command, within: Duration) -> Result<String, Error> {
    let program = PathBuf::from(command.as_std().get_program());
    let what = shown(command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed = |source| Error::Spawn { program: program.clone(), source };
    let mut group = Group::spawn(command).await.map_err(failed)?;
    let (out, err) = (group.stdout(), group.stderr());
    let whole = join3(read(out), read(err), group.wait());
    let Ok((out, err, status)) = timeout(within, whole).await else {
        return Err(Error::Call { what, why: format!("no answer within {} s", within.as_secs()) });
    };
    let status = status.map_err(failed)?;
    if status.success() {
        return Ok(out);
    }
    let last = err.lines().chain(out.lines()).map(str::trim).rfind(|line| !line.is_empty());
    Err(Error::Call { what, why: last.map_or_else(|| status.to_string(), ToOwned::to_owned) })
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        // What cannot be read is as good as not said.
        let _ = stream.read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The command for people, without folders before its name.
fn shown(command: &Command) -> String {
    let program = Path::new(command.as_std().get_program());
    let program = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let args = command.as_std().get_args().take(2).map(|arg| arg.to_string_lossy().into_owned());
    std::iter::once(program).chain(args).collect::<Vec<_>>().join(" ")
}
