//! `firedrill status`: the runs that are open in a cluster.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use futures::future::try_join_all;
use miette::Diagnostic;
use serde_json::{Value, json};

use super::client::ClientArgs;
use super::cluster::quoted;
use super::exit::{Failure, Outcome};
use super::output::{Format, print, print_json};
use crate::engine::undo::lease::WATCH_FOR;
use crate::engine::undo::open::{OpenRun, find};
use crate::engine::undo::store::Sealed;
use crate::journal::{Effect, FieldChange, ObjectRef, Record};
use crate::report::plain::plain;
use crate::steps::api::{Api, ApiError};

/// How much of a value is shown to people, characters.
const SHOWN: usize = 120;
/// What is shown in the place of a Secret's values.
const HIDDEN: &str = "(hidden)";

/// Arguments of `firedrill status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Look in this namespace only [default: all]
    #[arg(short, long, value_name = "NS")]
    namespace: Option<String>,
    #[command(flatten)]
    cluster: ClientArgs,
    /// The form of the result on stdout
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

/// Lists the open runs. That there are some is no failure.
pub async fn run(args: Args) -> Outcome {
    let api = Api::new(args.cluster.client().await?);
    let runs = open_runs(&api, args.namespace.as_deref()).await?;
    let alive = try_join_all(runs.iter().map(|run| run.is_alive(&api, WATCH_FOR)));
    let alive = alive.await.map_err(Failure::environment)?;
    let now = Utc::now();
    let listed = runs.iter().zip(alive);
    match args.output {
        Format::Text if runs.is_empty() => print("no run is open\n"),
        Format::Text => {
            let mut place = args.cluster.flags();
            if let Some(namespace) = &args.namespace {
                let _ = write!(place, " -n {}", quoted(namespace));
            }
            let blocks: Vec<String> = listed.map(|(run, alive)| block(run, alive, now, &place)).collect();
            print(&blocks.join("\n"))
        }
        Format::Json => {
            let runs: Vec<Value> = listed.map(|(run, alive)| value(run, alive, now)).collect();
            print_json(&json!({"schema": "firedrill.dev/status/v1", "runs": runs}))
        }
    }
}

/// The open runs of the cluster, or of one namespace.
pub(super) async fn open_runs(api: &Api, namespace: Option<&str>) -> Result<Vec<OpenRun>, Failure> {
    find(api, namespace).await.map_err(|source| match source.status() {
        Some(403) if namespace.is_none() => Failure::environment(NotEverywhere { source }),
        _ => Failure::environment(source),
    })
}

/// The rights do not reach over all namespaces.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot look for open runs in all namespaces: {source}")]
#[diagnostic(code(firedrill::status::forbidden), help("-n NAMESPACE looks in that one only"))]
struct NotEverywhere {
    source: ApiError,
}

/// A run on one line: `RUN: DRILL in NAMESPACE, by WHO since WHEN`.
pub(super) fn line(run: &OpenRun) -> String {
    let about = run.about.as_ref().map(|about| {
        format!("{} in {}, by {} since {}", about.drill, run.namespace, about.by, time(about.began))
    });
    let about = about.unwrap_or_else(|| format!("in {}", run.namespace));
    plain(&format!("{}: {about}", run.run)).into_owned()
}

