//! A build from Go modules, with the `go.mod` and `go.sum` that firedrill carries.
//!
//! `go` works in a scratch folder of the cache, temporary files included, and leads a process
//! group of its own: when the build's future is dropped, first the group ends, then the folder.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::Command;

use super::cache::{Cache, Lock};
use super::find::{self, Found};
use super::options::Options;
use super::progress::{Progress, Source};
use super::wanted::{Binary, Component};
use super::{Error, Tell, version};
use crate::cluster::group::{Group, output};

/// For one component; Kubernetes takes 6 to 10 minutes on 2 cores with nothing cached.
const DEADLINE: Duration = Duration::from_secs(60 * 60);

/// `go` may have to fetch a newer toolchain before it can tell its version.
const TOOLCHAIN_DEADLINE: Duration = Duration::from_secs(5 * 60);

/// How many of the last lines of stderr are quoted.
const QUOTED: usize = 20;

/// How a build ended that gave no binaries.
struct Failure {
    reason: String,
    stderr: Vec<String>,
}

/// Builds what of `found` is missing, one module after the other.
pub(super) async fn build(
    options: &Options,
    (cache, lock): (&Cache, &Lock),
    found: &mut Found,
    tried: &mut Vec<String>,
    tell: Tell<'_>,
) -> Result<(), Error> {
    let Some(program) = find::program(options, "go") else {
        tried.push(String::from("build: no go in PATH"));
        return Ok(());
    };
    let mut asked = false;
    for (component, binaries) in found.missing_by_component() {
        let site = Site::new(component, cache, &program, options)?;
        if !std::mem::replace(&mut asked, true)
            && let Err(why) = site.toolchain().await
        {
            tried.push(format!("build: {} {why}", program.display()));
            return Ok(());
        }
        if let Err(Failure { reason, stderr }) = site.install(&binaries, tell).await {
            let tried = std::mem::take(tried);
            return Err(Error::Build { component, reason, stderr, tried });
        }
        for (binary, path) in site.keep(binaries, cache, lock).await? {
            found.add(binary, path, Source::Built, tell);
        }
    }
    Ok(())
}

/// Where one component is built.
struct Site<'a> {
    component: Component,
    program: &'a Path,
    options: &'a Options,
    scratch: TempDir,
}

impl<'a> Site<'a> {
    fn new(
        component: Component,
        cache: &Cache,
        program: &'a Path,
        options: &'a Options,
    ) -> Result<Self, Error> {
        let scratch = cache.scratch()?;
        let site = Self { component, program, options, scratch };
        site.lay_out().map_err(|error| cache.error(error))?;
        Ok(site)
    }

