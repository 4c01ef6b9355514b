//! The loop of a run: it alone owns the state, the journal and the signals. Everything else is
//! a task that tells it what happened.

mod effects;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::ending::Ending;
use super::news::News;
use super::phase::{self, Input, Rules, State};
use super::tasks::Tasks;
use super::wall::Wall;
use super::watch::Watched;
use crate::clock::{Nanos, Stamp, Stopwatch};
use crate::journal::write::Journal;
use crate::journal::{AbortReason, Cluster, Event, Kind, Phase, Record};
use crate::signals::{Observation, Seen, Signals, Source};

/// A moment that the phases wait for and that is over is waited for with new observations;
/// without any, they are asked again after this many nanoseconds.
const ASK_AGAIN: Nanos = 20_000_000;

/// Nanoseconds without an answer of the API server after which nothing is seen: two heartbeats.
const SILENCE: Nanos = 1_000_000_000;

/// Everything that reaches the loop.
pub(super) struct Inbox {
    /// From the run's tasks.
    pub news: UnboundedReceiver<News>,
    /// From the signals.
    pub observations: UnboundedReceiver<Observation>,
    /// From the operating system.
    pub interrupts: UnboundedReceiver<()>,
}

/// The run, as far as it has come.
pub(super) struct EventLoop<'a> {
    rules: Rules,
    tasks: Tasks,
    under_way: JoinSet<()>,
    root_cause: Option<AbortHandle>,
    signals: Option<Signals>,
    source: Source,
    watched: Watched,
    state: State,
    journal: Journal,
    clock: Stopwatch,
    records: Vec<Record>,
    drained_by: Option<Instant>,
    asked_at: Nanos,
    journal_failed: bool,
    interrupted: bool,
    wall: Wall,
    /// Until when the phases know what could not be seen.
    blind_until: Nanos,
    stop: watch::Sender<bool>,
    observe: &'a mut (dyn FnMut(&Event) + Send),
}

impl<'a> EventLoop<'a> {
    /// A run that has not begun.
    pub fn new(
        tasks: Tasks,
        watched: Watched,
        source: Source,
        journal: Journal,
        stop: watch::Sender<bool>,
        observe: &'a mut (dyn FnMut(&Event) + Send),
    ) -> Self {
        let clock = source.clock;
        Self {
            rules: tasks.plan().rules(clock.elapsed()),
            state: phase::begin().0,
            under_way: JoinSet::new(),
            root_cause: None,
            signals: None,
            records: Vec::new(),
            drained_by: None,
            asked_at: 0,
            journal_failed: false,
            interrupted: false,
            wall: Wall::default(),
            blind_until: 0,
            tasks,
            watched,
            source,
            journal,
            clock,
            stop,
            observe,
        }
    }

    /// The first events, and what they set going.
    pub fn begin(&mut self, cluster: Cluster) {
        self.write(Kind::RunStarted(self.tasks.plan().brief()));
        self.write(Kind::ClusterReady(cluster));
        self.carry_out(phase::begin().1);
    }

    /// Turns until the run is over.
    pub async fn turn(&mut self, mut inbox: Inbox) -> Ending {
        while self.state.phase != Phase::Ended {
            let health = self.health();
            let wake = self.wake_at(&health);
            tokio::select! {
                biased;
                Some(observation) = inbox.observations.recv() => self.observation(&observation),
                Some(news) = inbox.news.recv() => self.news(news),
                Some(()) = inbox.interrupts.recv() => {
                    // The first one ends the run in order, also when its undo has begun by itself.
                    if std::mem::replace(&mut self.interrupted, true) {
                        return self.leave_at_once();
                    }
                    self.feed(Input::Abort(AbortReason::Interrupted, self.tasks.interrupted_by().to_owned()));
                }
                Some(ended) = self.under_way.join_next() => self.task_ended(ended),
                () = at(wake) => self.on_time(),
            }
            if let Some(stepped) = self.wall.look(self.clock) {
                self.write(stepped);
            }
            self.undo_when_drained().await;
        }
        self.write(Kind::RunEnded);
        Ending::Complete
    }

