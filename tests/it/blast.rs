//! The blast radius on a real control plane: what goes out beside the target, for how long, and
//! how much of that a run can know.

use std::time::Duration;

use firedrill::clock::{Stamp, Stopwatch};
use firedrill::journal::{Event, Kind, Phase, Radius, Scope};
use firedrill::report::damage::ServiceOut;
use firedrill::signals::blast::{Blast, ServiceName, Sighting};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::api::{ListParams, Patch, PatchParams};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use crate::platform::own;
use crate::platform::proxy::{Fault, Proxy};
use crate::platform::rehearsal::Rehearsal;
use crate::run::running::{DRILL, Running};
use crate::safeguards::foreign::{Foreign, existing_drill, shop};
use crate::stage::{Stage, service};
use crate::support::namespace::TestNamespace;
use crate::support::{eventually, shared};

const WITHIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_second_service_of_the_same_pods_goes_out_with_the_target() {
    let stage = Stage::incident().await;
    let label = |tier| json!({"label": {"pods": {"app": "api-service"}, "set": {"tier": tier}}});
    stage.change(label(json!("front"))).await;
    let mut second = service("api-service");
    second["metadata"]["name"] = json!("storefront");
    second["spec"]["selector"] = json!({"tier": "front"});
    stage.owner_applies(&second).await.unwrap();
    let namespace = stage.ctx.namespace.clone();
    let served = || async {
        let labels = "kubernetes.io/service-name=storefront";
        let slices = stage.ctx.api.list("discovery.k8s.io/v1", "endpointslices", &namespace, labels);
        let ready = |slice: &Value| slice["endpoints"][0]["conditions"]["ready"] == true;
        slices.await.unwrap().iter().any(ready).then_some(())
    };
    eventually("storefront has endpoints", WITHIN, served).await;

    let (tell, mut told) = unbounded_channel();
    let tell = Box::new(move |_: Stamp, sighting| drop(tell.send(sighting)));
    let target = ServiceName { namespace: namespace.clone(), name: "api-service".to_owned() };
    let blast = Blast::new(Some(namespace.clone()), &target, Stopwatch::start(), tell);
    let story = async {
        blast.arm(WITHIN).await.unwrap();
        // The target goes out, too: it has a signal of its own.
        stage.change(crate::stage::fault()).await;
        stage.change(label(json!(null))).await;
        let storefront = ServiceName { namespace, name: "storefront".to_owned() };
        let out = Sighting::Out { service: storefront.clone(), deleted: false };
        assert_eq!(told.recv().await, Some(Sighting::Armed));
        assert_eq!(told.recv().await, Some(out));
        stage.change(label(json!("front"))).await;
        assert_eq!(told.recv().await, Some(Sighting::Back { service: storefront }));
    };
    tokio::select! {
        () = blast.watch(&stage.client) => {}
        told = tokio::time::timeout(WITHIN, story) => told.expect("in time"),
    }
}

/// Waits until a Service has usable endpoints, or none.
async fn serving(namespace: &TestNamespace, service: &str, wanted: bool) {
    let labels = ListParams::default().labels(&format!("kubernetes.io/service-name={service}"));
    let serves = || async {
        let slices = namespace.api::<EndpointSlice>().list(&labels).await.unwrap();
        let ready = |slice: &EndpointSlice| {
            slice.endpoints.iter().any(|e| e.conditions.as_ref().and_then(|c| c.ready) == Some(true))
        };
        (slices.items.iter().any(ready) == wanted).then_some(())
    };
    eventually(&format!("{service} serves: {wanted}"), WITHIN, serves).await;
}

