//! The story of [`samples`](super::samples) with other endings.

use super::samples::{Story, passed, us};
use crate::drill::{Claim, Length};
use crate::journal::{
    AbortReason, Effect, Event, FieldChange, Kind, Phase, Point, Radius, ResponderKind, SignalBrief,
    SignalSource, StepOutcome, StepPlace, UndoResult,
};

/// Every ending, by name.
pub(crate) fn all() -> Vec<(&'static str, Vec<Event>)> {
    vec![
        ("passed", passed().events),
        ("missed", missed()),
        ("interrupted", interrupted()),
        ("gaps", gaps()),
        ("cascade", cascade()),
        ("killed", killed()),
        ("left-changed", left_changed()),
        ("long-names", long_names()),
        ("three-signals", three_signals()),
        ("never-steady", never_steady()),
        ("nothing", Vec::new()),
    ]
}

/// Restarting the pods was promised to help, and the budget is gone with it.
fn missed() -> Vec<Event> {
    let mut story = Story::new();
    story.brief.budget.mitigate = Some(Length::millis(100));
    story.brief.budget.resolve = Some(Length::secs(5));
    story.begin().inject().detect().mend();
    story.at(
        3_203_000,
        Kind::RootCause {
            resolved: false,
            reasons: vec![
                "the selector still holds what the fault wrote".to_owned(),
                "1 of 3 pods is owned by no ReplicaSet".to_owned(),
            ],
        },
    );
    story.point(3_203_100, Point::Mitigate, 2_200_000, "http", 50_000);
    let label = StepPlace::Runbook("fix.B".to_owned(), 0);
    let message = "Deployment.apps \"api-service\" is invalid: spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`".to_owned();
    story.step(
        3_203_150,
        &label,
        r#"patch deployment/api-service {"spec":{…}}"#,
        StepOutcome::Rejected { status: 422, message },
    );
    story.claim(
        3_203_300,
        "fix.A",
        Claim::Resolves,
        Some(false),
        "served again, but the selector still holds what the fault wrote",
    );
    story.undo(3_205_000, UndoResult::Restored);
    story.events
}

/// Ctrl-C while it was broken.
fn interrupted() -> Vec<Event> {
    let mut story = Story::new();
    story.brief.responder = ResponderKind::Manual;
    story.brief.choices.clear();
    story.begin().inject().detect();
    story.requests(2_200_000, 2_500_000, "503 no endpoints");
    story.abort(2_510_000, AbortReason::Interrupted, "SIGINT");
    story.undo(2_511_000, UndoResult::Restored);
    story.events
}

/// The API server was frozen over the mend, and turned requests away before.
fn gaps() -> Vec<Event> {
    let mut story = Story::new();
    story.begin().inject().detect();
    story.requests(2_200_000, 2_300_000, "429");
    let gap = |from, to, reason: &str| Kind::Gap {
        signal: "endpoints".to_owned(),
        from_ns: us(from),
        to_ns: us(to),
        reason: reason.to_owned(),
    };
    let expired = || "410 Expired".to_owned();
    let (from_ns, to_ns) = (us(2_300_000), us(5_401_000));
    story.radius(5_350_000, Radius::Broken { from_ns, reason: expired() });
    story.at(5_400_000, gap(2_300_000, 5_400_000, "no heartbeat"));
    story.radius(5_401_000, Radius::Mended { from_ns, to_ns, reason: expired(), lost: true });
    story.other(5_401_000, "bank", "ledger", true);
    story.endpoints(5_402_000, 3).requests(5_450_000, 6_700_000, "200").phase(5_452_600, Phase::Holding);
    let by = "endpoints".to_owned();
    story.at(
        6_500_000,
        Kind::Point {
            point: Point::Mitigate,
            at_ns: us(5_450_000),
            by,
            uncertainty_ns: us(3_300_000),
            upper_bound: true,
        },
    );
    story.at(6_500_000, Kind::Warning { message: "the API server did not answer for 3.1 s".to_owned() });
    story.claim(6_600_000, "fix.A", Claim::Resolves, None, "");
    story.undo(
        6_610_000,
        UndoResult::LeftChanged {
            by: Some("kubectl-edit".to_owned()),
            when: Some("2026-11-22T14:15:04Z".to_owned()),
        },
    );
    story.events
}

/// The storefront calls the target from its readiness probe: 2.3 s after the target it is out,
/// too. Somebody else's ledger flaps meanwhile, and a Service that nobody misses is deleted.
fn cascade() -> Vec<Event> {
    let mut story = Story::new();
    story.begin().inject().detect();
    let home = story.brief.namespace.clone();
    story.requests(2_200_000, 4_600_000, "503 no endpoints");
    story.other(2_900_000, "bank", "ledger", true).other(3_000_000, "bank", "ledger", false);
    story.other(3_400_000, "bank", "ledger", true).other(3_650_000, "bank", "ledger", false);
    let gone = |deleted| Radius::Out { namespace: "old".to_owned(), service: "fax".to_owned(), deleted };
    story.radius(4_000_000, gone(false)).radius(4_020_000, gone(true));
    story.other(4_303_400, &home, "storefront", true);
    let fix = StepPlace::Runbook("fix.A".to_owned(), 0);
    let what = r#"patch service/api-service {"spec":{"selector":{"app":"api-service"}}}"#;
    story.step(4_590_000, &fix, what, StepOutcome::Changed).endpoints(4_601_000, 3);
    story.requests(4_600_000, 5_700_000, "200").phase(4_602_600, Phase::Holding);
    story.other(4_801_000, &home, "storefront", false);
    story.point(5_603_000, Point::Mitigate, 4_601_000, "endpoints", 0);
    story.point(5_603_100, Point::Resolve, 4_605_000, "firedrill", 0);
    story.undo(5_605_000, UndoResult::AlreadyAsBefore);
    // The teardown takes it down with everything else.
    story.other(5_620_000, &home, "storefront", true);
    story.events
}

