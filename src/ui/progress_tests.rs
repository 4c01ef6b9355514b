use std::io;
use std::sync::mpsc::{Sender, channel};

use super::*;
use crate::drill::SignalState;
use crate::journal::{Event, Kind};
use crate::report::endings;
use crate::report::samples::{self, us};

/// A writer that keeps what it gets.
struct Paper(Sender<Vec<u8>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn told(events: &[Event]) -> String {
    let (paper, sheets) = channel();
    let progress = Progress::plain(Stopwatch::start(), Box::new(Paper(paper)));
    for event in events {
        progress.event(event);
    }
    progress.block("export KUBECONFIG=/tmp/k\u{1b}[2J\nkubectl get pods");
    progress.finish();
    String::from_utf8(sheets.iter().flatten().collect()).unwrap()
}

#[test]
fn plain_lines_tell_the_run() {
    for (name, events) in endings::all() {
        insta::assert_snapshot!(name, told(&events));
    }
}

/// A writer that takes nothing until the test is over.
struct Stopped(Receiver<()>);

impl Write for Stopped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_terminal_that_is_stopped_stops_nothing_else() {
    let (go_on, stopped) = channel();
    let progress = Progress::plain(Stopwatch::start(), Box::new(Stopped(stopped)));
    let events = samples::passed().events;
    for _ in 0..100 {
        for event in &events {
            progress.event(event);
        }
    }
    progress.finish();
    drop(go_on);
}

#[test]
fn a_terminal_that_is_closed_is_no_failure() {
    let (paper, sheets) = channel();
    drop(sheets);
    let progress = Progress::plain(Stopwatch::start(), Box::new(Paper(paper)));
    for event in &samples::passed().events {
        progress.event(event);
    }
    progress.finish();
}

#[test]
fn the_line_ticks_while_users_suffer_and_stands_still_after() {
    let mut live = Live::default();
    live.note("starting etcd");
    assert_eq!(live.line(0), "starting etcd");
    let mut story = samples::Story::new();
    story.begin().inject().detect();
    for e in &story.events {
        live.take_in(e);
    }
    let at = |live: &Live, seconds: u64| live.line(us(2_050_000) + seconds * 1_000_000_000);
    assert_eq!(at(&live, 1), "detected, being mended: DOWN for 1.0 s, $83.33 lost (simulated)");
    assert_eq!(at(&live, 90), "detected, being mended: DOWN for 1m 30.0s, $7,500.00 lost (simulated)");

    story.events.clear();
    story.mend();
    for e in &story.events {
        live.take_in(e);
    }
    let over = "served again, waiting that it stays so: down for 0.1 s, $12.50 lost (simulated)";
    assert_eq!((at(&live, 2), at(&live, 90)), (over.to_owned(), over.to_owned()));
}

#[test]
fn nothing_that_is_shown_plays_with_the_terminal() {
    let hostile = format!("\u{1b}[2J\u{9b}m\r\u{202e}{}", "x".repeat(100_000));
    let (paper, sheets) = channel();
    let progress = Progress::plain(Stopwatch::start(), Box::new(Paper(paper)));
    progress.note(&hostile);
    progress.block(&hostile);
    let stamp = Stopwatch::start().stamp();
    progress.event(&Event { seq: 0, stamp, kind: Kind::Warning { message: hostile.clone() } });
    progress.finish();
    let text = String::from_utf8(sheets.iter().flatten().collect()).unwrap();
    assert_eq!(text.matches("\\u{1b}[2J\\u{9b}m\\u{202e}x").count(), 3, "{text:.100}");
    assert!(!text.contains(|c| c != '\n' && crate::plain::misleads(c)), "{text:?}");
    assert!(text.len() < 10_000, "{}", text.len());
}

/// Requests are told by the order of their sending, and each result once: a timeout arrives after the
/// answer to a later request, and a client can be refused in two ways by turns.
#[test]
fn a_late_timeout_is_no_news() {
    let mut narrator = crate::ui::narrate::Narrator::default();
    let mut told = Vec::new();
    let answers = [
        (1, "200", SignalState::Up),
        (2, "reset", SignalState::Out),
        (3, "timeout", SignalState::Out),
        (4, "reset", SignalState::Out),
        (6, "200", SignalState::Up),
        (5, "timeout", SignalState::Out),
        (7, "200", SignalState::Up),
    ];
    for (seq, (sent_ns, result, state)) in answers.into_iter().enumerate() {
        let kind = Kind::Request {
            signal: "shop".to_owned(),
            sent_ns,
            result: result.to_owned(),
            state: Some(state),
        };
        let at = chrono::DateTime::UNIX_EPOCH;
        let event = Event { seq: seq as u64, stamp: crate::clock::Stamp { at, elapsed: 10 }, kind };
        told.extend(narrator.tell(&event));
    }
    let words: Vec<_> = told.iter().map(|line| line.split_once("shop: ").unwrap().1).collect();
    assert_eq!(words, ["200", "reset", "timeout", "200"]);
}
