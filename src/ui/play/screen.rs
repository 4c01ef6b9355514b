//! The game on a whole screen. The terminal is given back on every way out: at the end of the view,
//! when it panics, and before the message of any panic.

use std::io::{self, BufWriter, Stderr};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{cursor, execute};

use super::Seat;
use super::draw::{Look, draw};
use crate::play::Key;
use crate::ui::terminal;

/// How long a key is waited for before the run is listened to again.
const LISTEN: Duration = Duration::from_millis(40);
/// Between two pictures in which nothing but the clock has changed.
const TICK: Duration = Duration::from_millis(200);

/// Whether the terminal is ours now.
static OURS: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// A terminal in raw mode, on its other screen. Given back when dropped.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Stderr>>>,
}

impl Screen {
    pub fn enter() -> io::Result<Self> {
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |panic| {
                give_back();
                before(panic);
            }));
        });
        enable_raw_mode()?;
        OURS.store(true, Ordering::SeqCst);
        let entered = execute!(terminal::screen(), EnterAlternateScreen, cursor::Hide);
        let terminal =
            entered.and_then(|()| Terminal::new(CrosstermBackend::new(BufWriter::new(terminal::screen()))));
        if terminal.is_err() {
            give_back();
        }
        terminal.map(|terminal| Self { terminal })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back, once.
fn give_back() {
    if OURS.swap(false, Ordering::SeqCst) {
        // A terminal that has gone away needs nothing back.
        let _ = execute!(terminal::screen(), LeaveAlternateScreen, cursor::Show);
        let _ = disable_raw_mode();
    }
}

/// Plays until the run closes the view, or the terminal is gone.
pub(super) fn play(mut seat: Seat, mut screen: Screen) {
    let mut look = Look::new(terminal::has_colours(false));
    let mut drawn: Option<Instant> = None;
    loop {
        let heard = seat.hear();
        if heard.closed || !OURS.load(Ordering::SeqCst) {
            return;
        }
        if heard.something || drawn.is_none_or(|drawn| drawn.elapsed() >= TICK) {
            let now = seat.clock.elapsed();
            if screen.terminal.draw(|frame| draw(frame, &seat.table, &mut look, now)).is_err() {
                return;
            }
            drawn = Some(Instant::now());
        }
        match event::poll(LISTEN) {
            Ok(false) => continue,
            Ok(true) => {}
            Err(_) => return,
        }
        match event::read() {
            Ok(Event::Key(key)) if key.kind == KeyEventKind::Press => {
                let page = seat.table.scene();
                press(&mut seat, &mut look, key);
                if seat.table.scene() != page {
                    look.scroll = 0;
                }
            }
            Ok(_) => {}
            Err(_) => return,
        }
        // What was pressed shows at once.
        drawn = None;
    }
}

fn press(seat: &mut Seat, look: &mut Look, key: KeyEvent) {
    let key = match key.code {
        KeyCode::Char('c' | 'C') if key.modifiers.contains(KeyModifiers::CONTROL) => Key::Interrupt,
        KeyCode::Char(_) if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => return,
        KeyCode::Up => return look.up(1),
        KeyCode::Down => return look.down(1),
        KeyCode::PageUp => return look.up(10),
        KeyCode::PageDown => return look.down(10),
        KeyCode::Char(letter) => Key::Char(letter),
        KeyCode::Enter => Key::Enter,
        _ => return,
    };
    if let Some(act) = seat.table.press(key) {
        seat.act(act);
    }
}
