use super::cells::{Asked, Cell, Sort};
use super::markdown::markdown;
use super::row::{missing, rows};
use super::text::text;
use super::*;
use crate::drill::Claim;
use crate::journal::{
    AbortReason, Aftermath, Drift, Event, Kind, Phase, Point, StepOutcome, StepPlace, UndoResult,
};
use crate::plain;
use crate::report::samples::{Story, cluster};

fn asked(name: &str, label: &str, sort: Sort, claim: Option<Claim>) -> Asked {
    let (name, label, round) = (name.to_owned(), label.to_owned(), "Get the traffic back (fix)".to_owned());
    Asked { name, label, round, sort, claim, declared_s: 120 }
}

/// A cell of the two entries that the samples' story is about.
fn cell(rows: Vec<Asked>) -> Cell {
    Cell { path: vec!["triage.B".to_owned(), "fix.A".to_owned()], rows }
}

fn fix() -> Asked {
    asked("fix.A", "Patch the Service's selector", Sort::Option, Some(Claim::Resolves))
}

fn aftermath() -> Kind {
    Kind::Aftermath(Aftermath {
        option: "fix.A".to_owned(),
        orphans: vec!["api-1".to_owned()],
        drift: vec![Drift {
            object: "service/api-service".to_owned(),
            field: Some("/spec/selector/app".to_owned()),
            declared: Some("\"api-svc\"".to_owned()),
            live: Some("\"api-service\"".to_owned()),
            owner: Some("kubectl-patch".to_owned()),
        }],
        dropped: vec!["poddisruptionbudget/api".to_owned()],
    })
}

/// The samples' story as a trial tells it.
fn trial() -> Vec<Event> {
    let mut story = Story::new();
    story.begin().inject().detect().mend().hold().at(3_203_400, aftermath());
    story.undo(3_205_000, UndoResult::AlreadyAsBefore);
    story.events
}

#[test]
fn a_row_tells_what_was_promised_and_what_happened() {
    let triage = asked("triage.B", "Compare", Sort::Option, Some(Claim::FindsCause));
    let rows = rows(&cell(vec![triage, fix()]), &trial());
    let seen: Vec<_> = rows.iter().map(|row| (row.measured, row.verdict)).collect();
    assert_eq!(seen, [(Effect::FindsCause, Verdict::Holds), (Effect::Resolves, Verdict::Holds)]);
    // Only what brought users back has these: from the fault at 2,006.6 ms, from the step at 2,162 ms.
    let times = |row: &Row| (row.mitigate_ms.map(Millis::number), row.served_ms.map(Millis::number));
    assert_eq!(times(&rows[0]), (None, None));
    assert_eq!(times(&rows[1]), (Some(193.4), Some(38.0)));
    assert_eq!(rows[1].requests_lost, Some(3));
    assert_eq!(rows[1].left_behind.as_ref().map(|left| left.orphans.len()), Some(1));
}

#[test]
fn a_path_holds_where_each_entry_does() {
    let path = asked("best", "The best path", Sort::Path, None);
    let told = rows(&cell(vec![path.clone()]), &trial());
    assert_eq!((told[0].measured, told[0].verdict), (Effect::Resolves, Verdict::Holds));
    let mut events = trial();
    for event in &mut events {
        if let Kind::Claim { held, .. } = &mut event.kind {
            *held = Some(false);
        }
    }
    let told = rows(&cell(vec![path]), &events);
    assert_eq!(told[0].verdict, Verdict::DoesNotHold);
    assert!(told[0].detail.starts_with("triage.B did not do what it promises"), "{}", told[0].detail);
}

#[test]
fn what_this_cluster_cannot_do_never_holds() {
    let mut story = Story::new();
    story.begin().inject().detect();
    let logs = StepPlace::Runbook("triage.C".to_owned(), 0);
    let outcome = StepOutcome::NotExecutable { reason: "no containers".to_owned() };
    story.step(2_160_000, &logs, "logs of pods with app=a", outcome);
    story.claim(3_200_000, "triage.C", Claim::Unchanged, None, "not executable here: logs");
    story.undo(3_205_000, UndoResult::Restored);
    let row = asked("triage.C", "Read the logs", Sort::Option, Some(Claim::Unchanged));
    let told = rows(&cell(vec![row]), &story.events);
    assert_eq!((told[0].measured, told[0].verdict), (Effect::NotExecutable, Verdict::NotExecutable));
    assert_eq!(told[0].notes, ["not executable here: logs of pods with app=a: no containers"]);
}

#[test]
fn a_run_that_ended_early_tells_why() {
    let mut story = Story::new();
    story.begin().inject().abort(2_100_000, AbortReason::NoEffect, "nothing was seen");
    story.undo(2_101_000, UndoResult::Restored);
    let told = rows(&cell(vec![fix()]), &story.events);
    assert_eq!((told[0].verdict, told[0].detail.as_str()), (Verdict::Error, "nothing was seen"));
    assert!(rows(&cell(vec![fix()]), &[]).iter().all(|row| row.verdict == Verdict::Error));
}