    /// A task that is cut off was to be; one that panicked leaves nobody to tell the phases.
    fn task_ended(&mut self, ended: Result<(), JoinError>) {
        if ended.is_err_and(|error| error.is_panic()) {
            if self.state.phase == Phase::Undoing && self.drained_by.is_none() {
                let left = self.tasks.left(&self.records);
                self.write(Kind::UndoFinished { complete: false, left });
                self.feed(Input::Undone);
            } else {
                let detail = "a task of firedrill panicked, see above; please report it";
                self.feed(Input::Abort(AbortReason::Failed, detail.to_owned()));
            }
        }
    }

    /// When the phases want to be asked again. Before the undo that is never later than the
    /// deadline; then, when what is still under way is cut off.
    fn wake_at(&self, health: &[phase::Health]) -> Option<Instant> {
        let wake = match (self.state.phase, self.drained_by) {
            (Phase::Undoing, drained_by) => return drained_by,
            _ => phase::wake_at(&self.rules, &self.state, health),
        };
        let again = self.asked_at.saturating_add(ASK_AGAIN);
        Some(Instant::from_std(self.clock.instant(wake.max(again))))
    }

    fn health(&self) -> Vec<phase::Health> {
        self.watched.health(self.signals.as_ref())
    }

    fn feed_health(&mut self) {
        let now = self.clock.elapsed();
        self.asked_at = now;
        let heard = self.signals.as_ref().map_or(now, Signals::last_answer);
        if now > heard.saturating_add(SILENCE) {
            self.blind(heard, now);
        }
        let health = self.health();
        self.feed(Input::Health(health));
    }

    /// Tells the phases what time could not be seen, each moment once.
    fn blind(&mut self, from: Nanos, to: Nanos) {
        let from = from.max(self.blind_until);
        if from < to {
            self.blind_until = to;
            self.feed(Input::Blind(from, to));
        }
    }

    fn on_time(&mut self) {
        if self.drained_by.is_some() {
            self.under_way.abort_all();
        } else {
            self.feed_health();
        }
    }

    fn observation(&mut self, observation: &Observation) {
        let kind = self.watched.take(observation);
        self.write_at(observation.stamp, kind);
        if let Seen::Gap { from, to, .. } = &observation.seen {
            self.blind(*from, *to);
        }
        if let Some(detected) = self.watched.detected() {
            self.feed(detected);
        }
        self.feed_health();
    }

    fn news(&mut self, news: News) {
        match news {
            News::Input(input) => {
                if input == Input::Prepared && self.state.phase == Phase::Preparing {
                    self.start_signals();
                }
                self.feed(input);
            }
            News::Event(stamp, kind) => self.write_at(stamp, *kind),
            News::Record(record, answer) => {
                let written = self.record(*record);
                // A task that no longer waits sends no change either.
                let _ = answer.send(written);
            }
        }
    }

    /// Makes a before-image durable; refused once the undo has begun.
    fn record(&mut self, record: Record) -> Result<(), String> {
        if self.state.phase >= Phase::Undoing {
            return Err("the run is being ended; nothing is changed any more".to_owned());
        }
        let copy = self.tasks.salt.for_journal(&record).map_err(|error| error.to_string())?;
        let kind = Kind::Recorded { record: copy };
        let (event, written) = self.journal.take(self.clock.stamp(), kind);
        (self.observe)(&event);
        written.map_err(|error| error.to_string())?;
        self.records.push(record);
        Ok(())
    }

    fn start_signals(&mut self) {
        let plan = self.tasks.plan();
        let signals = Signals::start(&plan.signals(), &plan.drill.target.service.value, &self.source);
        self.tasks.blast.hear(signals.heartbeat());
        self.signals = Some(signals);
    }

    async fn stop_signals(&mut self) {
        if let Some(signals) = self.signals.take() {
            signals.stop().await;
        }
    }

    fn feed(&mut self, input: Input) {
        let now = self.clock.elapsed();
        let (state, effects) = phase::step(&self.rules, self.state.clone(), now, input);
        self.state = state;
        self.carry_out(effects);
    }

    fn write(&mut self, kind: Kind) {
        self.write_at(self.clock.stamp(), kind);
    }

    /// Writes to the journal. A journal that fails ends the run, and only the run: what is
    /// told after that is told to the views alone.
    fn write_at(&mut self, stamp: Stamp, kind: Kind) {
        let (event, written) = self.journal.take(stamp, kind);
        (self.observe)(&event);
        if let Err(error) = written
            && !std::mem::replace(&mut self.journal_failed, true)
        {
            self.feed(Input::Abort(AbortReason::Failed, error.to_string()));
        }
    }
}

/// Waits until then, or for ever.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
