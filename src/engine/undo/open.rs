//! The runs that are open in a cluster, found by what they leave there: records, Leases, and
//! namespaces that carry a run's label.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::about::{About, annotation};
use super::lease::{self, Lease};
use super::store::{ConfigMapStore, Sealed, StoreError, shelf};
use super::{UNDONE, Undo};
use crate::journal::Record;
use crate::steps::api::{Api, ApiError, RUN_LABEL, label, meta, namespace_ref};

/// A run that is not undone.
#[derive(Debug)]
pub struct OpenRun {
    /// Its name.
    pub run: String,
    /// The target's namespace.
    pub namespace: String,
    /// Whether the run made that namespace.
    pub namespace_made: bool,
    /// What it says of itself.
    pub about: Option<About>,
    /// Who holds its Lease.
    pub holder: Option<String>,
    /// Its before-images, in the order of the changes.
    pub records: Result<Vec<Record>, StoreError>,
    /// Its changes of Secrets whose before-images cannot be read.
    pub sealed: Vec<Sealed>,
}

impl OpenRun {
    /// What undoes it. What the run was asked to keep is kept.
    #[must_use]
    pub fn undo(&self, client: kube::Client) -> Undo {
        let mut undo = Undo::new(client, &self.run, &self.namespace);
        undo.sealed.clone_from(&self.sealed);
        if self.keeps_workload() {
            undo.keep.insert(namespace_ref(&self.namespace));
        }
        undo
    }

    /// Whether its namespace and workload are to stay.
    #[must_use]
    pub fn keeps_workload(&self) -> bool {
        self.about.as_ref().is_some_and(|about| about.keep_workload)
    }

    /// Whether its runner lives: its Lease is watched for up to `within`.
    pub async fn is_alive(&self, api: &Api, within: Duration) -> Result<bool, ApiError> {
        Lease::new(api.clone(), &self.namespace, &self.run).is_renewed(within).await
    }
}

/// The open runs of the cluster, or of one namespace, in the order of their names. What is in a
/// namespace that is being deleted counts as undone.
pub async fn find(api: &Api, namespace: Option<&str>) -> Result<Vec<OpenRun>, ApiError> {
    let (namespaces, maps, leases) = futures::future::try_join3(
        labelled_namespaces(api, namespace),
        api.list_in("v1", "configmaps", namespace, RUN_LABEL),
        api.list_in(lease::API_VERSION, "leases", namespace, RUN_LABEL),
    )
    .await?;
    let going = |live: &&Value| meta(live, "deletionTimestamp").is_some();
    let leaving: BTreeSet<&str> =
        namespaces.iter().filter(going).filter_map(|live| meta(live, "name")).collect();
    let mut found = Found::default();
    for live in namespaces.iter().filter(|live| !going(live)) {
        found.namespace(live);
    }
    let stays = |object: &&Value| meta(object, "namespace").is_some_and(|name| !leaving.contains(name));
    for map in maps.iter().filter(stays).filter(|map| shelf::is_of_run(map)) {
        found.records(api, map).await;
    }
    for lease in leases.iter().filter(stays).filter(|lease| shelf::is_own(lease)) {
        found.lease(lease);
    }
    Ok(found.0.into_values().collect())
}

/// Without the right to read namespaces, none is known to be a run's.
async fn labelled_namespaces(api: &Api, namespace: Option<&str>) -> Result<Vec<Value>, ApiError> {
    let Some(name) = namespace else {
        return api.list_in("v1", "namespaces", None, RUN_LABEL).await;
    };
    match api.get(&namespace_ref(name)).await {
        Ok(live) => Ok(live.into_iter().filter(|live| label(live, RUN_LABEL).is_some()).collect()),
        Err(error) if error.status() == Some(403) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The runs, by name and namespace.
#[derive(Default)]
struct Found(BTreeMap<(String, String), OpenRun>);

impl Found {
    fn run(&mut self, run: &str, namespace: &str) -> &mut OpenRun {
        let key = (run.to_owned(), namespace.to_owned());
        self.0.entry(key).or_insert_with(|| OpenRun {
            run: run.to_owned(),
            namespace: namespace.to_owned(),
            namespace_made: false,
            about: None,
            holder: None,
            records: Ok(Vec::new()),
            sealed: Vec::new(),
        })
    }

    fn namespace(&mut self, live: &Value) {
        let (Some(run), Some(name)) = (label(live, RUN_LABEL), meta(live, "name")) else { return };
        // The namespace of a run that is undone, whose workload was to stay.
        if annotation(live, UNDONE).is_some() {
            return;
        }
        let open = self.run(run, name);
        open.namespace_made = true;
        open.about = About::read(live);
    }

    /// What a ConfigMap holds or leads to. A part that nothing leads to says at least that there
    /// is a run.
    async fn records(&mut self, api: &Api, map: &Value) {
        let (Some(run), Some(namespace)) = (label(map, RUN_LABEL), meta(map, "namespace")) else { return };
        let open = self.run(run, namespace);
        if let Some(about) = About::read(map) {
            open.about = Some(about);
        }
        if shelf::is_own(map) {
            let store = ConfigMapStore::new(api.client().clone(), namespace, run);
            let kept = store.read(map).await;
            open.records = kept.map(|kept| {
                open.sealed = kept.sealed;
                kept.records
            });
        }
    }

    fn lease(&mut self, lease: &Value) {
        let (Some(run), Some(namespace)) = (label(lease, RUN_LABEL), meta(lease, "namespace")) else {
            return;
        };
        let open = self.run(run, namespace);
        open.holder = lease::holder(lease).map(str::to_owned);
        open.about = open.about.take().or_else(|| About::read(lease));
    }
}