    fn lay_out(&self) -> io::Result<()> {
        for folder in ["module", "bin", "tmp"] {
            fs::create_dir(self.folder(folder))?;
        }
        let (module, sums) = self.component.module();
        fs::write(self.folder("module").join("go.mod"), module)?;
        fs::write(self.folder("module").join("go.sum"), sums)
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn built(&self, binary: Binary) -> PathBuf {
        self.folder("bin").join(binary.built_name())
    }

    /// `go` in the module's folder. What decides on the result is set here; the rest of the
    /// environment (proxies, GOPROXY, GOSUMDB, the caches) is the caller's.
    fn go(&self) -> Command {
        let mut go = Command::new(self.program);
        go.current_dir(self.folder("module"))
            .env("PATH", self.options.path.clone().unwrap_or_default())
            .env("GOBIN", self.folder("bin"))
            .env("GOTMPDIR", self.folder("tmp"))
            .env("GOFLAGS", "-mod=readonly -buildvcs=false")
            .env("GO111MODULE", "on")
            .env("GOWORK", "off")
            .env("CGO_ENABLED", "0")
            // For this machine, and `go install` refuses GOBIN for any other.
            .env_remove("GOOS")
            .env_remove("GOARCH")
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        go
    }

    /// Whether this `go`, or one that it fetches itself, is new enough for the module.
    async fn toolchain(&self) -> Result<(), String> {
        let mut go = self.go();
        go.args(["env", "GOVERSION"]).stdout(Stdio::piped());
        let asked = tokio::time::timeout(TOOLCHAIN_DEADLINE, output(&mut go)).await;
        let told = asked.map_err(|_| String::from("did not tell its version"))??;
        let told = told.trim();
        let minor = told.strip_prefix("go1.").and_then(|rest| rest.split(['.', 'r', 'b']).next());
        match minor.and_then(|minor| minor.parse::<u32>().ok()) {
            Some(minor) if minor < 26 => Err(format!("is {told}; go1.26 or newer is needed")),
            _ => Ok(()),
        }
    }

    async fn install(&self, binaries: &[Binary], tell: Tell<'_>) -> Result<(), Failure> {
        let mut go = self.go();
        go.args(["install", "-trimpath", "-ldflags", self.component.ldflags()])
            .args(binaries.iter().map(|binary| binary.package()))
            .stdout(Stdio::null());
        let mut stderr = VecDeque::new();
        let ended = tokio::select! {
            ended = tokio::time::timeout(DEADLINE, run(&mut go, &mut stderr)) => ended,
            never = report(self.component, tell) => match never {},
        };
        let reason = match ended {
            Ok(Ok(status)) if status.success() => match self.check(binaries).await {
                Ok(()) => return Ok(()),
                Err(reason) => reason,
            },
            Ok(Ok(status)) => format!("go install ended with {status}"),
            Ok(Err(error)) => format!("{} cannot be run: {error}", self.program.display()),
            Err(_) => format!("go install did not end within {} minutes", DEADLINE.as_secs() / 60),
        };
        Err(Failure { reason, stderr: stderr.into() })
    }

    /// Whether what was built is there and says the right version.
    async fn check(&self, binaries: &[Binary]) -> Result<(), String> {
        for binary in binaries {
            let expected = binary.component().version();
            match version::of(*binary, &self.built(*binary)).await {
                Ok(version) if version == expected => {}
                Ok(version) => return Err(format!("{binary} says that it is {version}")),
                Err(why) => return Err(format!("{binary} {why}")),
            }
        }
        Ok(())
    }

    /// Puts the binaries into the cache. Making 100 MB durable takes its time, so a thread does it.
    async fn keep(
        self,
        binaries: Vec<Binary>,
        cache: &Cache,
        lock: &Lock,
    ) -> Result<Vec<(Binary, PathBuf)>, Error> {
        let sources: Vec<_> = binaries.into_iter().map(|it| (it, self.built(it))).collect();
        let (cache, lock, scratch) = (cache.clone(), lock.clone(), self.scratch);
        let cache_for_error = cache.clone();
        let kept = tokio::task::spawn_blocking(move || {
            let _held = (lock, scratch);
            let keep = |(binary, file): (Binary, PathBuf)| Ok((binary, cache.keep(binary, &file)?));
            sources.into_iter().map(keep).collect()
        });
        kept.await.unwrap_or_else(|lost| Err(cache_for_error.error(lost.into())))
    }
}

/// Runs a command to its end and keeps the last lines of its stderr.
async fn run(go: &mut Command, stderr: &mut VecDeque<String>) -> io::Result<ExitStatus> {
    let mut group = Group::spawn(go).await?;
    if let Some(pipe) = group.stderr() {
        keep_last(pipe, stderr).await?;
    }
    group.wait().await
}

async fn keep_last(pipe: impl AsyncRead + Unpin, last: &mut VecDeque<String>) -> io::Result<()> {
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    while pipe.read_until(b'\n', &mut line).await? > 0 {
        if last.len() == QUOTED {
            last.pop_front();
        }
        last.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
        line.clear();
    }
    Ok(())
}

/// Tells how long a build has run, until it is dropped.
async fn report(component: Component, tell: Tell<'_>) -> Infallible {
    let since = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        tell(Progress::Building { component, elapsed: since.elapsed() });
    }
}
