//! When a Deployment is rolled out, and why it is not.

use futures::StreamExt as _;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::{WatchStreamExt as _, watcher};

use super::api::Api;
use super::error::Error;
use super::label::selector;
use crate::diagnose::not_ready;
use crate::drill::Length;

/// Waits, by a watch, until the Deployment is rolled out.
pub async fn rolled_out(api: &Api, namespace: &str, deployment: &str, within: Length) -> Result<(), Error> {
    let deployments = kube::Api::<Deployment>::namespaced(api.client().clone(), namespace);
    let mut versions = watcher::watch_object(deployments, deployment).default_backoff().boxed();
    let mut last = None;
    let waited = tokio::time::timeout(within.0, async {
        while let Some(seen) = versions.next().await {
            match seen {
                Ok(Some(live)) if complete(&live) => return,
                Ok(live) => last = Some(Ok(live)),
                Err(error) => last = Some(Err(error)),
            }
        }
    });
    if waited.await.is_ok() {
        return Ok(());
    }
    let (progress, reasons) = match &last {
        Some(Ok(Some(live))) => (progress(live), reasons(api, namespace, live).await),
        Some(Ok(None)) => ("it does not exist".to_owned(), Vec::new()),
        Some(Err(error)) => (format!("it could not be watched ({error})"), Vec::new()),
        None => ("the API server did not answer".to_owned(), Vec::new()),
    };
    Err(Error::NotRolledOut {
        deployment: deployment.to_owned(),
        namespace: namespace.to_owned(),
        within,
        progress,
        reasons,
    })
}

/// Whether a Deployment is rolled out: its newest form was seen by its controller, all its
/// replicas have that form and are available, and none of an older form is left.
#[must_use]
pub fn complete(deployment: &Deployment) -> bool {
    let want = wanted(deployment);
    let Some(status) = &deployment.status else { return false };
    status.observed_generation >= deployment.metadata.generation
        && status.updated_replicas.unwrap_or(0) == want
        && status.replicas.unwrap_or(0) == want
        && status.available_replicas.unwrap_or(0) == want
}

fn wanted(deployment: &Deployment) -> i32 {
    deployment.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
}

fn progress(deployment: &Deployment) -> String {
    let want = wanted(deployment);
    let status = deployment.status.clone().unwrap_or_default();
    if status.observed_generation < deployment.metadata.generation {
        return "the deployment controller has not looked at it yet".to_owned();
    }
    let (updated, available, all) = (
        status.updated_replicas.unwrap_or(0),
        status.available_replicas.unwrap_or(0),
        status.replicas.unwrap_or(0),
    );
    let old = all - updated;
    let old = if old > 0 { format!(", {old} old left") } else { String::new() };
    format!("{available} of {want} replicas available, {updated} up to date{old}")
}

/// Why: what the controller says, then what each pod says, the same thing only once.
async fn reasons(api: &Api, namespace: &str, deployment: &Deployment) -> Vec<String> {
    let mut reasons: Vec<String> = deployment
        .status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten())
        .filter(|c| c.type_ == "ReplicaFailure" && c.status == "True")
        .filter_map(|c| c.message.clone())
        .collect();
    let labels = deployment.spec.as_ref().and_then(|spec| spec.selector.match_labels.clone());
    match api.list("v1", "pods", namespace, &selector(&labels.unwrap_or_default())).await {
        Ok(pods) => reasons.extend(pod_reasons(&pods)),
        Err(error) => reasons.push(error.to_string()),
    }
    reasons
}

/// The reasons of pods that are not ready: `3 pods: ImagePullBackOff: …`.
fn pod_reasons(pods: &[serde_json::Value]) -> Vec<String> {
    let mut counted: Vec<(String, Vec<String>)> = Vec::new();
    for pod in pods {
        let Ok(pod) = serde_json::from_value::<Pod>(pod.clone()) else { continue };
        let Some(reason) = not_ready(&pod) else { continue };
        let name = pod.metadata.name.unwrap_or_default();
        match counted.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => counted.push((reason, vec![name])),
        }
    }
    let line = |(reason, names): (String, Vec<String>)| match names.as_slice() {
        [one] => format!("pod {one}: {reason}"),
        more => format!("{} pods: {reason}", more.len()),
    };
    counted.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(status: &serde_json::Value) -> Deployment {
        serde_json::from_value(json!({
            "metadata": {"name": "api", "generation": 2},
            "spec": {"replicas": 3, "selector": {}, "template": {}},
            "status": status,
        }))
        .unwrap()
    }

    #[test]
    fn complete_means_all_new_all_available_none_old() {
        let done =
            json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3});
        assert!(complete(&deployment(&done)));
        for (key, value) in
            [("observedGeneration", 1), ("replicas", 4), ("updatedReplicas", 2), ("availableReplicas", 2)]
        {
            let mut status = done.clone();
            status[key] = json!(value);
            assert!(!complete(&deployment(&status)), "{key}: {value} counts as complete");
        }
        assert!(!complete(&deployment(&json!({}))));
    }

    #[test]
    fn the_same_reason_is_said_once() {
        let waiting = |name: &str| {
            json!({"metadata": {"name": name}, "status": {"phase": "Pending",
            "containerStatuses": [{"name": "c", "image": "", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]}})
        };
        let stuck = json!({"metadata": {"name": "c"}, "status": {"phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"}]}});
        assert_eq!(
            pod_reasons(&[waiting("a"), waiting("b"), stuck]),
            [
                "2 pods: container c: ImagePullBackOff: no such image",
                "pod c: Unschedulable: 0/1 nodes are available",
            ]
        );
    }
}
