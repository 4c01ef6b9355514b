use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use SignalState::{Out, Up};

fn watch(samples: &[(Nanos, SignalState)], gaps: &[(Nanos, Nanos)]) -> Track {
    let mut track = Track::of_watch();
    for (at, state) in samples {
        track.observe(*at, *state);
    }
    for (from, to) in gaps {
        track.gap(*from, *to);
    }
    track
}

/// Requests in the order of arrival: sent, arrival, state.
fn requests(answers: &[(Nanos, Nanos, Option<SignalState>)]) -> Track {
    let mut track = Track::of_requests();
    for (sent, arrival, state) in answers {
        track.answer(*sent, *arrival, *state);
    }
    track
}

fn edge(at: Nanos, uncertainty: Nanos) -> Edge {
    Edge { at, uncertainty, upper_bound: false }
}

const SECOND: Nanos = 1_000_000_000;

#[test]
fn a_watch_measures_from_arrival_to_arrival() {
    let track = watch(&[(10, Up), (100, Out), (120, Out), (300, Up), (310, Up)], &[]);
    assert_eq!(track.intervals(), [Interval { from: edge(100, 0), to: Some(edge(300, 0)) }]);
    assert_eq!(track.downtime(0, 1000), Spent { ns: 200, uncertainty: 0, upper_bound: false });
    assert_eq!(track.up_since(), Some(edge(300, 0)));
    assert_eq!(track.first_out(50).map(|e| e.at), Some(100));
    assert_eq!(track.first_out(300), None);
}

#[test]
fn a_gap_over_an_edge_makes_it_an_upper_bound() {
    let track = watch(
        &[(SECOND, Up), (8 * SECOND, Out), (20 * SECOND, Up)],
        // The first hides the fall, the second is long over when the rise is seen.
        &[(5 * SECOND, 8 * SECOND - 1), (12 * SECOND, 13 * SECOND)],
    );
    let [only] = track.intervals()[..] else { panic!("one outage") };
    assert_eq!(only.from, Edge { at: 8 * SECOND, uncertainty: 3 * SECOND, upper_bound: true });
    assert_eq!(only.to, Some(edge(20 * SECOND, 0)));
    assert_eq!(track.unknown(SECOND, 30 * SECOND), 4 * SECOND - 1);
    assert_eq!(track.unknown(0, SECOND), SECOND, "before the first sample");
    assert!(track.downtime(0, 30 * SECOND).upper_bound);
}

#[test]
fn a_gap_cannot_make_an_edge_earlier_than_the_sample_before_it() {
    let track = watch(&[(10, Up), (100, Out), (150, Up)], &[(50, 200)]);
    let [only] = track.intervals()[..] else { panic!("one outage") };
    assert_eq!((only.from.uncertainty, only.to.map(|e| e.uncertainty)), (50, Some(50)));
}

#[test]
fn requests_measure_from_send_to_send_and_know_their_neighbours() {
    let track =
        requests(&[(50, 52, Some(Up)), (100, 103, Some(Out)), (150, 151, Some(Out)), (200, 209, Some(Up))]);
    assert_eq!(track.intervals(), [Interval { from: edge(100, 50), to: Some(edge(200, 50)) }]);
    assert_eq!(track.downtime(0, 1000), Spent { ns: 100, uncertainty: 100, upper_bound: false });
}

#[test]
fn a_late_failure_takes_the_place_of_its_sending() {
    let mut track = requests(&[(50, 51, Some(Up)), (150, 151, Some(Up)), (200, 201, Some(Up))]);
    assert_eq!(track.up_since().map(|e| e.at), Some(50));
    track.answer(100, 1100, Some(Out));
    assert_eq!(track.intervals(), [Interval { from: edge(100, 50), to: Some(edge(150, 50)) }]);
    assert_eq!(track.up_since(), Some(edge(150, 50)), "later sends were good");
    assert_eq!(track.state(), Some(Up));
    assert_eq!(track.failed_in_a_row_at(1), Some(1100), "rows count by arrival");
}

