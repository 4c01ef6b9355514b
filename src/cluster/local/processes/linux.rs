//! By /proc; signals go to a process file descriptor, so that a number that was given to another
//! process meanwhile is never hit.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::Instant;

use super::Process;
use crate::cluster::state::Home;

/// How long a process may have no command line before it counts as one that has none.
const EXECVE_WITHIN: Duration = Duration::from_millis(50);

pub(super) fn of(home: &Home) -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid| process(home, pid))
        .collect()
}

pub(super) fn is_of(home: &Home, pid: u32) -> bool {
    process(home, pid).is_some()
}

/// The process, where it is the cluster's. One that has ended and was not reaped has neither a
/// working folder nor a command line.
fn process(home: &Home, pid: u32) -> Option<Process> {
    let proc = PathBuf::from(format!("/proc/{pid}"));
    let folder = fs::read_link(proc.join("cwd")).ok()?;
    // A folder that was removed reads `PATH (deleted)`.
    let components = home.components();
    let rest = folder.as_os_str().as_bytes().strip_prefix(components.as_os_str().as_bytes())?;
    if !matches!(rest, b"" | b" (deleted)") {
        return None;
    }
    let line = command_line(&proc.join("cmdline"))?;
    let arguments: Vec<String> = line
        .split(|&byte| byte == 0)
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
        .collect();
    let named = home.path().to_string_lossy();
    let names_it = arguments.iter().any(|argument| argument.contains(&*named));
    names_it.then(|| Process::from_arguments(pid, &arguments))
}

/// The command line. In the middle of `execve` it reads empty although the process lives, and a
/// component that is just being started must not be overlooked: so it is read again for a while.
fn command_line(file: &Path) -> Option<Vec<u8>> {
    let deadline = Instant::now() + EXECVE_WITHIN;
    loop {
        let line = fs::read(file).ok()?;
        if !line.is_empty() || Instant::now() >= deadline {
            return Some(line);
        }
        std::thread::yield_now();
    }
}

/// Whether the process runs; one that has ended and was not reaped does not.
pub(super) fn runs(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // `PID (name) STATE …`, and the name can hold anything.
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// Sends SIGKILL to each that is still the cluster's, and waits until they have ended.
pub(super) async fn kill(home: &Home, processes: &[Process], deadline: Instant) {
    let killed: Vec<OwnedFd> = processes.iter().filter_map(|process| kill_one(home, process.pid)).collect();
    for process in killed {
        // What is not gone at the deadline is found and named by the caller.
        let _ = tokio::time::timeout_at(deadline, ended(process)).await;
    }
}

fn kill_one(home: &Home, pid: u32) -> Option<OwnedFd> {
    let raw = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
    let process = pidfd_open(raw, PidfdFlags::NONBLOCK).ok()?;
    // Asked again, now that the descriptor holds on to this very process.
    if !is_of(home, pid) {
        return None;
    }
    pidfd_send_signal(&process, Signal::KILL).ok()?;
    Some(process)
}

async fn ended(process: OwnedFd) -> std::io::Result<()> {
    #[expect(deprecated, reason = "the successor is unsafe; an OwnedFd is not closed under it")]
    let process = AsyncFd::with_interest(process, Interest::READABLE)?;
    process.readable().await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_runs_and_a_reaped_one_does_not() {
        assert!(runs(std::process::id()));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        assert!(!runs(pid));
    }

    #[tokio::test]
    async fn only_what_works_in_the_folder_and_names_it_is_ended() {
        let state = tempfile::tempdir().unwrap();
        let home = Home::new(state.path(), "local").unwrap();
        home.make().unwrap();
        let waiting = |argument: &str, folder: &std::path::Path| {
            // Waits for a line that never comes; its stdin closes with the test at the latest.
            std::process::Command::new("sh")
                .args(["-c", "read line", argument])
                .stdin(std::process::Stdio::piped())
                .current_dir(folder)
                .spawn()
                .unwrap()
        };
        let named = home.path().display().to_string();
        let mut ours = waiting(&named, &home.components());
        let mut visitor = waiting("-", &home.components());
        let mut elsewhere = waiting(&named, state.path());

        super::super::end(&home, |_| true).await.unwrap();

        assert!(!runs(ours.id()), "the cluster's process runs on");
        assert!(runs(visitor.id()), "a visitor in the folder was ended");
        assert!(runs(elsewhere.id()), "a process elsewhere was ended");
        for child in [&mut ours, &mut visitor, &mut elsewhere] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