/// SIGKILL while it was broken; the last line is gone, too.
fn killed() -> Vec<Event> {
    let mut story = Story::new();
    story.begin().inject().detect();
    story.events
}

/// Undo was refused.
fn left_changed() -> Vec<Event> {
    let mut story = Story::new();
    story.begin().inject().detect().mend().hold();
    let message = "403 Forbidden: services \"api-service\" is forbidden: User \"drill\" cannot patch resource \"services\" in API group \"\"".to_owned();
    story.undo(3_205_000, UndoResult::Failed { message });
    story.events
}

/// Names as long as Kubernetes lets them be, and text that wants to lead a terminal astray.
fn long_names() -> Vec<Event> {
    let long = "a-name-of-sixty-three-characters-is-the-longest-that-a-label-has";
    let mut story = Story::new();
    story.brief.namespace = long.to_owned();
    story.brief.service = long.to_owned();
    story.brief.title = "A title that somebody found hard to end \u{1b}[31mand that goes on beyond the eightieth column of the page".to_owned();
    story.brief.signals[1].name = "requests-of-the-storefront-to-the-api".to_owned();
    story.brief.choices[0].label = "Compare everything that could possibly be compared with everything else that there is in the namespace".to_owned();
    story.brief.impact.currency = "CHF".to_owned();
    story.begin().inject().detect().mend();
    story.at(
        2_170_000,
        Kind::Diagnosis {
            service: format!("service/{long}"),
            found: true,
            lines: vec!["\u{1b}]0;owned\u{7}the selector\r\n matches nothing".to_owned()],
        },
    );
    story
        .hold()
        .undo(3_205_000, UndoResult::LeftGone { now: "another Service of this name (uid 2c1f)".to_owned() });
    for event in &mut story.events {
        match &mut event.kind {
            Kind::Request { signal, .. } => story.brief.signals[1].name.clone_into(signal),
            Kind::Recorded { record } => {
                if let Effect::Fields { changes } = &mut record.effect {
                    changes.push(FieldChange {
                        path: "/metadata/labels/x".to_owned(),
                        before: None,
                        after: None,
                    });
                }
            }
            _ => {}
        }
    }
    story.events
}

/// On a kind cluster, with a client of the node port beside one of the API server.
fn three_signals() -> Vec<Event> {
    let mut story = Story::new();
    story.brief.signals.push(SignalBrief {
        name: "node-port".to_owned(),
        source: SignalSource::NodePort,
        every: Some(Length::millis(50)),
    });
    story.begin().asked("node-port", 960_000, 2_001_000, "200");
    story.inject().detect();
    // kube-proxy takes a while in both directions; a request that was on its way met the change.
    story.asked("node-port", 2_010_000, 2_200_000, "200").asked("node-port", 2_210_000, 2_250_000, "reset");
    story.mend();
    story.asked("node-port", 2_260_000, 3_010_000, "refused");
    // All are up only now.
    story.events.retain(|event| event.kind != Kind::Phase { phase: Phase::Holding });
    story.phase(3_012_600, Phase::Holding);
    story.asked("node-port", 3_010_000, 4_400_000, "200");
    story.point(4_101_000, Point::Mitigate, 3_010_000, "node-port", 50_000);
    story.at(4_102_000, Kind::RootCause { resolved: true, reasons: Vec::new() });
    story.point(4_102_100, Point::Resolve, 3_010_000, "firedrill", 0);
    story.claim(4_102_200, "fix.A", Claim::Resolves, Some(true), "served again, and the cause is gone");
    story.undo(4_103_000, UndoResult::AlreadyAsBefore);
    for event in &mut story.events {
        if let Kind::ClusterReady(cluster) = &mut event.kind {
            (cluster.provider, cluster.name, cluster.simulated_pods) =
                ("kind".to_owned(), "firedrill".to_owned(), false);
            cluster.version = "v1.34.4".to_owned();
            cluster.distribution = Some("kind".to_owned());
        }
    }
    story.events
}

/// The image could not be pulled.
fn never_steady() -> Vec<Event> {
    let mut story = Story::new();
    story.begin();
    story.abort(
        61_000_000,
        AbortReason::NotSteady,
        "deployment/api-service was not rolled out within 1m: 3 of 3 pods wait, ImagePullBackOff",
    );
    story.undo(61_001_000, UndoResult::AlreadyAsBefore);
    story.events
}