/// A Service with a Deployment of its own, up.
async fn storefront(namespace: &TestNamespace) {
    let labels = json!({"app": "storefront"});
    let pods = json!({"metadata": {"labels": labels}, "spec": {"containers": [
        {"name": "web", "image": "registry.k8s.io/pause:3.10", "ports": [{"containerPort": 8080}]}]}});
    namespace
        .create::<Deployment>(json!({"metadata": {"name": "storefront"},
            "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": pods}}))
        .await;
    namespace
        .create::<Service>(json!({"metadata": {"name": "storefront"},
            "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}}))
        .await;
    serving(namespace, "storefront", true).await;
}

async fn scale(namespace: &TestNamespace, replicas: u32) {
    let patch = Patch::Merge(json!({"spec": {"replicas": replicas}}));
    let deployments = namespace.api::<Deployment>();
    deployments.patch("storefront", &PatchParams::default(), &patch).await.unwrap();
    serving(namespace, "storefront", replicas > 0).await;
}

fn is_out(kind: &Kind) -> bool {
    matches!(kind, Kind::BlastRadius(Radius::Out { service, .. }) if service == "storefront")
}

fn is_back(kind: &Kind) -> bool {
    matches!(kind, Kind::BlastRadius(Radius::Back { service, .. }) if service == "storefront")
}

/// Out and back while a person has the incident.
async fn down_and_up(run: &mut Running, namespace: &TestNamespace) {
    run.until_phase(Phase::Responding).await;
    scale(namespace, 0).await;
    run.until("a loss", is_out).await;
    scale(namespace, 2).await;
    run.until("a return", is_back).await;
}

fn storefront_in(report: &Value, namespace: &str) -> ServiceOut {
    let services: Vec<ServiceOut> =
        serde_json::from_value(report["blastRadius"]["services"].clone()).unwrap();
    let is = |out: &&ServiceOut| out.service == "storefront" && out.namespace == namespace;
    services.iter().find(is).unwrap_or_else(|| panic!("{report:#}")).clone()
}

#[tokio::test]
async fn a_service_of_another_namespace_is_listed_with_its_times() {
    let bank = TestNamespace::new().await;
    storefront(&bank).await;
    let mut run = Running::start(&[DRILL, "--respond", "manual", "--output", "json"]);
    down_and_up(&mut run, &bank).await;
    let namespace = run.namespace();
    run.signal(Signal::INT);
    let ended = run.end().await;
    let report = ended.report();
    let radius = &report["blastRadius"];
    assert_eq!(radius["complete"], true, "{radius:#}");
    assert_eq!(radius["scope"], "cluster");
    assert_eq!(radius["reason"], Value::Null);
    assert_eq!(radius["services"][0]["service"], "api-service", "the target comes first");
    assert_eq!(radius["services"][0]["toMs"], Value::Null);
    let out = storefront_in(&report, &bank.name);
    let to = out.to_ms.expect("it is back");
    assert!(out.from_ms.number() > 0.0 && out.from_ms < to, "{out:?}");
    assert!((to.number() - out.from_ms.number() - out.out_ms.number()).abs() < 0.01, "{out:?}");
    assert!(!out.upper_bound && !out.deleted, "{out:?}");
    assert!(ended.stderr.contains(&format!("service/storefront in namespace {}: OUT", bank.name)));
    // What the run itself takes down at its end is no blast.
    let own = |service: &Value| service["namespace"] == namespace.as_str();
    assert_eq!(radius["services"].as_array().unwrap().iter().filter(|s| own(s)).count(), 1, "{radius:#}");
}

#[tokio::test]
async fn without_a_limit_a_neighbour_that_goes_out_is_listed_and_ends_nothing() {
    let shop = shop().await;
    storefront(&shop).await;
    let (drill, foreign) = (existing_drill(), Foreign::staging());
    let args = [drill.path(), "--context", "staging", "-n", &shop.name, "--respond", "manual"];
    let args = [&args[..], &["--blast-limit", "off", "--output", "json"]].concat();
    let mut run = Running::start_with(foreign.firedrill(), &args);
    down_and_up(&mut run, &shop).await;
    // It is out when the watch ends.
    scale(&shop, 0).await;
    let again = || async {
        let told = run.events();
        let last = told.iter().rev().find(|event| is_out(&event.kind) || is_back(&event.kind));
        last.is_some_and(|event| is_out(&event.kind)).then_some(())
    };
    eventually("the second loss is told", WITHIN, again).await;
    run.signal(Signal::INT);
    let ended = run.end().await;
    assert_eq!(ended.code, Some(130), "ended by its signal, and by nothing else");
    let report = ended.report();
    let out = storefront_in(&report, &shop.name);
    assert_eq!(out.to_ms, None);
    assert!(out.out_ms.number() > 0.0);
    assert_eq!(report["blastRadius"]["complete"], true, "{}", report["blastRadius"]);
}

/// In the middle of the incident every watch ends with 410: the loss is found by the next list,
/// and the report says that it may have been earlier, and that there may be more.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_edge_that_a_gap_hid_is_an_upper_bound() {
    let bank = TestNamespace::new().await;
    storefront(&bank).await;
    let proxy = Proxy::before(own::config(&shared::cluster().home).await).await;
    let (silenced, mut silent) = unbounded_channel();
    let act = |event: &Event| {
        if (event.kind == Kind::Phase { phase: Phase::Undetected }) {
            proxy.misbehave(Fault::Gone);
            let _ = silenced.send(());
        }
    };
    let story = async {
        silent.recv().await;
        // Seen by this test's own client.
        scale(&bank, 0).await;
        proxy.misbehave(Fault::None);
    };
    let run = Rehearsal::new(proxy.config()).everywhere().run(act);
    let (run, ()) = tokio::join!(run, story);
    let radius = &run.report.blast_radius;
    assert_eq!(radius.scope, Some(Scope::Cluster));
    assert!(!radius.complete);
    let reason = radius.reason.as_deref().unwrap();
    assert!(reason.contains("went out and came back while nothing was seen"), "{reason}");
    let out = radius.services.iter().find(|out| out.namespace == bank.name).expect("storefront");
    assert!(out.upper_bound && out.uncertainty_ms.number() > 0.0, "{out:?}");
}
