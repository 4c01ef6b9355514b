//! The plan of a dry run, for people.

use std::fmt::Write as _;

use super::dry::{Check, Planned, PlannedRequest, PlannedStep};
use crate::drill::Provider;
use crate::journal::StepPlace;
use crate::report::plain::plain;

/// The plan as text, with a line end.
pub(super) fn text(planned: &Planned) -> String {
    let mut lines = vec![
        format!("DRY RUN: {}", planned.title),
        "Nothing was changed. A run would do this:".to_owned(),
        String::new(),
        format!("Cluster    {}", cluster(planned)),
        format!("Namespace  {}", namespace(planned)),
        format!("Target     {}", planned.target),
        format!("Deadline   {}, then everything is undone", planned.max_duration),
        format!("Blast      {}", blast(planned)),
        format!("Rights     {}", rights(planned)),
        "Records    a ConfigMap and Leases named firedrill-… in that namespace, until it is undone"
            .to_owned(),
    ];
    let mut heading = "";
    for step in &planned.steps {
        let next = chapter(&step.place);
        if next != heading {
            lines.extend([String::new(), next.to_owned()]);
            heading = next;
        }
        lines.extend(of_step(step));
    }
    let mut text = String::new();
    for line in lines {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", plain(&line).trim_end());
    }
    text
}

fn cluster(planned: &Planned) -> String {
    match &planned.cluster {
        Some(cluster) => format!("{} ({}), Kubernetes {}", cluster.name, cluster.provider, cluster.version),
        None if planned.provider == Provider::Kind => {
            "none of that name is up: the run makes a kind cluster of its own, and nothing was tried out"
                .to_owned()
        }
        None => "none is up: the run starts a local one of its own, and nothing was tried out".to_owned(),
    }
}

fn namespace(planned: &Planned) -> String {
    let name = &planned.namespace;
    match (planned.makes_namespace, planned.keep_workload) {
        (true, false) => format!("{name}, made for the run and deleted after it"),
        (true, true) => format!("{name}, made for the run; it stays, with the workload"),
        (false, _) => format!("{name}, which is there and open to drills; it stays"),
    }
}

fn blast(planned: &Planned) -> &'static str {
    match planned.blast_limit {
        "off" => "no limit: other Services may lose all their endpoints; the report lists them",
        "cluster" => {
            "a Service of the cluster that is not the drill's and loses all its endpoints ends the run"
        }
        _ => "a Service of the namespace that is not the drill's and loses all its endpoints ends the run",
    }
}

fn rights(planned: &Planned) -> String {
    match planned.rights.len() {
        0 => "not asked for".to_owned(),
        asked => format!("{asked} asked for, all allowed; --output json lists them"),
    }
}

fn chapter(place: &StepPlace) -> &'static str {
    match place {
        StepPlace::Workload => "Workload",
        StepPlace::Fault(_) => "Fault",
        StepPlace::Runbook(..) => "Runbook",
    }
}

fn of_step(step: &PlannedStep) -> Vec<String> {
    let name = match &step.place {
        StepPlace::Runbook(name, _) => format!("{name}: "),
        _ => String::new(),
    };
    let mut lines = vec![format!("  {name}{}", step.what)];
    lines.extend(step.requests.iter().flat_map(|request| of_request(&step.what, request)));
    lines.extend(step.undo.iter().map(|undo| format!("      undo: {undo}")));
    lines
}

fn of_request(step: &str, request: &PlannedRequest) -> Vec<String> {
    let body = request.body.to_string();
    // What is applied is long, and stands in a file; a patch step has said it just above.
    let said = request.verb != "merge-patch" || step.ends_with(&body);
    let body = if said { String::new() } else { format!(" {body}") };
    let check = match &request.check {
        Check::Accepted => "accepted by the API server".to_owned(),
        Check::Refused { status, message } => format!("refused, as the drill says: {message} ({status})"),
        Check::Unchecked { why } => format!("unchecked: {why}"),
    };
    let mut lines =
        vec![format!("      {} {}{body}", request.verb, request.object), format!("      {check}")];
    lines.extend(request.undo.iter().map(|line| format!("      undo: {line}")));
    lines
}
