//! The game: a fold over the run's events and the drill. It says where the player is, what the
//! outage has cost so far and what presses now; it never decides anything.

use std::collections::BTreeMap;
use std::time::Duration;

use super::answer::Answer;
use super::clock::Reading;
use crate::clock::Nanos;
use crate::drill::course::Course;
use crate::drill::{Drill, RunbookEntry, SignalState};
use crate::journal::outage::Outage;
use crate::journal::{Event, Kind, Phase, Point, StepOutcome, StepPlace};

/// Where the player is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nothing is broken, or nobody knows yet.
    Before,
    /// The detector has fired.
    Alert,
    /// In a round: what is chosen next?
    Round,
    /// A choice is being carried out.
    Acting,
    /// Everything is being put back.
    Undoing,
    /// Over.
    Over,
}

/// A played run, as far as it has come.
#[derive(Debug, Clone)]
pub struct Game {
    /// What is played.
    pub drill: Drill,
    /// How many seconds of the scenario pass in one.
    pub speed: u32,
    /// The namespace of the run.
    pub namespace: String,
    outage: Outage,
    phase: Phase,
    detected_by: Option<String>,
    taken: bool,
    course: Course,
    declared: Duration,
    hint: Option<String>,
    acting: Option<Answer>,
    /// Steps of a round that leaves no choice, still to be finished.
    awaited: usize,
    /// The choices of this round, in their order.
    answers: Vec<Answer>,
    answered: usize,
    endpoints: BTreeMap<String, (u32, u32)>,
    latest: BTreeMap<String, String>,
    news: Vec<String>,
    ended: bool,
    /// Why it ends early.
    pub aborted: Option<String>,
}

impl Game {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(drill: Drill, speed: u32) -> Self {
        Self {
            drill,
            speed,
            namespace: String::new(),
            outage: Outage::default(),
            phase: Phase::Preparing,
            detected_by: None,
            taken: false,
            course: Course::default(),
            declared: Duration::ZERO,
            hint: None,
            acting: None,
            awaited: 0,
            answers: Vec::new(),
            answered: 0,
            endpoints: BTreeMap::new(),
            latest: BTreeMap::new(),
            news: Vec::new(),
            ended: false,
            aborted: None,
        }
    }

    /// Takes the next event in.
    pub fn take_in(&mut self, event: &Event) {
        // Before it: what is chosen in an outage costs.
        let out = self.outage.goes_on();
        self.outage.take_in(event);
        if let Some(acting) = &mut self.acting {
            acting.take_in(event);
        }
        match &event.kind {
            Kind::RunStarted(brief) => self.namespace.clone_from(&brief.namespace),
            Kind::Phase { phase } => {
                self.phase = *phase;
                self.news.clear();
            }
            Kind::Point { point: Point::Detect, by, .. } => self.detected_by = Some(by.clone()),
            Kind::Point { point: Point::Ack, .. } => self.taken = true,
            Kind::Endpoints { signal, usable, total, .. } => {
                self.endpoints.insert(signal.clone(), (*usable, *total));
                self.latest.insert(signal.clone(), format!("{usable} of {total} usable"));
            }
            Kind::Request { signal, result, .. } => {
                self.latest.insert(signal.clone(), result.clone());
            }
            Kind::Round { .. } => self.enter(),
            Kind::Chosen { option, label, takes_s, .. } => {
                self.cost(Duration::from_secs(*takes_s), out);
                let teaches = self.teaches(option);
                self.acting = Some(Answer::awaited(option, label, teaches, &self.endpoints));
            }
            Kind::Hint { takes_s, .. } => {
                self.cost(Duration::from_secs(*takes_s), out);
                let hint = self.course.round(&self.drill).and_then(|round| round.hint.as_ref());
                self.hint = hint.map(|hint| hint.say.clone());
            }
            Kind::Claim { option, claim, held, .. } => {
                self.course.took(option, Some(*claim), *held);
                if self.acting.as_ref().is_some_and(|acting| acting.name == *option) {
                    self.answer();
                }
            }
            Kind::StepFinished { at: StepPlace::Runbook(entry, _), outcome, .. } if self.awaited > 0 => {
                let failed = matches!(outcome, StepOutcome::Failed { .. });
                self.awaited = if failed { 0 } else { self.awaited - 1 };
                if self.awaited == 0 {
                    self.course.took(entry, None, None);
                    self.answer();
                }
            }
            Kind::StepFinished { at: StepPlace::Workload, what, .. } => {
                self.news.push(what.clone());
            }
            Kind::Undone(item) => self.news.push(item.object.clone()),
            Kind::Aborted { detail, .. } => self.aborted = Some(detail.clone()),
            Kind::RunEnded => self.ended = true,
            _ => {}
        }
    }

