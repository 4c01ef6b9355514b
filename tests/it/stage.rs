//! The stage of the tests of steps, undo and diagnosis: a namespace with the incident's
//! workload, owned by somebody else, and a run that acts in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firedrill::clock::Stopwatch;
use firedrill::drill::{Length, SignalState, Step};
use firedrill::engine::undo::store::ConfigMapStore;
use firedrill::engine::undo::{Undo, UndoSummary};
use firedrill::journal::{ObjectRef, Record, StepOutcome, UndoItem};
use firedrill::steps::api::Api;
use firedrill::steps::{Context, Manifests, RecordError, Recorder, SignalView, StepReport};
use futures::future::BoxFuture;
use kube::core::Request;
use kube::core::params::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::support::namespace::TestNamespace;
use crate::support::shared;

/// Records in memory, in the journal's place, and in the cluster.
#[derive(Clone)]
struct TwoPlaces {
    journal: Arc<Mutex<Vec<Record>>>,
    store: ConfigMapStore,
}

impl Recorder for TwoPlaces {
    fn record(&self, record: Record) -> BoxFuture<'_, Result<(), RecordError>> {
        self.journal.lock().unwrap().push(record.clone());
        self.store.record(record)
    }
}

/// Signals that are always up.
pub struct AllUp;

impl SignalView for AllUp {
    fn reached<'a>(&'a self, _: &'a str, state: SignalState, _: Duration) -> BoxFuture<'a, bool> {
        Box::pin(std::future::ready(state == SignalState::Up))
    }
}

/// A run in a namespace of its own.
pub struct Stage {
    pub ctx: Context,
    pub store: ConfigMapStore,
    pub client: kube::Client,
    journal: Arc<Mutex<Vec<Record>>>,
    _namespace: TestNamespace,
}

impl Stage {
    /// An empty namespace that somebody else made.
    pub async fn empty(manifests: Manifests) -> Self {
        Self::new(TestNamespace::new().await, manifests)
    }

    /// A run whose namespace does not exist yet.
    pub async fn without_namespace() -> Self {
        let suffix: String = std::iter::repeat_with(fastrand::lowercase).take(8).collect();
        let namespace = TestNamespace { name: format!("it-{suffix}"), client: shared::client().await };
        Self::new(namespace, Manifests::new())
    }

    fn new(namespace: TestNamespace, manifests: Manifests) -> Self {
        let (client, name) = (namespace.client.clone(), namespace.name.clone());
        let run = format!("run-{name}");
        let store = ConfigMapStore::new(client.clone(), &name, &run);
        let journal = Arc::new(Mutex::default());
        let recorder = Arc::new(TwoPlaces { journal: Arc::clone(&journal), store: store.clone() });
        let (signals, manifests) = (Arc::new(AllUp), Arc::new(manifests));
        let clock = Stopwatch::start();
        let ctx = Context::new(client.clone(), &name, &run, clock, recorder, signals, manifests);
        Self { ctx, store, client, journal, _namespace: namespace }
    }

    /// The incident's workload, applied by its owner and rolled out.
    pub async fn incident() -> Self {
        let stage =
            Self::empty(BTreeMap::from([("service.yaml".to_owned(), vec![service("api-svc")])])).await;
        stage.owner_applies(&service("api-service")).await.unwrap();
        stage.owner_applies(&deployment(3)).await.unwrap();
        let within = Length::secs(30);
        firedrill::steps::workload::ready(&stage.ctx, "api-service", within).await.unwrap();
        stage
    }

    /// Carries a step out, as a drill file writes it.
    pub async fn step(&self, step: Value) -> StepReport {
        let step: Step = serde_json::from_value(step).unwrap();
        firedrill::steps::run(&step, &self.ctx).await.unwrap()
    }

    /// The same, and it must change something.
    pub async fn change(&self, step: Value) {
        let report = self.step(step).await;
        assert_eq!(report.outcome, StepOutcome::Changed, "{}", report.what);
    }

    pub fn records(&self) -> Vec<Record> {
        self.journal.lock().unwrap().clone()
    }

    /// Undoes from the in-cluster records, as another machine would.
    pub async fn undo(&self) -> (UndoSummary, Vec<UndoItem>) {
        let records = self.store.load().await.unwrap();
        self.undo_these(&records).await
    }

