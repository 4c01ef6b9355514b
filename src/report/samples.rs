//! Journals of runs as they happen, for tests: one story, told with different endings.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::clock::Stamp;
use crate::drill::{Budget, Cascade, Claim, Impact, Length, SignalState};
use crate::journal::{
    AbortReason, Brief, ChoiceBrief, Cluster, Effect, Event, FieldChange, Kind, ObjectRef, Phase, Point,
    Radius, Record, ResponderKind, SCHEMA, ScenarioTimes, Scope, SignalBrief, SignalSource, StepOutcome,
    StepPlace, UndoItem, UndoResult,
};

/// A journal that is being told.
pub(crate) struct Story {
    pub(crate) events: Vec<Event>,
    pub(crate) brief: Brief,
}

/// The object that the story breaks.
pub(crate) const FIELD: &str = "/spec/selector/app";

/// Microseconds of the run, as nanoseconds.
pub(crate) const fn us(micros: u64) -> u64 {
    micros * 1000
}

impl Story {
    pub(crate) fn new() -> Self {
        Self { events: Vec::new(), brief: brief() }
    }

    /// Something happened, that many microseconds after the run began.
    pub(crate) fn at(&mut self, micros: u64, kind: Kind) -> &mut Self {
        let began: DateTime<Utc> = "2026-11-22T14:15:00Z".parse().unwrap();
        let at = began + TimeDelta::microseconds(i64::try_from(micros).unwrap());
        let stamp = Stamp { at, elapsed: us(micros) };
        self.events.push(Event { seq: self.events.len() as u64, stamp, kind });
        self
    }

    pub(crate) fn phase(&mut self, micros: u64, phase: Phase) -> &mut Self {
        self.at(micros, Kind::Phase { phase })
    }

    pub(crate) fn endpoints(&mut self, micros: u64, usable: u32) -> &mut Self {
        let state = if usable == 0 { SignalState::Out } else { SignalState::Up };
        self.at(micros, Kind::Endpoints { signal: "endpoints".to_owned(), usable, total: 3, state })
    }

    /// Requests every 50 ms from one moment up to another, each answered after 2.5 ms.
    pub(crate) fn requests(&mut self, from: u64, to: u64, result: &str) -> &mut Self {
        self.asked("http", from, to, result)
    }

    /// The same by any signal.
    pub(crate) fn asked(&mut self, signal: &str, from: u64, to: u64, result: &str) -> &mut Self {
        let state = match result {
            "200" => Some(SignalState::Up),
            "429" => None,
            _ => Some(SignalState::Out),
        };
        for sent in (from..to).step_by(50_000) {
            let (signal, result) = (signal.to_owned(), result.to_owned());
            self.at(sent + 2_500, Kind::Request { signal, sent_ns: us(sent), result, state });
        }
        self
    }

    pub(crate) fn point(&mut self, known: u64, point: Point, was: u64, by: &str, off_by: u64) -> &mut Self {
        let (by, uncertainty_ns) = (by.to_owned(), us(off_by));
        self.at(known, Kind::Point { point, at_ns: us(was), by, uncertainty_ns, upper_bound: false })
    }

    pub(crate) fn step(
        &mut self,
        micros: u64,
        at: &StepPlace,
        what: &str,
        outcome: StepOutcome,
    ) -> &mut Self {
        let what = what.to_owned();
        self.at(micros, Kind::StepStarted { at: at.clone(), what: what.clone() });
        self.at(micros + 9_000, Kind::StepFinished { at: at.clone(), what, outcome })
    }

    /// The run begins, and the workload is deployed and steady.
    pub(crate) fn begin(&mut self) -> &mut Self {
        let brief = self.brief.clone();
        self.at(40, Kind::RunStarted(brief)).at(310_000, Kind::ClusterReady(cluster()));
        self.phase(310_400, Phase::Preparing);
        self.at(
            312_000,
            Kind::Recorded { record: made("namespaces", "Namespace", None, &self.brief.namespace) },
        );
        let apply = "apply workload.yaml (Deployment api-service, Service api-service)";
        self.step(330_000, &StepPlace::Workload, apply, StepOutcome::Changed);
        self.endpoints(345_000, 0).endpoints(902_000, 2).endpoints(931_000, 3);
        self.phase(931_500, Phase::Settling).requests(950_000, 2_001_000, "200")
    }

