//! Where the player sits: the view, what reads the cluster for it, and the way of decisions to
//! the engine.

use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::super::interrupt::Interrupts;
use crate::clock::Stopwatch;
use crate::engine::plan::Plan;
use crate::engine::playing::Move;
use crate::journal::Event;
use crate::play::reader::Reader;
use crate::play::{Act, Game, Table};
use crate::report::{DamageReport, text};
use crate::ui::play::View;
use crate::ui::terminal::say;

/// How long a player may read the debrief.
const READS_WITHIN: Duration = Duration::from_secs(30 * 60);

/// How somebody wants to play.
#[derive(Debug)]
pub(in crate::cli) struct Wanted {
    /// On a screen; else with lines.
    pub screen: bool,
    /// Ends the run, as a signal does.
    pub interrupt: UnboundedSender<()>,
}

/// Where the player sits.
pub(in crate::cli) struct Seat {
    view: View,
    screen: bool,
    stop: watch::Sender<bool>,
    reading: JoinHandle<()>,
    deciding: JoinHandle<()>,
    moves: Option<UnboundedReceiver<Move>>,
    /// Answered when the debrief is read, closed when the view has ended.
    left: oneshot::Receiver<()>,
}

impl Seat {
    /// Opens the view. A terminal that takes no screen gets lines.
    pub fn take(wanted: &Wanted, plan: &Plan, client: kube::Client, clock: Stopwatch) -> Self {
        let table = || Table::new(Game::new(plan.drill.clone(), plan.wishes.speed));
        let (acts, decided) = unbounded_channel();
        let screen = if wanted.screen { View::screen(table(), clock, acts.clone()).ok() } else { None };
        let (view, screen) = match screen {
            Some(view) => (view, true),
            None => (View::lines(table(), clock, acts), false),
        };
        let (stop, stopped) = watch::channel(false);
        let sights = view.sights();
        let reader = Reader::of(&plan.drill, client, &plan.namespace);
        let reading = tokio::spawn(reader.keep_looking(stopped, move |sight| sights.tell(sight)));
        let (send_moves, moves) = unbounded_channel();
        let (leave, left) = oneshot::channel();
        let deciding = tokio::spawn(decide(decided, send_moves, wanted.interrupt.clone(), leave));
        Self { view, screen, stop, reading, deciding, moves: Some(moves), left }
    }

    /// What the engine listens to.
    pub fn decides(
        &mut self,
        interrupts: UnboundedReceiver<()>,
    ) -> (Option<UnboundedReceiver<Move>>, UnboundedReceiver<()>) {
        (self.moves.take(), interrupts)
    }

    /// Something happened.
    pub fn event(&self, event: &Event) {
        self.view.event(event);
    }

    /// Shows the debrief on a screen until it is read, or a signal comes; then gives the terminal
    /// back. A game that was ended early has none.
    pub async fn leave(self, report: Option<&DamageReport>) {
        self.stop.send_replace(true);
        // It ends by itself within the deadline of a look.
        let _ = self.reading.await;
        if let Some(report) = report.filter(|report| self.screen && report.aborted.is_none()) {
            self.view.debrief(&text::debriefing(report));
            // The run's own listening has ended with it.
            match Interrupts::listen() {
                Ok(mut interrupts) => tokio::select! {
                    _ = timeout(READS_WITHIN, self.left) => {}
                    () = interrupts.next() => {}
                },
                Err(deaf) => say(&deaf.to_string()),
            }
        }
        let view = self.view;
        // A thread that draws is joined where waiting holds nobody up.
        let _ = tokio::task::spawn_blocking(move || view.finish()).await;
        let _ = self.deciding.await;
    }
}

/// Passes on what the player decides, until the view has ended.
async fn decide(
    mut decided: UnboundedReceiver<Act>,
    moves: UnboundedSender<Move>,
    interrupt: UnboundedSender<()>,
    leave: oneshot::Sender<()>,
) {
    let mut leave = Some(leave);
    while let Some(act) = decided.recv().await {
        match act {
            Act::Move(decision) => drop(moves.send(decision)),
            Act::Interrupt => drop(interrupt.send(())),
            Act::Leave => {
                if let Some(leave) = leave.take() {
                    let _ = leave.send(());
                }
            }
        }
    }
    // A view that ends before the run leaves nobody who could decide.
    let _ = interrupt.send(());
}
