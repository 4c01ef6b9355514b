use super::*;
use crate::engine::playing::Move;
use crate::play::table::{Act, Key, Page};
use crate::play::{Table, story};
use crate::report::samples::us;

fn press(table: &mut Table, keys: &str) -> Option<Act> {
    let mut last = None;
    for key in keys.chars() {
        last = table.press(if key == '\n' { Key::Enter } else { Key::Char(key) });
    }
    last
}

fn chose(name: &str) -> Act {
    Act::Move(Move::Choose(name.to_owned()))
}

#[test]
fn the_clock_is_real_time_times_the_speed_and_what_the_choices_declare() {
    let game = story::table(&story::taken().events).game;
    // Out since 2.05 s: the first request that failed was sent then.
    let clock = game.clock(us(4_050_000));
    assert_eq!((clock.real, clock.declared, clock.out), (Duration::from_secs(2), Duration::ZERO, true));
    assert_eq!(clock.shows(), Duration::from_secs(120));
    let clock = story::table(&story::refused().events).game.clock(us(10_050_000));
    assert_eq!(clock.declared, Duration::from_secs(300 + 30 + 60 + 360), "wrong choices and hints, too");
    assert_eq!(clock.shows(), Duration::from_secs(8 * 60 + 750));
}

#[test]
fn it_stops_when_users_are_served_and_later_choices_cost_nothing() {
    let game = story::table(&story::mended().events).game;
    let then = game.clock(us(11_200_000));
    assert!(!then.out && then.declared == Duration::from_secs(870));
    let game = story::table(&story::over().events).game;
    assert_eq!(game.clock(us(60_000_000)), then);
    let lost = then.lost(&game.drill.impact);
    // 8 s × 60 + 14.5 min = 22.5 min: ten at the first rate, the rest at the second.
    assert_eq!(lost, "150000".parse().unwrap());
}

#[test]
fn cues_change_with_the_clock() {
    let game = story::table(&story::taken().events).game;
    assert_eq!(game.cues(us(3_100_000)), ["Every request fails."]);
    assert_eq!(game.cues(us(6_050_000)), ["The boss is on the line."]);
    let late = game.cues(us(12_060_000));
    assert!(late.len() == 2 && late[1].contains("begin to fail"), "the cascade presses, too: {late:?}");
}

#[test]
fn a_wrong_choice_leads_back_and_a_right_one_on() {
    let mut table = story::table(&story::detected().events);
    assert_eq!((table.page(), press(&mut table, "a")), (Page::Alert, None));
    assert_eq!(press(&mut table, "\n"), Some(Act::Move(Move::Take)));
    let mut table = story::table(&story::taken().events);
    assert_eq!(press(&mut table, "z"), None);
    assert_eq!(press(&mut table, "b"), Some(chose("triage.B")));
    assert_eq!(press(&mut table, "h"), Some(Act::Move(Move::Hint)));

    let mut table = story::table(&story::refused().events);
    assert_eq!((table.page(), press(&mut table, "a")), (Page::Answer, None), "read it first");
    assert_eq!((press(&mut table, "\n"), table.page()), (None, Page::Round));
    assert_eq!(press(&mut table, "h"), None, "this round has no hint");
    assert_eq!(press(&mut table, "B"), Some(chose("fix.B")), "again, if one wants to");
    let mut table = story::table(&story::mended().events);
    assert_eq!(press(&mut table, "\n"), Some(Act::Move(Move::Next)));
}

#[test]
fn every_item_of_a_checklist_has_to_be_done() {
    let all = story::over().events;
    let round = all.iter().position(|e| matches!(&e.kind, Kind::Round { round, .. } if round == "harden"));
    let one =
        all.iter().position(|e| matches!(&e.kind, Kind::Claim { option, .. } if option == "harden.requests"));
    let mut table = story::table(&all[..=round.unwrap()]);
    assert_eq!(press(&mut table, "b"), Some(chose("harden.requests")));
    let mut table = story::table(&all[..=one.unwrap()]);
    assert_eq!((press(&mut table, "\n"), table.page()), (None, Page::Round));
    assert_eq!(press(&mut table, "b"), None, "it is done");
    assert_eq!(press(&mut table, "a"), Some(chose("harden.endpoints")));
    assert_eq!(story::table(&all).page(), Page::Undoing);
}

#[test]
fn quitting_is_asked_for_once() {
    let mut table = story::table(&story::taken().events);
    assert_eq!(press(&mut table, "q"), None);
    assert!(table.prompt().starts_with("Quit?"), "{}", table.prompt());
    assert_eq!(press(&mut table, "?"), None);
    assert_eq!((table.page(), press(&mut table, "x")), (Page::Keys, None));
    assert_eq!(press(&mut table, "q"), None, "another key took the question back");
    assert_eq!(press(&mut table, "q"), Some(Act::Interrupt));
    assert_eq!(press(&mut table, "qq"), None, "once is enough, it is being put back");
    assert_eq!(table.press(Key::Interrupt), None);
    assert_eq!(table.press(Key::Interrupt), Some(Act::Interrupt), "Ctrl-C twice leaves at once");
}

#[test]
fn an_answer_holds_what_the_cluster_said() {
    let game = story::table(&story::refused().events).game;
    let text = game.last().unwrap().rows().iter().map(|row| row.text.clone()).collect::<Vec<_>>();
    assert!(text[0].contains("REFUSED with 422: Deployment.apps"), "{text:?}");
    assert_eq!(text[1..], ["endpoints: 0 of 3 usable, as before", "http, meanwhile: 503 no endpoints (5)"]);
    let game = story::table(&story::mended().events).game;
    let text: Vec<_> = game.last().unwrap().rows().into_iter().map(|row| row.text).collect();
    assert_eq!(text[1], "endpoints: 3 of 3 usable, before: 0");
    assert!(text[2].starts_with("http, meanwhile: 200 ("), "{text:?}");
}