/// A run for people. `place` are the flags that name its cluster: see `ClientArgs::flags`.
#[must_use]
pub fn block(run: &OpenRun, alive: bool, now: DateTime<Utc>, place: &str) -> String {
    let mut text = format!("{}\n", plain(&run.run));
    let mut row = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<10} {}", plain(value));
    };
    if let Some(about) = &run.about {
        row("drill", &about.drill);
        row("by", &about.by);
        row("began", &time(about.began));
        let passed = if about.deadline < now { "passed" } else { "not passed yet" };
        row("deadline", &format!("{}, {passed} by this machine's clock", time(about.deadline)));
    } else {
        row("by", run.holder.as_deref().unwrap_or("not known"));
    }
    row("runner", if alive { "alive" } else { "dead: nobody renews its Lease" });
    let made = match (run.namespace_made, run.keeps_workload()) {
        (true, true) => ", made by the run, to be kept",
        (true, false) => ", made by the run",
        _ => "",
    };
    row("namespace", &format!("{}{made}", run.namespace));
    match &run.records {
        Err(error) => row("changed", &format!("not known: {error}")),
        Ok(records) if records.is_empty() && run.sealed.is_empty() => row("changed", "nothing yet"),
        Ok(records) => records.iter().flat_map(changes).for_each(|change| row("changed", &change)),
    }
    run.sealed.iter().flat_map(sealed).for_each(|change| row("changed", &change));
    if !alive {
        row("undo", &format!("firedrill recover{place} --run {}", run.run));
    }
    text
}

/// What a record says was changed, a line a field.
fn changes(record: &Record) -> Vec<String> {
    let object = &record.object;
    match &record.effect {
        Effect::Created => vec![format!("{object}: made")],
        Effect::Deleted { .. } => vec![format!("{object}: deleted")],
        Effect::Fields { changes } => changes
            .iter()
            .map(|change| {
                let shown = |value: &Option<Value>| short(shown(object, value.as_ref()).as_ref());
                format!("{object} {}: {} → {}", change.path, shown(&change.before), shown(&change.after))
            })
            .collect(),
    }
}

/// What a change of a Secret is known to have done, though its record cannot be read.
fn sealed(sealed: &Sealed) -> Vec<String> {
    let (object, outline) = (&sealed.object, &sealed.outline);
    let what = if outline.paths.is_empty() { vec![outline.effect.clone()] } else { outline.paths.clone() };
    what.iter().map(|what| format!("{object} {what}: its record cannot be read: {}", sealed.why)).collect()
}

/// The value as it may be shown: of a Secret only whether there is one.
fn shown(object: &ObjectRef, value: Option<&Value>) -> Option<Value> {
    value.map(|value| if object.is_secret() { json!(HIDDEN) } else { value.clone() })
}

fn short(value: Option<&Value>) -> String {
    let Some(value) = value else { return "absent".to_owned() };
    if value == HIDDEN {
        return HIDDEN.to_owned();
    }
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A run for programs: all that its undo would write, but for the values of Secrets.
#[must_use]
pub fn value(run: &OpenRun, alive: bool, now: DateTime<Utc>) -> Value {
    let change = |record: &Record| {
        let object = &record.object;
        let (effect, fields, before) = match &record.effect {
            Effect::Fields { changes } => {
                ("fields", changes.iter().map(|change| field(object, change)).collect(), None)
            }
            Effect::Created => ("created", json!([]), None),
            Effect::Deleted { before } => ("deleted", json!([]), shown(object, Some(before))),
        };
        json!({"object": object.to_string(), "effect": effect, "fields": fields, "before": before})
    };
    let sealed = |sealed: &Sealed| {
        let fields: Vec<Value> = sealed.outline.paths.iter().map(|path| json!({"path": path})).collect();
        json!({"object": sealed.object.to_string(), "effect": sealed.outline.effect, "fields": fields,
            "unreadable": sealed.why})
    };
    let changed = run
        .records
        .as_ref()
        .map(|records| records.iter().map(change).chain(run.sealed.iter().map(sealed)).collect::<Vec<_>>());
    json!({
        "run": run.run,
        "namespace": run.namespace,
        "namespaceMade": run.namespace_made,
        "about": run.about,
        "holder": run.holder,
        "pastDeadline": run.about.as_ref().map(|about| about.deadline < now),
        "alive": alive,
        "changed": changed.as_ref().ok(),
        "unreadable": changed.as_ref().err().map(ToString::to_string),
    })
}

fn field(object: &ObjectRef, change: &FieldChange) -> Value {
    let shown = |value: &Option<Value>| shown(object, value.as_ref());
    json!({"path": change.path, "before": shown(&change.before), "after": shown(&change.after)})
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
