//! The screen, in a real terminal.

use std::process::Command;
use std::time::{Duration, Instant};

use firedrill::clock::Stopwatch;
use firedrill::drill::catalogue;
use firedrill::play::{Game, Table};
use firedrill::ui::play::View;
use rustix::process::{Pid, Signal, kill_process};

use super::best_keys;
use super::terminal::{Terminal, is_there};
use crate::support::shared;

const USUAL: (u16, u16) = (80, 24);

fn play(folder: &tempfile::TempDir) -> Command {
    let mut command = shared::firedrill();
    command.args(["play", "service-has-no-endpoints", "--variant", "none", "--speed", "60", "--journal"]);
    command.arg(folder.path().join("run.jsonl"));
    command
}

#[tokio::test]
async fn a_person_plays_from_the_alert_to_the_report() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let terminal = Terminal::run(&play(&folder), USUAL);
    terminal.until_shows("ALERT: Service has no endpoints").await;
    terminal.until_shows("NO ready endpoints").await;
    terminal.keys(&["Enter"]);
    let round = terminal.until_shows("Round 1 of").await;
    assert!(round.contains("DOWN for") && round.contains("http OUT: 503 no endpoints"), "{round}");
    terminal.keys(&["?"]);
    terminal.until_shows("shows this").await;
    terminal.keys(&["x", "b"]);
    terminal.until_shows("KEPT").await;
    terminal.keys(&["Enter"]);
    terminal.until_shows("Round 2 of").await;
    terminal.keys(&["b"]);
    terminal.until_shows("REFUSED with").await;
    terminal.until_shows("Enter back to the round").await;
    terminal.resize(60, 20);
    terminal.until_shows("more: ↓").await;
    terminal.resize(80, 24);
    terminal.keys(&["Enter"]);
    terminal.until_shows("TRIED: is rejected").await;
    terminal.keys(&["a"]);
    let served = terminal.until_shows("the root cause is gone").await;
    assert!(served.contains("SERVED; was down for") && served.contains("http up: 200"), "{served}");
    terminal.keys(&["Enter"]);
    for (round, key) in best_keys(3) {
        terminal.until_shows(&format!("Round {round} of")).await;
        terminal.until_shows("choose").await;
        terminal.keys(&[&key.to_string()]);
        terminal.until_shows("Promised: ").await;
        terminal.keys(&["Enter"]);
    }
    terminal.until_shows("Debrief").await;
    terminal.keys(&["Enter"]);
    terminal.is_given_back(0).await;
}

#[tokio::test]
async fn a_key_shows_at_once_and_q_gives_the_terminal_back() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let terminal = Terminal::run(&play(&folder), USUAL);
    terminal.until_shows("Enter take the page").await;
    // The time of tmux itself is in it; the fastest of some tries says what is ours.
    let mut fastest = Duration::MAX;
    for (key, shown) in [("q", "Quit?"), ("x", "Enter take"), ("?", "shows this"), ("x", "Enter take")] {
        let pressed = Instant::now();
        terminal.keys(&[key]);
        terminal.until_shows(shown).await;
        fastest = fastest.min(pressed.elapsed());
    }
    assert!(fastest < Duration::from_millis(100), "{fastest:?}");
    terminal.keys(&["q"]);
    terminal.until_shows("q once more").await;
    terminal.keys(&["C-c"]);
    terminal.is_given_back(130).await;
}

#[tokio::test]
async fn sigterm_gives_the_terminal_back() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let terminal = Terminal::run(&play(&folder), USUAL);
    terminal.until_shows("Enter take the page").await;
    let pid = terminal.process("firedrill").await;
    kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    terminal.is_given_back(130).await;
}

#[tokio::test]
async fn a_panic_gives_the_terminal_back_before_it_is_told() {
    if !is_there() {
        return;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "play::screen::panics_with_a_screen", "--nocapture"]);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let terminal = Terminal::run(&command, USUAL);
    terminal.until_shows("this panic is on purpose").await;
    terminal.is_given_back(101).await;
}

/// Not a test: what the one above runs in its terminal.
#[test]
#[ignore = "it panics, for a test that looks at the terminal afterwards"]
fn panics_with_a_screen() {
    let drill = catalogue::load("service-has-no-endpoints").unwrap().drill;
    let (acts, _decided) = tokio::sync::mpsc::unbounded_channel();
    let view = View::screen(Table::new(Game::new(drill, 1)), Stopwatch::start(), acts).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let told = "this panic is on purpose";
    drop(view.sights());
    panic!("{told}");
}