#[test]
fn a_control_must_be_quiet() {
    let control = |loud: bool| {
        let mut story = Story::new();
        story.brief.control = true;
        story.begin().phase(1_990_000, Phase::Injecting).phase(1_990_100, Phase::Responding);
        story.requests(2_000_000, 2_500_000, "200");
        if loud {
            story.point(2_300_000, Point::Impact, 2_300_000, "signals", 0);
        }
        story.undo(2_600_000, UndoResult::AlreadyAsBefore);
        let row = asked("best", "The best path, nothing broken", Sort::Control, None);
        let report = crate::report::fold(&story.events);
        (rows(&cell(vec![row]), &story.events).remove(0), report)
    };
    let (quiet, report) = control(false);
    assert_eq!((quiet.measured, quiet.verdict), (Effect::NoImpact, Verdict::Holds));
    assert_eq!((report.missed, report.budget), (Vec::new(), Vec::new()), "its own report agrees");
    let (loud, report) = control(true);
    assert_eq!((loud.measured, loud.verdict), (Effect::Impact, Verdict::DoesNotHold));
    assert_eq!(report.missed, ["users were hurt, though nothing was broken"]);
}

/// One row of every kind.
fn evaluation() -> Evaluation {
    let told = |asked: Asked| rows(&cell(vec![asked]), &trial()).remove(0);
    let refused = Row {
        name: "fix.B".to_owned(),
        label: "Patch the pod template's label".to_owned(),
        claim: Some(Claim::Rejected),
        measured: Effect::Rejected,
        refusal: Some(422),
        mitigate_ms: None,
        served_ms: None,
        left_behind: None,
        detail: "422: `selector` does not match template `labels`".to_owned(),
        ..told(fix())
    };
    let wrong = Row {
        name: "fix.E".to_owned(),
        label: "Relabel the live pods | \u{1b}[31mred".to_owned(),
        measured: Effect::Mitigates,
        verdict: Verdict::DoesNotHold,
        detail: "users are served, the root cause stays: pods that nobody owns".to_owned(),
        ..told(fix())
    };
    let logs = Row {
        name: "fix.F".to_owned(),
        label: "Read kube-proxy's logs".to_owned(),
        claim: Some(Claim::Unchanged),
        measured: Effect::NotExecutable,
        verdict: Verdict::NotExecutable,
        detail: "not executable here: logs of pods with app=a: no containers".to_owned(),
        notes: vec!["not executable here: logs of pods with app=a: no containers".to_owned()],
        left_behind: None,
        ..refused.clone()
    };
    let never = missing(
        &cell(vec![asked("fix.G", "Wait", Sort::Next, Some(Claim::BreaksAgain))]),
        "r",
        "interrupted",
    );
    let paths = asked("worst", "The worst path", Sort::Path, None);
    let paths = vec![Row { round: "Paths through all rounds".to_owned(), ..told(paths) }];
    let mut evaluation = Evaluation {
        schema: SCHEMA.to_owned(),
        drill: "service-has-no-endpoints".to_owned(),
        title: "Service has no endpoints".to_owned(),
        variant: Some("helm".to_owned()),
        drill_hash: "sha256:7d86".to_owned(),
        firedrill: "0.1.0".to_owned(),
        control: false,
        verdict: Verdict::Error,
        broken: Vec::new(),
        cluster: Some(cluster()),
        runs: 6,
        parallel: 3,
        took_ms: Millis::of(11_700_000_000),
        options: [told(fix()), refused, wrong, logs].into_iter().chain(never).collect(),
        paths,
        left: vec!["service/api-service /spec/selector/app (run r)".to_owned()],
        notes: vec!["pods run no containers here".to_owned()],
        journals: "/home/me/.local/state/firedrill/runs".to_owned(),
    };
    evaluation.judge();
    evaluation
}

#[test]
fn the_worst_row_is_the_verdict_and_what_is_not_executable_is_no_fault() {
    let mut evaluation = evaluation();
    assert_eq!(
        (evaluation.verdict, evaluation.broken.as_slice()),
        (Verdict::DoesNotHold, &["fix.E".to_owned()][..])
    );
    let mut without = |name: &str| {
        evaluation.options.retain(|row| row.name != name);
        evaluation.judge();
        evaluation.verdict
    };
    assert_eq!(without("fix.E"), Verdict::Error);
    assert_eq!(without("fix.G"), Verdict::Holds);
    evaluation.options.retain(|row| row.verdict == Verdict::NotExecutable);
    evaluation.paths.clear();
    evaluation.judge();
    assert_eq!(evaluation.verdict, Verdict::NotExecutable);
}

#[test]
fn the_matrix_for_people() {
    insta::assert_snapshot!(text(&evaluation()));
}

#[test]
fn the_matrix_as_markdown() {
    insta::assert_snapshot!(markdown(&evaluation()));
}

#[test]
fn the_matrix_stays_on_its_page() {
    for line in text(&evaluation()).lines() {
        assert!(line.chars().count() <= 100, "{line}");
        assert!(!line.contains(plain::misleads), "{line:?}");
    }
}

#[test]
fn json_reads_back() {
    let evaluation = evaluation();
    let json = serde_json::to_string(&evaluation).unwrap();
    assert_eq!(serde_json::from_str::<Evaluation>(&json).unwrap(), evaluation);
}
