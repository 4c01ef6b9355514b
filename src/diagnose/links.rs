//! Services and workloads among manifests: which selector matches none of the pods that the same
//! manifests make. It needs no cluster.

use serde_json::Value;

use super::facts::Labels;
use super::mismatch::selector as written;
use super::near::{instead, likeness};
use super::readiness::plain;

/// From what likeness of its name on a workload is shown, in thousandths.
const ALIKE: u32 = 850;
/// How many workloads a line names.
const NAMED: usize = 3;

/// A Service whose selector no workload among the manifests answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The Service's name.
    pub service: String,
    /// Its namespace, where the manifest names one.
    pub namespace: Option<String>,
    /// What it selects.
    pub selector: Labels,
    /// Workloads that lack one label only or whose name is alike, as `deployment/api-service`,
    /// with the labels of their pods; the likeliest first. Empty where nothing is near: then the
    /// pods may well come from elsewhere.
    pub near: Vec<(String, Labels)>,
    /// `service/api-service selects app=api-svc; deployment/api-service makes pods with
    /// app=api-service`.
    pub line: String,
}

/// The Services with a selector, but for `ExternalName`, that select the pods of no workload among
/// these objects. Items of a `List` count as objects; every object with a pod template counts as
/// a workload, whatever its kind. An object without a namespace may be in any.
#[must_use]
pub fn broken(objects: &[Value]) -> Vec<Mismatch> {
    let objects: Vec<&Value> = objects.iter().flat_map(each).collect();
    let workloads: Vec<Workload> = objects.iter().filter_map(|object| workload(object)).collect();
    objects.iter().filter_map(|object| mismatch(object, &workloads)).collect()
}

/// What makes pods.
struct Workload {
    /// `deployment/api-service`.
    title: String,
    name: String,
    namespace: Option<String>,
    labels: Labels,
}

/// The object, or a list's items.
fn each(object: &Value) -> Vec<&Value> {
    let is_list = object["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
    match object["items"].as_array() {
        Some(items) if is_list => items.iter().flat_map(each).collect(),
        _ => vec![object],
    }
}

fn workload(object: &Value) -> Option<Workload> {
    let kind = object["kind"].as_str()?;
    let metadata = match kind {
        "Pod" => &object["metadata"],
        "CronJob" => object.pointer("/spec/jobTemplate/spec/template/metadata")?,
        // A PodTemplate makes nothing by itself; all others keep theirs here.
        _ => object.pointer("/spec/template/metadata")?,
    };
    let labels = labels(&metadata["labels"]);
    let name = name(object);
    (!labels.is_empty()).then(|| Workload {
        title: format!("{}/{name}", plain(&kind.to_lowercase())),
        namespace: namespace(object),
        name,
        labels,
    })
}

fn mismatch(object: &Value, workloads: &[Workload]) -> Option<Mismatch> {
    let spec = &object["spec"];
    let is_service = object["kind"] == "Service" && object["apiVersion"] == "v1";
    let selector = labels(&spec["selector"]);
    if !is_service || selector.is_empty() || spec["type"] == "ExternalName" {
        return None;
    }
    let (service, here) = (name(object), namespace(object));
    let is_here = |w: &&Workload| w.namespace.is_none() || here.is_none() || w.namespace == here;
    let matches = |w: &&Workload| missed(&selector, &w.labels).is_empty();
    if workloads.iter().filter(is_here).any(|w| matches(&w)) {
        return None;
    }
    // Those elsewhere are worth a word only where they have every label.
    let near = workloads.iter().filter(|w| is_here(w) || matches(w));
    let mut near: Vec<(u32, &Workload)> =
        near.filter_map(|w| Some((nearness(&service, &selector, w)?, w))).collect();
    near.sort_by_key(|(likeness, _)| std::cmp::Reverse(*likeness));
    let near: Vec<&Workload> = near.into_iter().map(|(_, workload)| workload).collect();
    Some(Mismatch {
        line: line(&service, here.as_deref(), &selector, &near),
        near: near.into_iter().map(|w| (w.title.clone(), w.labels.clone())).collect(),
        namespace: here,
        service,
        selector,
    })
}

/// The keys of the selector that the labels do not have, or with another value.
fn missed<'a>(selector: &'a Labels, labels: &Labels) -> Vec<&'a str> {
    let missed = selector.iter().filter(|(key, value)| labels.get(*key) != Some(*value));
    missed.map(|(key, _)| key.as_str()).collect()
}

/// How near the workload is to what the Service means, where it is near at all.
fn nearness(service: &str, selector: &Labels, workload: &Workload) -> Option<u32> {
    let titled = format!("Workload {}", workload.name);
    match missed(selector, &workload.labels).as_slice() {
        [] => Some(1000),
        [key] => {
            let has = instead(&workload.labels, key, &selector[*key], selector);
            let nearness = likeness(service, key, selector, has.as_ref(), Some(&titled));
            // Where one label is all that is asked for, every workload lacks one label only.
            (selector.len() > 1 || has.is_some() || nearness >= ALIKE).then_some(nearness)
        }
        _ => {
            let by_name = likeness(service, "", &Labels::new(), None, Some(&titled));
            (by_name >= ALIKE).then_some(by_name)
        }
    }
}

fn line(service: &str, namespace: Option<&str>, selector: &Labels, near: &[&Workload]) -> String {
    let selects = format!("service/{service} selects {}", written(selector));
    if near.is_empty() {
        return format!("{selects}; nothing here makes pods with it");
    }
    let made: Vec<String> = near.iter().take(NAMED).map(|w| makes(w, namespace, selector)).collect();
    format!("{selects}; {}", made.join(", "))
}

/// `deployment/api-service makes pods with app=api-service`.
fn makes(workload: &Workload, namespace: Option<&str>, selector: &Labels) -> String {
    let title = &workload.title;
    let missed = missed(selector, &workload.labels);
    if missed.is_empty() {
        let there = workload.namespace.as_deref().unwrap_or_default();
        let here = namespace.unwrap_or_default();
        return format!("{title} makes such pods, but in the namespace {there}, not in {here}");
    }
    let has = |key: &&str| instead(&workload.labels, key, &selector[*key], selector);
    let instead: Labels = missed.iter().filter_map(has).collect();
    if instead.is_empty() {
        return format!("{title} makes pods without {}", missed.join(" and "));
    }
    format!("{title} makes pods with {}", written(&instead))
}

fn labels(value: &Value) -> Labels {
    // What is no string is none for the API server either; both sides are read alike.
    let text = |value: &Value| plain(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let pairs = value.as_object().into_iter().flatten();
    pairs.map(|(key, value)| (plain(key), text(value))).collect()
}

fn name(object: &Value) -> String {
    let metadata = &object["metadata"];
    let generated = || metadata["generateName"].as_str().map(|name| format!("{name}*"));
    plain(&metadata["name"].as_str().map(str::to_owned).or_else(generated).unwrap_or_default())
}

fn namespace(object: &Value) -> Option<String> {
    object.pointer("/metadata/namespace").and_then(Value::as_str).map(plain)
}

#[cfg(test)]
mod tests;