    /// The fault, its impact and its detection.
    pub(crate) fn inject(&mut self) -> &mut Self {
        self.phase(1_990_000, Phase::Injecting);
        self.radius(1_990_600, Radius::Watched { scope: Scope::Cluster, reason: None });
        self.at(1_991_000, Kind::Recorded { record: patched() });
        let what = r#"patch service/api-service {"spec":{"selector":{"app":"api-svc"}}}"#;
        self.step(1_996_000, &StepPlace::Fault(0), what, StepOutcome::Changed);
        self.endpoints(2_003_400, 0);
        self.point(2_006_600, Point::Fault, 2_006_600, "firedrill", 0);
        self.point(2_006_700, Point::Impact, 2_003_400, "endpoints", 0);
        self.phase(2_006_800, Phase::Undetected)
    }

    pub(crate) fn radius(&mut self, micros: u64, radius: Radius) -> &mut Self {
        self.at(micros, Kind::BlastRadius(radius))
    }

    /// Another Service goes out, or is back.
    pub(crate) fn other(&mut self, micros: u64, namespace: &str, service: &str, out: bool) -> &mut Self {
        let (namespace, service) = (namespace.to_owned(), service.to_owned());
        let back = Radius::Back { namespace: namespace.clone(), service: service.clone() };
        self.radius(micros, if out { Radius::Out { namespace, service, deleted: false } } else { back })
    }

    pub(crate) fn detect(&mut self) -> &mut Self {
        self.requests(2_050_000, 2_200_000, "503 no endpoints");
        self.point(2_152_600, Point::Detect, 2_152_500, "http", 0).phase(2_152_700, Phase::Responding)
    }

    /// The runbook finds the cause and mends it.
    pub(crate) fn mend(&mut self) -> &mut Self {
        self.at(
            2_160_000,
            Kind::Diagnosis {
                service: "service/api-service".to_owned(),
                found: true,
                lines: vec![
                    "the selector app=api-svc matches none of 3 pods".to_owned(),
                    "3 pods would match with app=api-service".to_owned(),
                ],
            },
        );
        self.claim(
            2_161_000,
            "triage.B",
            Claim::FindsCause,
            Some(true),
            "the selector was named as the cause",
        );
        let fix = StepPlace::Runbook("fix.A".to_owned(), 0);
        let what = r#"patch service/api-service {"spec":{"selector":{"app":"api-service"}}}"#;
        self.step(2_162_000, &fix, what, StepOutcome::Changed);
        self.endpoints(2_182_300, 3).requests(2_200_000, 3_300_000, "200").phase(2_202_600, Phase::Holding)
    }

    pub(crate) fn hold(&mut self) -> &mut Self {
        self.at(3_203_000, Kind::RootCause { resolved: true, reasons: Vec::new() });
        self.point(3_203_100, Point::Mitigate, 2_200_000, "http", 50_000);
        self.point(3_203_200, Point::Resolve, 2_205_000, "firedrill", 0);
        self.claim(3_203_300, "fix.A", Claim::Resolves, Some(true), "served again, and the cause is gone")
    }

    pub(crate) fn claim(
        &mut self,
        micros: u64,
        option: &str,
        claim: Claim,
        held: Option<bool>,
        detail: &str,
    ) -> &mut Self {
        self.at(micros, Kind::Claim { option: option.to_owned(), claim, held, detail: detail.to_owned() })
    }

    pub(crate) fn abort(&mut self, micros: u64, reason: AbortReason, detail: &str) -> &mut Self {
        self.at(micros, Kind::Aborted { reason, detail: detail.to_owned() })
    }

