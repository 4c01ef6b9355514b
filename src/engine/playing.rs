//! What a player decides, carried out: each choice is written down, its steps are run on the
//! cluster, and what came of it is held against what it promises.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use super::phase::Input;
use super::tasks::{Tasks, lock};
use crate::clock::Nanos;
use crate::drill::course::Course;
use crate::drill::{Length, Round};
use crate::journal::intervals::Edge;
use crate::journal::{AbortReason, Kind, ResponderKind};

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Takes the page: the first round begins.
    Take,
    /// Asks for the round's hint.
    Hint,
    /// Chooses an option or an item, `round.option`.
    Choose(String),
    /// Goes on from a round that is over; from the last one, to the end.
    Next,
}

/// Where decisions come from.
#[derive(Debug, Clone, Default)]
pub(super) struct Moves(Arc<Mutex<Option<UnboundedReceiver<Move>>>>);

impl Moves {
    pub fn come_from(&self, moves: Option<UnboundedReceiver<Move>>) {
        *lock(&self.0) = moves;
    }
}

impl Tasks {
    /// Whether a person plays.
    pub(super) fn is_played(&self) -> bool {
        self.plan().wishes.responder == ResponderKind::Player
    }

    /// Who sends interrupts, for people.
    pub(super) fn interrupted_by(&self) -> &'static str {
        if self.is_played() { "by the player, or by a signal" } else { "by a signal" }
    }

    /// Carries out what a player decides, until the last round is over or the run is being ended.
    pub fn play(&self) -> impl Future<Output = ()> + Send + 'static {
        let tasks = self.clone();
        async move {
            let Some(moves) = lock(&tasks.moves.0).take() else { return tasks.abandoned() };
            let since = tasks.desk.clock().elapsed();
            Player { tasks, course: Course::default(), since, hinted: false }.play(moves).await;
        }
    }

    /// Nobody decides any more.
    fn abandoned(&self) {
        let detail = "the player is gone".to_owned();
        self.desk.input(Input::Abort(AbortReason::Interrupted, detail));
    }
}

/// One who plays.
struct Player {
    tasks: Tasks,
    course: Course,
    /// Since when they have been thinking.
    since: Nanos,
    /// Whether this round's hint was given.
    hinted: bool,
}

impl Player {
    async fn play(mut self, mut moves: UnboundedReceiver<Move>) {
        loop {
            let next = tokio::select! {
                () = self.tasks.stopped() => return,
                next = moves.recv() => next,
            };
            match next {
                None => return self.tasks.abandoned(),
                Some(Move::Take) if self.course == Course::default() => {
                    let at = self.now();
                    let edge = Edge { at, uncertainty: 0, upper_bound: false };
                    self.tasks.desk.input(Input::Acknowledged(edge, "player".to_owned()));
                    if !self.go_on().await {
                        return;
                    }
                }
                Some(Move::Next) if self.course.is_over(&self.tasks.plan().drill) => {
                    if !self.go_on().await {
                        return;
                    }
                }
                Some(Move::Hint) => self.hint(),
                Some(Move::Choose(name)) => self.choose(&name).await,
                // Pressed once too often.
                Some(Move::Take | Move::Next) => {}
            }
        }
    }

    fn now(&self) -> Nanos {
        self.tasks.desk.clock().elapsed()
    }

    /// Enters the next round. False where none is left: then the player is done.
    async fn go_on(&mut self) -> bool {
        let tasks = self.tasks.clone();
        let drill = &tasks.plan().drill;
        let Some(round) = self.course.go_on(drill) else {
            tasks.desk.input(Input::RunbookOver);
            return false;
        };
        self.hinted = false;
        let id = round.id.value.clone();
        tasks.desk.event(Kind::Round { round: id.clone(), title: round.title.clone() });
        if round.goes_by_itself() {
            for entry in drill.entries(&id) {
                if tasks.carry_out(&entry).await.is_none() {
                    return false;
                }
                self.course.took(&entry.name, entry.claim, None);
            }
        }
        self.since = self.now();
        true
    }

    fn hint(&mut self) {
        let round: Option<&Round> = self.course.round(&self.tasks.plan().drill);
        if let Some(hint) = round.and_then(|round| round.hint.as_ref())
            && let Some(round) = round
            && !self.hinted
        {
            let takes_s = seconds(hint.takes);
            self.hinted = true;
            self.tasks.desk.event(Kind::Hint { round: round.id.value.clone(), takes_s });
        }
    }

    async fn choose(&mut self, name: &str) {
        let tasks = self.tasks.clone();
        let Some(entry) = self.course.choice(&tasks.plan().drill, name) else { return };
        tasks.desk.event(Kind::Chosen {
            option: entry.name.clone(),
            label: entry.label.to_owned(),
            takes_s: seconds(entry.takes),
            best: entry.best,
            thought_ns: self.now().saturating_sub(self.since),
        });
        let Some(Some(judged)) = tasks.try_entry(&entry).await else { return };
        if let Kind::Claim { claim, held, .. } = &judged {
            self.course.took(&entry.name, Some(*claim), *held);
        }
        tasks.desk.event(judged);
        self.since = self.now();
    }
}

fn seconds(length: Length) -> u64 {
    Duration::from(length).as_secs()
}
