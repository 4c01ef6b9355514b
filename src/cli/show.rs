//! `firedrill show`.

use std::fmt::Write as _;

use serde_json::json;

use super::exit::{Failure, Outcome};
use super::output;
use crate::drill::{
    Budget, Choice, Claim, Detector, Drill, HttpSignal, Length, Loaded, Manifest, Round, Signal, SignalState,
    Via, When, Workload, impact, load, scenario,
};

/// Arguments of `firedrill show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A built-in name, a file, or a folder with a drill.yaml
    #[arg(value_name = "DRILL")]
    drill: String,
    /// The form of the result
    #[arg(long, value_enum, default_value_t)]
    output: Form,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// A summary for people
    #[default]
    Text,
    /// The drill with its defaults and scenario times, for programs
    Json,
    /// The drill file as it was written
    Yaml,
}

/// Shows a drill.
pub fn run(args: &Args) -> Outcome {
    let loaded = load(&args.drill).map_err(Failure::usage)?;
    match args.output {
        Form::Text => output::print(&text(&loaded)),
        Form::Yaml => output::print_exact(&loaded.text),
        Form::Json => output::print_json(&json!({
            "schema": "firedrill.dev/show/v1",
            "origin": loaded.origin,
            "drillHash": loaded.hash,
            "scenario": scenario::times(&loaded.drill),
            "drill": loaded.drill,
        })),
    }
}

/// The summary, a paragraph a topic.
#[must_use]
pub fn text(loaded: &Loaded) -> String {
    let drill = &loaded.drill;
    let mut paragraphs = vec![heading(loaded), watched(drill), broken(drill)];
    paragraphs.extend(drill.rounds.iter().map(round));
    paragraphs.push(mended(drill));
    paragraphs.push(costs(drill));
    paragraphs.retain(|p| !p.is_empty());
    paragraphs.join("\n")
}

fn heading(loaded: &Loaded) -> String {
    let drill = &loaded.drill;
    let mut text = format!("{}: {}\n", drill.metadata.name.value, drill.metadata.title);
    let story = &drill.scenario;
    let who: Vec<&str> = [&story.starts, &story.role].into_iter().flatten().map(String::as_str).collect();
    if !who.is_empty() {
        let _ = writeln!(text, "{}.", who.join(". "));
    }
    if let Some(situation) = &story.situation {
        let _ = writeln!(text, "{}", wrapped(situation, ""));
    }
    text
}

fn watched(drill: &Drill) -> String {
    let mut text = format!("Workload   {}\n", workload(&drill.workload));
    let _ = writeln!(text, "Target     service/{}", drill.target.service.value);
    for (i, signal) in drill.signals.iter().enumerate() {
        let _ = writeln!(text, "{:11}{}", if i == 0 { "Signals" } else { "" }, signal_line(&signal.value));
    }
    let Detector { signal, after } = &drill.detector;
    let _ = writeln!(text, "Detector   {} out, {} in a row", signal.value, after.value);
    let _ = writeln!(text, "Steady     all signals up for {}", drill.steady_state.stable_for.value);
    text
}

fn workload(workload: &Workload) -> String {
    let Workload::Deployed(deployed) = workload else {
        return "what is there already; nothing is deployed, nothing removed".to_owned();
    };
    let manifests: Vec<String> = deployed.manifests.iter().map(manifest).collect();
    let ready = &deployed.ready;
    let within = ready.within.value;
    format!("{}; deployment/{} ready within {within}", manifests.join(", "), ready.deployment)
}

fn manifest(manifest: &Manifest) -> String {
    format!("{}{}", manifest.file, only(manifest.when.as_ref()))
}

/// On which clusters something is there, where not on all.
fn only(when: Option<&When>) -> String {
    when.map_or_else(String::new, |when| format!(" (only on: {when})"))
}

fn signal_line(signal: &Signal) -> String {
    let (name, only) = (signal.name(), only(signal.when()));
    match signal {
        Signal::Endpoints(s) => {
            format!("{name}: service/{} has at least {} usable{only}", s.service, s.at_least)
        }
        Signal::Http(s) => format!(
            "{name}: GET {}, every {}, timeout {}, expects {}{only}",
            asked(s),
            s.every.value,
            s.timeout.value,
            s.expect
        ),
    }
}

