//! `firedrill diagnose`.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use miette::Diagnostic;

use super::exit::{Exit, Failure, Outcome};
use super::output::{Format, print, print_json};
use crate::cluster;
use crate::cluster::local::{self, Options};
use crate::cluster::state::SHARED;
use crate::diagnose::{Diagnosis, diagnose};
use crate::steps::api::Api;
use crate::steps::facts;

/// How long a connection may take to be made.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Arguments of `firedrill diagnose`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The Service
    service: String,
    /// Its namespace; the context's own, or `default`
    #[arg(short, long, value_name = "NS")]
    namespace: Option<String>,
    /// Another kubeconfig; its current context, unless --context names one
    #[arg(long, value_name = "PATH")]
    kubeconfig: Option<PathBuf>,
    /// A context of the kubeconfig
    #[arg(long, value_name = "NAME", conflicts_with = "current_context")]
    context: Option<String>,
    /// The kubeconfig's current context
    #[arg(long)]
    current_context: bool,
    /// The form of the result on stdout
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

/// Why no diagnosis was made.
#[derive(Debug, thiserror::Error, Diagnostic)]
enum NoDiagnosis {
    /// Nothing says which cluster.
    #[error("no local cluster is up, and no other cluster was named")]
    #[diagnostic(
        code(firedrill::diagnose::no_cluster),
        help(
            "firedrill cluster up starts the local one; --current-context, --context NAME or \
             --kubeconfig PATH name another"
        )
    )]
    NoCluster,
    /// The kubeconfig does not lead to a cluster.
    #[error("cannot use the kubeconfig: {source}")]
    #[diagnostic(
        code(firedrill::diagnose::kubeconfig),
        help("kubectl config get-contexts lists the contexts")
    )]
    Kubeconfig { source: kube::config::KubeconfigError },
    /// No client can be made of it.
    #[error("cannot connect: {source}")]
    #[diagnostic(
        code(firedrill::diagnose::client),
        help("kubectl get --raw /readyz with the same kubeconfig says more")
    )]
    Client { source: kube::Error },
}

/// Says why the Service has no endpoints. Exits 0 when it has some, 1 when a cause was found.
pub async fn run(args: Args) -> Outcome {
    let client = client(&args).await?;
    let namespace = args.namespace.clone().unwrap_or_else(|| client.default_namespace().to_owned());
    let facts = facts(&Api::new(client), &namespace, &args.service).await.map_err(|error| match error {
        bad @ crate::steps::Error::BadName { .. } => Failure::usage(bad),
        other => Failure::environment(other),
    })?;
    let diagnosis = diagnose(&facts);
    match args.output {
        Format::Text => print(&text(&diagnosis)),
        Format::Json => print_json(&diagnosis),
    }?;
    Ok(if diagnosis.found() { Exit::Missed } else { Exit::Passed })
}

async fn client(args: &Args) -> Result<kube::Client, Failure> {
    let named = args.kubeconfig.is_some() || args.context.is_some() || args.current_context;
    let path = if named { args.kubeconfig.clone() } else { Some(local_cluster()?) };
    let options = KubeConfigOptions { context: args.context.clone(), ..KubeConfigOptions::default() };
    let loading = async {
        let kubeconfig = path.map_or_else(Kubeconfig::read, Kubeconfig::read_from)?;
        kube::Config::from_custom_kubeconfig(kubeconfig, &options).await
    };
    let mut config =
        loading.await.map_err(|source| Failure::environment(NoDiagnosis::Kubeconfig { source }))?;
    if !named {
        // The local cluster is on loopback; a proxy has no say.
        config.proxy_url = None;
    }
    config.connect_timeout.get_or_insert(CONNECT_WITHIN);
    kube::Client::try_from(config).map_err(|source| Failure::environment(NoDiagnosis::Client { source }))
}

/// The kubeconfig of the cluster that `cluster up` made.
fn local_cluster() -> Result<PathBuf, Failure> {
    let options = Options::from_env(None).map_err(Failure::environment)?;
    local::kubeconfig(&options, SHARED).map_err(|error| match error {
        cluster::Error::Down { .. } => Failure::environment(NoDiagnosis::NoCluster),
        other => Failure::environment(other),
    })
}

fn text(diagnosis: &Diagnosis) -> String {
    let mut text = diagnosis.lines.join("\n");
    if let Some(fix) = &diagnosis.fix {
        let what = if fix.contains(" patch ") || fix.contains(" scale ") { "Fix" } else { "Look" };
        text = format!("{text}\n\n{what}:\n  {fix}");
    }
    text.push('\n');
    text
}
