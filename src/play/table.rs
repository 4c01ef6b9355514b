//! A game with what its player sees of it: keys in, decisions out. Every form of the game, the
//! screen and the lines, is a picture of this.

use super::facts::Sight;
use super::game::{Game, Stage};
use super::keys::keys;
use crate::engine::playing::Move;
use crate::journal::{Event, Kind, Phase};

/// What was pressed, or typed as a line of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A letter or another character.
    Char(char),
    /// Enter, or an empty line.
    Enter,
    /// Ctrl-C.
    Interrupt,
}

/// What a key asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A decision.
    Move(Move),
    /// The run is to be ended; asked once more, at once.
    Interrupt,
    /// The debrief is read.
    Leave,
}

/// What there is to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// Nothing is broken, or nobody knows yet.
    Before,
    /// The alert.
    Alert,
    /// A round, with what can be chosen.
    Round,
    /// A choice that is being carried out.
    Acting,
    /// What the cluster answered.
    Answer,
    /// Everything is being put back.
    Undoing,
    /// What it came to.
    Debrief,
    /// What the keys do.
    Keys,
}

/// What the player is asked before it is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Asked {
    #[default]
    Nothing,
    /// Whether to quit.
    Quit,
    /// Whether to leave with things left changed.
    LeaveAtOnce,
}

/// Which part of the game is on the page. The lines are written anew where it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// The page.
    pub page: Page,
    round: Option<String>,
    answered: usize,
    hinted: bool,
    /// Before the alert.
    phase: Option<Phase>,
    over: bool,
}

/// A game with what its player sees of it.
#[derive(Debug, Clone)]
pub struct Table {
    /// The game.
    pub game: Game,
    /// The latest look at the cluster.
    pub sight: Option<Sight>,
    /// The debrief, once the run is over.
    pub debrief: Option<String>,
    /// How many answers were read.
    read: usize,
    keys_shown: bool,
    asked: Asked,
    quitting: bool,
    /// What was pressed last and is not answered yet.
    pressed: Option<String>,
}

impl Table {
    /// A game that has not begun.
    #[must_use]
    pub const fn new(game: Game) -> Self {
        Self {
            game,
            sight: None,
            debrief: None,
            read: 0,
            keys_shown: false,
            asked: Asked::Nothing,
            quitting: false,
            pressed: None,
        }
    }

    /// Takes an event of the run in.
    pub fn take_in(&mut self, event: &Event) {
        if matches!(event.kind, Kind::Round { .. }) {
            self.read = self.game.answered();
        }
        self.game.take_in(event);
        // A question that the end of the run has answered.
        if matches!(event.kind, Kind::Phase { phase: Phase::Undoing | Phase::Ended }) {
            self.asked = Asked::Nothing;
        }
        if matches!(
            event.kind,
            Kind::Round { .. } | Kind::Chosen { .. } | Kind::Hint { .. } | Kind::Phase { .. }
        ) {
            self.pressed = None;
        }
    }

    /// What there is to see.
    #[must_use]
    pub const fn page(&self) -> Page {
        if self.keys_shown {
            return Page::Keys;
        }
        match (self.game.stage(), self.debrief.is_some()) {
            (_, true) => Page::Debrief,
            (Stage::Before, _) => Page::Before,
            (Stage::Alert, _) => Page::Alert,
            (Stage::Acting, _) => Page::Acting,
            (Stage::Round, _) if self.read < self.game.answered() => Page::Answer,
            (Stage::Round, _) => Page::Round,
            (Stage::Undoing | Stage::Over, _) => Page::Undoing,
        }
    }

    /// Which part of the game that is.
    #[must_use]
    pub fn scene(&self) -> Scene {
        Scene {
            page: self.page(),
            round: self.game.course().round(&self.game.drill).map(|round| round.id.value.clone()),
            answered: self.game.answered(),
            hinted: self.game.hint().is_some(),
            phase: (self.page() == Page::Before).then(|| self.game.phase()),
            over: self.game.stage() == Stage::Over,
        }
    }

    /// Takes a key; says what is to be done about it.
    pub fn press(&mut self, key: Key) -> Option<Act> {
        if matches!(key, Key::Char('q' | 'Q') | Key::Interrupt) {
            return self.quit(key);
        }
        self.asked = Asked::Nothing;
        if std::mem::take(&mut self.keys_shown) {
            return None;
        }
        match (self.page(), key) {
            (_, Key::Char('?')) => {
                self.keys_shown = true;
                None
            }
            (Page::Alert, Key::Enter) => Some(self.decide(Move::Take, "the page is yours")),
            (Page::Answer, Key::Enter) if self.game.course().is_over(&self.game.drill) => {
                Some(self.decide(Move::Next, "going on"))
            }
            (Page::Answer, Key::Enter) => {
                self.read = self.game.answered();
                None
            }
            (Page::Round, Key::Char('h' | 'H')) if self.hint_takes().is_some() => {
                Some(self.decide(Move::Hint, "a hint"))
            }
            (Page::Round, Key::Char(letter)) => self.choose(letter.to_ascii_uppercase()),
            (Page::Debrief, Key::Enter) => Some(Act::Leave),
            _ => None,
        }
    }

