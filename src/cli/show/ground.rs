//! What a drill stands on: its workload, what is watched, and how it is broken.

use std::fmt::Write as _;

use crate::drill::{
    Chart, Detector, Drill, Expect, Fault, HttpSignal, Manifest, Signal, SignalState, Via, When, Workload,
};

pub(super) fn watched(drill: &Drill) -> String {
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

pub(super) fn workload(workload: &Workload) -> String {
    let Workload::Deployed(deployed) = workload else {
        return "what is there already; nothing is deployed, nothing removed".to_owned();
    };
    let chart = deployed.chart.iter().map(chart);
    let files: Vec<String> = chart.chain(deployed.manifests.iter().map(manifest)).collect();
    let ready = &deployed.ready;
    let within = ready.within.value;
    format!("{}; deployment/{} ready within {within}", files.join(", "), ready.deployment)
}

fn chart(chart: &Chart) -> String {
    format!("{} as release {}", chart.path, chart.release)
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

pub(super) fn broken(drill: &Drill) -> String {
    fault(&drill.fault, "Fault      ")
}

/// A fault with its steps, after a heading of eleven characters.
pub(super) fn fault(fault: &Fault, heading: &str) -> String {
    let mut text = format!("{heading}{}\n", fault.name);
    for step in &fault.steps {
        let _ = writeln!(text, "           {}", step.value);
    }
    let Expect { signal, state, within } = &fault.expect;
    let _ =
        writeln!(text, "           expects {} {} within {}", signal.value, self::state(*state), within.value);
    text
}

const fn state(state: SignalState) -> &'static str {
    match state {
        SignalState::Up => "up",
        SignalState::Out => "out",
    }
}
