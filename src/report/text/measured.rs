//! Times, money, requests and gaps.

use super::page::Page;
use crate::drill::Length;
use crate::journal::{Point, SignalSource};
use crate::report::DamageReport;
use crate::report::amounts::{Millis, money, sign};
use crate::report::damage::{Basis, SignalDamage};
use crate::report::plain::plain;

/// ` ± 50 ms`, or nothing where a time is exact.
pub(super) fn off_by(uncertainty: Millis) -> String {
    if uncertainty.micros() == 0 { String::new() } else { format!("± {uncertainty}") }
}

const fn point_name(point: Point) -> &'static str {
    match point {
        Point::Fault => "fault",
        Point::Impact => "impact",
        Point::Detect => "detect",
        Point::Ack => "ack",
        Point::Mitigate => "mitigate",
        Point::Resolve => "resolve",
    }
}

/// Each point that was reached.
pub(super) fn timeline(page: &mut Page, report: &DamageReport) {
    const WIDTHS: [usize; 4] = [14, 13, 13, 10];
    let Some(first) = report.timeline.first() else { return };
    page.section(&format!("Timeline (UTC, {})", first.at.format("%F")));
    page.row(WIDTHS, ["time", "since fault", "off by", "point"], "by");
    for moment in &report.timeline {
        let since = moment.ms.map_or("-".to_owned(), |ms| ms.to_string());
        let bound = if moment.upper_bound { "≤ " } else { "" };
        let time = moment.at.format("%T%.3f").to_string();
        let by = if moment.before_fault { format!("{} (early)", moment.by) } else { moment.by.clone() };
        let cells =
            [&time, &format!("{bound}{since}"), &off_by(moment.uncertainty_ms), point_name(moment.point)];
        page.row(WIDTHS, cells, &by);
    }
}

const COLUMNS: [usize; 4] = [21, 20, 12, 12];

/// Measured and scenario side by side, never added.
pub(super) fn times(page: &mut Page, report: &DamageReport) {
    if !report.injected() {
        page.gap();
        page.top("The run ended before anything was measured.");
        return;
    }
    let scenario = report.scenario;
    let declared = scenario.downtime_s > 0 || scenario.optimal_s > 0 || scenario.worst_s > 0;
    let heads = if declared { ["scenario", "best", "worst"] } else { [""; 3] };
    page.heads(COLUMNS, ["Damage", "measured", heads[0], heads[1]], heads[2]);
    durations(page, report);
    downtimes(page, report, declared);
    revenue(page, report, declared);
    if declared {
        page.line("Measured is what the cluster did; scenario is what the drill declares that people need. Neither is part of the other.");
    }
}

fn durations(page: &mut Page, report: &DamageReport) {
    let times = &report.durations_ms;
    let rows = [
        ("time to impact", Point::Impact, times.impact),
        ("time to detect", Point::Detect, times.detect),
        ("time to acknowledge", Point::Ack, times.acknowledge),
        ("time to mitigate", Point::Mitigate, times.mitigate),
        ("time to resolve", Point::Resolve, times.resolve),
    ];
    for (label, point, time) in rows {
        let moment = report.timeline.iter().find(|m| m.point == point);
        match (time, moment) {
            (Some(time), Some(m)) => {
                let bound = if m.upper_bound { "≤ " } else { "" };
                page.row(
                    COLUMNS,
                    [label, &format!("{bound}{time} {}", off_by(m.uncertainty_ms)), "", ""],
                    "",
                );
            }
            _ if point == Point::Ack || times.impact.is_none() => {}
            _ => page.row(COLUMNS, [label, "not reached", "", ""], ""),
        }
    }
}

fn downtimes(page: &mut Page, report: &DamageReport, declared: bool) {
    let length = |seconds| Length::secs(seconds).to_string();
    let scenario = report.scenario;
    let mut columns = [scenario.downtime_s, scenario.optimal_s, scenario.worst_s]
        .map(|s| if declared { length(s) } else { String::new() });
    for signal in costly_first(report) {
        let bound = if signal.upper_bound { "≤ " } else { "" };
        let sort = if signal.via == SignalSource::Slices {
            report.downtime.endpoints_ms
        } else {
            report.downtime.http_ms
        };
        let measured = match sort {
            Some(_) => format!("{bound}{} {}", signal.downtime_ms, off_by(signal.uncertainty_ms)),
            None => "not measured".to_owned(),
        };
        let label = format!("downtime, {}", signal.name);
        page.row(COLUMNS, [&label, &measured, &columns[0], &columns[1]], &columns[2]);
        columns = [const { String::new() }; 3];
        if signal.unknown_ms.micros() > 0 {
            page.row(COLUMNS, ["  of it not known", &signal.unknown_ms.to_string(), "", ""], "");
        }
    }
}

/// The signal that money is counted from comes first: it stands beside the scenario.
fn costly_first(report: &DamageReport) -> Vec<&SignalDamage> {
    let slices = report.revenue.basis == Some(Basis::Endpoints);
    let costly = report.signals.iter().filter(|s| (s.via == SignalSource::Slices) == slices);
    // The first, where two are as long.
    let costly = costly.rev().max_by_key(|s| s.downtime_ms);
    let others = report.signals.iter().filter(|s| costly.is_none_or(|costly| !std::ptr::eq(costly, *s)));
    // Then those of its sort.
    let (same, rest): (Vec<_>, Vec<_>) = others.partition(|s| (s.via == SignalSource::Slices) == slices);
    costly.into_iter().chain(same).chain(rest).collect()
}

fn revenue(page: &mut Page, report: &DamageReport, declared: bool) {
    let revenue = &report.revenue;
    if revenue.per_minute.is_zero() && revenue.scenario_worst.is_zero() {
        return;
    }
    // A currency without a sign is named once, at the left.
    let named = sign(&revenue.currency).is_none();
    let show = |amount| {
        let amount = money(&revenue.currency, amount);
        let bare = amount.strip_prefix(&*plain(&revenue.currency)).map(|bare| bare.trim_start().to_owned());
        bare.unwrap_or(amount)
    };
    let label = if named { format!("revenue loss, {}", revenue.currency) } else { "revenue loss".to_owned() };
    let measured = revenue.measured.map_or("-".to_owned(), show);
    let columns = [revenue.scenario, revenue.scenario_best, revenue.scenario_worst]
        .map(|amount| if declared { show(amount) } else { String::new() });
    page.row(COLUMNS, [&label, &measured, &columns[0], &columns[1]], &columns[2]);
    let rate = money(&revenue.currency, revenue.per_minute);
    let basis = match revenue.basis {
        Some(Basis::Http) => ", over the downtime that requests saw",
        Some(Basis::Endpoints) => ", over the downtime of the endpoints",
        None => "",
    };
    page.gap();
    page.line(&format!("The revenue loss is simulated: {rate} a minute at first{basis}."));
}

/// When nothing could be seen.
pub(super) fn gaps(page: &mut Page, report: &DamageReport) {
    if report.watch_gaps.is_empty() {
        return;
    }
    page.section("Not watched (since the fault)");
    for gap in &report.watch_gaps {
        let (from, to) = (gap.from_ms, gap.to_ms);
        page.item("- ", &format!("{}: {from} to {to}: {}", gap.signal, gap.reason));
    }
}
