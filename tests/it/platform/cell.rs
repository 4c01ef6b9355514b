//! One cell of the table: a fault of the platform at a phase of a run, and what came of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use firedrill::journal::intervals::AFTER_GAP;
use firedrill::journal::{Event, Kind, Phase, Point};
use firedrill::report::{DamageReport, Verdict};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{Api, ListParams};

use super::rehearsal::Rehearsed;

/// When the fault of the platform sets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    Preparing,
    Settling,
    Injecting,
    Undetected,
    Responding,
    Holding,
    Undoing,
}

/// All phases in which it matters.
pub const EVERY: [When; 7] = [
    When::Preparing,
    When::Settling,
    When::Injecting,
    When::Undetected,
    When::Responding,
    When::Holding,
    When::Undoing,
];

impl When {
    /// Whether this event is the moment.
    pub fn is(self, event: &Event) -> bool {
        let enters = |wanted| event.kind == Kind::Phase { phase: wanted };
        match self {
            Self::Preparing => enters(Phase::Preparing),
            Self::Settling => enters(Phase::Settling),
            // Its before-image is in the journal, and nowhere else yet.
            Self::Injecting => matches!(event.kind, Kind::Recorded { .. }),
            Self::Undetected => enters(Phase::Undetected),
            Self::Responding => enters(Phase::Responding),
            Self::Holding => enters(Phase::Holding),
            Self::Undoing => enters(Phase::Undoing),
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Settling => "settling",
            Self::Injecting => "injecting, between record and change",
            Self::Undetected => "undetected",
            Self::Responding => "responding",
            Self::Holding => "holding",
            Self::Undoing => "undoing",
        }
    }
}

/// Once at the first event that is the moment.
pub fn once(when: When, mut act: impl FnMut() + Send) -> impl FnMut(&Event) + Send {
    let mut done = false;
    move |event| {
        if !done && when.is(event) {
            done = true;
            act();
        }
    }
}

/// The table's place.
const TABLE: &str = "docs/reliability/platform.md";
static ROWS: Mutex<BTreeMap<(String, When), String>> = Mutex::new(BTreeMap::new());

/// Checks what holds in every cell, and adds the cell to the table.
pub async fn judge(fault: &str, when: When, config: kube::Config, run: &Rehearsed) {
    let cell = format!("{fault}, {when:?}");
    let report = &run.report;
    assert!(run.events.iter().any(|event| when.is(event)), "{cell}: never came so far");
    assert!(report.undo.complete, "{cell}: {:#?}", report.undo);
    let aborted = report.aborted.as_ref().map(|aborted| aborted.detail.clone()).unwrap_or_default();
    assert!(!aborted.contains("panicked"), "{cell}: {aborted}");
    what_a_gap_hid_is_a_bound(&cell, &run.events);
    nothing_is_left(&cell, config, &run.namespace).await;
    tell(fault, when, run);
}

/// A point that is the edge of a watch, in a gap or right after it: it was then or earlier.
fn what_a_gap_hid_is_a_bound(cell: &str, events: &[Event]) {
    for wanted in [Point::Impact, Point::Mitigate] {
        let last = events.iter().rev().find_map(|event| match &event.kind {
            Kind::Point { point, at_ns, upper_bound, .. } if *point == wanted => {
                Some((event.seq, *at_ns, *upper_bound))
            }
            _ => None,
        });
        let Some((seq, at, upper_bound)) = last else { continue };
        let edge = |event: &Event| matches!(event.kind, Kind::Endpoints { .. }) && event.stamp.elapsed == at;
        let hides = |event: &Event| match &event.kind {
            Kind::Gap { from_ns, to_ns, .. } => {
                event.seq < seq && *from_ns < at && at <= to_ns.saturating_add(AFTER_GAP)
            }
            _ => false,
        };
        let hidden = events.iter().any(edge) && events.iter().any(hides);
        assert!(!hidden || upper_bound, "{cell}: {wanted:?} at {at} was hidden: {events:#?}");
    }
}

