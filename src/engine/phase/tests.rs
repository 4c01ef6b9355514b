use proptest::prelude::*;

use super::*;

mod rehearsal;
use rehearsal::{control, trial};

const MS: Nanos = 1_000_000;

fn rules(runbook: bool) -> Rules {
    Rules {
        stable_for: 1_000 * MS,
        settle_within: 30_000 * MS,
        expect: (0, SignalState::Out, 30_000 * MS),
        runbook,
        course: Course::Outage,
        recover_within: 30_000 * MS,
        resolve_within: 10_000 * MS,
        deadline: 900_000 * MS,
    }
}

fn any_rules() -> impl Strategy<Value = Rules> {
    prop_oneof![Just(rules(true)), Just(rules(false)), Just(trial()), Just(control())]
}

fn edge(at: Nanos) -> Edge {
    Edge { at, uncertainty: 0, upper_bound: false }
}

fn up(since: Nanos, until: Nanos) -> Health {
    Health { up_since: Some(edge(since)), up_until: until, first_out: None }
}

fn out(since: Nanos) -> Health {
    Health { up_since: None, up_until: 0, first_out: Some(edge(since)) }
}

fn healed(since: Nanos, until: Nanos, broke: Nanos) -> Health {
    Health { first_out: Some(edge(broke)), ..up(since, until) }
}

/// Feeds inputs in order; returns the last state and everything that was asked for.
fn play(rules: &Rules, inputs: &[(Nanos, Input)]) -> (State, Vec<Effect>) {
    let (mut state, mut all) = begin();
    for (now, input) in inputs {
        let (next, effects) = step(rules, state, *now, input.clone());
        state = next;
        all.extend(effects);
    }
    (state, all)
}

fn stamps(effects: &[Effect]) -> Vec<(Point, Nanos)> {
    let stamp = |effect: &Effect| match effect {
        Effect::Stamp { point, moment, .. } => Some((*point, moment.at)),
        _ => None,
    };
    effects.iter().filter_map(stamp).collect()
}

fn detected(at: Nanos) -> Input {
    Input::Detected(edge(at), "http".to_owned())
}

/// Prepared, settled, injected at 2,000 ms.
fn broken() -> Vec<(Nanos, Input)> {
    vec![
        (500 * MS, Input::Prepared),
        (1_600 * MS, Input::Health(vec![up(550 * MS, 1_600 * MS)])),
        (2_000 * MS, Input::Injected(edge(2_000 * MS))),
    ]
}

#[test]
fn a_run_from_beginning_to_end() {
    let mut inputs = broken();
    inputs.extend([
        (2_013 * MS, Input::Health(vec![out(2_013 * MS)])),
        (2_150 * MS, detected(2_150 * MS)),
        (2_151 * MS, Input::Acknowledged(edge(2_151 * MS), "runbook".to_owned())),
        (2_300 * MS, Input::Health(vec![healed(2_300 * MS, 2_300 * MS, 2_013 * MS)])),
        (2_320 * MS, Input::RootCause { resolved: true, moment: edge(2_320 * MS) }),
        (2_400 * MS, Input::RunbookOver),
        (3_310 * MS, Input::Health(vec![healed(2_300 * MS, 3_310 * MS, 2_013 * MS)])),
        (3_400 * MS, Input::Undone),
    ]);
    let (state, effects) = play(&rules(true), &inputs);
    assert_eq!(state.phase, Phase::Ended);
    assert_eq!(
        stamps(&effects),
        [
            (Point::Fault, 2_000 * MS),
            (Point::Impact, 2_013 * MS),
            (Point::Detect, 2_150 * MS),
            (Point::Ack, 2_151 * MS),
            (Point::Mitigate, 2_300 * MS),
            (Point::Resolve, 2_320 * MS),
        ]
    );
}

#[test]
fn mitigated_is_when_it_ended_for_good() {
    let mut inputs = broken();
    inputs.extend([
        (2_013 * MS, Input::Health(vec![out(2_013 * MS)])),
        (2_150 * MS, detected(2_150 * MS)),
        (2_300 * MS, Input::Health(vec![healed(2_300 * MS, 2_300 * MS, 2_013 * MS)])),
        (2_900 * MS, Input::Health(vec![out(2_013 * MS)])),
        (3_500 * MS, Input::Health(vec![healed(3_200 * MS, 3_500 * MS, 2_013 * MS)])),
        (4_250 * MS, Input::Health(vec![healed(3_200 * MS, 4_250 * MS, 2_013 * MS)])),
    ]);
    let (_, effects) = play(&rules(false), &inputs);
    assert!(stamps(&effects).contains(&(Point::Mitigate, 3_200 * MS)));
}