/// What is asked for, and which way.
fn asked(signal: &HttpSignal) -> String {
    let path = &signal.path;
    match &signal.via {
        Via::ApiserverProxy => format!("{path} through the API server"),
        Via::NodePort(port) => format!("{path} at node port {port}"),
        Via::Url(url) => format!("{}{path}", url.trim_end_matches('/')),
    }
}

fn broken(drill: &Drill) -> String {
    let fault = &drill.fault;
    let mut text = format!("Fault      {}\n", fault.name);
    for step in &fault.steps {
        let _ = writeln!(text, "           {}", step.value);
    }
    let state = state(fault.expect.state);
    let _ = writeln!(
        text,
        "           expects {} {state} within {}",
        fault.expect.signal.value, fault.expect.within.value
    );
    for (name, variant) in &drill.variants {
        let fault = variant.fault.as_ref().map_or("the same fault", |f| f.name.as_str());
        let _ = writeln!(text, "Variant    {name}: {fault}");
    }
    text
}

fn round(round: &Round) -> String {
    let mut text = format!("Round      {}: {}\n", round.id.value, round.title);
    if let Some(cue) = &round.cue {
        let _ = writeln!(text, "{}", wrapped(cue, "           "));
    }
    for option in &round.options {
        text.push_str(&option_lines(option));
    }
    for step in &round.steps {
        let _ = writeln!(text, "           {}", step.value);
    }
    text
}

fn option_lines(option: &Choice) -> String {
    let best = if option.best { ", best" } else { "" };
    let mut text = format!("       {:>3} {}\n", option.id.value, option.label);
    let _ = writeln!(text, "           takes {}, {}{best}", option.takes, claim(option.claim));
    for step in &option.steps {
        let _ = writeln!(text, "             {}", step.value);
    }
    text
}

fn mended(drill: &Drill) -> String {
    let path: Vec<String> = drill.runbook_path().into_iter().map(|entry| entry.name).collect();
    let mut text = String::new();
    if !path.is_empty() {
        let _ = writeln!(text, "Runbook    {}", path.join(", "));
    }
    let Budget { detect, mitigate, resolve, downtime } = drill.budget;
    let limits: Vec<String> =
        [("detect", detect), ("mitigate", mitigate), ("resolve", resolve), ("downtime", downtime)]
            .into_iter()
            .filter_map(|(name, limit)| limit.map(|l| format!("{name} {l}")))
            .collect();
    if !limits.is_empty() {
        let _ = writeln!(text, "Budget     {}", limits.join(", "));
    }
    text
}

/// Declared times and the money that they cost; a run measures its own.
fn costs(drill: &Drill) -> String {
    let rates = &drill.impact;
    let mut text = format!("Impact     {} {} a minute", rates.currency, rates.revenue_per_minute);
    for entry in &rates.cascade {
        let _ = write!(text, ", {} after {}", entry.revenue_per_minute, entry.after);
    }
    text.push('\n');
    let times = scenario::times(drill);
    for (name, seconds) in [
        ("as it happened", times.downtime_s),
        ("best", times.optimal_s),
        ("every wrong choice first", times.worst_s),
    ] {
        let length = Length::secs(seconds);
        let lost = impact::loss(rates, length.into());
        let _ = writeln!(text, "Scenario   {name}: {length}, {} {lost:.2}", rates.currency);
    }
    text
}

const fn claim(claim: Claim) -> &'static str {
    match claim {
        Claim::Resolves => "resolves the incident",
        Claim::Mitigates => "serves the users, leaves the cause",
        Claim::Unchanged => "changes nothing",
        Claim::Rejected => "is refused by the API server",
        Claim::FindsCause => "finds the cause",
        Claim::BreaksAgain => "breaks again",
        Claim::Verified => "succeeds in each step",
    }
}

const fn state(state: SignalState) -> &'static str {
    match state {
        SignalState::Up => "up",
        SignalState::Out => "out",
    }
}

fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = vec![indent.to_owned()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, String::len);
        if line + word.len() >= 90 && line > indent.len() {
            lines.push(indent.to_owned());
        }
        if let Some(line) = lines.last_mut() {
            if line.len() > indent.len() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}