    fn decide(&mut self, decision: Move, words: &str) -> Act {
        self.pressed = Some(format!("{words} …"));
        Act::Move(decision)
    }

    fn choose(&mut self, letter: char) -> Option<Act> {
        let choices: Vec<_> = self.game.choices().into_iter().map(|(choice, _)| choice).collect();
        let at = keys(&choices).iter().position(|key| *key == letter)?;
        let chosen = choices.get(at)?;
        self.game.course().choice(&self.game.drill, &chosen.name)?;
        let (name, words) = (chosen.name.clone(), format!("{letter}: {}", chosen.label));
        Some(self.decide(Move::Choose(name), &words))
    }

    /// `q` ends the game, Ctrl-C does, too; each is asked for once more. While everything is put
    /// back, only Ctrl-C leaves.
    fn quit(&mut self, key: Key) -> Option<Act> {
        self.keys_shown = false;
        if self.debrief.is_some() {
            return Some(Act::Leave);
        }
        let undoing = self.quitting || matches!(self.game.stage(), Stage::Undoing | Stage::Over);
        match (undoing, self.asked) {
            (false, Asked::Quit) => {
                (self.quitting, self.asked) = (true, Asked::Nothing);
                self.pressed = Some("ending; everything is put back …".to_owned());
                Some(Act::Interrupt)
            }
            (false, _) => {
                self.asked = Asked::Quit;
                None
            }
            (true, Asked::LeaveAtOnce) if key == Key::Interrupt => Some(Act::Interrupt),
            (true, _) if key == Key::Interrupt => {
                self.asked = Asked::LeaveAtOnce;
                None
            }
            (true, _) => None,
        }
    }

    /// Whether nothing goes on before the player decides.
    #[must_use]
    pub const fn waits(&self) -> bool {
        let waits =
            matches!(self.page(), Page::Alert | Page::Round | Page::Answer | Page::Debrief | Page::Keys);
        waits && self.pressed.is_none()
    }

    /// What the round's hint takes, where there is one that was not given yet.
    pub(super) fn hint_takes(&self) -> Option<crate::drill::Length> {
        let hint = self.game.course().round(&self.game.drill)?.hint.as_ref()?;
        self.game.hint().is_none().then_some(hint.takes)
    }

    /// What can be pressed, or what is asked.
    #[must_use]
    pub fn prompt(&self) -> String {
        match self.asked {
            Asked::Quit => {
                return "Quit? q once more puts everything back and ends; any other key goes on".to_owned();
            }
            Asked::LeaveAtOnce => {
                return "Leave with things LEFT CHANGED? Ctrl-C once more does; any other key waits"
                    .to_owned();
            }
            Asked::Nothing => {}
        }
        if let Some(pressed) = &self.pressed {
            return pressed.clone();
        }
        let over = self.game.course().is_over(&self.game.drill);
        match self.page() {
            Page::Keys => "any key goes back".to_owned(),
            Page::Before | Page::Acting => "? keys   q quit".to_owned(),
            Page::Alert => "Enter take the page   ? keys   q quit".to_owned(),
            Page::Answer if !over => "Enter back to the round   ? keys   q quit".to_owned(),
            Page::Answer if self.game.course().has_more(&self.game.drill) => {
                "Enter go on   ? keys   q quit".to_owned()
            }
            Page::Answer => "Enter end the drill and put everything back   ? keys".to_owned(),
            Page::Round => self.choices_prompt(),
            Page::Undoing if self.game.stage() == Stage::Over => "the report follows".to_owned(),
            Page::Undoing => "everything is put back; Ctrl-C twice leaves at once".to_owned(),
            Page::Debrief => "Enter leave   ↑ ↓ scroll".to_owned(),
        }
    }

    fn choices_prompt(&self) -> String {
        let choices: Vec<_> = self.game.choices().into_iter().map(|(choice, _)| choice).collect();
        let open = |name: &str| self.game.course().choice(&self.game.drill, name).is_some();
        let letters = keys(&choices).into_iter().zip(&choices).filter(|(_, c)| open(&c.name));
        let letters: Vec<_> = letters.map(|(key, _)| key.to_string()).collect();
        let hint = self.hint_takes().map(|takes| format!("   h hint (takes {takes})")).unwrap_or_default();
        format!("{} choose{hint}   ? keys   q quit", letters.join(" "))
    }
}
