//! A played run, for tests: a drill of three rounds, with events as the engine writes them.

use std::time::Instant;

use super::facts::Sight;
use super::{Game, Table};
use crate::diagnose::{Changed, Facts, PodFacts, ServiceFacts, SliceFacts};
use crate::drill::{Claim, Drill, catalogue, parse};
use crate::journal::{Event, Kind, Point, ResponderKind, StepOutcome, StepPlace, UndoResult};
use crate::report::samples::Story;

const ROUNDS: &str = r"
  - id: triage
    title: The alert fires
    cue: Every request fails.
    cues: [{after: 4m, say: The boss is on the line.}]
    hint: {say: Look at the labels., takes: 30s}
    see: [endpoints, pods, selector]
    options:
      - id: A
        label: Restart the pods
        takes: 5m
        claim: unchanged
        steps: [{restart: deployment/api-service}]
        teaches: New pods get the same labels.
      - {id: B, label: Compare the selector with the labels, best: true, takes: 1m, claim: finds-cause, steps: [{diagnose: service/api-service}], teaches: Look here first.}
  - id: fix
    title: Get the traffic back
    see: [endpoints]
    options:
      - id: A
        label: Patch the Service's selector
        best: true
        takes: 2m
        claim: resolves
        steps: [{patch: {target: service/api-service, merge: {spec: {selector: {app: api-service}}}}}]
        teaches: A selector can always be changed.
      - id: B
        label: Patch the pod template's label
        takes: 6m
        claim: rejected
        steps: [{patch: {target: deployment/api-service, merge: {spec: {template: {metadata: {labels: {app: api-svc}}}}}}}]
        teaches: A Deployment's selector must match its template's labels.
  - id: harden
    title: Traffic is back
    checklist:
      - {id: endpoints, label: The Service has endpoints, steps: [{wait: {signal: endpoints, state: up, within: 30s}}]}
      - {id: requests, label: Requests are answered, steps: [{wait: {signal: http, state: up, within: 30s}}]}

runbook: [triage.B, fix.A, harden]
";

/// The drill.
pub(crate) fn drill() -> Drill {
    let text = catalogue::builtin()[0].files[0].1;
    let (head, _) = text.split_once("\nrounds:\n").unwrap();
    let mut drill = parse::parse("drill.yaml", &format!("{head}\nrounds:{ROUNDS}")).unwrap();
    drill.scenario.situation = Some("Requests get 503, and the pods are Ready.".to_owned());
    drill.signals.retain(|signal| signal.value.name() != "node-port");
    drill
}

/// The events up to the detection.
pub(crate) fn detected() -> Story {
    let mut story = Story::new();
    story.brief.responder = ResponderKind::Player;
    story.brief.speed = 60;
    story.begin().inject().detect();
    story
}

/// The page is taken, and the first round entered, 3 s after the run began.
pub(crate) fn taken() -> Story {
    let mut story = detected();
    story.point(3_000_000, Point::Ack, 3_000_000, "player", 0);
    entered(&mut story, 3_000_100, "triage", "The alert fires");
    story
}

/// A round is entered.
pub(crate) fn entered(story: &mut Story, at: u64, round: &str, title: &str) {
    story.at(at, Kind::Round { round: round.to_owned(), title: title.to_owned() });
}

/// Something is chosen.
pub(crate) fn chosen(story: &mut Story, at: u64, option: &str, takes_s: u64) {
    let (label, best) = (format!("what {option} does"), !matches!(option, "triage.A" | "fix.B"));
    let option = option.to_owned();
    story.at(at, Kind::Chosen { option, label, takes_s, best, thought_ns: 900_000_000 });
}

/// The wrong way first, a hint, the cause; then the wrong fix, which is refused.
pub(crate) fn refused() -> Story {
    let mut story = taken();
    chosen(&mut story, 4_000_000, "triage.A", 300);
    let restart = StepPlace::Runbook("triage.A".to_owned(), 0);
    story.step(4_000_100, &restart, "restart deployment/api-service", StepOutcome::Changed);
    story.requests(4_050_000, 4_300_000, "503 no endpoints");
    story.claim(5_000_000, "triage.A", Claim::Unchanged, Some(true), "every signal is as it was");
    story.at(6_000_000, Kind::Hint { round: "triage".to_owned(), takes_s: 30 });
    chosen(&mut story, 6_500_000, "triage.B", 60);
    story.claim(7_500_000, "triage.B", Claim::FindsCause, Some(true), "the selector matches no pod");
    entered(&mut story, 8_000_000, "fix", "Get the traffic back");
    chosen(&mut story, 8_500_000, "fix.B", 360);
    let message = "Deployment.apps \"api-service\" is invalid: `selector` does not match template `labels`";
    let outcome = StepOutcome::Rejected { status: 422, message: message.to_owned() };
    let place = StepPlace::Runbook("fix.B".to_owned(), 0);
    story.step(8_500_100, &place, "patch deployment/api-service", outcome);
    story.requests(8_550_000, 8_800_000, "503 no endpoints");
    story.claim(9_500_000, "fix.B", Claim::Rejected, Some(true), &format!("422: {message}"));
    story
}

/// Then the right one.
pub(crate) fn mended() -> Story {
    let mut story = refused();
    chosen(&mut story, 10_000_000, "fix.A", 120);
    let place = StepPlace::Runbook("fix.A".to_owned(), 0);
    story.step(10_000_100, &place, "patch service/api-service", StepOutcome::Changed);
    story.endpoints(10_020_000, 3).requests(10_050_000, 11_100_000, "200");
    story.point(11_102_000, Point::Mitigate, 10_050_000, "signals", 0);
    story.claim(11_110_000, "fix.A", Claim::Resolves, Some(true), "users are served, the root cause is gone");
    story
}

/// And the checklist, to the end.
pub(crate) fn over() -> Story {
    let mut story = mended();
    entered(&mut story, 12_000_000, "harden", "Traffic is back");
    for (at, item) in [(12_500_000, "harden.requests"), (14_000_000, "harden.endpoints")] {
        chosen(&mut story, at, item, 60);
        story.claim(at + 1_000_000, item, Claim::Verified, Some(true), "each step succeeded");
    }
    story.point(15_000_000, Point::Resolve, 10_060_000, "firedrill", 0);
    story.undo(16_000_000, UndoResult::AlreadyAsBefore);
    story
}

/// A table at which these events have happened.
pub(crate) fn table(events: &[Event]) -> Table {
    let mut table = Table::new(Game::new(drill(), 60));
    for event in events {
        table.take_in(event);
    }
    table.sight = Some(sight());
    table
}

/// What was read of the broken cluster.
pub(crate) fn sight() -> Sight {
    let labels = |value: &str| [("app".to_owned(), value.to_owned())].into();
    let pod = |name: &str| PodFacts {
        name: format!("api-service-6744-{name}"),
        labels: labels("api-service"),
        workload: Some("Deployment api-service".to_owned()),
        ..PodFacts::default()
    };
    let changed = Changed { by: "helm".to_owned(), at: Some("2026-11-22T14:15:02Z".to_owned()) };
    let service = ServiceFacts {
        selector: labels("api-svc"),
        selector_changed: Some(changed),
        ..ServiceFacts::default()
    };
    let facts = Facts {
        name: "api-service".to_owned(),
        service: Some(service),
        pods: ["aaaaa", "bbbbb", "ccccc"].map(pod).into(),
        slices: vec![SliceFacts { ready: 0, ports: 0 }],
        ..Facts::default()
    };
    Sight { facts: Ok(facts), events: None, asked: Instant::now() }
}
