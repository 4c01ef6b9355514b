//! One cell: a run of its own, with its own namespace, journal and guard.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc::UnboundedReceiver;

use super::super::exit::{Exit, Failure};
use super::super::run::{charge, setup, told};
use crate::clock::Stopwatch;
use crate::cluster::{Access, Held};
use crate::engine;
use crate::engine::ending::Ending;
use crate::engine::guard::Charge;
use crate::engine::plan::Plan;
use crate::engine::run::Setup;
use crate::journal::{Event, place};
use crate::report;
use crate::report::evaluation::cells::Cell;
use crate::report::evaluation::row::{self, Row};
use crate::steps::helm::Helm;

/// A cell that is about to be run.
pub(super) struct Ready {
    cell: Cell,
    plan: Plan,
    helm: Option<Helm>,
    access: Access,
    charge: Charge,
    journal: PathBuf,
    clock: Stopwatch,
}

/// What came of a cell.
pub(super) struct Done {
    /// Its rows.
    pub rows: Vec<Row>,
    /// What the run alone would have ended with; that a claim does not hold is not in it.
    pub exit: Exit,
    /// What it left changed.
    pub left: Vec<String>,
    /// What happened.
    pub events: Vec<Event>,
    /// Why it never began.
    pub failure: Option<Failure>,
}

impl Done {
    /// A cell that did not begin, as the evaluation was interrupted.
    pub fn interrupted(cell: &Cell, run: &str) -> Self {
        let rows = row::missing(cell, run, "interrupted before it began");
        Self { rows, exit: Exit::Interrupted, left: Vec::new(), events: Vec::new(), failure: None }
    }
}

impl Ready {
    /// A cell whose time begins now.
    pub fn new(cell: Cell, plan: Plan, helm: Option<Helm>, held: &Held, journals: &Path) -> Self {
        let clock = Stopwatch::start();
        let journal = place::journal(journals, &plan.wishes.run);
        let charge = charge(&plan, held, &journal, clock);
        Self { cell, plan, helm, access: held.access.clone(), charge, journal, clock }
    }

    /// Runs it to its end.
    pub async fn run(self, mut interrupts: UnboundedReceiver<()>) -> Done {
        let Self { cell, plan, helm, access, charge, journal: path, clock } = self;
        let run = plan.wishes.run.clone();
        let setup = tokio::select! {
            setup = setup((plan, helm), &access, &charge, clock) => setup,
            _ = interrupts.recv() => return Done::interrupted(&cell, &run),
        };
        let setup = match setup {
            Ok(setup) => Setup { interrupts, ..setup },
            // Ctrl-C reaches the guard, too, until it has left the terminal.
            Err(_) if interrupts.try_recv().is_ok() => return Done::interrupted(&cell, &run),
            Err(failure) => {
                let rows = row::missing(&cell, &run, "its run could not begin");
                let (exit, failure) = (Exit::Environment, Some(failure));
                return Done { rows, exit, left: Vec::new(), events: Vec::new(), failure };
            }
        };
        let mut seen = Vec::new();
        let mut observe = |event: &Event| seen.push(event.clone());
        let ending = engine::run::run(setup, &mut observe).await;
        let events = told(&path, seen);
        let rows = row::rows(&cell, &events);
        let report = report::fold(&events);
        let named = |left: &String| format!("{left} (run {run})");
        match ending {
            Ending::LeftAtOnce(left) => {
                let left = left.iter().map(named).collect();
                Done { rows, exit: Exit::LeftChanged, left, events, failure: None }
            }
            Ending::Complete => {
                let left = report.undo.left.iter().map(named).collect();
                Done { rows, exit: report.exit().into(), left, events, failure: None }
            }
        }
    }
}
