//! A drill file and the files beside it, all in memory: `=== NAME` begins a file.

use std::collections::BTreeMap;
use std::time::Duration;

use firedrill::cli::show;
use firedrill::clock::Stopwatch;
use firedrill::drill::{Files, Loaded, Provider, catalogue};
use firedrill::engine::plan::{BlastLimit, Plan, Rehearsal, Wishes};
use firedrill::journal::{Event, Kind, ResponderKind};
use firedrill::plain;

use crate::harmless::{assert_harmless, assert_shown};

/// Parses and checks it. What passes can be shown and planned, in every variant; what does not
/// is told in harmless words.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (drill, files) = split(text);
    match catalogue::given("drill.yaml", drill, Files::Given(files)) {
        Ok(loaded) => sound(&loaded),
        Err(error) => {
            assert!(!error.mistakes().is_empty());
            assert_shown(&error);
        }
    }
}

fn split(text: &str) -> (String, BTreeMap<String, String>) {
    let mut parts = text.split("\n=== ");
    let drill = parts.next().unwrap_or_default().to_owned();
    let file = |part: &str| {
        let (name, text) = part.split_once('\n').unwrap_or((part, ""));
        (name.to_owned(), text.to_owned())
    };
    (drill, parts.map(file).collect())
}

fn sound(loaded: &Loaded) {
    for warning in &loaded.warnings {
        assert_shown(warning);
    }
    assert_harmless(&plain::lines(&show::text(loaded, None)));
    let names = loaded.drill.variants.keys().cloned().map(Some);
    for variant in std::iter::once(None).chain(names) {
        if let Some(name) = &variant {
            let drill = loaded.drill.with_variant(name).expect("it is a variant of the drill");
            let with = Loaded { drill, ..loaded.clone() };
            assert_harmless(&plain::lines(&show::text(&with, variant.as_deref())));
        }
        for provider in Provider::ALL {
            for responder in [ResponderKind::Runbook, ResponderKind::Manual] {
                let plan = Plan::new(loaded.clone(), wishes(responder, variant.clone(), provider));
                planned(&plan.expect("what was checked can be planned"));
            }
        }
    }
}

fn planned(plan: &Plan) {
    assert!(plan.detector().signal < plan.signals().len());
    // What is deployed has the target on every kind of cluster; what a chart makes, helm knows.
    if plan.drill.workload.deployed().is_some_and(|deployed| deployed.chart.is_none()) {
        let target = plan.drill.target.service.value.as_str();
        assert!(plan.manifests.iter().any(|o| o["kind"] == "Service" && o["metadata"]["name"] == target));
    }
    let rules = plan.rules(0);
    assert!(rules.expect.0 < plan.signals().len());
    let event = Event { seq: 0, stamp: Stopwatch::start().stamp(), kind: Kind::RunStarted(plan.brief()) };
    let line = serde_json::to_string(&event).expect("an event is JSON");
    let read: Event = serde_json::from_str(&line).expect("and reads back");
    assert_eq!(read, event);
}

fn wishes(responder: ResponderKind, variant: Option<String>, provider: Provider) -> Wishes {
    Wishes {
        run: "20261122-141500-k3f9q2".to_owned(),
        by: "ann@laptop/42".to_owned(),
        // A workload that is there already is somewhere.
        namespace: Some("shop".to_owned()),
        responder,
        variant,
        max_duration: Duration::from_secs(900),
        keep_workload: false,
        blast_limit: BlastLimit::Namespace,
        provider,
        respond_after: Duration::ZERO,
        rehearsal: Rehearsal::default(),
        speed: 0,
    }
}