    pub async fn undo_these(&self, records: &[Record]) -> (UndoSummary, Vec<UndoItem>) {
        let mut items = Vec::new();
        let mut undo = Undo::new(self.client.clone(), &self.ctx.run, &self.ctx.namespace);
        undo.within = Duration::from_secs(15);
        let summary = undo.run(records, &mut |item| items.push(item)).await;
        (summary, items)
    }

    pub fn object(&self, api_version: &str, kind: &str, plural: &str, name: &str) -> ObjectRef {
        ObjectRef {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            namespace: Some(self.ctx.namespace.clone()),
            name: name.to_owned(),
        }
    }

    pub fn config_map(&self, name: &str) -> ObjectRef {
        self.object("v1", "ConfigMap", "configmaps", name)
    }

    pub fn service(&self) -> ObjectRef {
        self.object("v1", "Service", "services", "api-service")
    }

    pub fn deployment(&self) -> ObjectRef {
        self.object("apps/v1", "Deployment", "deployments", "api-service")
    }

    pub async fn get(&self, object: &ObjectRef) -> Value {
        self.ctx.api.get(object).await.unwrap().unwrap_or_else(|| panic!("no {object}"))
    }

    pub async fn pods(&self, labels: &str) -> Vec<Value> {
        self.ctx.api.list("v1", "pods", &self.ctx.namespace, labels).await.unwrap()
    }

    /// A server-side apply by the owner, without force: a conflict is an error.
    pub async fn owner_applies(&self, manifest: &Value) -> kube::Result<Value> {
        self.patch_as("helm", manifest, &Patch::Apply(manifest)).await
    }

    /// The same, whoever else owns what is in it.
    pub async fn owner_forces(&self, manifest: &Value) {
        let params = PatchParams { force: true, ..by("helm") };
        self.patch_with(&params, manifest, &Patch::Apply(manifest)).await.unwrap();
    }

    /// Whether a server-side apply by the owner would meet no conflict; nothing is changed.
    pub async fn owner_could_apply(&self, manifest: &Value) -> kube::Result<Value> {
        let params = PatchParams { dry_run: true, ..by("helm") };
        self.patch_with(&params, manifest, &Patch::Apply(manifest)).await
    }

    /// A merge patch by a person.
    pub async fn person_patches(&self, manifest: &Value, patch: &Value) {
        self.patch_as("kubectl-edit", manifest, &Patch::Merge(patch)).await.unwrap();
    }

    async fn patch_as(&self, manager: &str, of: &Value, patch: &Patch<&Value>) -> kube::Result<Value> {
        self.patch_with(&by(manager), of, patch).await
    }

    async fn patch_with(
        &self,
        params: &PatchParams,
        of: &Value,
        patch: &Patch<&Value>,
    ) -> kube::Result<Value> {
        let version = of["apiVersion"].as_str().unwrap();
        let root = if version.contains('/') { "apis" } else { "api" };
        let kind = of["kind"].as_str().unwrap().to_lowercase();
        let url = format!("/{root}/{version}/namespaces/{}/{kind}s", self.ctx.namespace);
        let name = of["metadata"]["name"].as_str().unwrap();
        self.client.request(Request::new(url).patch(name, params, patch).unwrap()).await
    }

    pub async fn delete(&self, object: &ObjectRef) {
        let api = Api::new(self.client.clone());
        api.delete(object, None, None, firedrill::steps::api::Mode::Real).await.unwrap();
    }
}

fn by(manager: &str) -> PatchParams {
    PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() }
}

pub fn service(app: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api-service", "labels": {"team": "shop"}},
        "spec": {"selector": {"app": app}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}})
}

pub fn deployment(replicas: u32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api-service"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "api-service"}},
            "template": {"metadata": {"labels": {"app": "api-service"}},
                "spec": {"containers": [{"name": "api", "image": "registry.k8s.io/e2e-test-images/agnhost:2.53",
                    "ports": [{"name": "http", "containerPort": 8080}]}]}}}})
}

pub fn config_map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

/// The fault of the incident.
pub fn fault() -> Value {
    json!({"patch": {"target": "service/api-service", "merge": {"spec": {"selector": {"app": "api-svc"}}}}})
}

/// What must be the same before a run and after its undo.
pub fn essence(object: &Value) -> Value {
    let mut managed = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    managed.retain(|entry| entry["subresource"].is_null());
    managed.sort_by_key(|entry| entry["manager"].to_string());
    json!({"labels": object["metadata"]["labels"], "spec": object["spec"], "managedFields": managed})
}
