//! The drill's variant that is broken by a real release.

use firedrill::journal::{Kind, StepOutcome};
use serde_json::Value;

use super::drills::Drill;
use super::running::{DRILL, Ended, Running};
use crate::support::helm::helm;
use crate::support::namespace::TestNamespace;

async fn run(drill: &str, more: &[&str]) -> Ended {
    // Prepared here, where it may take minutes.
    helm().await;
    Running::start(&[&[drill, "--variant", "helm", "--output", "json"], more].concat()).end().await
}

/// What came of the step of this name.
fn outcome<'a>(ended: &'a Ended, what: &str) -> &'a StepOutcome {
    let step = ended.events.iter().find_map(|event| match &event.kind {
        Kind::StepFinished { what: is, outcome, .. } if is.starts_with(what) => Some(outcome),
        _ => None,
    });
    step.unwrap_or_else(|| panic!("no step {what}: {}", ended.stderr))
}

#[tokio::test]
async fn a_release_breaks_it_and_the_runbook_mends_the_chart() {
    let ended = run(DRILL, &[]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let report = ended.report();
    assert_eq!((report["verdict"].as_str(), report["variant"].as_str()), (Some("passed"), Some("helm")));
    assert_eq!(*outcome(&ended, "helm upgrade api-service chart/1.1.0"), StepOutcome::Changed);
    assert_eq!(*outcome(&ended, "helm upgrade api-service chart/1.1.1"), StepOutcome::Changed);
    let held = |option: &str| -> Value {
        let choices = report["choices"].as_array().unwrap();
        choices.iter().find(|choice| choice["option"] == option).unwrap()["held"].clone()
    };
    for option in ["triage.B", "fix.A", "root-cause.D", "harden.requests", "harden.deploy", "harden.check"] {
        assert_eq!(held(option), true, "{option}");
    }
    // Its pods run no containers, so a test that is a pod proves nothing, and is not said to.
    assert_eq!(held("harden.test"), Value::Null);
    assert!(matches!(outcome(&ended, "helm test api-service"), StepOutcome::NotExecutable { .. }));
    // The process ends after the change that it made, so the fault is late by up to its length.
    let early = report["notes"].to_string();
    assert!(early.contains("early") && ended.undo_complete(), "{early}");
}

#[tokio::test]
async fn a_chart_that_cannot_be_rendered_changes_nothing() {
    let drill =
        Drill::builtin().replace_in("chart/1.1.1/templates/service.yaml", "selector:", "{{ fail \"no\" }}");
    let ended = run(drill.path(), &[]).await;
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert!(ended.stderr.contains("helm template api-service chart/1.1.1"), "{}", ended.stderr);
    assert!(ended.events.is_empty(), "nothing has begun");
}

#[tokio::test]
async fn what_helm_changes_in_someone_elses_namespace_could_not_be_undone() {
    let namespace = TestNamespace::new().await;
    let ended = run(DRILL, &["-n", &namespace.name]).await;
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("firedrill::preflight::helm"), "{}", ended.stderr);
    let ended = run(DRILL, &["--keep-workload"]).await;
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("firedrill::preflight::helm_kept"), "{}", ended.stderr);
}
