//! Any event that a run could write, for property tests.

use chrono::{DateTime, Utc};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::*;
use crate::clock::Stamp;
use crate::drill::{Budget, Cascade, Claim, Impact, Length, SignalState};

/// Events with stamps within half a minute, so that their times meet.
pub(crate) fn events(most: usize) -> impl Strategy<Value = Vec<Event>> {
    vec((stamp(), kind()), 0..most).prop_map(|kinds| {
        let numbered = (0..).zip(kinds);
        numbered.map(|(seq, (stamp, kind))| Event { seq, stamp, kind }).collect()
    })
}

fn nanos() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..30_000_000_000_u64, 1 => any::<u64>()]
}

fn stamp() -> impl Strategy<Value = Stamp> {
    (0..4_000_000_000_i64, 0..1_000_000_000_u32, nanos()).prop_map(|(s, ns, elapsed)| {
        let at: DateTime<Utc> = DateTime::from_timestamp(s, ns).unwrap();
        Stamp { at, elapsed }
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,8}", "\\PC{0,6}", Just("\u{1b}[31m\n\"".to_owned())]
}

fn signal() -> impl Strategy<Value = String> {
    prop_oneof![Just("endpoints".to_owned()), Just("http".to_owned()), text()]
}

fn length() -> impl Strategy<Value = Length> {
    (0..100_000_u64).prop_map(Length::millis)
}

fn state() -> impl Strategy<Value = SignalState> {
    prop_oneof![Just(SignalState::Up), Just(SignalState::Out)]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), text().prop_map(Value::from), Just(json!({"app": ["a", 1, 1.5]}))]
}

fn place() -> impl Strategy<Value = StepPlace> {
    prop_oneof![
        Just(StepPlace::Workload),
        (0..9_usize).prop_map(StepPlace::Fault),
        (text(), 0..9_usize).prop_map(|(option, i)| StepPlace::Runbook(option, i)),
    ]
}

pub(crate) fn phase() -> impl Strategy<Value = Phase> {
    use Phase::{Ended, Holding, Injecting, Preparing, Responding, Settling, Undetected, Undoing};
    proptest::sample::select(vec![
        Preparing, Settling, Injecting, Undetected, Responding, Holding, Undoing, Ended,
    ])
}

fn outcome() -> impl Strategy<Value = StepOutcome> {
    prop_oneof![
        Just(StepOutcome::Changed),
        Just(StepOutcome::Unchanged),
        (any::<u16>(), text()).prop_map(|(status, message)| StepOutcome::Rejected { status, message }),
        text().prop_map(|message| StepOutcome::Failed { message }),
        text().prop_map(|reason| StepOutcome::NotExecutable { reason }),
    ]
}

fn undo_item() -> impl Strategy<Value = UndoItem> {
    let result = prop_oneof![
        Just(UndoResult::Restored),
        Just(UndoResult::AlreadyAsBefore),
        Just(UndoResult::Deleted),
        (option::of(text()), option::of(text())).prop_map(|(by, when)| UndoResult::LeftChanged { by, when }),
        text().prop_map(|now| UndoResult::LeftGone { now }),
        text().prop_map(|message| UndoResult::Failed { message }),
    ];
    (text(), option::of(text()), result).prop_map(|(object, field, result)| UndoItem {
        object,
        field,
        result,
    })
}

fn record() -> BoxedStrategy<Record> {
    let change = (text(), option::of(text()), value()).prop_map(|(path, before, after)| FieldChange {
        path,
        before: before.map(Value::from),
        after: (!after.is_null()).then_some(after),
    });
    let effect = prop_oneof![
        vec(change, 0..3).prop_map(|changes| Effect::Fields { changes }),
        Just(Effect::Created),
        value().prop_map(|before| Effect::Deleted { before: Box::new(before) }),
    ];
    (any::<u64>(), option::of(text()), text(), option::of(text()), effect, vec(value(), 0..2), any::<bool>())
        .prop_map(|(change, uid, name, namespace, effect, managed_fields, redacted)| {
            let (api_version, kind, plural) = ("v1".to_owned(), "Service".to_owned(), "services".to_owned());
            let object = ObjectRef { api_version, kind, plural, namespace, name };
            Record { change, object, uid, effect, managed_fields, redacted }
        })
        .boxed()
}

