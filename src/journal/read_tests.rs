use proptest::prelude::*;

use super::*;
use crate::journal::{Kind, Point, arbitrary};

fn lines(events: &[Event]) -> String {
    events.iter().map(|e| serde_json::to_string(e).unwrap() + "\n").collect()
}

fn read_text(text: &str) -> Result<Reading, Error> {
    read_from(text.as_bytes(), "j.jsonl")
}

/// A journal as firedrill 0.1.0 wrote it.
const STORED: &str = include_str!("../../tests/fixtures/journal-v1.jsonl");

/// A journal as a later firedrill may write it: kinds, fields and values from the future.
const FUTURE: &str = include_str!("../../tests/fixtures/journal-v1-future.jsonl");

#[test]
fn the_stored_journal_reads_and_would_be_written_the_same() {
    let reading = read_text(STORED).unwrap();
    assert!(!reading.truncated);
    assert_eq!(lines(&reading.events), STORED, "the format changed: that needs another schema");
}

#[test]
fn what_a_later_firedrill_adds_is_passed_over() {
    let reading = read_text(FUTURE).unwrap();
    let unknown = reading.events.iter().filter(|e| e.kind == Kind::Unknown).count();
    assert_eq!((reading.events.len(), unknown), (5, 2));
    assert!(matches!(reading.events[4].kind, Kind::Point { point: Point::Fault, at_ns: 7, .. }));
}

#[test]
fn a_last_line_that_was_cut_off_is_left_out() {
    let whole = STORED.lines().count();
    for cut in [1, 2, 40] {
        let reading = read_text(&STORED[..STORED.len() - cut]).unwrap();
        // Without its line end alone, the last event is whole.
        let (events, truncated) = if cut == 1 { (whole, false) } else { (whole - 1, true) };
        assert_eq!((reading.events.len(), reading.truncated), (events, truncated), "cut {cut}");
    }
}

#[test]
fn a_line_that_is_no_event_is_an_error_with_its_number() {
    let mut all: Vec<_> = STORED.lines().collect();
    all[2] = "{\"seq\":2,";
    insta::assert_snapshot!(read_text(&all.join("\n")).unwrap_err(), @"j.jsonl, line 3: EOF while parsing a value at line 2 column 0");
    all[2] = r#"{"seq":2,"at":"2026-11-22T14:15:00Z","elapsed":1,"kind":"phase"}"#;
    insta::assert_snapshot!(read_text(&all.join("\n")).unwrap_err(), @"j.jsonl, line 3: missing field `phase` at line 1 column 64");
}

#[test]
fn a_line_that_is_missing_is_noticed() {
    let mut all: Vec<_> = STORED.lines().collect();
    all.remove(3);
    insta::assert_snapshot!(read_text(&all.join("\n")).unwrap_err(), @"j.jsonl, line 4: event 4 where event 3 belongs");
}

#[test]
fn what_is_no_journal_is_refused() {
    let newer = STORED.replacen("/journal/v1", "/journal/v2", 1);
    insta::assert_snapshot!(read_text(&newer).unwrap_err(), @"j.jsonl is written in firedrill.dev/journal/v2; this firedrill reads firedrill.dev/journal/v1");
    let alone = newer.lines().next().unwrap();
    assert!(matches!(read_text(alone), Err(Error::OtherSchema { .. })), "a line without its end is one too");
    for foreign in ["hello\n", "{}\n", "[1]\n", "\n", "{\"seq\":0", "\0\0\0"] {
        assert!(matches!(read_text(foreign), Err(Error::NotAJournal { .. })), "{foreign:?}");
    }
    assert!(matches!(read_text(""), Err(Error::Empty { .. })));
}

#[test]
fn a_line_without_end_is_not_read_into_memory() {
    let endless = BufReader::new(io::repeat(b'x'));
    assert!(matches!(read_from(endless, "zero"), Err(Error::LongLine { line: 1, .. })));
}

#[test]
fn a_folder_or_a_missing_file_is_said() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(read(folder.path()), Err(Error::Unreadable { .. })));
    assert!(matches!(read(&folder.path().join("no.jsonl")), Err(Error::Missing { .. })));
}

proptest! {
    #[test]
    fn every_number_reads_as_it_was_written(number in any::<f64>()) {
        let value = serde_json::json!(number);
        let back: Value = serde_json::from_str(&value.to_string()).unwrap();
        prop_assert_eq!(back, value);
    }

    #[test]
    fn every_event_reads_as_it_was_written(events in arbitrary::events(4)) {
        for event in events {
            let line = serde_json::to_string(&event).unwrap();
            let back: Event = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(back, event, "{}", line);
        }
    }

    #[test]
    fn no_bytes_after_a_good_line_make_it_panic(tail in prop::collection::vec(any::<u8>(), 0..80)) {
        let mut text = STORED.lines().next().unwrap().as_bytes().to_vec();
        text.push(b'\n');
        text.extend(tail);
        let _ = read_from(&text[..], "j");
    }
}
