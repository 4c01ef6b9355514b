//! What there is to see now, in rows: the screen draws them, the line form prints them. No word is
//! told by colour alone.

use super::answer::Answer;
use super::clock::shown;
use super::game::{Game, Stage};
use super::keys::keys;
use super::table::{Page, Table};
use crate::clock::Nanos;
use crate::drill::{See, SignalState};
use crate::journal::Phase;
use crate::report::amounts::money;

/// How a row is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A heading.
    Head,
    /// What presses.
    Pressing,
    /// As it is.
    Plain,
    /// Something went well.
    Good,
    /// Something did not.
    Bad,
    /// Beside the point.
    Faint,
}

/// A row; a form that is too narrow for it wraps it, clear of its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// How it is meant.
    pub tone: Tone,
    /// What stands before the text, such as the key of an option.
    pub mark: String,
    /// The text.
    pub text: String,
}

impl Row {
    /// A row without a mark.
    #[must_use]
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, mark: String::new(), text: text.into() }
    }

    /// The same behind a mark.
    #[must_use]
    pub fn marked(self, mark: impl Into<String>) -> Self {
        Self { mark: mark.into(), ..self }
    }

    /// The same, indented.
    #[must_use]
    pub fn under(self) -> Self {
        self.marked("  ")
    }

    fn gap() -> Self {
        Self::new(Tone::Plain, "")
    }
}

impl Table {
    /// The clock, what it costs, and how the signals are.
    #[must_use]
    pub fn header(&self, now: Nanos) -> Vec<Row> {
        let game = &self.game;
        let clock = game.clock(now);
        let impact = &game.drill.impact;
        let lost = money(&impact.currency, clock.lost(impact));
        let down = shown(clock.shows());
        let head = match (clock.out, clock.real.is_zero()) {
            (true, _) => Row::new(Tone::Bad, format!("DOWN for {down}   {lost} lost (simulated)")),
            (false, false) => {
                Row::new(Tone::Good, format!("SERVED; was down for {down}   {lost} lost (simulated)"))
            }
            (false, true) => Row::new(Tone::Plain, "SERVED; nothing is lost yet"),
        };
        let real = format!("{}.{} s real", clock.real.as_secs(), clock.real.subsec_millis() / 100);
        let times = if clock.speed > 1 { format!(" × {}", clock.speed) } else { String::new() };
        let made = format!("scenario clock: {real}{times} + {} declared", shown(clock.declared));
        let signals: Vec<_> = game.signals().into_iter().map(signal).collect();
        vec![head, Row::new(Tone::Faint, made), Row::new(Tone::Plain, signals.join("   "))]
    }

    /// What there is to see.
    #[must_use]
    pub fn rows(&self, now: Nanos) -> Vec<Row> {
        match self.page() {
            Page::Before => before(&self.game),
            Page::Alert => self.alert(),
            Page::Round => self.round(now),
            Page::Acting => acting(&self.game),
            Page::Answer => self.answer(),
            Page::Undoing => undoing(&self.game),
            Page::Debrief => self.debrief.iter().flat_map(|text| text.lines()).map(debriefed).collect(),
            Page::Keys => KEYS.iter().map(|(key, what)| Row::new(Tone::Plain, *what).marked(*key)).collect(),
        }
    }

    fn alert(&self) -> Vec<Row> {
        let drill = &self.game.drill;
        let by = self.game.detected_by().unwrap_or("the detector");
        let mut rows =
            vec![Row::new(Tone::Pressing, format!("ALERT: {} ({by} fired)", drill.metadata.title))];
        let scenario = &drill.scenario;
        let who: Vec<_> =
            [&scenario.starts, &scenario.role].into_iter().flatten().map(String::as_str).collect();
        if !who.is_empty() {
            rows.push(Row::new(Tone::Faint, format!("{}, {} rounds", who.join(", "), drill.rounds.len())));
        }
        if let Some(situation) = &scenario.situation {
            rows.extend([Row::gap(), Row::new(Tone::Plain, situation.trim())]);
        }
        rows.extend(self.facts(&[See::Endpoints, See::Pods]));
        rows
    }

    fn round(&self, now: Nanos) -> Vec<Row> {
        let game = &self.game;
        let Some(round) = game.course().round(&game.drill) else { return Vec::new() };
        let mut rows = vec![self.title()];
        rows.extend(game.cues(now).into_iter().map(|cue| Row::new(Tone::Pressing, cue.trim()).marked("! ")));
        rows.extend(self.facts(&round.see));
        let head =
            if round.checklist.is_empty() { "What do you do?" } else { "Each has to be done; in any order" };
        rows.extend([Row::gap(), Row::new(Tone::Head, head)]);
        let choices = game.choices();
        let entries: Vec<_> = choices.iter().map(|(choice, _)| choice.clone()).collect();
        for ((choice, tried), key) in choices.iter().zip(keys(&entries)) {
            let takes = if choice.takes.is_zero() { String::new() } else { format!(" ({})", choice.takes) };
            let done = game.course().has_done(&choice.name);
            let (tone, came) = match tried {
                None => (Tone::Plain, String::new()),
                Some(answer) if done => (Tone::Good, format!("  DONE: {}", answer.in_short())),
                Some(answer) => (Tone::Faint, format!("  TRIED: {}", answer.in_short())),
            };
            rows.push(Row::new(tone, format!("{}{takes}{came}", choice.label)).marked(format!("  {key}  ")));
        }
        if let Some(hint) = game.hint() {
            rows.extend([Row::gap(), Row::new(Tone::Plain, hint.trim()).marked("Hint: ")]);
        }
        rows
    }

