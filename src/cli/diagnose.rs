//! `firedrill diagnose`.

use super::client::ClientArgs;
use super::exit::{Exit, Failure, Outcome};
use super::output::{Format, print, print_json};
use crate::diagnose::{Diagnosis, diagnose};
use crate::steps::api::Api;
use crate::steps::facts;

/// Arguments of `firedrill diagnose`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The Service
    service: String,
    /// Its namespace; the context's own, or `default`
    #[arg(short, long, value_name = "NS")]
    namespace: Option<String>,
    #[command(flatten)]
    cluster: ClientArgs,
    /// The form of the result on stdout
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

/// Says why the Service has no endpoints. Exits 0 when it has some, 1 when a cause was found.
pub async fn run(args: Args) -> Outcome {
    let client = args.cluster.client().await?;
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

fn text(diagnosis: &Diagnosis) -> String {
    let mut text = diagnosis.lines.join("\n");
    if let Some(fix) = &diagnosis.fix {
        let what = if fix.contains(" patch ") || fix.contains(" scale ") { "Fix" } else { "Look" };
        text = format!("{text}\n\n{what}:\n  {fix}");
    }
    if diagnosis.note.is_some() || !diagnosis.then.is_empty() {
        let lines = diagnosis.then.iter().chain(&diagnosis.note).map(|line| format!("  {line}"));
        let what = if diagnosis.then.is_empty() { "Mind" } else { "To make it last" };
        text = format!("{text}\n\n{what}:\n{}", lines.collect::<Vec<_>>().join("\n"));
    }
    text.push('\n');
    text
}
