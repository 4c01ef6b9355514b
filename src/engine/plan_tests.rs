use std::time::Duration;

use super::*;
use crate::drill::Provider;

/// The first drill with a storefront, and a client of the node port, on some clusters only.
fn plan(provider: Provider) -> Plan {
    let folder = tempfile::tempdir().unwrap();
    crate::drill::catalogue::builtin()[0].write_to(folder.path()).unwrap();
    let file = folder.path().join("drill.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("{file: storefront.yaml, when", "{file: front.yaml, when");
    std::fs::write(file, text).unwrap();
    let front = "{apiVersion: v1, kind: Service, metadata: {name: front}}";
    std::fs::write(folder.path().join("front.yaml"), front).unwrap();
    let wishes = Wishes {
        run: "run-x".to_owned(),
        by: String::new(),
        namespace: None,
        responder: ResponderKind::Runbook,
        variant: None,
        max_duration: Duration::from_secs(60),
        keep_workload: false,
        respond_after: Duration::ZERO,
        rehearsal: Rehearsal::default(),
        speed: 0,
        blast_limit: BlastLimit::Namespace,
        provider,
    };
    Plan::new(crate::drill::load(folder.path().to_str().unwrap()).unwrap(), wishes).unwrap()
}

#[test]
fn a_plan_holds_what_is_there_on_its_kind_of_cluster() {
    let of = |provider| {
        let plan = plan(provider);
        let fronts = plan.manifests.iter().filter(|object| object["metadata"]["name"] == "front").count();
        (plan.signals().len(), fronts, plan.manifests_by_file.contains_key("front.yaml"), plan.node_ports())
    };
    let node = BTreeMap::from([(30080, "node-port".to_owned())]);
    assert_eq!(of(Provider::Local), (2, 0, false, BTreeMap::new()));
    assert_eq!(of(Provider::Kind), (3, 1, true, node));
    assert_eq!(of(Provider::Context), (2, 1, true, BTreeMap::new()));
    // It is the same drill all the same.
    assert_eq!(plan(Provider::Local).brief().drill_hash, plan(Provider::Kind).brief().drill_hash);
}

#[test]
fn the_journal_says_which_way_each_signal_took() {
    let sources: Vec<_> = plan(Provider::Kind).brief().signals.into_iter().map(|s| s.source).collect();
    assert_eq!(sources, [SignalSource::Slices, SignalSource::ApiserverProxy, SignalSource::NodePort]);
}

/// The manifests say nothing of a node port: it is the signal that wants one, where there is one.
#[test]
fn the_target_gets_the_node_port_that_a_signal_asks() {
    let ports = |provider| -> Vec<_> {
        let plan = plan(provider);
        let files = plan.manifests_by_file.values().flatten().chain(&plan.manifests);
        let targets = files.filter(|o| o["kind"] == "Service" && o["metadata"]["name"] == "api-service");
        targets.map(|service| service["spec"]["ports"][0]["nodePort"].as_u64()).collect()
    };
    // The Service as released, workload.yaml, and the manifests that are deployed, which come from it.
    assert_eq!(ports(Provider::Kind), [Some(30080), Some(30080), Some(30080)]);
    assert_eq!(ports(Provider::Context), [None, None, None]);
}