#[test]
fn an_answer_that_says_nothing_widens_what_is_not_known() {
    let track = requests(&[
        (50, 51, Some(Up)),
        (100, 101, None),
        (150, 151, Some(Out)),
        (200, 201, None),
        (250, 251, None),
        (300, 301, Some(Up)),
    ]);
    assert_eq!(track.intervals(), [Interval { from: edge(150, 100), to: Some(edge(300, 150)) }]);
    assert_eq!(track.unknown(50, 1000), 50 + 100);
    assert_eq!(track.unknown(50, 275), 50 + 75);
    assert_eq!(track.failures_in_a_row(), 0);
}

#[test]
fn a_row_counts_failures_as_they_arrive_and_forgets_at_a_good_one() {
    let mut track = requests(&[(10, 12, Some(Out)), (20, 25, None), (30, 31, Some(Out))]);
    assert_eq!((track.failed_in_a_row_at(2), track.failed_in_a_row_at(3)), (Some(31), None));
    assert_eq!(track.failed_in_a_row_at(0), None);
    track.answer(40, 41, Some(Up));
    assert_eq!(track.failures_in_a_row(), 0);
}

#[test]
fn a_window_cuts_outages_and_an_open_one_lasts_to_its_end() {
    let track =
        requests(&[(0, 1, Some(Out)), (100, 101, Some(Up)), (500, 501, Some(Out)), (550, 551, Some(Out))]);
    assert_eq!(
        track.downtime(50, 580),
        Spent { ns: 50 + 80, uncertainty: 100 + 400 + 30, upper_bound: false }
    );
    assert_eq!(track.out_since().map(|e| e.at), Some(500));
    assert_eq!(track.downtime(700, 700), Spent::default());
}

/// Requests that are sent in order and answered after any delay.
fn answers() -> impl Strategy<Value = Vec<(Nanos, Nanos, Option<SignalState>)>> {
    let said = prop_oneof![Just(Some(Up)), Just(Some(Out)), Just(None)];
    vec((1..9_u64, 0..60_u64, said), 0..40).prop_map(|steps| {
        let mut sent = 0;
        let sent_then = |(every, took, state): (u64, u64, Option<SignalState>)| {
            sent += every;
            (sent, sent + took, state)
        };
        steps.into_iter().map(sent_then).collect()
    })
}

proptest! {
    #[test]
    fn intervals_do_not_depend_on_the_order_of_answers(sent in answers()) {
        let mut arrived = sent.clone();
        arrived.sort_by_key(|(_, arrival, _)| *arrival);
        let (one, other) = (requests(&sent), requests(&arrived));
        prop_assert_eq!(one.intervals(), other.intervals());
        prop_assert_eq!(one.up_since(), other.up_since());
        prop_assert_eq!(one.state(), other.state());
        prop_assert_eq!(one.unknown(0, 200), other.unknown(0, 200));
    }

    #[test]
    fn downtime_is_what_a_count_of_every_moment_says(sent in answers(), from in 0..200_u64, length in 0..200_u64) {
        let track = requests(&sent);
        let out = |moment: Nanos| {
            let last = sent.iter().rev().find(|(at, _, state)| *at <= moment && state.is_some());
            last.is_some_and(|(_, _, state)| *state == Some(Out))
        };
        let counted = (from..from + length).filter(|t| out(*t)).count() as u64;
        prop_assert_eq!(track.downtime(from, from + length).ns, counted);
    }

    #[test]
    fn the_unknown_and_the_downtime_fit_their_window(sent in answers(), gaps in vec((0..200_u64, 0..200_u64), 0..5), from in 0..200_u64, to in 0..300_u64) {
        let mut track = requests(&sent);
        for (from, to) in gaps {
            track.gap(from, to);
        }
        prop_assert!(track.unknown(from, to) <= to.saturating_sub(from));
        prop_assert!(track.downtime(from, to).ns <= to.saturating_sub(from));
    }
}
