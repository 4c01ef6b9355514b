//! What is there before a run and must be the same after it.

use std::path::{Path, PathBuf};
use std::process::Command;

use firedrill::steps::api::{meta, namespace_ref};
use kube::config::Kubeconfig;
use serde_json::{Value, json};

use crate::run::drills::{Drill, WORKLOAD};
use crate::stage::{Stage, essence, service};
use crate::support::shared;

/// Kinds of which a run makes objects, or whose objects the workload consists of.
const KINDS: [(&str, &str); 7] = [
    ("v1", "configmaps"),
    ("v1", "secrets"),
    ("v1", "services"),
    ("v1", "pods"),
    ("apps/v1", "deployments"),
    ("apps/v1", "replicasets"),
    ("coordination.k8s.io/v1", "leases"),
];

/// A workload of somebody else's, in a namespace that is open to drills, and the first drill cut
/// short: it deploys nothing and holds for a moment only.
pub struct Ground {
    pub stage: Stage,
    existing: Drill,
    deploying: Drill,
    context: String,
}

impl Ground {
    pub async fn new() -> Self {
        let quick = || Drill::builtin().replace("stableFor: 1s", "stableFor: 200ms");
        let kubeconfig = Kubeconfig::read_from(shared::cluster().home.kubeconfig()).unwrap();
        Self {
            stage: Stage::incident().await,
            existing: quick().replace(WORKLOAD, "workload: existing"),
            deploying: quick(),
            context: kubeconfig.current_context.unwrap(),
        }
    }

    pub fn namespace(&self) -> &str {
        &self.stage.ctx.namespace
    }

    /// `firedrill VERB` on the cluster, which it knows as a context of a kubeconfig.
    pub fn firedrill(&self, verb: &str) -> Command {
        let mut command = shared::firedrill();
        let kubeconfig = shared::cluster().home.kubeconfig();
        command.arg(verb).arg("--kubeconfig").arg(kubeconfig).args(["--context", &self.context]);
        command
    }

    /// A run: of what is there, or of a workload that it deploys into a namespace of its own.
    pub fn run(&self, deploys: bool, manual: bool, journal: &Path) -> Command {
        let mut command = self.firedrill("run");
        if deploys {
            command.arg(self.deploying.path());
        } else {
            command.args([self.existing.path(), "-n", self.namespace()]);
        }
        if manual {
            command.args(["--respond", "manual"]);
        }
        command.arg("--journal").arg(journal);
        command
    }

    /// Everything that must not differ: the objects, and of those that a drill could change the
    /// spec, labels and owners.
    pub async fn snapshot(&self) -> Value {
        let api = &self.stage.ctx.api;
        let mut objects = Vec::new();
        for (api_version, plural) in KINDS {
            for object in api.list(api_version, plural, self.namespace(), "").await.unwrap() {
                objects.push(json!([plural, meta(&object, "name"), meta(&object, "uid")]));
            }
        }
        let namespace = api.get(&namespace_ref(self.namespace())).await.unwrap().unwrap();
        json!({
            "objects": objects,
            "namespace": essence(&namespace),
            "service": self.service().await,
            "deployment": essence(&self.stage.get(&self.stage.deployment()).await),
        })
    }

    /// The target of the drill alone.
    pub async fn service(&self) -> Value {
        essence(&self.stage.get(&self.stage.service()).await)
    }

    /// Mends as the workload's owner would.
    pub async fn mend(&self) {
        self.stage.owner_forces(&service("api-service")).await;
    }

    /// The owner may change what the fault had changed.
    pub async fn owner_is_owner(&self) -> Result<(), String> {
        let applied = self.stage.owner_could_apply(&service("api-mended")).await;
        applied.map(drop).map_err(|error| format!("the owner's apply: {error}"))
    }
}

/// A folder for a cell's journal.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn journal(&self) -> PathBuf {
        self.0.path().join("run.jsonl")
    }
}
