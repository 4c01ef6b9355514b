use std::sync::{Arc, Mutex};

use firedrill::clock::Stopwatch;
use firedrill::drill::Length;
use firedrill::engine::rights::Ground;
use firedrill::engine::undo::Undo;
use firedrill::engine::undo::store::ConfigMapStore;
use firedrill::journal::{Record, StepOutcome};
use firedrill::steps::{self, Context, RecordError, Recorder, workload};
use futures::future::BoxFuture;

use super::{apply, as_service_account, client, plan, printed};
use crate::run::drills::Drill;
use crate::stage::AllUp;
use crate::support::namespace::TestNamespace;
use crate::support::{eventually, shared};

/// Every kind of step, and two runbook entries with what they need.
const FAULT: &str = "- patch: {target: service/api-service, merge: {spec: {selector: {app: api-svc}}}}
    - label: {target: service/api-service, set: {tier: front}}
    - scale: {target: deployment/api-service, replicas: 2}
    - restart: deployment/api-service
    - wait: {deployment: api-service, within: 60s}
    - label: {pods: {app: api-service}, set: {tier: front}}
    - delete: service/api-service
    - apply: {manifests: [service-as-released.yaml]}
    - diagnose: service/api-service";

/// The journal's place, and the cluster.
struct TwoPlaces(Mutex<Vec<Record>>, ConfigMapStore);

impl Recorder for TwoPlaces {
    fn record(&self, record: Record) -> BoxFuture<'_, Result<(), RecordError>> {
        self.0.lock().unwrap().push(record.clone());
        self.1.record(record)
    }
}

#[tokio::test]
async fn for_every_kind_of_step_and_its_undo() {
    let patch = "- patch: {target: service/api-service, merge: {spec: {selector: {app: api-svc}}}}";
    let drill = Drill::builtin().replace(patch, FAULT);
    let namespace = TestNamespace::new().await;
    let name = namespace.name.as_str();
    for object in &printed(&[drill.path(), "-n", name])[..3] {
        apply(&namespace.client, object, false).await;
    }
    let client = client(as_service_account(&shared::cluster().home.kubeconfig(), name)).await;
    let plan = plan(drill.path(), name);
    let check = || async {
        firedrill::engine::preflight::rights::check_on(&client, &plan, Ground::Existing).await.ok()
    };
    eventually("all rights", std::time::Duration::from_secs(10), check).await;

    let store = ConfigMapStore::new(client.clone(), name, &plan.wishes.run);
    let recorder = Arc::new(TwoPlaces(Mutex::default(), store));
    let files = Arc::new(plan.manifests_by_file.clone());
    let (clock, kept) = (Stopwatch::start(), Arc::clone(&recorder));
    let ctx = Context::new(client.clone(), name, &plan.wishes.run, clock, kept, Arc::new(AllUp), files);
    workload::deploy(&plan.manifests, false, &ctx).await.unwrap();
    workload::ready(&ctx, "api-service", Length::secs(60)).await.unwrap();
    for step in &plan.drill.fault.steps {
        let report = steps::run(&step.value, &ctx).await.unwrap();
        let done = matches!(report.outcome, StepOutcome::Changed | StepOutcome::Unchanged);
        assert!(done, "{}: {:?}", report.what, report.outcome);
    }
    let records = recorder.0.lock().unwrap().clone();
    let mut items = Vec::new();
    let summary = Undo::new(client, &plan.wishes.run, name).run(&records, &mut |item| items.push(item)).await;
    assert!(summary.complete, "{:#?}\n{items:#?}", summary.left);
}
