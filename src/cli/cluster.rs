//! `firedrill cluster`: the local control plane.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::SecondsFormat;

use super::exit::{Exit, Failure, Outcome};
use super::output::{print, print_exact};
use crate::clock::Stopwatch;
use crate::cluster;
use crate::cluster::binaries::Release;
use crate::cluster::local::{self, Health, Progress, Status};
use crate::cluster::state::SHARED;
use crate::ui;
use crate::ui::terminal::say;

/// Arguments of `firedrill cluster`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Start the shared local cluster, or find that it is up; runs use it from then on
    Up(Up),
    /// Remove a local cluster
    Down(Name),
    /// List the local clusters
    Status,
    /// Print how to point kubectl at a local cluster: eval "$(firedrill cluster env)"
    Env(Name),
}

#[derive(Debug, clap::Args)]
struct Up {
    #[command(flatten)]
    binaries: BinariesArgs,
    /// Remove the cluster when the pipe at stdin closes
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

#[derive(Debug, clap::Args)]
struct Name {
    /// The cluster's name
    #[arg(default_value = SHARED)]
    name: String,
}

/// Which binaries the control plane has.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct BinariesArgs {
    /// A folder of control plane binaries, to be used before any other
    #[arg(long, value_name = "DIR")]
    binaries: Option<PathBuf>,
    /// The local cluster's Kubernetes: v1.37.2 or v1.34.4 [default: that of the cluster that is up,
    /// else v1.37.2]
    #[arg(long, value_name = "VERSION")]
    kubernetes_version: Option<Release>,
}

/// The local cluster of a run.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct LocalArgs {
    #[command(flatten)]
    binaries: BinariesArgs,
    /// Leave the cluster that the run starts; `firedrill cluster down NAME` removes it, or `kind
    /// delete cluster --name NAME`
    #[arg(long)]
    keep_cluster: bool,
}

impl LocalArgs {
    /// The Kubernetes that was asked for.
    #[must_use]
    pub const fn kubernetes(&self) -> Option<Release> {
        self.binaries.kubernetes_version
    }

    /// Whether a cluster that the run makes stays.
    #[must_use]
    pub const fn keep_cluster(&self) -> bool {
        self.keep_cluster
    }

    /// What the cluster is made of, with what the environment says.
    pub fn options(&self) -> Result<local::Options, Failure> {
        let options = self.binaries.options()?;
        Ok(local::Options { keep: self.keep_cluster, ..options })
    }
}

impl BinariesArgs {
    fn options(&self) -> Result<local::Options, Failure> {
        local::Options::from_env(self.binaries.clone(), self.kubernetes_version).map_err(Failure::environment)
    }
}

/// Carries out a subcommand.
pub async fn run(args: Args) -> Outcome {
    match args.command {
        Command::Up(args) => up(args).await,
        Command::Down(Name { name }) => down(&name).await,
        Command::Status => status().await,
        Command::Env(Name { name }) => env(&name).await,
    }
}

async fn up(args: Up) -> Outcome {
    let options = args.binaries.options()?;
    let progress = ui::Progress::start(Stopwatch::start());
    let up = local::up(&options, args.until_stdin_closes, &|news| tell(&progress, &news)).await;
    progress.finish();
    let access = up.map_err(|error| match error {
        cluster::Error::OtherVersion { .. } => Failure::usage(error),
        other => Failure::environment(other),
    })?;
    say(&format!("cluster {} is up: Kubernetes {}", access.facts.name, access.facts.version));
    print_exact(&export(&access.kubeconfig.unwrap_or_default()))
}

/// Shows how far a cluster's start is.
pub(super) fn tell(progress: &ui::Progress, news: &Progress) {
    if news.is_tick() {
        progress.tick(&news.to_string());
    } else if !news.is_old() {
        progress.note(&news.to_string());
    }
}

async fn down(name: &str) -> Outcome {
    let options = BinariesArgs::default().options()?;
    let there = local::down(&options, name).await.map_err(Failure::environment)?;
    say(&format!("cluster {name} {}", if there { "is removed" } else { "was not there" }));
    Ok(Exit::Passed)
}

async fn status() -> Outcome {
    let options = BinariesArgs::default().options()?;
    let clusters = local::list(&options).await.map_err(Failure::environment)?;
    if clusters.is_empty() {
        say("no local clusters; firedrill cluster up makes one");
    }
    for cluster in clusters {
        print(&lines(&cluster))?;
    }
    Ok(Exit::Passed)
}

async fn env(name: &str) -> Outcome {
    let options = BinariesArgs::default().options()?;
    let access = local::find(&options, name).await.map_err(Failure::environment)?;
    print_exact(&export(&access.kubeconfig.unwrap_or_default()))
}

/// A cluster for people, a fact a line.
fn lines(status: &Status) -> String {
    let mut text = format!("{}: {}", status.name, status.health.word());
    // Writing to a String cannot fail.
    if let Some(version) = &status.version {
        let _ = write!(text, ", Kubernetes {version}");
    }
    if let Some(since) = status.since {
        let _ = write!(text, ", since {}", since.to_rfc3339_opts(SecondsFormat::Secs, true));
    }
    text.push('\n');
    if status.health != Health::Down {
        let _ = writeln!(text, "  kubeconfig: {}", status.kubeconfig.display());
    }
    for process in &status.processes {
        let _ = writeln!(text, "  {:>8} {}", process.pid, process.name);
    }
    text
}

fn export(kubeconfig: &Path) -> String {
    format!("export KUBECONFIG={}\n", quoted(&kubeconfig.to_string_lossy()))
}

/// As one word of a POSIX shell, whatever is in it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_for_a_shell() {
        assert_eq!(quoted("/home/me/.local/state"), "/home/me/.local/state");
        assert_eq!(quoted("/home/my files"), "'/home/my files'");
        assert_eq!(quoted("/it's $HOME"), r"'/it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
