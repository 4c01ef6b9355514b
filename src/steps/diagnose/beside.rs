//! What helps a diagnosis and is read as far as the rights go: without them it says less, and
//! does not fail.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use super::facts::pod_facts;
use crate::diagnose::{Elsewhere, EventFacts, Facts, Labels, Missing, ReleaseName, Revision, plain};
use crate::steps::api::{self, Api, Page};
use crate::steps::label::selector;

/// How many objects of other namespaces are looked at.
const ELSEWHERE: u32 = 50;
/// How many revisions; Helm keeps ten, if not told otherwise.
const REVISIONS: u32 = 250;
/// How many warnings.
const WARNINGS: u32 = 500;

/// The namespaces that have what is missing in this one.
pub(super) async fn elsewhere(api: &Api, facts: &Facts, missing: &Missing) -> Vec<Elsewhere> {
    let named = format!("metadata.name={}", facts.name);
    let (plural, labels, fields) = match missing {
        Missing::Service => ("services", String::new(), named.as_str()),
        Missing::Pods(labels) => ("pods", selector(labels), "status.phase=Running"),
    };
    let metadata_only = *missing == Missing::Service;
    let page = Page {
        api_version: "v1",
        plural,
        namespace: None,
        labels: &labels,
        fields,
        limit: ELSEWHERE,
        metadata_only,
    };
    let mut ready: BTreeMap<String, usize> = BTreeMap::new();
    for object in api.page(page).await.unwrap_or_default() {
        let Some(namespace) = api::meta(&object, "namespace").filter(|name| *name != facts.namespace) else {
            continue;
        };
        if metadata_only {
            ready.entry(plain(namespace)).or_default();
        } else if pod_facts(&object, &BTreeMap::new()).is_some_and(|pod| pod.not_ready.is_none()) {
            *ready.entry(plain(namespace)).or_default() += 1;
        }
    }
    ready.into_iter().map(|(namespace, ready)| Elsewhere { namespace, ready }).collect()
}

/// The release's revisions, from the labels of its Secrets; what is in these stays where it is.
/// Nothing where they may not be read.
pub(super) async fn revisions(api: &Api, release: &ReleaseName) -> Option<Vec<Revision>> {
    let labels = format!("owner=helm,name={}", release.name);
    let page = Page {
        api_version: "v1",
        plural: "secrets",
        namespace: Some(&release.namespace),
        labels: &labels,
        fields: "type=helm.sh/release.v1",
        limit: REVISIONS,
        metadata_only: true,
    };
    Some(api.page(page).await.ok()?.iter().filter_map(revision).collect())
}

fn revision(secret: &Value) -> Option<Revision> {
    let written = api::label(secret, "modifiedAt").or_else(|| api::label(secret, "createdAt"));
    let written = written.and_then(|seconds| DateTime::from_timestamp(seconds.parse().ok()?, 0));
    let began = api::meta(secret, "creationTimestamp");
    let made = began.and_then(|at| Some(DateTime::parse_from_rfc3339(at).ok()?.to_utc()));
    // helm 4 hands the labels of a revision on to the next one, its times, too.
    let at = written.max(made);
    Some(Revision {
        number: api::label(secret, "version")?.parse().ok()?,
        status: plain(api::label(secret, "status").unwrap_or("unknown")),
        began: began.map(plain),
        at: at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
    })
}

/// The warnings about pods that the Service selects, the workloads that it means, and what stands
/// between them (`sets`: ReplicaSet to `Deployment NAME`).
pub(super) async fn events(api: &Api, facts: &Facts, sets: &BTreeMap<String, String>) -> Vec<EventFacts> {
    let page = Page {
        api_version: "v1",
        plural: "events",
        namespace: Some(&facts.namespace),
        labels: "",
        fields: "type=Warning",
        limit: WARNINGS,
        metadata_only: false,
    };
    let events = api.page(page).await.unwrap_or_default();
    events.iter().filter(|event| concerns(event, facts, sets)).map(event_facts).collect()
}

fn concerns(event: &Value, facts: &Facts, sets: &BTreeMap<String, String>) -> bool {
    let Some(service) = &facts.service else { return false };
    let selects =
        |labels: &Labels| service.selector.iter().all(|(key, value)| labels.get(key) == Some(value));
    let about = &event["involvedObject"];
    let (Some(kind), Some(name)) = (about["kind"].as_str(), about["name"].as_str()) else { return false };
    let workload = match sets.get(name) {
        Some(workload) if kind == "ReplicaSet" => workload.clone(),
        _ => format!("{kind} {name}"),
    };
    match kind {
        "Pod" => facts.pods.iter().any(|pod| pod.name == name && selects(&pod.labels)),
        _ => {
            facts.workloads.iter().any(|w| format!("{} {}", w.kind, w.name) == workload && selects(&w.labels))
        }
    }
}

fn event_facts(event: &Value) -> EventFacts {
    let text = |path: &str| event.pointer(path).and_then(Value::as_str);
    let last = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
    let last = last.into_iter().find_map(text).and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    let times = ["/series/count", "/count"].into_iter().find_map(|path| event.pointer(path)?.as_i64());
    let kind = text("/involvedObject/kind").unwrap_or_default().to_lowercase();
    EventFacts {
        about: plain(&format!("{kind}/{}", text("/involvedObject/name").unwrap_or_default())),
        reason: plain(text("/reason").unwrap_or("Warning")),
        message: plain(text("/message").unwrap_or_default()),
        times: times.unwrap_or(1),
        last: last.map(|at| at.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true)),
    }
}