fn impact() -> BoxedStrategy<Impact> {
    // What a drill file may say: at most a trillion, at most four places.
    let money =
        || (0..1_000_000_000_000_i64, 0..5_u32).prop_map(|(number, scale)| Decimal::new(number, scale));
    let cascade = (length(), money(), option::of(text()))
        .prop_map(|(after, revenue_per_minute, note)| Cascade { after, revenue_per_minute, note });
    (text(), money(), vec(cascade, 0..3))
        .prop_map(|(currency, revenue_per_minute, cascade)| Impact { currency, revenue_per_minute, cascade })
        .boxed()
}

fn brief() -> BoxedStrategy<Brief> {
    let source = prop_oneof![
        Just(SignalSource::Slices),
        Just(SignalSource::ApiserverProxy),
        Just(SignalSource::NodePort),
        Just(SignalSource::Url),
        Just(SignalSource::Unknown)
    ];
    let signal = (signal(), source, option::of(length())).prop_map(|(name, source, every)| SignalBrief {
        name,
        source,
        every,
    });
    let budget = (option::of(length()), option::of(length()), option::of(length()), option::of(length()))
        .prop_map(|(detect, mitigate, resolve, downtime)| Budget { detect, mitigate, resolve, downtime });
    let choice = (text(), text(), any::<u64>(), any::<bool>())
        .prop_map(|(option, label, takes_s, best)| ChoiceBrief { option, label, takes_s, best });
    let responder =
        prop_oneof![Just(ResponderKind::Runbook), Just(ResponderKind::Manual), Just(ResponderKind::Player)];
    let scenario = (any::<u64>(), 0..9_u64, 0..9_u64)
        .prop_map(|(downtime_s, optimal_s, worst_s)| ScenarioTimes { downtime_s, optimal_s, worst_s });
    let names = (text(), option::of(text()), responder, length());
    (names, vec(signal, 0..3), impact(), budget, scenario, vec(choice, 0..3))
        .prop_map(|((name, variant, responder, stable_for), signals, impact, budget, scenario, choices)| {
            Brief {
                schema: SCHEMA.to_owned(),
                firedrill: "0.1.0".to_owned(),
                run: name.clone(),
                drill: name.clone(),
                title: name.clone(),
                drill_hash: "sha256:00".to_owned(),
                variant,
                responder,
                namespace: name.clone(),
                service: name.clone(),
                signals,
                detector: name,
                stable_for,
                max_duration: stable_for,
                respond_after: stable_for,
                control: false,
                speed: 0,
                impact,
                budget,
                scenario,
                choices,
            }
        })
        .boxed()
}

pub(crate) fn kind() -> impl Strategy<Value = Kind> {
    // Boxed: the strategy's own size would not fit a test thread's stack.
    prop_oneof![seen(), done(), said()]
}

/// What signals and the clockwork say.
fn seen() -> BoxedStrategy<Kind> {
    use Point::{Ack, Detect, Fault, Impact, Mitigate, Resolve};
    let point = proptest::sample::select(vec![Fault, Impact, Detect, Ack, Mitigate, Resolve]);
    prop_oneof![
        phase().prop_map(|phase| Kind::Phase { phase }),
        (signal(), any::<u32>(), any::<u32>(), state())
            .prop_map(|(signal, usable, total, state)| Kind::Endpoints { signal, usable, total, state }),
        (signal(), nanos(), text(), option::of(state()))
            .prop_map(|(signal, sent_ns, result, state)| Kind::Request { signal, sent_ns, result, state }),
        (signal(), nanos(), nanos(), text()).prop_map(|(signal, from_ns, to_ns, reason)| Kind::Gap {
            signal,
            from_ns,
            to_ns,
            reason
        }),
        radius().prop_map(Kind::BlastRadius),
        (point, nanos(), text(), nanos(), any::<bool>()).prop_map(
            |(point, at_ns, by, uncertainty_ns, upper_bound)| Kind::Point {
                point,
                at_ns,
                by,
                uncertainty_ns,
                upper_bound
            }
        ),
    ]
    .boxed()
}

