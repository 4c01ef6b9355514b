//! Carrying a path out: the runbook as it is, or an option on trial, each step of the way until the
//! cluster has settled.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::{Failed, Tasks, lock};
use crate::drill::{Claim, RunbookEntry, SignalState, Step};
use crate::engine::claims::{Pending, Tried};
use crate::engine::phase::Input;
use crate::engine::plan::Rehearsal;
use crate::engine::view::all_up;
use crate::journal::intervals::Edge;
use crate::journal::{Kind, StepOutcome, StepPlace};
use crate::steps::{self, StepReport};

/// How long a step of the runbook is repeated while the API server does not answer.
const HEARD_WITHIN: Duration = Duration::from_secs(60);
/// The pause before it is.
const REPEAT_AFTER: Duration = Duration::from_secs(1);
/// How long signals may go on changing after an option on trial, beside `stableFor`.
const SETTLE_WITHIN: Duration = Duration::from_secs(15);
/// How long an outage may take to reach every signal, before anything is tried.
const SPREADS_WITHIN: Duration = Duration::from_secs(3);
/// How long what an option promises may take to show.
const SHOWN_WITHIN: Duration = Duration::from_secs(5);
/// How long the root cause may outlive the mend.
const GONE_WITHIN: Duration = Duration::from_secs(2);
/// The time between two looks at it.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Tasks {
    /// Carries the path out.
    pub fn respond(&self) -> impl Future<Output = ()> + Send + 'static {
        let tasks = self.clone();
        async move {
            // A reaction that was asked for: what an outage does to others takes its time.
            tokio::select! {
                () = tasks.stopped() => return,
                () = sleep(tasks.plan.wishes.respond_after) => {}
            }
            let rehearsal = &tasks.plan.wishes.rehearsal;
            if !matches!(rehearsal, Rehearsal::Control(_)) {
                let now = Edge { at: tasks.desk.clock().elapsed(), uncertainty: 0, upper_bound: false };
                tasks.desk.input(Input::Acknowledged(now, "runbook".to_owned()));
            }
            let done = match rehearsal {
                Rehearsal::Runbook => tasks.walk().await,
                Rehearsal::Trial(_) => tasks.try_out().await,
                Rehearsal::Control(_) => tasks.walk_unbroken().await,
            };
            if done.is_some() {
                tasks.desk.input(Input::RunbookOver);
            }
        }
    }

    /// The runbook: each entry as soon as the one before is over. Nothing where the run is being
    /// ended.
    async fn walk(&self) -> Option<()> {
        for entry in self.plan.path() {
            let before = self.now();
            let reports = self.carry_out(&entry).await?;
            let Some(claim) = entry.claim else { continue };
            let pending = Pending::new(entry.name.clone(), claim);
            match pending.judge_now(&reports, before == self.now()) {
                Some(judged) => self.desk.event(judged),
                None => lock(&self.claims).push(pending),
            }
        }
        Some(())
    }

    /// On trial: each entry until nothing changes any more, then what it has come to; at the end what
    /// is left behind. Nothing where the run is being ended.
    async fn try_out(&self) -> Option<()> {
        self.let_it_spread().await?;
        let of_the_fault = self.drift().await;
        let mut last = String::new();
        for entry in self.plan.path() {
            if let Some(judged) = self.try_entry(&entry).await? {
                self.desk.event(judged);
            }
            last = entry.name;
        }
        self.tell_aftermath(last, of_the_fault).await;
        Some(())
    }

    /// One entry until nothing changes any more, and whether it has kept its promise; nothing inside
    /// where it promises nothing, nothing at all where the run is being ended.
    pub(in crate::engine) async fn try_entry(&self, entry: &RunbookEntry<'_>) -> Option<Option<Kind>> {
        let before = self.now();
        let reports = self.carry_out(entry).await?;
        self.settle(entry.claim).await?;
        let after = self.now();
        let back = all_up(&after) && !all_up(&before);
        let promised = matches!(entry.claim, Some(Claim::Resolves | Claim::Mitigates));
        let telling = all_up(&after) && (back || promised);
        let root_cause = if telling { self.look_at_root_cause().await? } else { None };
        let tried = Tried { reports: &reports, before: &before, after: &after, root_cause };
        let judged = |claim| Pending::new(entry.name.clone(), claim).judge_settled(&tried);
        Some(entry.claim.map(judged))
    }

    /// The same path where nothing is broken: its promises are about an outage, so none is judged.
    async fn walk_unbroken(&self) -> Option<()> {
        for entry in self.plan.path() {
            self.carry_out(&entry).await?;
            self.settle(None).await?;
        }
        Some(())
    }

    /// The steps of one entry, up to the first that cannot be carried out. Nothing where the run is
    /// being ended.
    pub(in crate::engine) async fn carry_out(&self, entry: &RunbookEntry<'_>) -> Option<Vec<StepReport>> {
        let mut reports = Vec::new();
        for (index, step) in entry.steps.iter().enumerate() {
            if *self.stopped.borrow() {
                return None;
            }
            let place = StepPlace::Runbook(entry.name.clone(), index);
            match self.step_until_heard(place, &step.value).await {
                Ok(report) => reports.push(report),
                // Said in the journal; the next entry may still mend it.
                Err(failed) => {
                    reports.push(self.failed(&step.value, failed));
                    break;
                }
            }
        }
        Some(reports)
    }

    fn failed(&self, step: &Step, Failed { message, .. }: Failed) -> StepReport {
        StepReport {
            what: steps::describe(step),
            outcome: StepOutcome::Failed { message },
            diagnosis: None,
            said: Vec::new(),
            cause: None,
            answered: self.desk.clock().stamp(),
        }
    }

    /// What every signal says now.
    fn now(&self) -> Vec<Option<SignalState>> {
        self.states.borrow().clone()
    }

    /// Waits until every signal shows the outage, or is not going to: a node hears of it up to a second
    /// later than the control plane, and an option that begins before would seem to have changed
    /// something. Nothing where the run is being ended.
    async fn let_it_spread(&self) -> Option<()> {
        let mut states = self.states.clone();
        let all_out = |states: &Vec<_>| states.iter().all(|state| *state == Some(SignalState::Out));
        tokio::select! {
            () = self.stopped() => None,
            () = sleep(SPREADS_WITHIN) => Some(()),
            out = states.wait_for(all_out) => out.ok().map(drop),
        }
    }

    /// Waits until no signal has changed for `stableFor`, and a while longer for what was promised.
    /// Nothing where the run is being ended.
    async fn settle(&self, claim: Option<Claim>) -> Option<()> {
        let stable_for: Duration = self.plan.drill.steady_state.stable_for.value.into();
        let begun = Instant::now();
        let mut states = self.states.clone();
        loop {
            let shown = shows(claim, &states.borrow_and_update());
            let quiet = Instant::now() + stable_for;
            let wanted = if shown { quiet } else { quiet.max(begun + SHOWN_WITHIN) };
            tokio::select! {
                () = self.stopped() => return None,
                changed = states.changed() => changed.ok()?,
                () = sleep_until(wanted.min(begun + stable_for + SETTLE_WITHIN)) => return Some(()),
            }
        }
    }

    /// What holds the resolution back, once that stays so; nothing inside where it could not be
    /// read, nothing at all where the run is being ended.
    async fn look_at_root_cause(&self) -> Option<Option<Vec<String>>> {
        let until = Instant::now() + GONE_WITHIN;
        let root_cause = self.root_cause();
        loop {
            let looked = root_cause.look(&self.client).await.ok();
            if looked.as_ref().is_some_and(Vec::is_empty) || Instant::now() >= until {
                if let Some(reasons) = looked.clone() {
                    self.desk.event(Kind::RootCause { resolved: reasons.is_empty(), reasons });
                }
                return Some(looked);
            }
            tokio::select! {
                () = self.stopped() => return None,
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// A step of the runbook. A person whose command met an API server that does not answer would
    /// type it again; so it is repeated for a while.
    async fn step_until_heard(&self, at: StepPlace, step: &Step) -> Result<StepReport, Failed> {
        let until = Instant::now() + HEARD_WITHIN;
        loop {
            match self.step(at.clone(), step).await {
                Err(failed) if failed.passing && Instant::now() < until => {}
                done => return done,
            }
            tokio::select! {
                () = self.stopped() => return Err(Failed::ended()),
                () = sleep(REPEAT_AFTER) => {}
            }
        }
    }
}

/// Whether the signals show what is promised of them, as far as they can.
fn shows(claim: Option<Claim>, states: &[Option<SignalState>]) -> bool {
    match claim {
        Some(Claim::Resolves | Claim::Mitigates) => all_up(states),
        Some(Claim::BreaksAgain) => states.contains(&Some(SignalState::Out)),
        _ => true,
    }
}