#[test]
fn a_look_at_the_root_cause_before_it_broke_again_proves_nothing() {
    let mut inputs = broken();
    inputs.extend([
        (2_013 * MS, Input::Health(vec![out(2_013 * MS)])),
        (2_150 * MS, detected(2_150 * MS)),
        (2_300 * MS, Input::Health(vec![healed(2_300 * MS, 2_300 * MS, 2_013 * MS)])),
        (2_900 * MS, Input::Health(vec![out(2_013 * MS)])),
        (2_910 * MS, Input::RootCause { resolved: true, moment: edge(2_890 * MS) }),
        (3_300 * MS, Input::Health(vec![healed(3_200 * MS, 3_300 * MS, 2_013 * MS)])),
        (4_250 * MS, Input::Health(vec![healed(3_200 * MS, 4_250 * MS, 2_013 * MS)])),
    ]);
    let (state, effects) = play(&rules(false), &inputs);
    assert!(state.is_mitigated() && !state.is_resolved());
    assert!(stamps(&effects).iter().all(|(point, _)| *point != Point::Resolve));
}

#[test]
fn a_slower_signal_can_move_the_impact_back() {
    let mut inputs = broken();
    inputs.extend([
        (2_013 * MS, Input::Health(vec![out(2_013 * MS), up(0, 0)])),
        (2_020 * MS, Input::Health(vec![out(2_013 * MS), out(1_990 * MS)])),
    ]);
    let (_, effects) = play(&rules(false), &inputs);
    assert_eq!(stamps(&effects).last(), Some(&(Point::Impact, 1_990 * MS)));
}

#[test]
fn a_fault_without_effect_ends_the_run() {
    let mut inputs = broken();
    inputs.push((32_001 * MS, Input::Health(vec![up(550 * MS, 32_001 * MS)])));
    let (state, effects) = play(&rules(true), &inputs);
    assert_eq!(state.phase, Phase::Undoing);
    assert!(effects.iter().any(|e| matches!(e, Effect::Abort(AbortReason::NoEffect, _))));
}

#[test]
fn what_could_not_be_seen_is_no_lack_of_effect() {
    let mut inputs = broken();
    let nothing = || Input::Health(vec![up(550 * MS, 3_000 * MS)]);
    inputs.extend([(33_000 * MS, Input::Blind(3_000 * MS, 33_000 * MS)), (33_000 * MS, nothing())]);
    let (state, _) = play(&rules(true), &inputs);
    assert_eq!(state.phase, Phase::Undetected);
    inputs.push((62_001 * MS, nothing()));
    let (state, effects) = play(&rules(true), &inputs);
    assert_eq!(state.phase, Phase::Undoing);
    assert!(effects.iter().any(|e| matches!(e, Effect::Abort(AbortReason::NoEffect, _))));
}

#[test]
fn a_gap_that_becomes_known_later_makes_the_impact_uncertain() {
    let mut inputs = broken();
    let hidden = Edge { at: 5_000 * MS, uncertainty: 3_000 * MS, upper_bound: true };
    inputs.extend([
        (5_000 * MS, Input::Health(vec![out(5_000 * MS)])),
        (5_200 * MS, Input::Health(vec![Health { first_out: Some(hidden), ..Health::default() }])),
        (5_300 * MS, Input::Health(vec![Health { first_out: Some(hidden), ..Health::default() }])),
    ]);
    let (_, effects) = play(&rules(false), &inputs);
    let impacts = effects.iter().filter_map(|effect| match effect {
        Effect::Stamp { point: Point::Impact, moment, .. } => Some(*moment),
        _ => None,
    });
    assert_eq!(impacts.collect::<Vec<_>>(), [edge(5_000 * MS), hidden]);
}

/// An API server that was frozen while the run held: the look at the root cause is yet to come.
#[test]
fn the_root_cause_is_waited_for_from_when_the_mend_is_known() {
    let mut inputs = broken();
    inputs.extend([
        (2_013 * MS, Input::Health(vec![out(2_013 * MS)])),
        (2_150 * MS, detected(2_150 * MS)),
        (2_300 * MS, Input::Health(vec![healed(2_300 * MS, 2_300 * MS, 2_013 * MS)])),
        (43_000 * MS, Input::Health(vec![healed(2_300 * MS, 42_900 * MS, 2_013 * MS)])),
    ]);
    let (state, _) = play(&rules(false), &inputs);
    assert_eq!(state.phase, Phase::Holding);
    inputs.push((43_100 * MS, Input::RootCause { resolved: true, moment: edge(43_090 * MS) }));
    inputs.push((43_110 * MS, Input::Health(vec![healed(2_300 * MS, 43_100 * MS, 2_013 * MS)])));
    let (state, _) = play(&rules(false), &inputs);
    assert!(state.is_resolved());
}

