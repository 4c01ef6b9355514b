mod around;
mod ports;
mod release;

use super::*;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn pod(name: &str, pairs: &[(&str, &str)]) -> PodFacts {
    PodFacts {
        name: name.to_owned(),
        labels: labels(pairs),
        ports: vec![(Some("http".to_owned()), 8080)],
        workload: Some("Deployment api-service".to_owned()),
        ..PodFacts::default()
    }
}

/// A Service that selects `selector`, with pods of the incident.
fn facts(selector: &[(&str, &str)], pods: Vec<PodFacts>) -> Facts {
    Facts {
        name: "api-service".to_owned(),
        namespace: "shop".to_owned(),
        service: Some(ServiceFacts {
            selector: labels(selector),
            ports: vec![PortFacts { port: 80, target: TargetPort::Number(8080) }],
            selector_changed: Some(Changed {
                by: "helm".to_owned(),
                at: Some("2026-11-22T14:15:02Z".to_owned()),
            }),
            ..ServiceFacts::default()
        }),
        pods,
        slices: vec![SliceFacts::default()],
        ..Facts::default()
    }
}

fn three(pairs: &[(&str, &str)]) -> Vec<PodFacts> {
    ["a", "b", "c"].map(|name| pod(name, pairs)).to_vec()
}

fn said(facts: &Facts) -> String {
    let diagnosis = diagnose(facts);
    assert_eq!(diagnosis.found(), diagnosis.cause != Cause::Healthy);
    let commands = diagnosis.fix.iter().chain(&diagnosis.then).map(|command| format!("\n> {command}"));
    let note = diagnosis.note.iter().map(|note| format!("\n({note})"));
    let after: String = commands.chain(note).collect();
    format!("{:?}\n{}{after}", diagnosis.cause, diagnosis.lines.join("\n"))
}

#[test]
fn the_incident() {
    insta::assert_snapshot!(said(&facts(&[("app", "api-svc")], three(&[("app", "api-service")]))), @r#"
    NoPodMatches
    Service api-service selects app=api-svc; no pod has it.
    3 ready pods differ in this one label: app=api-service (Deployment api-service).
    Selector last changed by helm at 14:15:02Z.
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"app":"api-service"}}}'
    "#);
}