    fn answer(&self) -> Vec<Row> {
        let mut rows = vec![self.title()];
        let Some(answer) = self.game.last() else { return rows };
        rows.push(Row::new(Tone::Plain, answer.label.as_str()).marked(chosen(&answer.name)));
        rows.extend([Row::gap(), Row::new(Tone::Head, "What the cluster answered")]);
        rows.extend(answer.rows());
        if let Some(verdict) = answer.verdict() {
            rows.extend([Row::gap(), verdict]);
        }
        if let Some(teaches) = &answer.teaches {
            rows.extend([
                Row::gap(),
                Row::new(Tone::Head, "What it teaches"),
                Row::new(Tone::Plain, teaches.trim()),
            ]);
        }
        rows
    }

    /// What was chosen, while it is being carried out; the answer tells the rest.
    #[must_use]
    pub fn acting_now(&self) -> Vec<Row> {
        let row = |answer: &Answer| {
            Row::new(Tone::Plain, format!("{} …", answer.label)).marked(chosen(&answer.name))
        };
        self.game.acting().into_iter().map(row).collect()
    }

    fn title(&self) -> Row {
        title(&self.game)
    }

    /// What is in the cluster now, where it was read.
    #[must_use]
    pub fn facts(&self, see: &[See]) -> Vec<Row> {
        if see.is_empty() {
            return Vec::new();
        }
        let lines = match &self.sight {
            Some(sight) => sight.lines(see),
            None => vec!["being read …".to_owned()],
        };
        let mut rows = vec![Row::gap(), Row::new(Tone::Head, "In the cluster now")];
        rows.extend(lines.into_iter().map(|line| Row::new(Tone::Plain, line).under()));
        rows
    }

    /// What the round shows of the cluster; before the first, the endpoints and the pods.
    #[must_use]
    pub fn facts_now(&self) -> Vec<Row> {
        match self.game.course().round(&self.game.drill) {
            Some(round) if !round.see.is_empty() => self.facts(&round.see),
            _ => self.facts(&[See::Endpoints, See::Selector, See::Pods]),
        }
    }
}

/// `Round 2 of 4: Get the traffic back`
fn title(game: &Game) -> Row {
    let rounds = &game.drill.rounds;
    let Some(round) = game.course().round(&game.drill) else { return Row::gap() };
    let at = rounds.iter().position(|r| r.id.value == round.id.value).unwrap_or(0) + 1;
    Row::new(Tone::Head, format!("Round {at} of {}: {}", rounds.len(), round.title))
}

fn chosen(name: &str) -> String {
    match name.split_once('.') {
        // An item of a checklist is told by its label.
        Some((_, id)) if id.len() > 1 => "You chose: ".to_owned(),
        Some((_, id)) => format!("You chose {id}: "),
        None => "By itself: ".to_owned(),
    }
}

fn acting(game: &Game) -> Vec<Row> {
    let mut rows = vec![title(game)];
    if let Some(answer) = game.acting() {
        rows.push(Row::new(Tone::Plain, answer.label.as_str()).marked(chosen(&answer.name)));
        rows.extend([Row::gap(), Row::new(Tone::Head, "What the cluster answers")]);
        rows.extend(answer.rows());
        rows.push(Row::new(Tone::Faint, "waiting that the signals come to rest …"));
    }
    rows
}

fn before(game: &Game) -> Vec<Row> {
    let what = match game.phase() {
        Phase::Preparing if game.namespace.is_empty() => "Deploying the workload".to_owned(),
        Phase::Preparing => format!("Deploying the workload into namespace {}", game.namespace),
        Phase::Settling => "Waiting for a steady state: every signal up".to_owned(),
        Phase::Injecting | Phase::Undetected => "Something breaks now; nobody knows yet".to_owned(),
        _ => "Served again before anybody knew".to_owned(),
    };
    let mut rows = vec![Row::new(Tone::Head, game.drill.metadata.title.as_str()), Row::gap()];
    rows.push(Row::new(Tone::Plain, what));
    rows.push(Row::new(Tone::Faint, "You are paged when the detector fires."));
    rows.extend(game.news().iter().map(|what| Row::new(Tone::Faint, what.as_str()).under()));
    rows
}

fn undoing(game: &Game) -> Vec<Row> {
    let over = game.stage() == Stage::Over;
    let head = if over { "Everything is put back" } else { "Everything is being put back" };
    let mut rows = vec![Row::new(Tone::Head, head)];
    rows.extend(game.aborted.iter().map(|why| Row::new(Tone::Plain, format!("the game ends early: {why}"))));
    rows.extend(game.news().iter().map(|what| Row::new(Tone::Faint, what.as_str()).under()));
    rows
}

/// A line of the debrief: what is not indented is a heading.
fn debriefed(line: &str) -> Row {
    let indent = line.len() - line.trim_start().len();
    let tone = if indent == 0 { Tone::Head } else { Tone::Plain };
    Row::new(tone, line.trim_start()).marked(" ".repeat(indent))
}

/// A signal in a few words: `http OUT: 503 no endpoints`.
#[must_use]
pub fn signal((name, state, seen): (&str, Option<SignalState>, &str)) -> String {
    let word = match state {
        Some(SignalState::Up) => "up",
        Some(SignalState::Out) => "OUT",
        None => "unknown",
    };
    format!("{name} {word}: {seen}")
}

/// What the keys do.
const KEYS: [(&str, &str); 7] = [
    ("Enter    ", "takes the page, and goes on from what the cluster answered"),
    ("A B C …  ", "chooses: its steps are really carried out, and it takes the time that stands beside it"),
    ("h        ", "gives the round's hint, for the time that it takes"),
    ("f        ", "looks at the cluster now (on the screen it is always there)"),
    ("↑ ↓      ", "scrolls what is longer than the screen"),
    ("?        ", "shows this"),
    ("q q      ", "ends the game and puts everything back; so does Ctrl-C, twice"),
];
