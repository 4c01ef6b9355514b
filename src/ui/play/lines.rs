//! The game as lines: for pipes, screen readers and terminals that are none. It says all that the
//! screen shows, and takes the same keys, each as a line of its own.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Seat;
use super::stdin::{Came, Lines};
use crate::drill::SignalState;
use crate::play::page::{Row, signal};
use crate::play::table::{Page, Scene};
use crate::play::{Act, Key};
use crate::ui::terminal::say;

/// How long a line is waited for before the run is listened to again.
const LISTEN: Duration = Duration::from_millis(50);

/// How long a page waits for a look at the cluster.
const LOOK_WITHIN: Duration = Duration::from_secs(2);

/// Plays until the run closes the view.
pub(super) fn play(seat: Seat) {
    let typed = Lines::are_typed();
    let mut form = Form {
        seat,
        told: None,
        coming: None,
        cues: Vec::new(),
        signals: Vec::new(),
        lines: VecDeque::new(),
        typed,
    };
    let mut stdin = Lines::default();
    let mut left = false;
    loop {
        let heard = form.seat.hear();
        form.tell();
        if heard.closed {
            return;
        }
        form.take_lines();
        match stdin.next(LISTEN) {
            Came::Line(line) => form.lines.push_back(line),
            // Whoever plays is gone: as soon as somebody would have to decide, the run is ended.
            Came::End if !left && form.lines.is_empty() && form.is_deserted() => {
                left = true;
                say("end of input: everything is put back");
                form.seat.act(Act::Interrupt);
            }
            Came::Nothing | Came::End => {}
        }
    }
}

struct Form {
    seat: Seat,
    told: Option<Scene>,
    /// What comes up, once the cluster was looked at.
    coming: Option<(Scene, Instant)>,
    cues: Vec<String>,
    signals: Vec<Option<SignalState>>,
    lines: VecDeque<String>,
    /// Whether a person types; what they type too early is not kept.
    typed: bool,
}

impl Form {
    /// Whether nobody is there who could decide what comes next.
    fn is_deserted(&self) -> bool {
        let table = &self.seat.table;
        table.page() == Page::Before || (table.waits() && table.page() != Page::Debrief)
    }

    /// Tells what is new.
    fn tell(&mut self) {
        let scene = self.seat.table.scene();
        let page = scene.page;
        let now = self.seat.clock.elapsed();
        let fresh = self.told.as_ref() != Some(&scene);
        if fresh && self.looks_first(&scene) {
            return;
        }
        let cues: Vec<String> = self.seat.table.game.cues(now).into_iter().map(str::to_owned).collect();
        let signals: Vec<_> = self.seat.table.game.signals().iter().map(|signal| signal.1).collect();
        if fresh {
            self.told = Some(scene);
            say("");
            if matches!(page, Page::Alert | Page::Round | Page::Answer) {
                say_rows(&self.seat.table.header(now));
                say("");
            }
            match page {
                Page::Acting => say_rows(&self.seat.table.acting_now()),
                _ => say_rows(&self.seat.table.rows(now)),
            }
            self.prompt();
        } else if page == Page::Round && cues != self.cues {
            for cue in cues.iter().filter(|cue| !self.cues.contains(cue)) {
                say(&format!("! {cue}"));
            }
        }
        if !fresh && signals != self.signals && !matches!(page, Page::Before | Page::Undoing) {
            for (at, seen) in self.seat.table.game.signals().into_iter().enumerate() {
                if self.signals.get(at) != signals.get(at) {
                    say(&signal(seen));
                }
            }
        }
        (self.cues, self.signals) = (cues, signals);
    }

    /// Whether facts of the cluster are on this page that were read before it came up: what is
    /// written down stays, so it has to be of now.
    fn looks_first(&mut self, scene: &Scene) -> bool {
        if !matches!(scene.page, Page::Alert | Page::Round) {
            return false;
        }
        let since = match &self.coming {
            Some((coming, since)) if coming == scene => *since,
            _ => self.coming.insert((scene.clone(), Instant::now())).1,
        };
        let read = self.seat.table.sight.as_ref().is_some_and(|sight| sight.asked >= since);
        !read && since.elapsed() < LOOK_WITHIN
    }

    fn prompt(&self) {
        if matches!(self.seat.table.page(), Page::Before | Page::Acting) {
            return;
        }
        let facts = if self.seat.table.waits() { "   f facts now" } else { "" };
        say(&format!("> {}{facts}", self.seat.table.prompt()));
    }

    /// Takes the lines whose time has come: a question at once, a decision when one is asked for.
    fn take_lines(&mut self) {
        while let Some(line) = self.lines.front() {
            let at_once = matches!(line.as_str(), "q" | "Q" | "quit" | "?" | "f" | "F");
            let told = self.told.as_ref() == Some(&self.seat.table.scene());
            let asked = told && self.seat.table.waits();
            if !at_once && !asked {
                if self.typed {
                    self.lines.clear();
                }
                return;
            }
            let line = self.lines.pop_front().unwrap_or_default();
            self.take(&line);
            self.tell();
        }
    }

    fn take(&mut self, line: &str) {
        let mut chars = line.chars();
        let key = match (chars.next(), chars.next()) {
            (None, _) => Key::Enter,
            (Some('f' | 'F'), None) => {
                say_rows(&self.seat.table.header(self.seat.clock.elapsed()));
                say_rows(&self.seat.table.facts_now());
                return self.prompt();
            }
            (Some(letter), None) => Key::Char(letter),
            _ if line.eq_ignore_ascii_case("quit") => Key::Char('q'),
            _ => return say(&format!("`{line}` is no key; {}", self.seat.table.prompt())),
        };
        match self.seat.table.press(key) {
            Some(act) => self.seat.act(act),
            // A question that is asked back, or a key that does nothing here.
            None if self.told.as_ref() == Some(&self.seat.table.scene()) => self.prompt(),
            None => {}
        }
    }
}

fn say_rows(rows: &[Row]) {
    for row in rows {
        say(format!("{}{}", row.mark, row.text).trim_end());
    }
}