    pub(crate) fn undo(&mut self, micros: u64, service: UndoResult) -> &mut Self {
        let left = match &service {
            UndoResult::Failed { message } => vec![format!("service/api-service {FIELD}: {message}")],
            _ => Vec::new(),
        };
        let namespace = format!("namespace/{}", self.brief.namespace);
        let field = Some(FIELD.to_owned());
        self.phase(micros, Phase::Undoing);
        self.at(
            micros + 8_000,
            Kind::Undone(UndoItem { object: "service/api-service".to_owned(), field, result: service }),
        );
        self.at(
            micros + 15_000,
            Kind::Undone(UndoItem { object: namespace, field: None, result: UndoResult::Deleted }),
        );
        self.at(micros + 15_100, Kind::UndoFinished { complete: left.is_empty(), left });
        self.phase(micros + 15_200, Phase::Ended).at(micros + 15_300, Kind::RunEnded)
    }
}

/// A run that passes.
pub(crate) fn passed() -> Story {
    let mut story = Story::new();
    story.begin().inject().detect().mend().hold().undo(3_205_000, UndoResult::AlreadyAsBefore);
    story
}

pub(crate) fn brief() -> Brief {
    Brief {
        schema: SCHEMA.to_owned(),
        firedrill: "0.1.0".to_owned(),
        run: "20261122-141500-k3f9q2".to_owned(),
        drill: "service-has-no-endpoints".to_owned(),
        title: "Service has no endpoints".to_owned(),
        drill_hash: "sha256:7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730".to_owned(),
        variant: None,
        responder: ResponderKind::Runbook,
        namespace: "service-has-no-endpoints-k3f9q2".to_owned(),
        service: "api-service".to_owned(),
        signals: signals(),
        detector: "http".to_owned(),
        stable_for: Length::secs(1),
        max_duration: Length::secs(900),
        respond_after: Length::default(),
        control: false,
        speed: 0,
        impact: Impact {
            currency: "USD".to_owned(),
            revenue_per_minute: 5000.into(),
            cascade: vec![Cascade {
                after: Length::secs(600),
                revenue_per_minute: 8000.into(),
                note: Some("downstream queues are full".to_owned()),
            }],
        },
        budget: Budget {
            detect: Some(Length::secs(2)),
            mitigate: Some(Length::secs(5)),
            resolve: None,
            downtime: Some(Length::secs(10)),
        },
        scenario: ScenarioTimes { downtime_s: 360, optimal_s: 180, worst_s: 2040 },
        choices: vec![
            ChoiceBrief {
                option: "triage.B".to_owned(),
                label: "Compare the selector with the pod labels".to_owned(),
                takes_s: 60,
                best: true,
            },
            ChoiceBrief {
                option: "fix.A".to_owned(),
                label: "Patch the Service's selector".to_owned(),
                takes_s: 120,
                best: true,
            },
        ],
    }
}

fn signals() -> Vec<SignalBrief> {
    vec![
        SignalBrief { name: "endpoints".to_owned(), source: SignalSource::Slices, every: None },
        SignalBrief {
            name: "http".to_owned(),
            source: SignalSource::ApiserverProxy,
            every: Some(Length::millis(50)),
        },
    ]
}

pub(crate) fn cluster() -> Cluster {
    Cluster {
        provider: "local".to_owned(),
        name: "firedrill-k3f9q2".to_owned(),
        version: "v1.37.2".to_owned(),
        distribution: Some("kwok".to_owned()),
        nodes: Some(1),
        created_by_run: true,
        simulated_pods: true,
    }
}

fn object(plural: &str, kind: &str, namespace: Option<&str>, name: &str) -> ObjectRef {
    ObjectRef {
        api_version: "v1".to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}

fn made(plural: &str, kind: &str, namespace: Option<&str>, name: &str) -> Record {
    let object = object(plural, kind, namespace, name);
    Record {
        change: 0,
        object,
        uid: None,
        effect: Effect::Created,
        managed_fields: Vec::new(),
        redacted: false,
    }
}

fn patched() -> Record {
    let change = FieldChange {
        path: FIELD.to_owned(),
        before: Some(json!("api-service")),
        after: Some(json!("api-svc")),
    };
    Record {
        change: 1,
        object: object("services", "Service", Some(&brief().namespace), "api-service"),
        uid: Some("6f2c1f6e-9a0e-4a51-8a55-0d6f8f0c2a10".to_owned()),
        effect: Effect::Fields { changes: vec![change] },
        managed_fields: vec![json!({"manager": "firedrill", "operation": "Apply", "apiVersion": "v1"})],
        redacted: false,
    }
}
