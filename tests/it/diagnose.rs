//! The incident, diagnosed on a real control plane.

mod around;
mod release;

use firedrill::journal::StepOutcome;
use serde_json::json;

use crate::stage::{Stage, fault};

#[tokio::test]
async fn the_incident_is_found_with_its_fix() {
    let stage = Stage::incident().await;
    // The watch of slices is not at hand here; the deployment is ready, the slice follows.
    let healthy = stage.step(json!({"diagnose": "service/api-service"})).await;
    assert_eq!(healthy.outcome, StepOutcome::Unchanged);
    stage.change(fault()).await;
    let mut found = stage.step(json!({"diagnose": "service/api-service"})).await.diagnosis.unwrap();
    for _ in 0..200 {
        if found.near_misses.len() == 1 {
            break;
        }
        found = stage.step(json!({"diagnose": "service/api-service"})).await.diagnosis.unwrap();
    }
    assert!(found.found());
    assert_eq!(found.lines[0], "Service api-service selects app=api-svc; no pod has it.");
    assert_eq!(
        found.lines[1],
        "3 ready pods differ in this one label: app=api-service (Deployment api-service)."
    );
    assert!(found.lines[2].starts_with("Selector last changed by firedrill at "), "{:?}", found.lines);
    let namespace = &stage.ctx.namespace;
    assert_eq!(
        found.fix.as_deref(),
        Some(
            format!(
                "kubectl -n {namespace} patch service api-service --type merge -p \
             '{{\"spec\":{{\"selector\":{{\"app\":\"api-service\"}}}}}}'"
            )
            .as_str()
        )
    );
}
