//! One run a target: a Lease named after the Service. It says which run has the target; whether
//! that run's runner lives, the run's own Lease tells.

use miette::Diagnostic;
use serde_json::{Value, json};

use super::lease::{API_VERSION, Lease, WATCH_FOR, holder};
use super::open;
use crate::journal::ObjectRef;
use crate::steps::api::{Api, ApiError, Mode, RUN_LABEL, label, meta};

/// Names of such Leases begin so.
pub(super) const PREFIX: &str = "firedrill-target-";
/// How often a Lease that its run left behind is replaced, before somebody else is too quick.
const TRIES: u32 = 5;

/// The target is another run's.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Taken {
    /// By a run that goes on.
    #[error(
        "service/{service} in namespace {namespace} is the target of the run {run} of {by}, which goes on"
    )]
    #[diagnostic(
        code(firedrill::target::taken),
        help("one run a target: wait for its end; firedrill status shows it")
    )]
    UnderWay {
        /// The Service.
        service: String,
        /// Its namespace.
        namespace: String,
        /// The other run.
        run: String,
        /// Who runs it.
        by: String,
    },
    /// By a run that died and was not undone.
    #[error(
        "service/{service} in namespace {namespace} is still changed by the run {run} of {by}, which died"
    )]
    #[diagnostic(
        code(firedrill::target::not_undone),
        help("undo it first, with the same cluster: firedrill recover -n {namespace} --run {run}")
    )]
    NotUndone {
        /// The Service.
        service: String,
        /// Its namespace.
        namespace: String,
        /// The other run.
        run: String,
        /// Who ran it.
        by: String,
    },
    /// Nobody knows.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Api(#[from] ApiError),
}

/// The target of a run in a namespace that the run did not make.
#[derive(Debug, Clone)]
pub struct Target {
    api: Api,
    namespace: String,
    service: String,
}

impl Target {
    /// The Service in its namespace.
    #[must_use]
    pub fn new(api: Api, namespace: &str, service: &str) -> Self {
        Self { api, namespace: namespace.to_owned(), service: service.to_owned() }
    }

    /// Takes it for `run`, whose own Lease must be there already: others look for that one.
    pub async fn take(&self, run: &str, by: &str) -> Result<(), Taken> {
        let object = self.object();
        let body = json!({"apiVersion": API_VERSION, "kind": "Lease",
            "metadata": {"name": object.name, "labels": {RUN_LABEL: run}}, "spec": {"holderIdentity": by}});
        let mut tries = 0;
        loop {
            tries += 1;
            match self.api.create(&object, &body).await {
                Ok(_) => return Ok(()),
                Err(error) if error.is_conflict() && tries < TRIES => {}
                Err(error) => return Err(error.into()),
            }
            let Some(lease) = self.left_behind(Some(run)).await? else { continue };
            if label(&lease, RUN_LABEL) == Some(run) {
                // The creation arrived, its answer did not.
                return Ok(());
            }
            let uid = meta(&lease, "uid").map(str::to_owned);
            match self.api.delete(&object, uid, None, Mode::Real).await {
                Err(error) if !matches!(error.status(), Some(404 | 409)) => return Err(error.into()),
                _ => {}
            }
        }
    }

    /// Whether a run could take it now.
    pub async fn is_free(&self) -> Result<(), Taken> {
        self.left_behind(None).await.map(drop)
    }

    /// The Lease, where its run is over (or is `own`); nothing where there is none.
    async fn left_behind(&self, own: Option<&str>) -> Result<Option<Value>, Taken> {
        let Some(lease) = self.api.get(&self.object()).await? else { return Ok(None) };
        let run = label(&lease, RUN_LABEL).unwrap_or_default().to_owned();
        if own == Some(run.as_str()) {
            return Ok(Some(lease));
        }
        let (service, namespace) = (self.service.clone(), self.namespace.clone());
        let by = holder(&lease).unwrap_or("somebody").to_owned();
        if Lease::new(self.api.clone(), &namespace, &run).is_renewed(WATCH_FOR).await? {
            return Err(Taken::UnderWay { service, namespace, run, by });
        }
        let open = open::find(&self.api, Some(&namespace)).await?;
        if open.iter().any(|open| open.run == run) {
            return Err(Taken::NotUndone { service, namespace, run, by });
        }
        Ok(Some(lease))
    }

    fn object(&self) -> ObjectRef {
        ObjectRef {
            api_version: API_VERSION.to_owned(),
            kind: "Lease".to_owned(),
            plural: "leases".to_owned(),
            namespace: Some(self.namespace.clone()),
            name: format!("{PREFIX}{}", self.service),
        }
    }
}

/// The run has no target any more. Which one it had, its label tells.
pub(super) async fn give_back(api: &Api, namespace: &str, run: &str) -> Result<(), ApiError> {
    let labels = format!("{RUN_LABEL}={run}");
    for lease in api.list(API_VERSION, "leases", namespace, &labels).await? {
        let Some(name) = meta(&lease, "name").filter(|name| name.starts_with(PREFIX)) else { continue };
        let object = ObjectRef {
            api_version: API_VERSION.to_owned(),
            kind: "Lease".to_owned(),
            plural: "leases".to_owned(),
            namespace: Some(namespace.to_owned()),
            name: name.to_owned(),
        };
        let uid = meta(&lease, "uid").map(str::to_owned);
        match api.delete(&object, uid, None, Mode::Real).await {
            Err(error) if !matches!(error.status(), Some(404 | 409)) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
