use std::time::Duration;

use super::*;
use crate::drill::{Provider, Signal, Via};
use crate::engine::plan::{Rehearsal, Wishes};
use crate::journal::ResponderKind;

const DRILL: &str = include_str!("../../../drills/service-has-no-endpoints/drill.yaml");
const FAULT: &str = "- patch: {target: service/api-service, merge: {spec: {selector: {app: api-svc}}}}";

fn wishes() -> Wishes {
    Wishes {
        run: "run-x".to_owned(),
        by: String::new(),
        namespace: Some("shop".to_owned()),
        responder: ResponderKind::Manual,
        variant: None,
        max_duration: Duration::from_secs(60),
        keep_workload: false,
        blast_limit: BlastLimit::Namespace,
        provider: Provider::Local,
        respond_after: Duration::ZERO,
        rehearsal: Rehearsal::default(),
        speed: 0,
    }
}

/// The first drill with these steps for a fault.
fn plan(fault: &str, wishes: Wishes) -> Plan {
    let folder = tempfile::tempdir().unwrap();
    assert!(DRILL.contains(FAULT));
    crate::drill::catalogue::builtin()[0].write_to(folder.path()).unwrap();
    std::fs::write(folder.path().join("drill.yaml"), DRILL.replace(FAULT, fault)).unwrap();
    Plan::new(crate::drill::load(folder.path().to_str().unwrap()).unwrap(), wishes).unwrap()
}

fn needed(fault: &str) -> Vec<String> {
    let rights = of(&plan(fault, wishes()), Ground::Existing, &Kinds::default());
    rights.needed.iter().map(|right| right.to_string().split(": to").next().unwrap().to_owned()).collect()
}

fn has(rights: &[String], right: &str) -> bool {
    rights.iter().any(|known| known == right)
}

/// A URL and a node port are no matter of the API server's.
#[test]
fn requests_that_pass_the_api_server_by_need_no_right() {
    let proxied = |plan: &Plan| {
        let needed = of(plan, Ground::Existing, &Kinds::default()).needed;
        needed.iter().any(|right| right.subresource == Some("proxy"))
    };
    let mut plan = plan(FAULT, wishes());
    assert!(proxied(&plan));
    for via in [Via::NodePort(30080), Via::Url("http://shop.example".to_owned())] {
        let Signal::Http(http) = &mut plan.drill.signals[1].value else { panic!("no http signal") };
        http.via = via;
        assert!(!proxied(&plan));
    }
}

#[test]
fn a_right_says_what_it_is_for() {
    let rights = of(&plan(FAULT, wishes()), Ground::Existing, &Kinds::default()).needed;
    let patch = rights.iter().find(|r| r.resource == "services" && r.verb == "patch").unwrap();
    assert_eq!(
        patch.to_string(),
        "patch services/api-service in namespace shop: to deploy the workload, inject the fault, put everything back"
    );
    assert!(rights.is_sorted() && rights.iter().all(|right| !right.purposes.is_empty()));
}

#[test]
fn a_name_is_a_limit_where_the_api_server_knows_it() {
    let rights = needed(FAULT);
    for right in [
        "get services/api-service:80/proxy in namespace shop",
        "create services/api-service in namespace shop",
        "watch deployments.apps/api-service in namespace shop",
        "get namespaces/shop",
    ] {
        assert!(has(&rights, right), "{right}: {rights:#?}");
    }
    // What a deletion's undo makes again, it makes without a name in the URL.
    let rights = needed("- delete: service/api-service");
    assert!(has(&rights, "create services in namespace shop"), "{rights:#?}");
    assert!(!has(&rights, "create services/api-service in namespace shop"), "the whole takes it in");
}

#[test]
fn steps_bring_their_own_rights() {
    for (step, wanted) in [
        ("- restart: deployment/api-service", "patch deployments.apps/api-service"),
        ("- scale: {target: deployment/api-service, replicas: 0}", "get deployments.apps/api-service"),
        ("- label: {pods: {app: api-service}, set: {app: x}}", "patch pods"),
        ("- delete: pod/some-pod", "get replicasets.apps"),
        ("- delete: pod/some-pod", "watch pods/some-pod"),
        ("- apply: {manifests: [service-as-released.yaml]}", "delete services/api-service"),
        ("- diagnose: service/api-service", "list statefulsets.apps"),
    ] {
        let wanted = format!("{wanted} in namespace shop");
        assert!(has(&needed(step), &wanted), "{step} needs {wanted}");
        if !wanted.contains("api-service") {
            assert!(!has(&needed(FAULT), &wanted), "{wanted} is not for every drill");
        }
    }
}