    fn cost(&mut self, takes: Duration, out: bool) {
        if out {
            self.declared = self.declared.saturating_add(takes);
        }
    }

    fn enter(&mut self) {
        self.hint = None;
        self.answers.clear();
        let Some(round) = self.course.go_on(&self.drill) else { return };
        if round.goes_by_itself() {
            let (id, title) = (round.id.value.clone(), round.title.clone());
            self.awaited = round.steps.len();
            self.acting = Some(Answer::awaited(&id, &title, None, &self.endpoints));
            if self.awaited == 0 {
                self.course.took(&id, None, None);
                self.answer();
            }
        }
    }

    fn answer(&mut self) {
        self.answers.extend(self.acting.take());
        self.answered += 1;
    }

    fn teaches(&self, option: &str) -> Option<String> {
        let round = self.course.round(&self.drill)?;
        let id = option.split_once('.')?.1;
        let of_option = round.options.iter().find(|o| o.id.value == id).map(|o| &o.teaches);
        of_option.or_else(|| round.checklist.iter().find(|i| i.id.value == id).map(|i| &i.teaches))?.clone()
    }

    /// Where the player is.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        match (self.ended, self.phase, &self.acting) {
            (true, ..) | (_, Phase::Ended, _) => Stage::Over,
            (_, Phase::Undoing, _) => Stage::Undoing,
            (.., Some(_)) => Stage::Acting,
            _ if self.taken => Stage::Round,
            _ if self.detected_by.is_some() => Stage::Alert,
            _ => Stage::Before,
        }
    }

    /// The phase of the run.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The signal that raised the alarm.
    #[must_use]
    pub fn detected_by(&self) -> Option<&str> {
        self.detected_by.as_deref()
    }

    /// Where the player is in the rounds.
    #[must_use]
    pub const fn course(&self) -> &Course {
        &self.course
    }

    /// What can be chosen in this round, and what came of it where it was tried.
    #[must_use]
    pub fn choices(&self) -> Vec<(RunbookEntry<'_>, Option<&Answer>)> {
        let of = |name: &str| self.answers.iter().rev().find(|answer| answer.name == name);
        self.course.choices(&self.drill).into_iter().map(|c| (c.clone(), of(&c.name))).collect()
    }

    /// The choice that is being carried out.
    #[must_use]
    pub const fn acting(&self) -> Option<&Answer> {
        self.acting.as_ref()
    }

    /// The last choice that was carried out in this round.
    #[must_use]
    pub fn last(&self) -> Option<&Answer> {
        self.answers.last()
    }

    /// How many choices, and rounds that left none, were carried out.
    #[must_use]
    pub const fn answered(&self) -> usize {
        self.answered
    }

    /// The hint of this round, where it was asked for.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The scenario's clock.
    #[must_use]
    pub fn clock(&self, now: Nanos) -> Reading {
        let (real, out) = self.outage.so_far(now).unwrap_or_default();
        Reading::new(real, self.speed, self.declared, out)
    }

    /// What presses now.
    #[must_use]
    pub fn cues(&self, now: Nanos) -> Vec<&str> {
        let Some(round) = self.course.round(&self.drill) else { return Vec::new() };
        let clock = self.clock(now);
        let late = round.cues.iter().rev().find(|cue| Duration::from(cue.after) <= clock.shows());
        let cue = late.filter(|_| clock.out).map(|cue| cue.say.as_str()).or(round.cue.as_deref());
        let cascade = self.drill.impact.cascade.iter().rev();
        let fallen = cascade.filter(|step| clock.out && Duration::from(step.after) <= clock.shows());
        cue.into_iter().chain(fallen.take(1).filter_map(|step| step.note.as_deref())).collect()
    }

    /// Each signal: its name, its state, and what was seen last.
    #[must_use]
    pub fn signals(&self) -> Vec<(&str, Option<SignalState>, &str)> {
        let names = self.drill.signals.iter().map(|signal| signal.value.name());
        let seen = |name: &str| self.latest.get(name).map_or("not seen yet", String::as_str);
        names.map(|name| (name, self.outage.state(name), seen(name))).collect()
    }

    /// What this phase of the run has done so far: what was deployed, or put back.
    #[must_use]
    pub fn news(&self) -> &[String] {
        &self.news
    }
}

#[cfg(test)]
#[path = "game_tests.rs"]
mod tests;
