//! By the pid files and `ps`, where there is no /proc. What has no pid file (kwokctl and what it
//! calls) ends by itself.

use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use super::{COMPONENTS, Process, recorded};
use crate::cluster::state::Home;

/// How often it is asked whether a process has ended: only a parent could await that.
const ASK_EVERY: Duration = Duration::from_millis(10);

pub(super) fn of(home: &Home) -> Vec<Process> {
    COMPONENTS
        .into_iter()
        .chain(["responder"])
        .filter_map(|name| Some(Process { pid: recorded(home, name)?, name: name.to_owned() }))
        .filter(|process| is_of(home, process.pid))
        .collect()
}

pub(super) fn is_of(home: &Home, pid: u32) -> bool {
    runs(pid) && ps(pid, "command=").is_some_and(|line| line.contains(&*home.path().to_string_lossy()))
}

pub(super) fn runs(pid: u32) -> bool {
    ps(pid, "stat=").is_some_and(|state| !state.is_empty() && !state.starts_with('Z'))
}

fn ps(pid: u32, field: &str) -> Option<String> {
    let output = Command::new("ps").args(["-ww", "-o", field, "-p", &pid.to_string()]).output();
    Some(String::from_utf8_lossy(&output.ok()?.stdout).trim().to_owned())
}

pub(super) async fn kill(home: &Home, processes: &[Process], deadline: Instant) {
    for process in processes {
        let raw = i32::try_from(process.pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = raw.filter(|_| is_of(home, process.pid)) {
            // It may have ended by itself; that is what is wanted.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    while processes.iter().any(|process| runs(process.pid)) && Instant::now() < deadline {
        tokio::time::sleep(ASK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_recorded_process_that_names_the_folder_is_ended() {
        let state = tempfile::tempdir().unwrap();
        let home = Home::new(state.path(), "local").unwrap();
        home.make().unwrap();
        let pids = home.components().join("pids");
        std::fs::create_dir(&pids).unwrap();
        let waiting = |argument: &str| {
            // Waits for a line that never comes; its stdin closes with the test at the latest.
            Command::new("sh")
                .args(["-c", "read line", argument])
                .stdin(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        };
        let mut ours = waiting(&home.path().display().to_string());
        let mut reused = waiting("-");
        std::fs::write(pids.join("etcd.pid"), ours.id().to_string()).unwrap();
        std::fs::write(pids.join("kube-apiserver.pid"), reused.id().to_string()).unwrap();

        let found = of(&home);
        assert_eq!(found, [Process { pid: ours.id(), name: "etcd".into() }]);
        kill(&home, &found, Instant::now() + Duration::from_secs(5)).await;

        assert!(!runs(ours.id()));
        assert!(runs(reused.id()), "a reused number was hit");
        for child in [&mut ours, &mut reused] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
