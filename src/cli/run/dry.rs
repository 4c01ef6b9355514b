//! `firedrill run --dry-run`: every check of a run, and what it would change, with the undo of
//! each change. Nothing is changed.

use serde::Serialize;
use serde_json::Value;

use super::super::exit::{Failure, Outcome};
use super::super::output::{Format, print, print_json};
use super::args::Args;
use super::place::Place;
use super::plan_text;
use crate::clock::Stopwatch;
use crate::cluster::Access;
use crate::drill::{Length, Provider, Workload};
use crate::engine::plan::{BlastLimit, Plan};
use crate::engine::preflight::tries::{self, Asked, Try};
use crate::engine::rights::{self, Ground, Kinds};
use crate::journal::{Cluster, StepPlace};
use crate::steps::api::Api;
use crate::steps::preview::{Found, Request};
use crate::ui::progress::Progress;

/// What a run would do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Planned {
    schema: &'static str,
    pub drill: String,
    pub title: String,
    /// Nothing where no cluster is up: the run would start one, and nothing was tried out.
    pub cluster: Option<Cluster>,
    /// What kind of cluster the run would start.
    #[serde(skip)]
    pub provider: Provider,
    pub namespace: String,
    /// Whether the run makes the namespace, and removes it.
    pub makes_namespace: bool,
    pub target: String,
    pub max_duration: Length,
    pub keep_workload: bool,
    /// What the API server was asked for and allows, a line each: `patch services/api in …`.
    pub rights: Vec<String>,
    pub blast_limit: &'static str,
    pub steps: Vec<PlannedStep>,
}

/// One step.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlannedStep {
    pub place: StepPlace,
    pub what: String,
    pub requests: Vec<PlannedRequest>,
    /// How the step as a whole is undone, where it is not request by request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undo: Option<String>,
}

/// One request of a step.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlannedRequest {
    pub object: String,
    /// `merge-patch`, `apply` or `delete`.
    pub verb: &'static str,
    pub body: Value,
    pub check: Check,
    pub undo: Vec<String>,
}

/// What the API server says to a request.
#[derive(Debug, Serialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub(super) enum Check {
    /// It would be accepted.
    Accepted,
    /// It would be refused, as the drill promises.
    Refused { status: u16, message: String },
    /// It cannot be tried out yet.
    Unchecked { why: String },
}

/// Looks, and prints the plan. Exits 3 where something speaks against the run.
pub(super) async fn run(mut plan: Plan, place: Place, args: &Args) -> Outcome {
    let progress = Progress::start(Stopwatch::start());
    let planned = match place.find().await? {
        Some(access) => {
            super::helm::prepare(&mut plan, args.place.binaries()?, &access, &progress).await?;
            on(&access, &mut plan).await?
        }
        None => Planned::of(&plan, None, Vec::new(), without_cluster(&plan)),
    };
    progress.finish();
    match args.output {
        Format::Text => print(&plan_text::text(&planned)),
        Format::Json => print_json(&planned),
    }
}

async fn on(access: &Access, plan: &mut Plan) -> Result<Planned, Failure> {
    super::look(plan, access).await?;
    let client = access.client().map_err(Failure::environment)?;
    let api = Api::new(client);
    let workload = tries::workload(&api, plan).await.map_err(super::refused)?;
    let tried = tries::all(&api, plan).await.map_err(super::refused)?;
    let steps = workload.into_iter().chain(tried).map(|tried| step(plan, tried)).collect();
    let kinds = Kinds::told_by(&api, plan).await.map_err(|error| super::refused(error.into()))?;
    let asked = rights::of(plan, Ground::of(plan), &kinds).needed;
    let asked = asked.iter().map(ToString::to_string).collect();
    Ok(Planned::of(plan, Some(access.facts.clone()), asked, steps))
}

impl Planned {
    fn of(plan: &Plan, cluster: Option<Cluster>, rights: Vec<String>, steps: Vec<PlannedStep>) -> Self {
        Self {
            schema: "firedrill.dev/plan/v1",
            drill: plan.drill.metadata.name.value.clone(),
            title: plan.drill.metadata.title.clone(),
            cluster,
            provider: plan.wishes.provider,
            namespace: plan.namespace.clone(),
            makes_namespace: plan.ground.makes_namespace,
            target: format!("service/{}", plan.drill.target.service.value),
            max_duration: Length(plan.wishes.max_duration),
            keep_workload: plan.wishes.keep_workload,
            rights,
            blast_limit: blast_limit(plan.wishes.blast_limit),
            steps,
        }
    }
}

