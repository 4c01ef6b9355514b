//! `firedrill rbac`: the rights that a drill needs, as objects to apply.

mod object;

use object::{Object, role_objects, service_account};

use super::exit::{Failure, Outcome};
use super::output::{Format, print_exact, print_json};
use super::run::helm;
use crate::clock::Stopwatch;
use crate::cluster::binaries;
use crate::drill::{self, Provider, is_variant};
use crate::engine::plan::{BlastLimit, Plan, Rehearsal, Wishes};
use crate::engine::rights::{self, Ground, Kinds, rules};
use crate::journal::ResponderKind;
use crate::report::plain::plain;
use crate::ui::progress::Progress;

/// Arguments of `firedrill rbac`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A built-in drill's name, a drill file, or a folder with a drill.yaml
    drill: String,
    /// The namespace of the drill's target; the ServiceAccount is there, too
    #[arg(short, long, value_name = "NS")]
    namespace: String,
    /// The name of the ServiceAccount
    #[arg(long, value_name = "NAME", default_value = "firedrill")]
    service_account: String,
    /// The rights of this variant of the drill
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// The rights of runs that make a namespace for themselves: all of them in every namespace
    #[arg(long)]
    own_namespace: bool,
    /// The rights of `play` and `evaluate`, too: those of every option, not of the runbook alone
    #[arg(long)]
    every_option: bool,
    /// The form of the result on stdout; text is YAML
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

/// Prints the objects. Asks no cluster.
pub async fn run(args: Args) -> Outcome {
    let args = &args;
    let loaded = drill::load(&args.drill).map_err(Failure::usage)?;
    let mut plan = Plan::new(loaded, wishes(args)).map_err(Failure::usage)?;
    let progress = Progress::start(Stopwatch::start());
    // Only helm can tell what is in a chart.
    let options = binaries::Options::from_env(None);
    helm::obtain(&mut plan, options, (None, None), false, &progress).await?;
    progress.finish();
    let mut objects = vec![service_account(&args.service_account, &args.namespace)];
    objects.extend(drill_objects(args, &plan));
    objects.extend(cluster_objects(args));
    match args.output {
        Format::Text => print_exact(&objects.iter().map(Object::yaml).collect::<Vec<_>>().join("---\n")),
        Format::Json => print_json(&serde_json::json!({"apiVersion": "v1", "kind": "List",
            "items": objects.iter().map(Object::value).collect::<Vec<_>>()})),
    }
}

/// The Role of the drill and its binding; a ClusterRole where no Role can be there in time.
fn drill_objects(args: &Args, plan: &Plan) -> Vec<Object> {
    let ground = if args.own_namespace { Ground::Own } else { Ground::Existing };
    let rights = rights::of(plan, ground, &Kinds::default());
    let drill = &plan.drill.metadata.name.value;
    let mut about = match ground {
        Ground::Existing => vec![
            format!("What {drill} needs in the namespace {}, its undo included.", args.namespace),
            format!(
                "Runs want the namespace's owner to agree: kubectl label namespace {} {}=true",
                args.namespace,
                crate::steps::api::ALLOW_LABEL
            ),
        ],
        Ground::Own => vec![
            format!("What {drill} needs to make a namespace of its own, and in it. As that namespace"),
            "has no Role yet when the run begins, all this is allowed in every namespace.".to_owned(),
        ],
    };
    for kind in &rights.unknown {
        let kind = plain(kind);
        about.push(format!("MISSING: create, get, patch, delete on the resource of {kind}, which firedrill"));
        about.push("does not know; the preflight asks the cluster and names what is lacking.".to_owned());
    }
    let name = match ground {
        Ground::Existing => format!("{}-{drill}", args.service_account),
        Ground::Own => format!("{}-{}-{drill}", args.namespace, args.service_account),
    };
    let within = (ground == Ground::Existing).then_some(args.namespace.as_str());
    let subject = (args.service_account.as_str(), args.namespace.as_str());
    role_objects(&name, within, subject, (about, rules(&rights.needed)))
}

/// What no Role can give.
fn cluster_objects(args: &Args) -> Vec<Object> {
    let about = vec![
        "Optional: reads the EndpointSlices of all namespaces. Without it the report's blast radius is"
            .to_owned(),
        "that of this namespace, so never complete, and --blast-limit cluster is refused.".to_owned(),
        "And lists the nodes, for the report; without it their number is not known.".to_owned(),
    ];
    let name = format!("{}-{}-blast-limit", args.namespace, args.service_account);
    let subject = (args.service_account.as_str(), args.namespace.as_str());
    let mut needed = rights::all_slices();
    needed.push(rights::nodes());
    role_objects(&name, None, subject, (about, rules(&needed)))
}

/// The run that needs the most: with its runbook, and whatever may stay.
fn wishes(args: &Args) -> Wishes {
    Wishes {
        run: String::new(),
        by: String::new(),
        namespace: (!args.own_namespace).then(|| args.namespace.clone()),
        responder: if args.every_option { ResponderKind::Player } else { ResponderKind::Runbook },
        variant: args.variant.as_deref().filter(is_variant).map(str::to_owned),
        max_duration: std::time::Duration::ZERO,
        keep_workload: true,
        blast_limit: BlastLimit::Namespace,
        provider: Provider::Context,
        respond_after: std::time::Duration::ZERO,
        rehearsal: Rehearsal::default(),
        speed: 0,
    }
}
