//! What an evaluation says beside its matrix.

use std::path::Path;

use super::super::client::flags;
use super::together::Together;
use crate::cluster::Access;
use crate::drill::nearest::suggest;
use crate::journal::Cluster;
use crate::report::SIMULATED_PODS;
use crate::report::evaluation::Row;
use crate::report::evaluation::cells::Sort;

/// What is about to be done.
pub(super) fn beginning(runs: usize, parallel: usize, journals: &Path, fixed: bool) -> String {
    let why = if fixed { " (its node port is fixed)" } else { "" };
    let plural = if runs == 1 { "" } else { "s" };
    format!("{runs} run{plural}, at most {parallel} at once{why}; journals in {}", journals.display())
}

/// How the numbers came about.
pub(super) fn notes(cluster: &Cluster, together: &Together, fixed: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if together.interrupted {
        notes.push("interrupted: the matrix is not complete".to_owned());
    }
    if together.panicked {
        notes.push("a run of firedrill panicked, see above; please report it".to_owned());
    }
    if fixed {
        notes.push("one run at a time: the drill has a fixed node port".to_owned());
    }
    if cluster.simulated_pods {
        notes.push(SIMULATED_PODS.to_owned());
    }
    notes
}

/// The command that undoes what runs have left.
pub(super) fn recover(access: &Access) -> String {
    let place = flags(access.kind_cluster(), access.kubeconfig.as_deref(), access.context.as_deref());
    format!("what is left changed is undone by: firedrill recover{place} --all")
}

/// Whether the row is about a whole path.
pub(super) fn is_path(row: &Row) -> bool {
    matches!(row.sort, Sort::Path | Sort::Control)
}

/// Each run needs a workload of its own.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{drill} breaks a workload that is there already; evaluate breaks it once for every option")]
#[diagnostic(
    code(firedrill::evaluate::existing),
    help("evaluate needs a drill that deploys its workload: `workload: {{manifests: […]}}`")
)]
pub(super) struct Existing {
    pub drill: String,
}

/// There is nothing to try.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{drill} has no rounds and no runbook: there is nothing to evaluate")]
#[diagnostic(
    code(firedrill::evaluate::nothing),
    help("give it `rounds` with options, each with a `claim`; docs/drill-file.md shows how")
)]
pub(super) struct NoOptions {
    pub drill: String,
}

/// `--only` names nothing.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("--only {only}: the drill has no such round or option to try")]
#[diagnostic(code(firedrill::evaluate::only), help("{help}"))]
pub(super) struct Nothing {
    only: String,
    help: String,
}

impl Nothing {
    pub fn named(only: &str, names: &[String]) -> Self {
        let help = suggest(only, "it has", names.iter().map(String::as_str));
        Self { only: only.to_owned(), help }
    }
}
