//! What mends a drill's fault, within which limits, and what the outage costs.

use std::fmt::Write as _;

use crate::drill::{Budget, Drill, Length, impact, scenario};

pub(super) fn mended(drill: &Drill) -> String {
    let path: Vec<String> = drill.runbook_path().into_iter().map(|entry| entry.name).collect();
    let mut text = String::new();
    if !path.is_empty() {
        let _ = writeln!(text, "Runbook    {}", path.join(", "));
    }
    let Budget { detect, mitigate, resolve, downtime } = drill.budget;
    let limits: Vec<String> =
        [("detect", detect), ("mitigate", mitigate), ("resolve", resolve), ("downtime", downtime)]
            .into_iter()
            .filter_map(|(name, limit)| limit.map(|l| format!("{name} {l}")))
            .collect();
    if !limits.is_empty() {
        let _ = writeln!(text, "Budget     {}", limits.join(", "));
    }
    text
}

/// Declared times and the money that they cost; a run measures its own.
pub(super) fn costs(drill: &Drill) -> String {
    let rates = &drill.impact;
    let mut text = format!("Impact     {} {} a minute", rates.currency, rates.revenue_per_minute);
    for entry in &rates.cascade {
        let _ = write!(text, ", {} after {}", entry.revenue_per_minute, entry.after);
    }
    text.push('\n');
    let times = scenario::times(drill);
    for (name, seconds) in [
        ("as it happened", times.downtime_s),
        ("best", times.optimal_s),
        ("every wrong choice first", times.worst_s),
    ] {
        let length = Length::secs(seconds);
        let lost = impact::loss(rates, length.into());
        let _ = writeln!(text, "Scenario   {name}: {length}, {} {lost:.2}", rates.currency);
    }
    text
}
