//! The points of a run: when each was, and how long after the fault.

use super::amounts::Millis;
use super::damage::{Durations, Moment};
use crate::clock::Nanos;
use crate::journal::{Event, Kind, Point};

/// When a point was reached: the earliest, where it was told more than once. A slower signal
/// can move the impact back.
pub(super) fn point(events: &[Event], wanted: Point) -> Option<Nanos> {
    let reached = events.iter().filter_map(|e| match &e.kind {
        Kind::Point { point, at_ns, .. } if *point == wanted => Some(*at_ns),
        _ => None,
    });
    reached.min()
}

/// The points in the order of their times, each once.
pub(super) fn timeline(events: &[Event], fault: Option<Nanos>) -> Vec<Moment> {
    let mut moments: Vec<(Nanos, Moment)> = Vec::new();
    for event in events {
        let Kind::Point { point, at_ns, by, uncertainty_ns, upper_bound } = &event.kind else { continue };
        let told = moments.iter().position(|(_, m)| m.point == *point);
        // Told again at the same moment, it is better known: a gap was found to have hidden it.
        if told.is_some_and(|told| moments[told].0 < *at_ns) {
            continue;
        }
        // The event is stamped when the point became known; it lies that much earlier.
        let known_later = Millis::between(*at_ns, event.stamp.elapsed).micros();
        let at = event.stamp.at.checked_sub_signed(chrono::TimeDelta::microseconds(known_later));
        let moment = Moment {
            point: *point,
            at: at.unwrap_or(event.stamp.at),
            ms: fault.map(|fault| Millis::of(at_ns.saturating_sub(fault))),
            by: by.clone(),
            uncertainty_ms: Millis::of(*uncertainty_ns),
            upper_bound: *upper_bound,
            before_fault: fault.is_some_and(|fault| *at_ns < fault),
        };
        match told {
            Some(told) => moments[told] = (*at_ns, moment),
            None => moments.push((*at_ns, moment)),
        }
    }
    moments.sort_by_key(|(at, m)| (*at, m.point));
    moments.into_iter().map(|(_, moment)| moment).collect()
}

/// From the fault to each point.
pub(super) fn durations(events: &[Event], fault: Option<Nanos>) -> Durations {
    let since = |wanted| Some(Millis::of(point(events, wanted)?.saturating_sub(fault?)));
    Durations {
        impact: since(Point::Impact),
        detect: since(Point::Detect),
        acknowledge: since(Point::Ack),
        mitigate: since(Point::Mitigate),
        resolve: since(Point::Resolve),
    }
}
