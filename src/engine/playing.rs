//! What a player decides, carried out: each choice is written down, its steps are run on the
//! cluster, and what came of it is held against what it promises.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, timeout_at};

use super::claims::Pending;
use super::phase::Input;
use super::tasks::{Tasks, lock};
use crate::clock::Nanos;
use crate::drill::course::Course;
use crate::drill::{Claim, Length, Round, RunbookEntry, SignalState};
use crate::journal::intervals::Edge;
use crate::journal::{AbortReason, Kind, ResponderKind, StepOutcome, StepPlace};
use crate::steps::StepReport;

/// How long the signals have to stay as they are before a choice is judged.
const CALM: Duration = Duration::from_secs(1);
/// How long they may take for that.
const CALM_WITHIN: Duration = Duration::from_secs(10);
/// How long users may stay without service after a choice that promises it.
const SERVED_WITHIN: Duration = Duration::from_secs(30);
/// How long the root cause may outlive a choice that promises its end.
const GONE_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks at it.
const LOOK_EVERY: Duration = Duration::from_millis(200);

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
                self.carry_out(&entry).await;
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
        let before = tasks.states.borrow().clone();
        let reports = self.carry_out(&entry).await;
        if let Some(judged) = self.judge(&entry, &reports, &before).await {
            if let Kind::Claim { claim, held, .. } = &judged {
                self.course.took(&entry.name, Some(*claim), *held);
            }
            tasks.desk.event(judged);
        }
        self.since = self.now();
    }

    /// The steps, up to the first that fails.
    async fn carry_out(&self, entry: &RunbookEntry<'_>) -> Vec<StepReport> {
        let mut reports = Vec::new();
        for (index, step) in entry.steps.iter().enumerate() {
            let place = StepPlace::Runbook(entry.name.clone(), index);
            // What failed is said in the journal.
            let Ok(report) = self.tasks.step_until_heard(place, &step.value).await else { break };
            reports.push(report);
        }
        reports
    }

    /// What came of a choice, once the signals have come to rest. Nothing where the run is being
    /// ended first.
    async fn judge(
        &self,
        entry: &RunbookEntry<'_>,
        reports: &[StepReport],
        before: &[Option<SignalState>],
    ) -> Option<Kind> {
        let claim = entry.claim?;
        tokio::select! {
            () = self.tasks.stopped() => None,
            judged = async {
                let failed = reports.len() < entry.steps.len();
                self.rest(matches!(claim, Claim::Resolves | Claim::Mitigates) && !failed).await;
                let after = self.tasks.states.borrow().clone();
                match Pending::new(entry.name.clone(), claim).judge_now(reports, before == after) {
                    Some(Kind::Claim { option, claim: Claim::Verified, .. }) if failed => {
                        let detail = "a step of it failed".to_owned();
                        Kind::Claim { option, claim: Claim::Verified, held: Some(false), detail }
                    }
                    Some(judged) => judged,
                    None => self.judge_outcome(&entry.name, claim, reports, &after).await,
                }
            } => Some(judged),
        }
    }

    /// What only the users can tell: whether they are served, and whether the cause is gone.
    async fn judge_outcome(
        &self,
        option: &str,
        claim: Claim,
        reports: &[StepReport],
        after: &[Option<SignalState>],
    ) -> Kind {
        let missing = reports.iter().find_map(|report| match &report.outcome {
            StepOutcome::NotExecutable { reason } => Some(format!("not executable here: {reason}")),
            _ => None,
        });
        let (held, detail) = match (claim, missing) {
            (_, Some(missing)) => (None, missing),
            (Claim::BreaksAgain, None) => (None, "one run cannot tell".to_owned()),
            (_, None) if !all_up(after) => (Some(false), "users are not served".to_owned()),
            (Claim::Mitigates, None) => match self.cause(Duration::ZERO).await {
                Some(_) => (Some(true), "users are served, the root cause stays".to_owned()),
                None => (Some(false), "the root cause is gone, too".to_owned()),
            },
            (_, None) => match self.cause(GONE_WITHIN).await {
                None => (Some(true), "users are served, the root cause is gone".to_owned()),
                Some(why) => (Some(false), format!("users are served, the root cause stays: {why}")),
            },
        };
        Kind::Claim { option: option.to_owned(), claim, held, detail }
    }

    /// What holds the resolution back, for as long as it does within this time.
    async fn cause(&self, within: Duration) -> Option<String> {
        let deadline = Instant::now() + within;
        loop {
            let reasons = self.tasks.root_cause().look(&self.tasks.client).await;
            let why = match reasons {
                Ok(reasons) if reasons.is_empty() => return None,
                Ok(reasons) => reasons.join("; "),
                Err(unread) => unread,
            };
            if Instant::now() >= deadline {
                return Some(why);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until no signal has changed for a moment; where users are to be served, until they are.
    async fn rest(&self, served: bool) {
        let mut states = self.tasks.states.clone();
        let deadline = Instant::now() + if served { SERVED_WITHIN } else { CALM_WITHIN };
        loop {
            let calm = Instant::now() + CALM;
            let changed = timeout_at(calm.min(deadline), states.changed()).await;
            let rests = changed.is_err() && (!served || all_up(&states.borrow()));
            if rests || Instant::now() >= deadline || matches!(changed, Ok(Err(_))) {
                return;
            }
        }
    }
}

fn all_up(states: &[Option<SignalState>]) -> bool {
    states.iter().all(|state| *state == Some(SignalState::Up))
}

fn seconds(length: Length) -> u64 {
    Duration::from(length).as_secs()
}
