use proptest::prelude::*;

use super::*;
use crate::clock::Stopwatch;

const UP: [Option<SignalState>; 2] = [Some(SignalState::Up); 2];
const OUT: [Option<SignalState>; 2] = [Some(SignalState::Out); 2];
const HALF: [Option<SignalState>; 2] = [Some(SignalState::Up), Some(SignalState::Out)];

fn report(what: &str, outcome: StepOutcome) -> StepReport {
    let answered = Stopwatch::start().stamp();
    StepReport { what: what.to_owned(), outcome, diagnosis: None, said: Vec::new(), cause: None, answered }
}

fn patched() -> StepReport {
    report("patch service/a {}", StepOutcome::Changed)
}

fn refused() -> StepReport {
    report("patch deployment/a {}", StepOutcome::Rejected { status: 422, message: "no".to_owned() })
}

fn logs() -> StepReport {
    report("logs of pods with app=a", StepOutcome::NotExecutable { reason: "no containers".to_owned() })
}

fn waited() -> StepReport {
    report("wait until the signal http is up", StepOutcome::Unchanged)
}

fn failed() -> StepReport {
    report("wait until the signal http is up", StepOutcome::Failed { message: "it was not".to_owned() })
}

/// Whether the claim holds; nothing where that cannot be said.
fn held(
    claim: Claim,
    reports: &[StepReport],
    (before, after): (&[Option<SignalState>], &[Option<SignalState>]),
    root_cause: Option<&[&str]>,
) -> Option<bool> {
    let root_cause = root_cause.map(|reasons| reasons.iter().map(|r| (*r).to_owned()).collect());
    let tried = Tried { reports, before, after, root_cause };
    match Pending::new("fix.A".to_owned(), claim).judge_settled(&tried) {
        Kind::Claim { held, .. } => held,
        other => panic!("{other:?}"),
    }
}

#[test]
fn resolved_is_more_than_served() {
    let back = (&OUT[..], &UP[..]);
    let (gone, stays): (Option<&[&str]>, Option<&[&str]>) = (Some(&[]), Some(&["orphans"]));
    assert_eq!(held(Claim::Resolves, &[patched()], back, gone), Some(true));
    assert_eq!(held(Claim::Resolves, &[patched()], back, stays), Some(false));
    assert_eq!(held(Claim::Mitigates, &[patched()], back, stays), Some(true));
    assert_eq!(held(Claim::Mitigates, &[patched()], back, gone), Some(false));
    assert_eq!(held(Claim::Resolves, &[patched()], (&OUT, &HALF), None), Some(false));
    assert_eq!(held(Claim::Resolves, &[patched()], back, None), None, "nobody could look");
    assert_eq!(held(Claim::Resolves, &[patched()], (&UP, &UP), gone), Some(true), "a later round");
}

#[test]
fn it_breaks_again_only_where_it_was_mended() {
    let of = |states| held(Claim::BreaksAgain, &[patched()], states, None);
    assert_eq!(of((&UP, &OUT)), Some(true));
    assert_eq!(of((&UP, &HALF)), Some(true));
    assert_eq!(of((&UP, &UP)), Some(false));
    assert_eq!(of((&OUT, &OUT)), Some(false));
}

#[test]
fn what_is_refused_is_rejected_and_nothing_else() {
    let still = (&OUT[..], &OUT[..]);
    assert_eq!(held(Claim::Rejected, &[refused()], still, None), Some(true));
    assert_eq!(held(Claim::Rejected, &[patched()], (&OUT, &UP), None), Some(false));
    assert_eq!(held(Claim::Rejected, &[logs(), refused()], still, None), Some(true), "proven by the rest");
    assert_eq!(held(Claim::Rejected, &[logs()], still, None), None);
}

#[test]
fn unchanged_wants_something_that_was_done() {
    let still = (&OUT[..], &OUT[..]);
    assert_eq!(held(Claim::Unchanged, &[patched(), waited()], still, None), Some(true));
    assert_eq!(held(Claim::Unchanged, &[patched()], (&OUT, &UP), None), Some(false));
    assert_eq!(held(Claim::Unchanged, &[], still, None), Some(true), "to look on changes nothing");
    assert_eq!(held(Claim::Unchanged, &[logs()], still, None), None);
    assert_eq!(held(Claim::Unchanged, &[logs(), waited()], still, None), None);
    assert_eq!(held(Claim::Unchanged, &[patched(), logs()], still, None), Some(true));
    assert_eq!(held(Claim::Unchanged, &[patched(), failed()], still, None), Some(false));
}

#[test]
fn verified_is_each_step() {
    let served = (&UP[..], &UP[..]);
    assert_eq!(held(Claim::Verified, &[waited(), waited()], served, None), Some(true));
    assert_eq!(held(Claim::Verified, &[waited(), failed()], served, None), Some(false));
    assert_eq!(held(Claim::Verified, &[waited(), logs()], served, None), None);
    assert_eq!(
        held(Claim::Verified, &[logs(), failed()], served, None),
        Some(false),
        "it failed all the same"
    );
    assert_eq!(held(Claim::Verified, &[], served, None), Some(false));
}

fn any_claim() -> impl Strategy<Value = Claim> {
    prop::sample::select(vec![
        Claim::Resolves,
        Claim::Mitigates,
        Claim::Unchanged,
        Claim::Rejected,
        Claim::FindsCause,
        Claim::BreaksAgain,
        Claim::Verified,
    ])
}

fn any_states() -> impl Strategy<Value = Vec<Option<SignalState>>> {
    prop::sample::select(vec![UP.to_vec(), OUT.to_vec(), HALF.to_vec()])
}

proptest! {
    /// What this cluster cannot do is never a proof, whatever the signals say.
    #[test]
    fn an_option_that_nothing_was_done_of_never_holds(
        claim in any_claim(),
        before in any_states(),
        after in any_states(),
        gone: bool,
        waits: bool,
    ) {
        let mut reports = vec![logs()];
        reports.extend(waits.then(waited));
        let root_cause: &[&str] = if gone { &[] } else { &["stays"] };
        prop_assert_ne!(held(claim, &reports, (&before, &after), Some(root_cause)), Some(true));
    }
}
