//! Trials and controls.

use super::*;

pub(super) fn trial() -> Rules {
    Rules { course: Course::Trial, recover_within: 0, resolve_within: 2_000 * MS, ..rules(true) }
}

pub(super) fn control() -> Rules {
    Rules { course: Course::Control, recover_within: 5_000 * MS, ..rules(true) }
}

/// An option that changes nothing is no failure of the trial: it ends, and says no more.
#[test]
fn a_trial_that_leaves_users_without_service_ends_with_its_runbook() {
    let mut inputs = broken();
    inputs.extend([
        (2_013 * MS, Input::Health(vec![out(2_013 * MS)])),
        (2_150 * MS, detected(2_150 * MS)),
        (3_300 * MS, Input::RunbookOver),
        (3_310 * MS, Input::Health(vec![out(2_013 * MS)])),
    ]);
    let (state, effects) = play(&trial(), &inputs);
    assert_eq!(state.phase, Phase::Undoing);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Abort(..))));
}

#[test]
fn a_trial_waits_two_seconds_for_the_root_cause() {
    let mut inputs = broken();
    let back = |until| Input::Health(vec![healed(2_300 * MS, until, 2_013 * MS)]);
    inputs.extend([
        (2_013 * MS, Input::Health(vec![out(2_013 * MS)])),
        (2_150 * MS, detected(2_150 * MS)),
        (2_300 * MS, back(2_300 * MS)),
        (3_310 * MS, back(3_310 * MS)),
        (3_400 * MS, Input::RunbookOver),
        (5_000 * MS, back(5_000 * MS)),
    ]);
    let (state, _) = play(&trial(), &inputs);
    assert_eq!(state.phase, Phase::Holding);
    inputs.push((5_311 * MS, back(5_311 * MS)));
    let (state, _) = play(&trial(), &inputs);
    assert_eq!((state.phase, state.is_mitigated(), state.is_resolved()), (Phase::Undoing, true, false));
}

#[test]
fn a_control_breaks_nothing_and_ends_when_its_runbook_has_held() {
    let mut inputs = broken()[..2].to_vec();
    inputs.extend([
        (2_000 * MS, Input::RunbookOver),
        (2_010 * MS, Input::Health(vec![up(550 * MS, 1_990 * MS)])),
    ]);
    let (state, effects) = play(&control(), &inputs);
    assert_eq!(state.phase, Phase::Responding);
    assert_eq!(count(&effects, &Effect::Respond), 1);
    inputs.push((2_050 * MS, Input::Health(vec![up(550 * MS, 2_050 * MS)])));
    let (state, effects) = play(&control(), &inputs);
    assert_eq!(state.phase, Phase::Undoing);
    assert_eq!((count(&effects, &Effect::Inject), stamps(&effects)), (0, Vec::new()));
}

#[test]
fn a_control_that_hurts_users_says_so() {
    let mut inputs = broken()[..2].to_vec();
    inputs.extend([
        (1_700 * MS, Input::Health(vec![out(1_700 * MS)])),
        (1_850 * MS, detected(1_850 * MS)),
        (3_000 * MS, Input::RunbookOver),
        (8_001 * MS, Input::Health(vec![out(1_700 * MS)])),
    ]);
    let (state, effects) = play(&control(), &inputs);
    assert_eq!(state.phase, Phase::Undoing);
    assert_eq!(stamps(&effects), [(Point::Impact, 1_700 * MS), (Point::Detect, 1_850 * MS)]);
    assert!(effects.iter().any(|e| matches!(e, Effect::Abort(AbortReason::NotRecovered, _))));
}