#[test]
fn an_alarm_before_the_injections_answer_still_starts_the_runbook() {
    let inputs = [
        (500 * MS, Input::Prepared),
        (1_600 * MS, Input::Health(vec![up(550 * MS, 1_600 * MS)])),
        (1_990 * MS, detected(1_990 * MS)),
        (2_000 * MS, Input::Injected(edge(2_000 * MS))),
    ];
    let (state, effects) = play(&rules(true), &inputs);
    assert_eq!(state.phase, Phase::Responding);
    assert_eq!(effects.iter().filter(|e| **e == Effect::Respond).count(), 1);
}

fn any_health() -> impl Strategy<Value = Health> {
    let time = 0..5_000 * MS;
    (any::<Option<bool>>(), time.clone(), time.clone(), time).prop_map(|(kind, a, b, c)| match kind {
        None => Health::default(),
        Some(true) => healed(a, b, c),
        Some(false) => out(a),
    })
}

fn any_input() -> impl Strategy<Value = Input> {
    let moment = (0..5_000 * MS).prop_map(edge);
    prop_oneof![
        4 => prop::collection::vec(any_health(), 2).prop_map(Input::Health),
        1 => moment.clone().prop_map(|m| Input::Detected(m, "http".to_owned())),
        1 => Just(Input::Prepared),
        1 => moment.clone().prop_map(Input::Injected),
        1 => moment.clone().prop_map(|m| Input::Acknowledged(m, "runbook".to_owned())),
        1 => Just(Input::RunbookOver),
        1 => (any::<bool>(), moment).prop_map(|(resolved, moment)| Input::RootCause { resolved, moment }),
        1 => Just(Input::Abort(AbortReason::Failed, "gone".to_owned())),
        1 => (0..5_000 * MS, 0..5_000 * MS).prop_map(|(from, to)| Input::Blind(from, to)),
        1 => Just(Input::Undone),
    ]
}

fn count(effects: &[Effect], wanted: &Effect) -> usize {
    effects.iter().filter(|effect| *effect == wanted).count()
}

proptest! {
    /// Whatever happens in whatever order: a run that is then interrupted undoes exactly once,
    /// after everything that changes the cluster, and ends exactly once, after the undo.
    #[test]
    fn no_order_of_inputs_leaves_a_phase_without_an_undo(
        rules in any_rules(),
        steps in prop::collection::vec((0..200 * MS, any_input()), 0..60),
    ) {
        let mut now = 0;
        let mut inputs: Vec<_> = steps
            .into_iter()
            .map(|(wait, input)| { now += wait; (now, input) })
            .collect();
        inputs.push((now, Input::Abort(AbortReason::Interrupted, "SIGINT".to_owned())));
        inputs.push((now, Input::Undone));
        let (state, effects) = play(&rules, &inputs);

        prop_assert_eq!(state.phase, Phase::Ended);
        prop_assert_eq!(count(&effects, &Effect::Undo), 1);
        prop_assert_eq!(count(&effects, &Effect::End), 1);
        let undo = effects.iter().position(|e| *e == Effect::Undo);
        for changes in [Effect::Deploy, Effect::Inject, Effect::Respond] {
            prop_assert!(count(&effects, &changes) <= 1);
            prop_assert!(effects.iter().position(|e| *e == changes) < undo);
        }
        prop_assert_eq!(effects.last(), Some(&Effect::End));
    }

    /// The deadline ends every phase, whatever else happens.
    #[test]
    fn nothing_outlives_the_deadline(
        rules in any_rules(),
        steps in prop::collection::vec((0..200 * MS, any_input()), 0..60),
    ) {
        let mut now = 0;
        let mut inputs: Vec<_> = steps
            .into_iter()
            .map(|(wait, input)| { now += wait; (now, input) })
            .collect();
        inputs.push((rules.deadline, Input::Health(vec![Health::default()])));
        let (state, _) = play(&rules, &inputs);
        prop_assert!(state.phase >= Phase::Undoing);
    }

    /// A timer never lies beyond the deadline.
    #[test]
    fn the_timer_is_never_later_than_the_deadline(
        health in prop::collection::vec(any_health(), 2),
        rules in any_rules(),
        steps in prop::collection::vec((0..200 * MS, any_input()), 0..30),
    ) {
        let (state, _) = play(&rules, &steps);
        prop_assert!(wake_at(&rules, &state, &health) <= rules.deadline);
    }
}
