//! The processes of a cluster: found by what they are, never by a number alone.
//!
//! kwokctl's pid files can name a process that is long gone, and the number can belong to
//! somebody else by then (after a reboot it surely does). So a process counts as the cluster's
//! only while it works in the cluster's folder and its command line names that folder.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(test, not(target_os = "linux")))]
mod portable;

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(not(target_os = "linux"))]
use portable as platform;

use std::fs;
use std::time::Duration;

use tokio::time::Instant;

use crate::cluster::Error;
use crate::cluster::state::Home;

/// The control plane's components, as kwokctl names their pid files and logs; what another one
/// needs comes first.
pub const COMPONENTS: [&str; 5] =
    ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok-controller"];

/// How long processes may take to end after SIGKILL: as long as the kernel needs for their memory.
const END_WITHIN: Duration = Duration::from_secs(5);

/// A process of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// What it is: `etcd`, `kwokctl`, …; `responder` for the responder.
    pub name: String,
}

impl Process {
    /// Whether it is the cluster's responder.
    #[must_use]
    pub fn is_responder(&self) -> bool {
        self.name == "responder"
    }

    fn from_arguments(pid: u32, arguments: &[String]) -> Self {
        let base = |path: &String| path.rsplit('/').next().unwrap_or_default().to_owned();
        let name = if arguments.get(1).is_some_and(|second| second == "responder") {
            "responder".to_owned()
        } else {
            arguments.first().map(base).unwrap_or_default()
        };
        Self { pid, name }
    }
}

/// The live processes of a cluster, by number, but for the calling one.
#[must_use]
pub fn of(home: &Home) -> Vec<Process> {
    let own = std::process::id();
    let mut found = platform::of(home);
    found.retain(|process| process.pid != own);
    found.sort_by_key(|process| process.pid);
    found
}

/// The component's process by its pid file, where it is alive and the cluster's own.
#[must_use]
pub fn component(home: &Home, component: &str) -> Option<u32> {
    recorded(home, component).filter(|&pid| platform::is_of(home, pid))
}

/// The first component that was started and has ended.
#[must_use]
pub fn ended(home: &Home) -> Option<&'static str> {
    COMPONENTS.into_iter().find(|name| recorded(home, name).is_some_and(|pid| !platform::runs(pid)))
}

fn recorded(home: &Home, component: &str) -> Option<u32> {
    let file = home.components().join("pids").join(format!("{component}.pid"));
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Ends the processes of a cluster that `which` names, and those that they start meanwhile;
/// at once, because nothing of such a cluster is to be kept.
pub async fn end(home: &Home, which: impl Fn(&Process) -> bool) -> Result<(), Error> {
    let deadline = Instant::now() + END_WITHIN;
    loop {
        // kwokctl forks: what it started just before it ended shows in the next round.
        let mut found = of(home);
        found.retain(&which);
        if found.is_empty() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let pids = found.iter().map(|process| process.pid).collect();
            return Err(Error::Processes { name: home.name().to_owned(), pids });
        }
        found.sort_by_key(|process| process.name != "kwokctl");
        platform::kill(home, &found, deadline).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_command_line() {
        let named = |line: &[&str]| {
            let arguments: Vec<String> = line.iter().map(ToString::to_string).collect();
            Process::from_arguments(1, &arguments).name
        };
        assert_eq!(named(&["/s/bin/etcd", "--name=node0"]), "etcd");
        assert_eq!(named(&["/usr/bin/firedrill", "responder", "--home"]), "responder");
        assert_eq!(named(&[]), "");
    }
}