#[test]
fn healthy() {
    let mut facts = facts(&[("app", "api")], three(&[("app", "api")]));
    facts.slices = vec![SliceFacts { ready: 2, ports: 1 }, SliceFacts { ready: 1, ports: 1 }];
    insta::assert_snapshot!(said(&facts), @r#"
    Healthy
    Service api-service has 3 usable endpoints.
    "#);
    assert!(!diagnose(&facts).found());
}

#[test]
fn no_such_service() {
    let mut facts = facts(&[], Vec::new());
    facts.service = None;
    facts.services = vec!["api-services".to_owned(), "db".to_owned()];
    insta::assert_snapshot!(said(&facts), @r#"
    NoService
    There is no Service api-service in the namespace shop. Did you mean api-services?
    "#);
    facts.services = vec!["db".to_owned()];
    insta::assert_snapshot!(said(&facts), @r#"
    NoService
    There is no Service api-service in the namespace shop. It has: db.
    "#);
}

#[test]
fn external_name_and_no_selector() {
    let mut external = facts(&[], Vec::new());
    external.service.as_mut().unwrap().external_name = Some("db.example.com".to_owned());
    insta::assert_snapshot!(said(&external), @r#"
    ExternalName { to: "db.example.com" }
    Service api-service is of type ExternalName: it stands for db.example.com and never has endpoints.
    "#);
    insta::assert_snapshot!(said(&facts(&[], Vec::new())), @r#"
    NoSelector
    Service api-service has no selector, so Kubernetes fills no endpoints; somebody has to write its EndpointSlices.
    "#);
}

#[test]
fn a_label_under_another_key() {
    let pods = three(&[("app.kubernetes.io/name", "api-service")]);
    insta::assert_snapshot!(said(&facts(&[("app", "api-service")], pods)), @r#"
    NoPodMatches
    Service api-service selects app=api-service; no pod has it.
    3 ready pods differ in this one label: app.kubernetes.io/name=api-service (Deployment api-service).
    Selector last changed by helm at 14:15:02Z.
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"app":null,"app.kubernetes.io/name":"api-service"}}}'
    "#);
}

#[test]
fn one_of_two_labels_missing() {
    let mut pods = three(&[("app", "api-service"), ("tier", "web")]);
    pods[0].not_ready = Some("container api: CrashLoopBackOff".to_owned());
    insta::assert_snapshot!(said(&facts(&[("app", "api-service"), ("tier", "backend")], pods)), @r#"
    NoPodMatches
    Service api-service selects app=api-service,tier=backend; no pod has it.
    3 pods (2 ready) differ in this one label: tier=web (Deployment api-service).
    Selector last changed by helm at 14:15:02Z.
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"tier":"web"}}}'
    "#);
    let pods = three(&[("app", "api-service")]);
    insta::assert_snapshot!(said(&facts(&[("app", "api-service"), ("tier", "backend")], pods)), @r#"
    NoPodMatches
    Service api-service selects app=api-service,tier=backend; no pod has it.
    3 ready pods differ in this one label: no tier (Deployment api-service).
    Selector last changed by helm at 14:15:02Z.
    > kubectl -n shop get pods --show-labels
    "#);
}

#[test]
fn the_likely_pods_are_named_before_strangers() {
    let mut pods = three(&[("app", "api-service")]);
    let mut stranger = pod("pg-0", &[("app", "postgres")]);
    stranger.workload = Some("StatefulSet postgres".to_owned());
    pods.insert(0, stranger.clone());
    insta::assert_snapshot!(said(&facts(&[("app", "api-svc")], pods)), @r#"
    NoPodMatches
    Service api-service selects app=api-svc; no pod has it.
    3 ready pods differ in this one label: app=api-service (Deployment api-service).
    Selector last changed by helm at 14:15:02Z.
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"app":"api-service"}}}'
    "#);
    insta::assert_snapshot!(said(&facts(&[("app", "api-svc")], vec![stranger])), @r#"
    NoPodMatches
    Service api-service selects app=api-svc; no pod has it.
    1 ready pod differs in this one label: app=postgres (StatefulSet postgres).
    Selector last changed by helm at 14:15:02Z.
    > kubectl -n shop get pods --show-labels
    "#);
}

#[test]
fn nothing_near() {
    insta::assert_snapshot!(said(&facts(&[("app", "api-svc")], Vec::new())), @r#"
    NoPodMatches
    Service api-service selects app=api-svc; no pod has it.
    The namespace shop has no pods at all.
    Selector last changed by helm at 14:15:02Z.
    > kubectl -n shop get pods --show-labels
    "#);
    let pods = three(&[("component", "x")]);
    insta::assert_snapshot!(said(&facts(&[("app", "api-svc"), ("tier", "web")], pods)), @r#"
    NoPodMatches
    Service api-service selects app=api-svc,tier=web; no pod has it.
    All 3 pods of the namespace differ in more than one label.
    Selector last changed by helm at 14:15:02Z.
    > kubectl -n shop get pods --show-labels
    "#);
}

#[test]
fn none_ready() {
    let mut pods = three(&[("app", "api")]);
    for pod in &mut pods {
        pod.not_ready = Some("container api: ImagePullBackOff: no such image".to_owned());
    }
    pods[2].not_ready = Some("Unschedulable: 0/3 nodes are available".to_owned());
    insta::assert_snapshot!(said(&facts(&[("app", "api")], pods)), @r#"
    NoneReady
    Service api-service selects app=api; 3 pods match, but none is ready.
    c: Unschedulable: 0/3 nodes are available
    a and 1 more: container api: ImagePullBackOff: no such image
    > kubectl -n shop describe pod a
    "#);
}

#[test]
fn scaled_to_zero_and_pods_that_cannot_be_made() {
    let mut facts = facts(&[("app", "api")], Vec::new());
    facts.workloads = vec![WorkloadFacts {
        kind: "Deployment".to_owned(),
        name: "api".to_owned(),
        labels: labels(&[("app", "api"), ("x", "y")]),
        ..WorkloadFacts::default()
    }];
    insta::assert_snapshot!(said(&facts), @r#"
    ScaledToZero { workload: "Deployment api" }
    Service api-service selects the pods of Deployment api, which is scaled to 0.
    > kubectl -n shop scale deployment/api --replicas 1
    "#);
    facts.workloads[0].replicas = 2;
    facts.workloads[0].failure = Some("exceeded quota: pods=0".to_owned());
    insta::assert_snapshot!(said(&facts), @r#"
    NoPods { workload: "Deployment api", reason: Some("exceeded quota: pods=0") }
    Service api-service selects the pods of Deployment api, which has none.
    It says: exceeded quota: pods=0
    > kubectl -n shop describe deployment/api
    "#);
}

#[test]
fn slices_behind() {
    insta::assert_snapshot!(said(&facts(&[("app", "api")], three(&[("app", "api")]))), @r#"
    SlicesBehind
    Service api-service has ready pods with the right ports, but its EndpointSlices do not list them; kube-controller-manager may be behind or down.
    > kubectl -n kube-system get pods -l component=kube-controller-manager
    "#);
}

#[test]
fn text_of_the_cluster_is_harmless() {
    assert_eq!(plain("a\u{1b}[31mb\r\n  c\t\u{9b}d"), "a [31mb c d");
}