#[test]
fn secrets_are_for_drills_that_change_secrets() {
    assert!(!needed(FAULT).iter().any(|right| right.contains("secrets")));
    let rights = needed("- patch: {target: secret/credentials, merge: {data: {a: null}}}");
    for right in ["create secrets", "list secrets", "delete secrets", "patch secrets"] {
        assert!(has(&rights, &format!("{right} in namespace shop")), "{right}: {rights:#?}");
    }
}

#[test]
fn a_namespace_of_its_own_is_made_and_deleted() {
    let run = |namespace: Option<&str>, keep_workload| {
        let wishes = Wishes { namespace: namespace.map(str::to_owned), keep_workload, ..wishes() };
        let rights = of(&plan(FAULT, wishes), Ground::Own, &Kinds::default()).needed;
        let made = rights.iter().filter(|right| right.resource == "namespaces");
        made.map(|r| r.to_string().split(": to").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        run(Some("shop"), false),
        ["create namespaces", "delete namespaces/shop", "get namespaces/shop"]
    );
    assert_eq!(
        run(None, true),
        ["create namespaces", "delete namespaces", "get namespaces", "patch namespaces"]
    );
}

#[test]
fn the_whole_cluster_is_looked_at_only_where_asked_for() {
    let slices = |blast_limit| {
        let wishes = Wishes { blast_limit, ..wishes() };
        let rights = of(&plan(FAULT, wishes), Ground::Existing, &Kinds::default()).needed;
        rights.iter().filter(|r| r.resource == "endpointslices" && r.namespace.is_none()).count()
    };
    assert_eq!((slices(BlastLimit::Namespace), slices(BlastLimit::Cluster)), (0, 2));
    assert_eq!(all_slices().len(), 2);
}

#[test]
fn an_unknown_kind_is_told() {
    let mut plan = plan(FAULT, wishes());
    let object = serde_json::json!({"apiVersion": "serving.knative.dev/v1", "kind": "Revision", "metadata": {"name": "a"}});
    plan.manifests.push(object);
    let rights = of(&plan, Ground::Existing, &Kinds::default());
    assert_eq!(rights.unknown, ["serving.knative.dev/v1 Revision"]);
}

/// Every right that a rule gives, one a line.
fn given(rule: &Rule) -> Vec<String> {
    let names: Vec<Option<&str>> = if rule.names.is_empty() {
        vec![None]
    } else {
        rule.names.iter().map(|name| Some(name.as_str())).collect()
    };
    let mut all = Vec::new();
    for resource in &rule.resources {
        for verb in &rule.verbs {
            all.extend(names.iter().map(|name| format!("{verb} {}/{resource} {name:?}", rule.group)));
        }
    }
    all
}

#[test]
fn rules_give_these_rights_and_no_others() {
    let everything = [
        "- label: {pods: {app: api-service}, set: {app: x}}",
        "- delete: pod/some-pod",
        "- delete: service/api-service",
        "- apply: {manifests: [workload.yaml]}",
        "- patch: {target: secret/credentials, merge: {data: {a: null}}}",
    ];
    for fault in [FAULT, &everything.join("\n    ")] {
        let rights = of(&plan(fault, wishes()), Ground::Existing, &Kinds::default()).needed;
        let wanted = rights.iter().map(|right| {
            let subresource = right.subresource.map(|sub| format!("/{sub}")).unwrap_or_default();
            format!(
                "{} {}/{}{subresource} {:?}",
                right.verb,
                right.group,
                right.resource,
                right.name.as_deref()
            )
        });
        let mut wanted: Vec<_> = wanted.collect();
        let rules = rules(&rights);
        assert!(rules.len() < rights.len() / 2, "{} rules for {} rights", rules.len(), rights.len());
        let mut given: Vec<_> = rules.iter().flat_map(given).collect();
        wanted.sort();
        given.sort();
        assert_eq!(given, wanted);
    }
}
