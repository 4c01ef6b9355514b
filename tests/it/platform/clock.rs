//! Somebody steps the machine's wall clock while a run goes on.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use firedrill::clock::{Stopwatch, Wall};
use firedrill::journal::Phase;
use firedrill::report::Verdict;

use super::cell::{When, once};
use super::own;
use super::rehearsal::{Rehearsal, Rehearsed};
use crate::support::shared;

/// A run whose wall clock is stepped by `seconds` as soon as the fault is in place.
async fn stepped(off_by: &'static AtomicI64, wall: Wall, seconds: i64) -> Rehearsed {
    shared::client().await;
    let config = own::config(&shared::cluster().home).await;
    let step = || off_by.store(seconds, Ordering::Relaxed);
    Rehearsal::new(config).clock(Stopwatch::start_on(wall)).run(once(When::Undetected, step)).await
}

fn is_untouched(run: &Rehearsed, way: &str) {
    let report = &run.report;
    assert_eq!(report.verdict, Verdict::Passed, "{:?}", report.missed);
    let down = report.downtime.endpoints_ms.unwrap().micros();
    assert!((0..10_000_000).contains(&down), "{down} us");
    // The times of day are as far apart as the durations say.
    let fault = report.timeline.iter().find(|moment| moment.ms.is_some_and(|ms| ms.micros() == 0)).unwrap();
    for moment in report.timeline.iter().filter(|moment| !moment.before_fault) {
        let apart = (moment.at - fault.at).num_microseconds().unwrap();
        assert!(apart.abs_diff(moment.ms.unwrap().micros()) <= 2, "{moment:#?} after {fault:#?}");
    }
    for pair in run.events.windows(2) {
        let apart = (pair[1].stamp.at - pair[0].stamp.at).abs();
        assert!(apart < TimeDelta::minutes(1), "{pair:#?}");
    }
    let said = |warning: &&String| warning.contains(way) && warning.contains("1h");
    assert_eq!(report.warnings.iter().filter(said).count(), 1, "{:?}", report.warnings);
    assert!(run.entered(Phase::Undoing).is_some());
}

#[tokio::test]
async fn an_hour_forward() {
    static OFF_BY: AtomicI64 = AtomicI64::new(0);
    fn wall() -> DateTime<Utc> {
        Utc::now() + TimeDelta::seconds(OFF_BY.load(Ordering::Relaxed))
    }
    is_untouched(&stepped(&OFF_BY, wall, 3600).await, "forward");
}

#[tokio::test]
async fn an_hour_back() {
    static OFF_BY: AtomicI64 = AtomicI64::new(0);
    fn wall() -> DateTime<Utc> {
        Utc::now() + TimeDelta::seconds(OFF_BY.load(Ordering::Relaxed))
    }
    is_untouched(&stepped(&OFF_BY, wall, -3600).await, "back");
}