/// The namespace goes, and with it everything.
pub async fn nothing_is_left(cell: &str, config: kube::Config, namespace: &str) {
    let client = kube::Client::try_from(config).unwrap();
    let live = Api::<Namespace>::all(client.clone()).get_opt(namespace).await.unwrap();
    let Some(live) = live else { return };
    if live.metadata.deletion_timestamp.is_some() {
        return;
    }
    let kept = live.metadata.annotations.unwrap_or_default();
    assert!(kept.contains_key("firedrill.dev/undone"), "{cell}: the namespace is still there");
    let maps = Api::<ConfigMap>::namespaced(client, namespace);
    let records = maps.list(&ListParams::default().labels("firedrill.dev/run")).await.unwrap();
    let named = |map: &ConfigMap| map.metadata.name.as_deref().unwrap_or_default().starts_with("firedrill-");
    assert!(!records.items.iter().any(named), "{cell}: records are left");
}

/// Adds a cell to the table.
pub fn tell(fault: &str, when: When, run: &Rehearsed) {
    let report = &run.report;
    let row = format!(
        "| {fault} | {} | {} | {} | {} | {:.1} s |",
        when.words(),
        happened(report),
        uncertain(report),
        if report.undo.complete { "complete" } else { "NOT complete" },
        run.took.as_secs_f64(),
    );
    println!("{row}");
    // Shown where the test fails: what the run did, and when.
    for event in run.events.iter().filter(|event| {
        !matches!(event.kind, Kind::Request { .. } | Kind::RunStarted(_) | Kind::Recorded { .. })
    }) {
        println!("  {:>9.3} {:?}", Duration::from_nanos(event.stamp.elapsed).as_secs_f64(), event.kind);
    }
    let mut rows = ROWS.lock().unwrap();
    rows.insert((fault.to_owned(), when), row);
    if std::env::var_os("FIREDRILL_WRITE_TABLE").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, page(rows.values())).unwrap();
    }
}

fn page<'a>(rows: impl Iterator<Item = &'a String>) -> String {
    let mut page = format!("{INTRODUCTION}\nMeasured {}.\n\n{HEAD}", chrono::Utc::now().format("%Y-%m-%d"));
    for row in rows {
        let _ = writeln!(page, "{row}");
    }
    page
}

const INTRODUCTION: &str = "\
## When the platform fails

Runs of `service-has-no-endpoints`, mended by its runbook, on the local cluster. The fault of the
platform sets in at the very event that begins the phase. `tests/it/platform` runs every row, checks
that nothing is left afterwards, and writes this table with `FIREDRILL_WRITE_TABLE=1`.

A fault of the platform ends a run early only where a step cannot keep its before-image or is not
answered within 10 s; then everything is undone. After a restart of the API server the cluster's own
controllers take up to 20 s to come back; a time to mitigate holds that, too.
";

const HEAD: &str = "\
| what fails | when | the run | marked as uncertain | undo | the run took |
|---|---|---|---|---|---|
";

fn happened(report: &DamageReport) -> String {
    let reason = report.aborted.as_ref().and_then(|aborted| aborted.reason);
    match (report.verdict, reason) {
        (Verdict::Passed, _) => "passed".to_owned(),
        (Verdict::Missed, _) => format!("missed: {}", report.missed.join("; ")),
        (Verdict::Aborted, reason) => {
            let reason = serde_json::to_value(reason).unwrap();
            format!("aborted: {}", reason.as_str().unwrap_or("unknown"))
        }
    }
}

fn uncertain(report: &DamageReport) -> String {
    let blind = report.watch_gaps.iter().map(|gap| gap.to_ms.micros() - gap.from_ms.micros()).max();
    let mut said: Vec<String> =
        blind.map(|micros| format!("{:.1} s not watched", micros_f64(micros) / 1e6)).into_iter().collect();
    for moment in &report.timeline {
        let point = serde_json::to_value(moment.point).unwrap();
        let off = micros_f64(moment.uncertainty_ms.micros()) / 1e6;
        if moment.upper_bound || off >= 0.3 {
            let bound = if moment.upper_bound { "≤ " } else { "" };
            said.push(format!("{bound}{} ± {off:.1} s", point.as_str().unwrap()));
        }
    }
    if said.is_empty() { "-".to_owned() } else { said.join(", ") }
}

#[expect(clippy::cast_precision_loss, reason = "seconds with one decimal")]
fn micros_f64(micros: i64) -> f64 {
    micros as f64
}

/// Whether the API server was known to be blind for at least this long.
pub fn blind_for(report: &DamageReport, at_least: Duration) -> bool {
    report.watch_gaps.iter().any(|gap| {
        let length = gap.to_ms.micros() - gap.from_ms.micros();
        u128::try_from(length).is_ok_and(|length| length >= at_least.as_micros())
    })
}
