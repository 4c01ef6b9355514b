//! The Helm release that a Service belongs to: which revision changed it, and what makes a mend last.

use serde::Serialize;

use super::facts::{Changed, Facts, ReleaseName, Revision};
use super::text::clock;

/// The release, and the revision that is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// Its name.
    pub name: String,
    /// The namespace that it is kept in.
    pub namespace: String,
    /// The chart, as the Service's label says: `api-service-1.1.0`.
    pub chart: Option<String>,
    /// The revision that made the change; the newest one where Helm did not make it.
    pub revision: Option<u64>,
    /// That revision's status: `deployed`, `failed`, …
    pub status: Option<String>,
    /// When that status was written, RFC 3339.
    pub at: Option<String>,
    /// Whether somebody else than Helm made the change, after that revision.
    pub drifted: bool,
    /// The revision before, which was deployed once.
    pub previous: Option<u64>,
}

/// The Service's release, seen from who changed it last.
pub(super) fn release(facts: &Facts, changed: Option<&Changed>) -> Option<Release> {
    let service = facts.service.as_ref()?;
    let ReleaseName { name, namespace } = service.release.clone()?;
    let drifted = changed.is_some_and(|changed| !by_helm(changed));
    let revisions = facts.revisions.as_deref().unwrap_or_default();
    let at = changed.and_then(|changed| changed.at.as_deref());
    // A revision's Secret is made before its objects are changed, by the same clock; RFC 3339 in
    // UTC and whole seconds sorts as text.
    let before = |r: &&Revision| match (&r.began, at) {
        (Some(began), Some(at)) => began.as_str() <= at,
        _ => true,
    };
    let seen = revisions.iter().filter(before).max_by_key(|r| r.number);
    let good = |r: &&Revision| {
        seen.is_some_and(|seen| r.number < seen.number)
            && matches!(r.status.as_str(), "superseded" | "deployed")
    };
    Some(Release {
        name,
        namespace,
        chart: service.chart.clone(),
        revision: seen.map(|r| r.number),
        status: seen.map(|r| r.status.clone()),
        // That of a superseded one is the time when it was superseded.
        at: seen.filter(|r| r.status != "superseded").and_then(|r| r.at.clone()),
        drifted,
        previous: revisions.iter().filter(good).map(|r| r.number).max(),
    })
}

/// `Selector last changed by helm at 14:15:02Z`, and what Helm has to do with it.
pub(super) fn lines(
    facts: &Facts,
    what: &str,
    changed: Option<&Changed>,
    release: Option<&Release>,
) -> Vec<String> {
    let mut lines = Vec::new();
    let who = changed.map(|changed| {
        let at = changed.at.as_deref().map(|at| format!(" at {}", clock(at))).unwrap_or_default();
        format!("{what} last changed by {}{at}", changed.by)
    });
    lines.extend(match (who, release) {
        (Some(who), Some(release)) if release.drifted => {
            let after = release.revision.map(|n| format!(", after revision {n}")).unwrap_or_default();
            Some(format!("{who}{after} of {}: it has drifted from the chart.", named(release, facts)))
        }
        (Some(who), Some(release)) => Some(format!("{who}: {}.", at_revision(release, facts))),
        (Some(who), None) => Some(format!("{who}.")),
        (None, Some(release)) => Some(format!("It belongs to {}.", at_revision(release, facts))),
        (None, None) => None,
    });
    lines.extend(release.and_then(|release| newest(facts, release)));
    lines
}

/// What makes the mend last, and why it alone does not: commands, and a note.
pub(super) fn lasting(what: &str, release: Option<&Release>) -> (Vec<String>, Option<String>) {
    let Some(release) = release else { return (Vec::new(), None) };
    let Release { name, namespace, .. } = release;
    if release.drifted {
        let note = format!(
            "The next upgrade of {name} writes the chart's {what} over what was changed by hand \
             (client-side apply), or fails with a conflict (server-side apply) where the two differ."
        );
        return (Vec::new(), Some(note));
    }
    let note = "The fix mends what is live, not the chart: the next upgrade breaks it again \
                (client-side apply) or fails with a conflict (server-side apply). Mend the chart";
    let Some(previous) = release.previous else { return (Vec::new(), Some(format!("{note}."))) };
    let since = release.revision.map_or_else(String::new, |n| format!(" with revision {n} and after it"));
    let note = format!("{note}; a rollback also drops whatever else came{since}.");
    (vec![format!("helm -n {namespace} rollback {name} {previous}")], Some(note))
}

/// `Helm release api-service`, with its namespace where that is another one.
pub(super) fn title(release: &ReleaseName, here: &str) -> String {
    let place = if release.namespace == here { String::new() } else { format!(" in {}", release.namespace) };
    format!("Helm release {}{place}", release.name)
}

fn named(release: &Release, facts: &Facts) -> String {
    let name = ReleaseName { name: release.name.clone(), namespace: release.namespace.clone() };
    title(&name, &facts.namespace)
}

/// `Helm release api-service, revision 2 (failed at 14:15:02Z, chart api-service-1.1.0)`.
fn at_revision(release: &Release, facts: &Facts) -> String {
    let named = named(release, facts);
    let chart = release.chart.as_ref().map(|chart| format!("chart {chart}"));
    let status = release.status.as_ref().map(|status| match &release.at {
        Some(at) => format!("{status} at {}", clock(at)),
        None => status.clone(),
    });
    let detail = [status, chart].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let detail = if detail.is_empty() { detail } else { format!(" ({detail})") };
    match release.revision {
        Some(number) => format!("{named}, revision {number}{detail}"),
        None if facts.revisions.is_none() => format!("{named}{detail}; its revisions may not be read"),
        None => format!("{named}{detail}, which keeps no revision from then"),
    }
}

/// That the newest revision did not come to a good end, where that is not said yet.
fn newest(facts: &Facts, release: &Release) -> Option<String> {
    let newest = facts.revisions.iter().flatten().max_by_key(|r| r.number)?;
    let told = !release.drifted && release.revision == Some(newest.number);
    if told || matches!(newest.status.as_str(), "deployed" | "superseded") {
        return None;
    }
    let at = newest.at.as_deref().map(|at| format!(" since {}", clock(at))).unwrap_or_default();
    Some(format!("Its newest revision, {}, is {}{at}.", newest.number, newest.status))
}

fn by_helm(changed: &Changed) -> bool {
    // `helm`; `helm-controller` of Flux; `terraform-provider-helm_v3.0.2`.
    changed.by.to_lowercase().contains("helm")
}
