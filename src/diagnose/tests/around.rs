//! What other namespaces, Events and conditions add.

use k8s_openapi::api::core::v1::Pod;
use serde_json::json;

use super::*;

fn there(namespaces: &[(&str, usize)]) -> Vec<Elsewhere> {
    let there =
        |(namespace, ready): &(&str, usize)| Elsewhere { namespace: (*namespace).to_owned(), ready: *ready };
    namespaces.iter().map(there).collect()
}

#[test]
fn the_service_is_in_another_namespace() {
    let mut facts = facts(&[], Vec::new());
    facts.service = None;
    facts.services = vec!["db".to_owned()];
    assert_eq!(missing(&facts), Some(Missing::Service));
    facts.elsewhere = there(&[("prod", 0)]);
    insta::assert_snapshot!(said(&facts), @r"
    NoService
    There is no Service api-service in the namespace shop.
    Namespace prod has one; from shop, its clients reach it as api-service.prod.
    > firedrill diagnose api-service -n prod
    ");
    facts.elsewhere = there(&[("a", 0), ("b", 0), ("c", 0), ("d", 0)]);
    insta::assert_snapshot!(said(&facts), @r"
    NoService
    There is no Service api-service in the namespace shop.
    Namespaces a, b, c and 1 more have one; from shop, clients reach that of a as api-service.a.
    > firedrill diagnose api-service -n a
    ");
}

#[test]
fn the_pods_are_in_another_namespace() {
    let mut facts = facts(&[("app", "api")], three(&[("app", "postgres")]));
    for pod in &mut facts.pods {
        pod.workload = None;
    }
    assert_eq!(missing(&facts), Some(Missing::Pods(labels(&[("app", "api")]))));
    facts.elsewhere = there(&[("prod", 2)]);
    insta::assert_snapshot!(said(&facts), @r"
    NoPodMatches
    Service api-service selects app=api; no pod has it.
    2 ready pods that match it run in namespace prod; a Service selects pods of its own namespace only.
    Selector last changed by helm at 14:15:02Z.
    > kubectl -n prod get pods -l app=api
    ");
    facts.elsewhere = there(&[("prod", 1)]);
    assert!(said(&facts).contains("1 ready pod that matches it runs in namespace prod;"));
}

#[test]
fn nothing_is_looked_for_elsewhere_where_something_is_here() {
    assert_eq!(missing(&facts(&[("app", "api-svc")], three(&[("app", "api-service")]))), None, "a near miss");
    assert_eq!(missing(&facts(&[("app", "api")], three(&[("app", "api")]))), None, "pods");
    let mut zero = facts(&[("app", "api")], Vec::new());
    assert!(missing(&zero).is_some());
    zero.workloads = vec![WorkloadFacts { labels: labels(&[("app", "api")]), ..WorkloadFacts::default() }];
    assert_eq!(missing(&zero), None, "scaled to zero");
    assert_eq!(missing(&facts(&[], Vec::new())), None, "no selector");
}

fn event(about: &str, reason: &str, message: &str, times: i64, last: &str) -> EventFacts {
    EventFacts {
        about: about.to_owned(),
        reason: reason.to_owned(),
        message: message.to_owned(),
        times,
        last: Some(format!("2026-11-22T{last}Z")),
    }
}

#[test]
fn warnings_explain_pods_that_are_not_ready() {
    let mut facts = facts(&[("app", "api")], three(&[("app", "api")]));
    for pod in &mut facts.pods {
        pod.not_ready = Some("ContainersNotReady: containers with unready status: [api]".to_owned());
    }
    assert!(explained_by_events(&facts));
    let probe = "Readiness probe failed: HTTP probe failed with statuscode: 500";
    facts.events = vec![
        event("pod/a", "Unhealthy", probe, 12, "14:15:02"),
        event("pod/b", "Unhealthy", probe, 1, "14:15:09"),
        event("pod/c", "NotReady", "containers with unready status: [api]", 1, "14:20:00"),
        event("pod/c", "BackOff", &"x".repeat(300), 1, "14:10:00"),
        event("pod/c", "Older", "older", 1, "14:09:00"),
        event("pod/c", "Oldest", "oldest", 1, "14:08:00"),
    ];
    insta::assert_snapshot!(said(&facts).replace(&"x".repeat(240), "x…x"), @r"
    NoneReady
    Service api-service selects app=api; 3 pods match, but none is ready.
    a and 2 more: ContainersNotReady: containers with unready status: [api]
    Event Unhealthy, pod/a and 1 more, 13 times, last at 14:15:09Z: Readiness probe failed: HTTP probe failed with statuscode: 500
    Event BackOff, pod/c, at 14:10:00Z: x…x…
    Event Older, pod/c, at 14:09:00Z: older
    > kubectl -n shop describe pod a
    ");
}

#[test]
fn warnings_explain_pods_that_cannot_be_made() {
    let mut facts = facts(&[("app", "api")], Vec::new());
    facts.workloads = vec![WorkloadFacts {
        kind: "StatefulSet".to_owned(),
        name: "api".to_owned(),
        replicas: 1,
        labels: labels(&[("app", "api")]),
        ..WorkloadFacts::default()
    }];
    assert!(explained_by_events(&facts));
    insta::assert_snapshot!(said(&facts), @r#"
    NoPods { workload: "StatefulSet api", reason: None }
    Service api-service selects the pods of StatefulSet api, which has none.
    It does not say why; its events may.
    > kubectl -n shop describe statefulset/api
    "#);
    facts.events = vec![event("statefulset/api", "FailedCreate", "exceeded quota: pods=0", 1, "14:15:02")];
    insta::assert_snapshot!(said(&facts), @r#"
    NoPods { workload: "StatefulSet api", reason: None }
    Service api-service selects the pods of StatefulSet api, which has none.
    Event FailedCreate, statefulset/api, at 14:15:02Z: exceeded quota: pods=0
    > kubectl -n shop describe statefulset/api
    "#);
}

#[test]
fn who_scaled_it_to_zero() {
    let mut facts = facts(&[("app", "api")], Vec::new());
    facts.workloads = vec![WorkloadFacts {
        kind: "Deployment".to_owned(),
        name: "api".to_owned(),
        labels: labels(&[("app", "api")]),
        replicas_changed: facts.service.as_ref().unwrap().selector_changed.clone(),
        ..WorkloadFacts::default()
    }];
    insta::assert_snapshot!(said(&facts), @r#"
    ScaledToZero { workload: "Deployment api" }
    Service api-service selects the pods of Deployment api, which is scaled to 0.
    Replicas last changed by helm at 14:15:02Z.
    > kubectl -n shop scale deployment/api --replicas 1
    "#);
    assert_eq!(diagnose(&facts).changed.unwrap().by, "helm");
}

#[test]
fn likelier_pods_come_first() {
    let mut pods = vec![
        pod("spelled", &[("app.kubernetes.io/name", "api-service"), ("tier", "web")]),
        pod("by-chance", &[("owner", "api-service"), ("tier", "web")]),
        pod("other-tier", &[("app", "api-service"), ("tier", "zzz")]),
        pod("two-away", &[("app", "x"), ("tier", "zzz")]),
    ];
    for pod in &mut pods {
        pod.workload = Some(format!("Deployment {}", pod.name));
    }
    insta::assert_snapshot!(said(&facts(&[("app", "api-service"), ("tier", "web")], pods)), @r#"
    NoPodMatches
    Service api-service selects app=api-service,tier=web; no pod has it.
    1 ready pod differs in this one label: app.kubernetes.io/name=api-service (Deployment spelled).
    1 ready pod differs in this one label: owner=api-service (Deployment by-chance).
    1 ready pod differs in this one label: tier=zzz (Deployment other-tier).
    Selector last changed by helm at 14:15:02Z.
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"app":null,"app.kubernetes.io/name":"api-service"}}}'
    "#);
}

#[test]
fn a_key_and_a_value_that_both_changed() {
    let pods = three(&[("app.kubernetes.io/name", "api-service")]);
    insta::assert_snapshot!(said(&facts(&[("app", "api-svc")], pods)), @r#"
    NoPodMatches
    Service api-service selects app=api-svc; no pod has it.
    3 ready pods differ in this one label: app.kubernetes.io/name=api-service (Deployment api-service).
    Selector last changed by helm at 14:15:02Z.
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"app":null,"app.kubernetes.io/name":"api-service"}}}'
    "#);
}

#[test]
fn a_readiness_gate_that_nobody_opened() {
    let pod = |gate: &str| -> Pod {
        let conditions = [("ContainersReady", "True"), ("Ready", "False"), ("lb.example.com/attached", gate)];
        let conditions: Vec<_> = conditions.iter().map(|(t, s)| json!({"type": t, "status": s})).collect();
        serde_json::from_value(json!({
            "spec": {"containers": [], "readinessGates": [{"conditionType": "lb.example.com/attached"}]},
            "status": {"phase": "Running", "conditions": conditions},
        }))
        .unwrap()
    };
    let shut = "readiness gate lb.example.com/attached is not true";
    assert_eq!(not_ready(&pod("False")).as_deref(), Some(shut));
    assert_eq!(not_ready(&pod("True")).as_deref(), Some("Ready"));
}