const fn blast_limit(limit: BlastLimit) -> &'static str {
    match limit {
        BlastLimit::Namespace => "namespace",
        BlastLimit::Cluster => "cluster",
        BlastLimit::Off => "off",
    }
}

/// The steps as they are written.
fn without_cluster(plan: &Plan) -> Vec<PlannedStep> {
    let fault = plan.drill.fault.steps.iter().enumerate();
    let fault = fault.map(|(index, step)| (StepPlace::Fault(index), step.value.to_string()));
    let runbook = plan.path().into_iter().flat_map(|entry| {
        let steps = entry.steps.iter().enumerate();
        let place = move |index| StepPlace::Runbook(entry.name.clone(), index);
        steps.map(move |(index, step)| (place(index), step.value.to_string())).collect::<Vec<_>>()
    });
    let all = fault.chain(runbook);
    all.map(|(place, what)| PlannedStep { undo: whole(plan, &what), place, what, requests: Vec::new() })
        .collect()
}

fn step(plan: &Plan, tried: Try) -> PlannedStep {
    let requests = tried.requests.iter().map(|asked| request(plan, &tried, asked)).collect();
    PlannedStep { undo: whole(plan, &tried.what), place: tried.place, what: tried.what, requests }
}

/// helm computes its changes itself; they go with the namespace.
fn whole(plan: &Plan, what: &str) -> Option<String> {
    let changes = ["helm install ", "helm upgrade ", "helm rollback ", "helm test "];
    let changes = changes.iter().any(|verb| what.starts_with(verb));
    changes.then(|| format!("goes with the namespace {}", plan.namespace))
}

fn request(plan: &Plan, tried: &Try, asked: &Asked) -> PlannedRequest {
    let preview = &asked.preview;
    let object = preview.object.to_string();
    let (verb, body) = preview.request.parts();
    let is_secret = preview.object.kind == "Secret";
    let check = match &preview.found {
        _ if asked.later => Check::Unchecked { why: format!("an earlier step changes {object} first") },
        Found::Missing if deployed(plan, tried) => {
            Check::Unchecked { why: format!("{object} is deployed by the drill; tried out before the fault") }
        }
        Found::Missing => Check::Unchecked { why: format!("{object} is not there") },
        Found::Refused { status, message } => Check::Refused { status: *status, message: message.clone() },
        Found::Changes(_) | Found::Creates | Found::Deletes => Check::Accepted,
    };
    PlannedRequest {
        object,
        verb,
        body: if is_secret { Value::from("(hidden)") } else { body },
        check,
        undo: undo(plan, asked, is_secret),
    }
}

fn deployed(plan: &Plan, tried: &Try) -> bool {
    matches!(plan.drill.workload, Workload::Deployed(_)) || tried.place == StepPlace::Workload
}

/// How the request is undone, a line each.
fn undo(plan: &Plan, asked: &Asked, is_secret: bool) -> Vec<String> {
    let object = &asked.preview.object;
    let shown = |value: &Option<Value>| match value {
        None => "absent".to_owned(),
        Some(_) if is_secret => "(hidden)".to_owned(),
        Some(value) => value.to_string(),
    };
    match (&asked.preview.request, &asked.preview.found) {
        (Request::Restart(_), _) => vec!["nothing: pods that went cannot come back".to_owned()],
        _ if asked.later => vec![format!("{object}: each field back to before the run's first change")],
        (_, Found::Changes(changes)) if changes.is_empty() => vec!["nothing changes".to_owned()],
        (_, Found::Changes(changes)) => changes
            .iter()
            .map(|change| {
                format!("{}: {} back to {}", change.path, shown(&change.after), shown(&change.before))
            })
            .collect(),
        (_, Found::Creates) => vec![format!("{object} is deleted")],
        (_, Found::Deletes) => vec![format!("{object} is created again as it was")],
        (_, Found::Refused { .. }) => vec!["nothing changes".to_owned()],
        (_, Found::Missing) if plan.ground.makes_namespace => {
            vec![format!("goes with the namespace {}", plan.namespace)]
        }
        (_, Found::Missing) => vec![format!("{object}: as it was before the first change")],
    }
}
