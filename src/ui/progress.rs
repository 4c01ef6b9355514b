//! Progress on stderr: a ticking line with news above it on a terminal, plain lines elsewhere.
//!
//! A thread of its own draws. It is fed through a bounded channel that drops what does not fit,
//! so that a terminal which is slow, stopped or closed never delays the run.

use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::live::Live;
use super::narrate::{Narrator, stamped};
use super::terminal;
use crate::clock::{Nanos, Stopwatch};
use crate::journal::{Event, Kind};
use crate::plain::{plain, short};

/// What may wait to be drawn.
const WAITING: usize = 1024;
/// Between two ticks of the line.
const TICK: Duration = Duration::from_millis(100);
/// Between two plain lines about something that goes on, nanoseconds.
const TELL_EVERY: Nanos = 30_000_000_000;
/// How long the end of a run waits for what is still to be drawn.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Debug)]
enum News {
    Event(Box<Event>),
    Note(Nanos, String),
    Tick(Nanos, String),
    Block(String),
}

/// The view of one run.
#[derive(Debug)]
pub struct Progress {
    clock: Stopwatch,
    news: SyncSender<News>,
    /// Closed when the thread has drawn everything.
    drawn: Mutex<Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Draws on stderr: ticking where it is a terminal, plain lines where it is none.
    #[must_use]
    pub fn start(clock: Stopwatch) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if terminal::stderr_is_terminal() && !dumb {
            Self::on(clock, Surface::ticking())
        } else {
            Self::plain(clock, terminal::lines())
        }
    }

    /// Plain lines to any writer.
    #[must_use]
    pub fn plain(clock: Stopwatch, writer: Box<dyn Write + Send>) -> Self {
        Self::on(clock, Surface::Plain(writer))
    }

    fn on(clock: Stopwatch, surface: Surface) -> Self {
        let (news, incoming) = sync_channel(WAITING);
        let (done, drawn) = sync_channel(0);
        let draw = move || {
            let (narrator, live) = (Narrator::default(), Live::default());
            View { clock, surface, narrator, live, ticked: 0 }.draw(&incoming);
            drop(done);
        };
        // Without a thread there is no view; the run goes on.
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(draw).ok();
        Self { clock, news, drawn: Mutex::new(drawn), thread }
    }

    /// Something happened.
    pub fn event(&self, event: &Event) {
        // Before-images can be long, and are not shown.
        if !matches!(event.kind, Kind::Recorded { .. }) {
            self.offer(News::Event(Box::new(event.clone())));
        }
    }

    /// Something that no event tells, such as how far the cluster's start is.
    pub fn note(&self, note: &str) {
        self.offer(News::Note(self.clock.elapsed(), note.to_owned()));
    }

    /// Something that goes on: the ticking line shows it, plain lines now and then.
    pub fn tick(&self, note: &str) {
        self.offer(News::Tick(self.clock.elapsed(), note.to_owned()));
    }

    /// Lines that a person needs as they are, such as commands to copy.
    pub fn block(&self, text: &str) {
        self.offer(News::Block(text.to_owned()));
    }

    fn offer(&self, news: News) {
        // Full or closed: the view falls behind rather than the run.
        let _ = self.news.try_send(news);
    }

    /// Draws what is left and takes the ticking line away. Waits for a terminal that does not
    /// take it no longer than half a second.
    pub fn finish(self) {
        drop(self.news);
        let drawn = self.drawn.into_inner().unwrap_or_else(PoisonError::into_inner);
        let stuck = drawn.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
        if let Some(thread) = self.thread.filter(|_| !stuck) {
            // It only draws: a panic there is not the run's.
            let _ = thread.join();
        }
    }
}

/// Where lines go.
enum Surface {
    Plain(Box<dyn Write + Send>),
    Ticking(ProgressBar),
}

impl Surface {
    fn ticking() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        // The template is a constant; if it were wrong, the default one would do.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        Self::Ticking(bar)
    }

    /// A line that stays, whatever is in it. That nobody can read it is no failure.
    fn line(&mut self, line: &str) {
        let line = plain(line);
        let line = short(&line);
        match self {
            Self::Plain(writer) => {
                let _ = writeln!(writer, "{line}").and_then(|()| writer.flush());
            }
            Self::Ticking(bar) => bar.println(line),
        }
    }

    /// What the ticking line says now.
    fn tick(&self, line: &str) {
        if let Self::Ticking(bar) = self {
            bar.set_message(short(&plain(line)).into_owned());
            bar.tick();
        }
    }
}

struct View {
    clock: Stopwatch,
    surface: Surface,
    narrator: Narrator,
    live: Live,
    /// When a tick was last told as a plain line.
    ticked: Nanos,
}

impl View {
    /// Until every sender is gone.
    fn draw(mut self, incoming: &Receiver<News>) {
        loop {
            match incoming.recv_timeout(TICK) {
                Ok(news) => self.show(news),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.surface.tick(&self.live.line(self.clock.elapsed()));
        }
        if let Surface::Ticking(bar) = &self.surface {
            bar.finish_and_clear();
        }
    }

    fn show(&mut self, news: News) {
        match news {
            News::Event(event) => {
                self.live.take_in(&event);
                for line in self.narrator.tell(&event) {
                    self.surface.line(&line);
                }
            }
            News::Note(elapsed, note) => {
                self.live.note(&note);
                self.surface.line(&stamped(elapsed, &note));
            }
            News::Tick(elapsed, note) => {
                self.live.note(&note);
                let plain = matches!(self.surface, Surface::Plain(_));
                if plain && elapsed.saturating_sub(self.ticked) >= TELL_EVERY {
                    self.ticked = elapsed;
                    self.surface.line(&stamped(elapsed, &note));
                }
            }
            News::Block(text) => {
                self.surface.line("");
                for line in text.lines() {
                    self.surface.line(line);
                }
                self.surface.line("");
            }
        }
    }
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
