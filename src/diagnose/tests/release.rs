//! Whose the Service is, and what makes a mend last.

use super::*;

/// The incident, of a release: broken at 14:15:02 by `by`.
fn of_release(by: &str, revisions: Option<Vec<Revision>>) -> Facts {
    let mut facts = facts(&[("app", "api-svc")], three(&[("app", "api-service")]));
    facts.revisions = revisions;
    let service = facts.service.as_mut().unwrap();
    service.release = Some(named("api-service"));
    service.chart = Some("api-service-1.1.0".to_owned());
    service.selector_changed.as_mut().unwrap().by = by.to_owned();
    facts
}

fn named(name: &str) -> ReleaseName {
    ReleaseName { name: name.to_owned(), namespace: "shop".to_owned() }
}

fn revision(number: u64, status: &str, began: &str, at: &str) -> Revision {
    let day = |time: &str| Some(format!("2026-11-22T{time}Z"));
    Revision { number, status: status.to_owned(), began: day(began), at: day(at) }
}

fn two(status: &str) -> Vec<Revision> {
    let first = if status == "failed" { "deployed" } else { "superseded" };
    vec![revision(2, status, "14:15:01", "14:15:03"), revision(1, first, "09:00:00", "14:15:03")]
}

#[test]
fn an_upgrade_broke_it() {
    let facts = of_release("helm", Some(two("deployed")));
    insta::assert_snapshot!(said(&facts), @r#"
    NoPodMatches
    Service api-service selects app=api-svc; no pod has it.
    3 ready pods differ in this one label: app=api-service (Deployment api-service).
    Selector last changed by helm at 14:15:02Z: Helm release api-service, revision 2 (deployed at 14:15:03Z, chart api-service-1.1.0).
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"app":"api-service"}}}'
    > helm -n shop rollback api-service 1
    (The fix mends what is live, not the chart: the next upgrade breaks it again (client-side apply) or fails with a conflict (server-side apply). Mend the chart; a rollback also drops whatever else came with revision 2 and after it.)
    "#);
    let release = diagnose(&facts).release.unwrap();
    assert_eq!((release.revision, release.previous, release.drifted), (Some(2), Some(1), false));
}

#[test]
fn an_upgrade_that_failed_broke_it() {
    insta::assert_snapshot!(said(&of_release("helm", Some(two("failed")))), @r#"
    NoPodMatches
    Service api-service selects app=api-svc; no pod has it.
    3 ready pods differ in this one label: app=api-service (Deployment api-service).
    Selector last changed by helm at 14:15:02Z: Helm release api-service, revision 2 (failed at 14:15:03Z, chart api-service-1.1.0).
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"app":"api-service"}}}'
    > helm -n shop rollback api-service 1
    (The fix mends what is live, not the chart: the next upgrade breaks it again (client-side apply) or fails with a conflict (server-side apply). Mend the chart; a rollback also drops whatever else came with revision 2 and after it.)
    "#);
}

#[test]
fn somebody_else_broke_it() {
    let mut facts = of_release("kubectl-patch", Some(two("deployed")));
    insta::assert_snapshot!(said(&facts), @r#"
    NoPodMatches
    Service api-service selects app=api-svc; no pod has it.
    3 ready pods differ in this one label: app=api-service (Deployment api-service).
    Selector last changed by kubectl-patch at 14:15:02Z, after revision 2 of Helm release api-service: it has drifted from the chart.
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"app":"api-service"}}}'
    (The next upgrade of api-service writes the chart's selector over what was changed by hand (client-side apply), or fails with a conflict (server-side apply) where the two differ.)
    "#);
    facts.revisions.as_mut().unwrap().push(revision(3, "pending-upgrade", "14:20:00", "14:20:00"));
    insta::assert_snapshot!(said(&facts), @r#"
    NoPodMatches
    Service api-service selects app=api-svc; no pod has it.
    3 ready pods differ in this one label: app=api-service (Deployment api-service).
    Selector last changed by kubectl-patch at 14:15:02Z, after revision 2 of Helm release api-service: it has drifted from the chart.
    Its newest revision, 3, is pending-upgrade since 14:20:00Z.
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"app":"api-service"}}}'
    (The next upgrade of api-service writes the chart's selector over what was changed by hand (client-side apply), or fails with a conflict (server-side apply) where the two differ.)
    "#);
}

