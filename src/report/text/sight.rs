//! What each signal saw, side by side, and what came back to each.

use super::measured::off_by;
use super::page::Page;
use crate::journal::SignalSource;
use crate::report::DamageReport;
use crate::report::amounts::Millis;
use crate::report::damage::{Requests, SignalDamage};

const COLUMNS: [usize; 5] = [2, 13, 13, 13, 13];

/// Where a signal looks, for people.
const fn way(via: SignalSource) -> &'static str {
    match via {
        SignalSource::Slices => "EndpointSlices: what the control plane knows",
        SignalSource::ApiserverProxy => "L7: the API server's service proxy",
        SignalSource::NodePort => "L4: the node port",
        SignalSource::Url => "URL: straight from this machine",
        SignalSource::Unknown => "a way that this firedrill does not know",
    }
}

/// What the control plane knew, and what clients saw: one outage, seen from several places.
pub(super) fn sight(page: &mut Page, report: &DamageReport) {
    if report.signals.len() < 2 || report.signals.iter().all(|signal| signal.intervals.is_empty()) {
        return;
    }
    page.section("What each saw (since the fault)");
    page.row(COLUMNS, ["", "first out", "back up", "downtime", "lag, out"], "lag, up");
    let first = report.signals.iter().position(|signal| signal.via == SignalSource::Slices);
    for (index, signal) in report.signals.iter().enumerate() {
        page.item("", &format!("{} ({})", signal.name, way(signal.via)));
        seen(page, signal, first == Some(index));
    }
    if let Some(first) = first.and_then(|index| report.signals.get(index)) {
        let name = &first.name;
        page.line(&format!("Lag: how much later than {name} a signal saw the outage begin and end."));
    }
}

fn seen(page: &mut Page, signal: &SignalDamage, is_first: bool) {
    let lag = &signal.lag_ms;
    let told = |time: Option<Millis>| match time {
        _ if is_first => String::new(),
        None => "-".to_owned(),
        Some(time) => time.to_string(),
    };
    let off = |time: Option<Millis>, by| if time.is_some() && !is_first { off_by(by) } else { String::new() };
    let (Some((from, _)), Some((_, to))) = (signal.intervals.first(), signal.intervals.last()) else {
        return page.row(COLUMNS, ["", "no outage", "-", "-", &told(None)], &told(None));
    };
    let bound = if signal.upper_bound { "≤ " } else { "" };
    let (from, down) = (from.to_string(), format!("{bound}{}", signal.downtime_ms));
    let to = to.map_or_else(|| "not seen".to_owned(), |to| to.to_string());
    page.row(COLUMNS, ["", &from, &to, &down, &told(lag.out)], &told(lag.up));
    let offs =
        [off_by(signal.uncertainty_ms), off(lag.out, lag.out_uncertainty), off(lag.up, lag.up_uncertainty)];
    if offs.iter().any(|off| !off.is_empty()) {
        page.row(COLUMNS, ["", "", "", &offs[0], &offs[1]], &offs[2]);
    }
}

/// What came back.
pub(super) fn requests(page: &mut Page, report: &DamageReport) {
    if report.requests.sent == 0 {
        return;
    }
    page.section("Requests");
    let asking: Vec<_> =
        report.signals.iter().filter_map(|s| Some((&s.name, s.requests.as_ref()?))).collect();
    if asking.len() < 2 {
        return counted(page, "", &report.requests);
    }
    for (name, requests) in asking {
        counted(page, &format!("{name}: "), requests);
    }
}

fn counted(page: &mut Page, whose: &str, requests: &Requests) {
    page.line(&format!("{whose}{} sent, {} failed", requests.sent, requests.failed));
    for (result, count) in &requests.by_result {
        page.item(&format!("{count:>7} × "), result);
    }
}
