//! SIGINT, SIGTERM and SIGHUP as messages, so that a run can end in order.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

/// Listening. From here on the three signals no longer end the process by themselves; dropping
/// this ends the listening.
#[derive(Debug)]
pub struct Interrupts {
    listeners: JoinSet<()>,
    send: UnboundedSender<()>,
    received: UnboundedReceiver<()>,
}

/// The operating system refused to deliver a signal.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("cannot listen for signals: {source}")]
#[diagnostic(code(firedrill::interrupt), help("look at the limits of this process: ulimit -a"))]
pub struct Deaf {
    source: std::io::Error,
}

impl Interrupts {
    /// Begins to listen.
    ///
    /// # Errors
    /// Where the operating system refuses.
    pub fn listen() -> Result<Self, Deaf> {
        let (send, received) = unbounded_channel();
        let mut listeners = JoinSet::new();
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
            let mut signals = signal(kind).map_err(|source| Deaf { source })?;
            let send = send.clone();
            listeners.spawn(async move { while signals.recv().await.is_some() && send.send(()).is_ok() {} });
        }
        Ok(Self { listeners, send, received })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) {
        if self.received.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// A way to send the same message without a signal.
    #[must_use]
    pub fn sender(&self) -> UnboundedSender<()> {
        self.send.clone()
    }

    /// The listeners, to be kept for as long as signals matter, and their messages.
    #[must_use]
    pub fn split(self) -> (JoinSet<()>, UnboundedReceiver<()>) {
        (self.listeners, self.received)
    }
}