#[test]
fn a_later_upgrade_did_not_break_it() {
    let mut revisions = two("superseded");
    revisions.push(revision(10, "deployed", "15:00:00", "15:00:02"));
    insta::assert_snapshot!(said(&of_release("helm", Some(revisions))), @r#"
    NoPodMatches
    Service api-service selects app=api-svc; no pod has it.
    3 ready pods differ in this one label: app=api-service (Deployment api-service).
    Selector last changed by helm at 14:15:02Z: Helm release api-service, revision 2 (superseded, chart api-service-1.1.0).
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"app":"api-service"}}}'
    > helm -n shop rollback api-service 1
    (The fix mends what is live, not the chart: the next upgrade breaks it again (client-side apply) or fails with a conflict (server-side apply). Mend the chart; a rollback also drops whatever else came with revision 2 and after it.)
    "#);
}

#[test]
fn without_a_history() {
    insta::assert_snapshot!(said(&of_release("helm", None)), @r#"
    NoPodMatches
    Service api-service selects app=api-svc; no pod has it.
    3 ready pods differ in this one label: app=api-service (Deployment api-service).
    Selector last changed by helm at 14:15:02Z: Helm release api-service (chart api-service-1.1.0); its revisions may not be read.
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"app":"api-service"}}}'
    (The fix mends what is live, not the chart: the next upgrade breaks it again (client-side apply) or fails with a conflict (server-side apply). Mend the chart.)
    "#);
    insta::assert_snapshot!(said(&of_release("helm", Some(Vec::new()))), @r#"
    NoPodMatches
    Service api-service selects app=api-svc; no pod has it.
    3 ready pods differ in this one label: app=api-service (Deployment api-service).
    Selector last changed by helm at 14:15:02Z: Helm release api-service (chart api-service-1.1.0), which keeps no revision from then.
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"app":"api-service"}}}'
    (The fix mends what is live, not the chart: the next upgrade breaks it again (client-side apply) or fails with a conflict (server-side apply). Mend the chart.)
    "#);
}

#[test]
fn the_first_revision_has_none_before_it() {
    let first = vec![revision(1, "deployed", "14:15:01", "14:15:03")];
    insta::assert_snapshot!(said(&of_release("helm", Some(first))), @r#"
    NoPodMatches
    Service api-service selects app=api-svc; no pod has it.
    3 ready pods differ in this one label: app=api-service (Deployment api-service).
    Selector last changed by helm at 14:15:02Z: Helm release api-service, revision 1 (deployed at 14:15:03Z, chart api-service-1.1.0).
    > kubectl -n shop patch service api-service --type merge -p '{"spec":{"selector":{"app":"api-service"}}}'
    (The fix mends what is live, not the chart: the next upgrade breaks it again (client-side apply) or fails with a conflict (server-side apply). Mend the chart.)
    "#);
}

#[test]
fn the_pods_are_of_another_release() {
    let mut facts = of_release("helm", Some(two("deployed")));
    let workload = |release| WorkloadFacts {
        kind: "Deployment".to_owned(),
        name: "api-service".to_owned(),
        replicas: 3,
        release: Some(named(release)),
        ..WorkloadFacts::default()
    };
    facts.workloads = vec![workload("api-service")];
    let same = diagnose(&facts);
    assert_eq!(same.near_misses[0].release, Some(named("api-service")));
    assert!(same.lines[1].ends_with("app=api-service (Deployment api-service)."), "{:?}", same.lines);
    facts.workloads = vec![workload("other")];
    let line = &diagnose(&facts).lines[1];
    assert!(line.ends_with("(Deployment api-service, Helm release other)."), "{line}");
}

#[test]
fn ports_that_an_upgrade_broke() {
    let mut facts = of_release("helm", Some(two("deployed")));
    let service = facts.service.as_mut().unwrap();
    service.selector = labels(&[("app", "api-service")]);
    service.ports = vec![PortFacts { port: 80, target: TargetPort::Name("htp".to_owned()) }];
    service.ports_changed = service.selector_changed.take();
    insta::assert_snapshot!(said(&facts), @r#"
    NoPort { target_port: "htp" }
    Service api-service has ready pods, but none of their containers has a port named htp, which its port 80 leads to.
    Ports of the containers: http (8080).
    Ports last changed by helm at 14:15:02Z: Helm release api-service, revision 2 (deployed at 14:15:03Z, chart api-service-1.1.0).
    > kubectl -n shop patch service api-service --type json -p '[{"op":"replace","path":"/spec/ports/0/targetPort","value":"http"}]'
    > helm -n shop rollback api-service 1
    (The fix mends what is live, not the chart: the next upgrade breaks it again (client-side apply) or fails with a conflict (server-side apply). Mend the chart; a rollback also drops whatever else came with revision 2 and after it.)
    "#);
}
