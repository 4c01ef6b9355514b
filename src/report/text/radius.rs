//! Who lost all endpoints.

use super::page::Page;
use crate::journal::Scope;
use crate::report::DamageReport;
use crate::report::amounts::Millis;
use crate::report::damage::ServiceOut;

const COLUMNS: [usize; 3] = [31, 13, 13];

/// How many Services people are shown; machines get all.
const SHOWN: usize = 40;

/// Each Service, and whether there may be more.
pub(super) fn blast_radius(page: &mut Page, report: &DamageReport) {
    let radius = &report.blast_radius;
    if radius.services.is_empty() && !report.injected() {
        return;
    }
    page.section("Blast radius (since the fault)");
    if !radius.services.is_empty() {
        page.row(COLUMNS, ["service", "lost after", "back after"], "out for");
    }
    for service in radius.services.iter().take(SHOWN) {
        row(page, report, service);
    }
    if let Some(more @ 1..) = radius.services.len().checked_sub(SHOWN) {
        page.line(&format!("and {more} more, which the report in JSON lists"));
    }
    let none = if radius.services.is_empty() { "No Service lost all its endpoints. " } else { "" };
    page.line(&match (&radius.reason, radius.scope) {
        (None, Some(Scope::Cluster)) => format!("{none}The whole cluster was watched."),
        (Some(reason), _) => format!("{none}There may be more: {reason}."),
        (None, _) => none.to_owned(),
    });
}

fn row(page: &mut Page, report: &DamageReport, out: &ServiceOut) {
    let away = if out.namespace == report.namespace { String::new() } else { format!("{}/", out.namespace) };
    let name = format!("{away}{}", out.service);
    let bound = if out.upper_bound { "≤ " } else { "" };
    let back = out.to_ms.map_or("not back".to_owned(), |to| format!("{bound}{to}"));
    let off = if out.uncertainty_ms > Millis::default() {
        format!(" ± {}", out.uncertainty_ms)
    } else {
        String::new()
    };
    let deleted = if out.deleted { ", deleted" } else { "" };
    let cells = [&name, &format!("{bound}{}", out.from_ms), &back];
    page.row(COLUMNS, cells.map(String::as_str), &format!("{}{off}{deleted}", out.out_ms));
}
