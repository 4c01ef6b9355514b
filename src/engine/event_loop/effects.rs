//! What the phases ask for, carried out: tasks are set going, events are written.

use std::time::Duration;

use tokio::time::Instant;

use super::EventLoop;
use crate::engine::ending::Ending;
use crate::engine::phase::Effect;
use crate::journal::{Kind, Phase};

/// How long a step that is under way may still take when the run is being ended. It is longer
/// than a request's own deadline, so that no step is cut off in the middle.
const DRAIN_WITHIN: Duration = Duration::from_secs(15);

impl EventLoop<'_> {
    /// Carries out what the phases ask for.
    pub(super) fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Enter(phase) => self.enter(phase),
                Effect::Deploy => drop(self.under_way.spawn(self.tasks.deploy())),
                Effect::Inject => drop(self.under_way.spawn(self.tasks.inject())),
                Effect::Respond if self.tasks.is_played() => drop(self.under_way.spawn(self.tasks.play())),
                Effect::Respond => drop(self.under_way.spawn(self.tasks.respond())),
                Effect::CheckRootCause => {
                    if let Some(earlier) = self.root_cause.take() {
                        earlier.abort();
                    }
                    self.root_cause = Some(self.under_way.spawn(self.tasks.check_root_cause()));
                }
                Effect::Stamp { point, moment, by } => self.write(Kind::Point {
                    point,
                    at_ns: moment.at,
                    by,
                    uncertainty_ns: moment.uncertainty,
                    upper_bound: moment.upper_bound,
                }),
                Effect::Abort(reason, detail) => self.write(Kind::Aborted { reason, detail }),
                Effect::Undo => {
                    self.drained_by = Some(Instant::now() + DRAIN_WITHIN);
                    self.stop.send_replace(true);
                    if let Some(earlier) = self.root_cause.take() {
                        earlier.abort();
                    }
                }
                Effect::End => {}
            }
        }
    }

    fn enter(&mut self, phase: Phase) {
        match phase {
            Phase::Injecting => self.watched.injecting(self.clock.elapsed()),
            Phase::Undoing => {
                for claim in self.tasks.claims_at_the_end(&self.state) {
                    self.write(claim);
                }
            }
            _ => {}
        }
        self.write(Kind::Phase { phase });
    }

    /// Undo begins when no step is under way any more: a step that lands after the undo would
    /// stay.
    pub(super) async fn undo_when_drained(&mut self) {
        if self.drained_by.is_none() {
            return;
        }
        self.stop_signals().await;
        if self.under_way.is_empty() {
            self.drained_by = None;
            self.under_way.spawn(self.tasks.undo(self.records.clone()));
        }
    }

    /// The run ends here, undone or not.
    pub(super) fn leave_at_once(&mut self) -> Ending {
        let left = self.tasks.left(&self.records);
        self.write(Kind::UndoFinished { complete: left.is_empty(), left: left.clone() });
        self.write(Kind::RunEnded);
        Ending::LeftAtOnce(left)
    }
}
