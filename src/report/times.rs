//! The measured parts of the report: points, durations, downtime, requests, limits, gaps.
//!
//! Where no fault is known, what counts "since the fault" counts from the beginning of the
//! injection, and without one from the beginning of the run.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};

use super::amounts::Millis;
use crate::journal::{Point, SignalSource};

/// One point of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// Which.
    pub point: Point,
    /// The wall clock.
    #[serde(serialize_with = "micros")]
    pub at: DateTime<Utc>,
    /// Since the fault, never negative; nothing where no fault is known.
    pub ms: Option<Millis>,
    /// Who or what made it.
    pub by: String,
    /// How far it can be off.
    pub uncertainty_ms: Millis,
    /// Whether it was then or earlier, because a gap hid it.
    pub upper_bound: bool,
    /// Whether it was seen before the injection was acknowledged; `ms` is 0 then.
    pub before_fault: bool,
}

fn micros<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// From the fault to each point; nothing where it was not reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Durations {
    /// Time to impact.
    pub impact: Option<Millis>,
    /// Time to detect.
    pub detect: Option<Millis>,
    /// Time to acknowledge.
    pub acknowledge: Option<Millis>,
    /// Time to mitigate.
    pub mitigate: Option<Millis>,
    /// Time to resolve.
    pub resolve: Option<Millis>,
}

/// The time without service; nothing where no signal of that sort saw the incident.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Downtime {
    /// Without usable endpoints (the longest, of several signals).
    pub endpoints_ms: Option<Millis>,
    /// Without good answers (the longest, of several signals).
    pub http_ms: Option<Millis>,
    /// How far either can be off.
    pub uncertainty_ms: Millis,
}

/// What one signal saw between the injection and the end of the watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignalDamage {
    /// Its name.
    pub name: String,
    /// Where it looks.
    pub via: SignalSource,
    /// The sum of the intervals; one that lasts counts to the end of the watch.
    pub downtime_ms: Millis,
    /// How far the sum can be off.
    pub uncertainty_ms: Millis,
    /// The time of which it knows nothing.
    pub unknown_ms: Millis,
    /// From and to, since the fault (negative just before it); no end where it lasted.
    pub intervals: Vec<(Millis, Option<Millis>)>,
    /// Whether a gap hid an edge of an interval.
    pub upper_bound: bool,
    /// How much later than the first endpoints signal it saw the outage.
    pub lag_ms: Lag,
    /// Its requests; nothing for a watch.
    pub requests: Option<Requests>,
}

/// How much later than the first endpoints signal a signal saw the outage begin and end; negative
/// where it was earlier, nothing where one of the two did not see it. Of several outages, the
/// beginning of the first and the end of the last count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lag {
    /// The beginning.
    pub out: Option<Millis>,
    /// How far that can be off.
    pub out_uncertainty: Millis,
    /// The end.
    pub up: Option<Millis>,
    /// How far that can be off.
    pub up_uncertainty: Millis,
}

/// Requests, of one signal or of all that send some.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// All that were answered or given up.
    pub sent: u64,
    /// Those that a user would have suffered.
    pub failed: u64,
    /// All, by what came back.
    pub by_result: BTreeMap<String, u64>,
}

/// One limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BudgetLine {
    /// `detect`, `mitigate`, `resolve` or `downtime`.
    pub name: String,
    /// The limit.
    pub limit_ms: Millis,
    /// What was used; nothing where the point was not reached.
    pub actual_ms: Option<Millis>,
    /// Whether it was kept.
    pub ok: bool,
}

/// A time in which changes could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WatchGap {
    /// The signal's name.
    pub signal: String,
    /// The last moment that is known to be seen, since the fault.
    pub from_ms: Millis,
    /// The first moment that is seen again.
    pub to_ms: Millis,
    /// Why.
    pub reason: String,
}
