//! Steps in words.

use super::label::selector;
use crate::drill::{LabelStep, SignalState, Step, WaitStep};

/// What a step does, for people: `patch service/api-service {"spec":{"selector":{"app":"api"}}}`.
#[must_use]
pub fn describe(step: &Step) -> String {
    match step {
        Step::Patch(patch) => format!("patch {} {}", patch.target, patch.merge),
        Step::Label(label) => describe_label(label),
        Step::Scale(scale) => format!("scale {} to {}", scale.target, scale.replicas),
        Step::Restart(target) => format!("restart {target}"),
        Step::Delete(target) => format!("delete {target}"),
        Step::Apply(apply) => format!("apply {}", apply.manifests.join(", ")),
        Step::Wait(wait) => describe_wait(wait),
        Step::Diagnose(service) => format!("diagnose {service}"),
    }
}

fn describe_label(label: &LabelStep) -> String {
    let target = match (&label.target, &label.pods) {
        (Some(target), _) => target.to_string(),
        (None, Some(labels)) => format!("pods with {}", selector(labels)),
        (None, None) => "nothing".to_owned(),
    };
    // As kubectl writes it: `app=api` sets, `app-` removes.
    let set: Vec<String> = label
        .set
        .iter()
        .map(|(key, value)| value.as_ref().map_or_else(|| format!("{key}-"), |value| format!("{key}={value}")))
        .collect();
    format!("label {target} {}", set.join(" "))
}

fn describe_wait(wait: &WaitStep) -> String {
    let mut goals = Vec::new();
    if let Some(deployment) = &wait.deployment {
        goals.push(format!("the rollout of deployment/{deployment}"));
    }
    if let (Some(signal), Some(state)) = (&wait.signal, wait.state) {
        let state = if state == SignalState::Up { "up" } else { "out" };
        goals.push(format!("{signal} to be {state}"));
    }
    format!("wait for {} (at most {})", goals.join(" and "), wait.within)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn steps_read_like_the_commands_that_people_know() {
        let steps = json!([
            {"patch": {"target": "service/api-service", "merge": {"spec": {"selector": {"app": "api-svc"}}}}},
            {"label": {"pods": {"app": "a", "tier": "b"}, "set": {"app": "c", "old": null}}},
            {"scale": {"target": "deployment/api", "replicas": 0}},
            {"restart": "Deployment/api"},
            {"delete": "service/api"},
            {"apply": {"manifests": ["a.yaml", "b.yaml"]}},
            {"wait": {"signal": "endpoints", "state": "up", "within": "30s"}},
            {"wait": {"deployment": "api", "within": "1m"}},
            {"diagnose": "service/api"},
        ]);
        let steps: Vec<Step> = serde_json::from_value(steps).unwrap();
        let lines: Vec<String> = steps.iter().map(describe).collect();
        insta::assert_snapshot!(lines.join("\n"), @"");
    }
}
