//! What a player sees and presses: a screen where there is a terminal, lines elsewhere. Both are
//! pictures of the same [`Table`]. A thread of its own draws and reads; it can fall behind or end,
//! and no measurement and no undo waits for it.

mod draw;
mod lines;
mod screen;
mod stdin;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use tokio::sync::mpsc::UnboundedSender;

use crate::clock::Stopwatch;
use crate::journal::{Event, Kind};
use crate::play::facts::Sight;
use crate::play::{Act, Table};

/// What a player's view is told.
#[derive(Debug)]
enum News {
    Event(Box<Event>),
    Sight(Box<Sight>),
    Debrief(String),
}

/// A player's view of one run.
#[derive(Debug)]
pub struct View {
    news: Sender<News>,
    thread: Option<JoinHandle<()>>,
}

/// A way to tell a [`View`] what was read of the cluster.
#[derive(Debug, Clone)]
pub struct Sights(Sender<News>);

/// What a view works with.
struct Seat {
    table: Table,
    clock: Stopwatch,
    news: Receiver<News>,
    /// Closed when the view ends, whatever ends it.
    acts: UnboundedSender<Act>,
}

impl View {
    /// A screen on the terminal. The terminal is as it was when the view ends, and before a panic
    /// is told.
    ///
    /// # Errors
    /// Where the terminal does not take it.
    pub fn screen(table: Table, clock: Stopwatch, acts: UnboundedSender<Act>) -> std::io::Result<Self> {
        let screen = screen::Screen::enter()?;
        Ok(Self::on(table, clock, acts, move |seat| screen::play(seat, screen)))
    }

    /// Lines on stderr, choices by lines on stdin.
    #[must_use]
    pub fn lines(table: Table, clock: Stopwatch, acts: UnboundedSender<Act>) -> Self {
        Self::on(table, clock, acts, lines::play)
    }

    fn on(
        table: Table,
        clock: Stopwatch,
        acts: UnboundedSender<Act>,
        play: impl FnOnce(Seat) + Send + 'static,
    ) -> Self {
        let (send, news) = channel();
        let seat = Seat { table, clock, news, acts };
        // Without a thread nobody plays: `acts` is closed, and the run is ended.
        let thread = std::thread::Builder::new().name("player".to_owned()).spawn(move || play(seat)).ok();
        Self { news: send, thread }
    }

    /// Something happened.
    pub fn event(&self, event: &Event) {
        // Before-images can be long, and are not shown.
        if !matches!(event.kind, Kind::Recorded { .. }) {
            self.offer(News::Event(Box::new(event.clone())));
        }
    }

    /// The run is over; this is what it came to.
    pub fn debrief(&self, text: &str) {
        self.offer(News::Debrief(text.to_owned()));
    }

    /// A way to tell it what was read of the cluster.
    #[must_use]
    pub fn sights(&self) -> Sights {
        Sights(self.news.clone())
    }

    fn offer(&self, news: News) {
        // A view that has ended misses nothing.
        let _ = self.news.send(news);
    }

    /// Ends the view: shows what is left to be shown, and gives the terminal back. Every [`Sights`]
    /// must be gone.
    pub fn finish(self) {
        drop(self.news);
        if let Some(thread) = self.thread {
            // A panic there is not the run's; its hook has told it.
            let _ = thread.join();
        }
    }
}

impl Sights {
    /// This was read now.
    pub fn tell(&self, sight: Sight) {
        let _ = self.0.send(News::Sight(Box::new(sight)));
    }
}

impl Seat {
    /// Takes in what waits to be told. False where the run's end has closed the view.
    fn hear(&mut self) -> Heard {
        let mut heard = Heard::default();
        loop {
            match self.news.try_recv() {
                Ok(News::Event(event)) => self.table.take_in(&event),
                Ok(News::Sight(sight)) => self.table.sight = Some(*sight),
                Ok(News::Debrief(text)) => self.table.debrief = Some(text),
                Err(std::sync::mpsc::TryRecvError::Empty) => return heard,
                Err(std::sync::mpsc::TryRecvError::Disconnected) => {
                    heard.closed = true;
                    return heard;
                }
            }
            heard.something = true;
        }
    }

    fn act(&self, act: Act) {
        let _ = self.acts.send(act);
    }
}

/// What came of listening.
#[derive(Debug, Default)]
struct Heard {
    something: bool,
    closed: bool,
}
