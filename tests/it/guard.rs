//! What happens when the runner dies, when its guard does, and when both do.

mod died;
mod late;
mod lost;
mod overdue;

use firedrill::journal::{AbortReason, Event, Kind, UndoResult};
use firedrill::report::{self, DamageReport, Verdict};
use k8s_openapi::api::core::v1::{Namespace, Service};
use kube::api::{Api, DeleteParams};

use crate::support::shared;

async fn selected(client: &kube::Client, namespace: &str) -> String {
    let services = Api::<Service>::namespaced(client.clone(), namespace);
    services.get("api-service").await.unwrap().spec.unwrap().selector.unwrap()["app"].clone()
}

/// Whether the namespace is gone, or going.
async fn is_leaving(client: &kube::Client, namespace: &str) -> bool {
    let live = Api::<Namespace>::all(client.clone()).get_opt(namespace).await.unwrap();
    live.is_none_or(|live| live.metadata.deletion_timestamp.is_some())
}

async fn remove(namespace: &str) {
    let all = Api::<Namespace>::all(shared::client().await);
    all.delete(namespace, &DeleteParams::default()).await.unwrap();
}

/// The journal of a run that its guard finished: it reads like any other.
fn told_by_guard(events: &[Event]) -> DamageReport {
    let report = report::fold(events);
    assert_eq!(report.verdict, Verdict::Aborted);
    let abort = report.aborted.as_ref().unwrap();
    assert_eq!(abort.reason, Some(AbortReason::RunnerDied));
    assert!(report.undo.complete, "{:?}", report.undo);
    assert_eq!(events.last().unwrap().kind, Kind::RunEnded);
    let elapsed: Vec<_> = events.iter().map(|event| event.stamp.elapsed).collect();
    let last = *elapsed.last().unwrap();
    assert_eq!(elapsed.iter().max(), Some(&last), "both processes count from the same beginning");
    report
}

fn results(report: &DamageReport, object: &str) -> Vec<UndoResult> {
    let of = report.undo.items.iter().filter(|item| item.object.starts_with(object));
    of.map(|item| item.result.clone()).collect()
}
