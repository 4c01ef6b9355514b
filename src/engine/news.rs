//! What the run's tasks tell the loop, and how a task asks for a durable record.

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::phase::Input;
use crate::clock::{Stamp, Stopwatch};
use crate::journal::{Kind, Record};

/// One piece of news.
#[derive(Debug)]
pub enum News {
    /// Something for the phases.
    Input(Input),
    /// Something for the journal.
    Event(Stamp, Box<Kind>),
    /// A before-image; answered when it is durable, with an error when it is not.
    Record(Box<Record>, oneshot::Sender<Result<(), String>>),
}

/// A task's way to the loop. The loop outlives every task, so sending never fails in practice;
/// if the loop is gone, so is the run, and nothing is left to tell.
#[derive(Debug, Clone)]
pub struct Desk {
    news: UnboundedSender<News>,
    clock: Stopwatch,
}

impl Desk {
    /// A way to whoever receives `news`.
    #[must_use]
    pub const fn new(news: UnboundedSender<News>, clock: Stopwatch) -> Self {
        Self { news, clock }
    }

    /// The run's clock.
    #[must_use]
    pub const fn clock(&self) -> Stopwatch {
        self.clock
    }

    /// Tells the phases.
    pub fn input(&self, input: Input) {
        let _ = self.news.send(News::Input(input));
    }

    /// Tells the journal, stamped now.
    pub fn event(&self, kind: Kind) {
        self.event_at(self.clock.stamp(), kind);
    }

    /// Tells the journal what arrived then.
    pub fn event_at(&self, stamp: Stamp, kind: Kind) {
        let _ = self.news.send(News::Event(stamp, Box::new(kind)));
    }

    /// Waits until the record is durable in the journal.
    ///
    /// # Errors
    /// Where the journal cannot be written, or the run takes no more changes.
    pub async fn write(&self, record: Record) -> Result<(), String> {
        let (answer, answered) = oneshot::channel();
        let gone = || "the run is over".to_owned();
        self.news.send(News::Record(Box::new(record), answer)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}
