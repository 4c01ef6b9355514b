use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::play::story;
use crate::play::table::Key;
use crate::report::samples::us;
use crate::report::{fold, text};

fn drawn(table: &Table, (width, height): (u16, u16), now: u64) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut look = Look::default();
    terminal.draw(|frame| draw(frame, table, &mut look, us(now))).unwrap();
    terminal.backend().to_string()
}

const USUAL: (u16, u16) = (80, 24);

#[test]
fn the_screen_at_each_point_of_the_story() {
    let mut refused = story::table(&story::refused().events);
    let pictures = [
        ("alert", drawn(&story::table(&story::detected().events), USUAL, 2_850_000)),
        ("round", drawn(&story::table(&story::taken().events), USUAL, 6_050_000)),
        ("refused", drawn(&refused, USUAL, 9_600_000)),
        ("served", drawn(&story::table(&story::mended().events), USUAL, 11_200_000)),
        ("narrow", drawn(&refused, (60, 20), 9_600_000)),
        ("tiny", drawn(&refused, (24, 9), 9_600_000)),
    ];
    for (name, picture) in pictures {
        insta::assert_snapshot!(name, picture);
    }
    refused.press(Key::Enter);
    insta::assert_snapshot!("tried", drawn(&refused, USUAL, 9_700_000));
    refused.press(Key::Char('?'));
    insta::assert_snapshot!("keys", drawn(&refused, USUAL, 9_700_000));
}

#[test]
fn the_debrief_is_the_last_picture() {
    let events = story::over().events;
    let mut table = story::table(&events);
    table.debrief = Some(text::debriefing(&fold(&events)));
    insta::assert_snapshot!("debrief", drawn(&table, (80, 45), 17_000_000));
}

#[test]
fn any_size_is_drawn_and_can_be_scrolled() {
    let table = story::table(&story::refused().events);
    for (width, height) in [(1, 1), (3, 40), (200, 5), (10, 10), (80, 8)] {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut look = Look::default();
        for _ in 0..5 {
            terminal.draw(|frame| draw(frame, &table, &mut look, us(9_600_000))).unwrap();
            look.down(7);
        }
        assert!(look.scroll <= look.most);
    }
    let mut look = Look { scroll: usize::MAX, ..Look::default() };
    let mut terminal = Terminal::new(TestBackend::new(40, 12)).unwrap();
    terminal.draw(|frame| draw(frame, &table, &mut look, us(9_600_000))).unwrap();
    let end = terminal.backend().to_string();
    assert!(end.contains("template's labels."), "the last line can be reached: {end}");
}

/// What a cluster says never reaches the terminal as it is.
#[test]
fn nothing_hostile_is_drawn() {
    let mut events = story::refused().events;
    for event in &mut events {
        if let crate::journal::Kind::StepFinished { what, .. } = &mut event.kind {
            what.push_str("\u{1b}[2J\u{202e}\u{9b}31m");
        }
    }
    let picture = drawn(&story::table(&events), USUAL, 9_600_000);
    assert!(picture.contains("\\u{1b}[2J") && !picture.contains(|c| c != '\n' && crate::plain::misleads(c)));
}