/// What is seen of the other Services.
fn radius() -> BoxedStrategy<Radius> {
    let service = || (text(), prop_oneof![Just("web".to_owned()), text()]);
    let scope = prop_oneof![Just(Scope::Cluster), Just(Scope::Namespace), Just(Scope::Unknown)];
    prop_oneof![
        (scope, option::of(text())).prop_map(|(scope, reason)| Radius::Watched { scope, reason }),
        text().prop_map(|reason| Radius::Unwatched { reason }),
        (service(), any::<bool>()).prop_map(|((namespace, service), deleted)| Radius::Out {
            namespace,
            service,
            deleted
        }),
        service().prop_map(|(namespace, service)| Radius::Back { namespace, service }),
        (nanos(), text()).prop_map(|(from_ns, reason)| Radius::Broken { from_ns, reason }),
        (nanos(), nanos(), text(), any::<bool>()).prop_map(|(from_ns, to_ns, reason, lost)| Radius::Mended {
            from_ns,
            to_ns,
            reason,
            lost
        }),
        Just(Radius::Unknown),
    ]
    .boxed()
}

/// What the run does.
fn done() -> BoxedStrategy<Kind> {
    prop_oneof![
        brief().prop_map(Kind::RunStarted),
        record().prop_map(|record| Kind::Recorded { record }),
        (place(), text()).prop_map(|(at, what)| Kind::StepStarted { at, what }),
        (place(), text(), outcome()).prop_map(|(at, what, outcome)| Kind::StepFinished { at, what, outcome }),
        undo_item().prop_map(Kind::Undone),
        (any::<bool>(), vec(text(), 0..3)).prop_map(|(complete, left)| Kind::UndoFinished { complete, left }),
        Just(Kind::RunEnded),
        Just(Kind::Unknown),
    ]
    .boxed()
}

/// What is found out and told.
fn said() -> BoxedStrategy<Kind> {
    use AbortReason::{
        BlastLimit, Deadline, Failed, GuardLost, Interrupted, NoEffect, NotRecovered, NotSteady, Refused,
        RunnerDied, Unknown,
    };
    use Claim::{BreaksAgain, FindsCause, Mitigates, Rejected, Resolves, Unchanged};
    let claim =
        proptest::sample::select(vec![BreaksAgain, FindsCause, Mitigates, Rejected, Resolves, Unchanged]);
    let reason = proptest::sample::select(vec![
        Deadline,
        Failed,
        Interrupted,
        NoEffect,
        NotRecovered,
        NotSteady,
        Refused,
        BlastLimit,
        RunnerDied,
        GuardLost,
        Unknown,
    ]);
    prop_oneof![
        cluster().prop_map(Kind::ClusterReady),
        (text(), claim, option::of(any::<bool>()), text())
            .prop_map(|(option, claim, held, detail)| Kind::Claim { option, claim, held, detail }),
        (any::<bool>(), vec(text(), 0..3))
            .prop_map(|(resolved, reasons)| Kind::RootCause { resolved, reasons }),
        (text(), any::<bool>(), vec(text(), 0..3)).prop_map(|(service, found, lines)| Kind::Diagnosis {
            service,
            found,
            lines
        }),
        (reason, text()).prop_map(|(reason, detail)| Kind::Aborted { reason, detail }),
        text().prop_map(|message| Kind::Warning { message }),
    ]
    .boxed()
}

fn cluster() -> impl Strategy<Value = Cluster> {
    let names = (text(), text(), text(), option::of(text()));
    let rest = (option::of(any::<u32>()), any::<bool>(), any::<bool>());
    (names, rest).prop_map(
        |((provider, name, version, distribution), (nodes, created_by_run, simulated_pods))| Cluster {
            provider,
            name,
            version,
            distribution,
            nodes,
            created_by_run,
            simulated_pods,
        },
    )
}
