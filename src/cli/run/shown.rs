//! Who looks on: a person who waits, or one who plays.

use tokio::sync::mpsc::UnboundedReceiver;

use super::super::play::Seat;
use crate::engine::playing::Move;
use crate::journal::Event;
use crate::report::DamageReport;
use crate::ui::progress::Progress;

/// The view of a run.
pub(super) enum Shown {
    /// Its progress.
    Progress(Progress),
    /// The game.
    Seat(Seat),
}

impl Shown {
    /// What the engine listens to, beside the operating system's interrupts: the player's.
    pub fn decides(
        &mut self,
        interrupts: UnboundedReceiver<()>,
    ) -> (Option<UnboundedReceiver<Move>>, UnboundedReceiver<()>) {
        match self {
            Self::Progress(_) => (None, interrupts),
            Self::Seat(seat) => seat.decides(interrupts),
        }
    }

    /// Something happened.
    pub fn event(&self, event: &Event) {
        match self {
            Self::Progress(progress) => progress.event(event),
            Self::Seat(seat) => seat.event(event),
        }
    }

    /// The run is over; the report is there, unless the run was left at once.
    pub async fn finish(self, report: Option<&DamageReport>) {
        match self {
            Self::Progress(progress) => progress.finish(),
            Self::Seat(seat) => seat.leave(report).await,
        }
    }
}
