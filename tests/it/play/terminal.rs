//! A real pseudo-terminal, by tmux.

use std::ffi::OsStr;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::eventually;

const WITHIN: Duration = Duration::from_secs(60);

/// What the terminal says of itself when the command has ended.
const AFTERWARDS: &str = r#"echo "exit=$?"; stty -a | tr ' ;' '\n\n' | grep -x -e '-*icanon' -e '-*echo' | tr '\n' ' '; sleep 120"#;

/// A terminal with one command in it. Ended with its handle.
pub struct Terminal {
    socket: String,
}

/// Whether there is a tmux; says so where there is none.
pub fn is_there() -> bool {
    let there = Command::new("tmux").arg("-V").output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("SKIPPED: no tmux on PATH, so no real terminal was tried");
    }
    there
}

impl Terminal {
    /// Runs `command` in a terminal of this size; when it has ended, the terminal says its exit
    /// code and its own modes.
    pub fn run(command: &Command, (width, height): (u16, u16)) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let socket = format!("firedrill-it-{}-{count}", std::process::id());
        let set = |(name, value): (&OsStr, Option<&OsStr>)| Some((name.to_owned(), value?.to_owned()));
        let set = command.get_envs().filter_map(set);
        let mut words: Vec<String> = ["env", "-i", "TERM=screen"].map(str::to_owned).into();
        words.extend(set.map(|(name, value)| quoted(&format!("{}={}", name.display(), value.display()))));
        words.extend(
            std::iter::once(command.get_program())
                .chain(command.get_args())
                .map(|word| quoted(word.to_str().unwrap())),
        );
        let line = format!("{}; {AFTERWARDS}", words.join(" "));
        let size = [width.to_string(), height.to_string()];
        let terminal = Self { socket };
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", &size[0], "-y", &size[1], &line]);
        terminal
    }

    fn tmux(&self, args: &[&str]) -> String {
        let output = Command::new("tmux").arg("-L").arg(&self.socket).args(args).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    pub fn resize(&self, width: u16, height: u16) {
        self.tmux(&["resize-window", "-x", &width.to_string(), "-y", &height.to_string()]);
    }

    /// What is on the screen.
    pub fn shows(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    pub async fn until_shows(&self, words: &str) -> String {
        let mut last = String::new();
        let deadline = tokio::time::Instant::now() + WITHIN;
        while tokio::time::Instant::now() < deadline {
            last = self.shows();
            if last.contains(words) {
                return last;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the terminal never showed {words:?}, but\n{last}");
    }

    /// The command has ended with this code, and the terminal is as it was.
    pub async fn is_given_back(&self, code: i32) {
        self.until_shows(&format!("exit={code}")).await;
        self.until_shows("icanon").await;
        let shown = self.shows();
        assert!(!shown.contains("-icanon") && !shown.contains("-echo"), "still raw:\n{shown}");
        assert_eq!(self.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]).trim(), "0 1");
    }

    /// The process that runs in it under this name.
    pub async fn process(&self, name: &str) -> i32 {
        let pane: i32 = self.tmux(&["display-message", "-p", "#{pane_pid}"]).trim().parse().unwrap();
        eventually(name, WITHIN, || async {
            let children = std::fs::read_to_string(format!("/proc/{pane}/task/{pane}/children")).ok()?;
            let pids = children.split_whitespace().filter_map(|pid| pid.parse().ok());
            pids.into_iter().find(|pid: &i32| {
                std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name)
            })
        })
        .await
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
