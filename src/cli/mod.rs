//! The command line: one file per command. Here the commands are named, and what went wrong
//! becomes a message on stderr and an exit code.

mod client;
pub mod cluster;
pub mod diagnose;
pub mod evaluate;
pub mod exit;
pub mod guard;
pub mod interrupt;
pub mod kind_keeper;
pub mod list;
pub mod output;
pub mod play;
pub mod rbac;
pub mod recover;
pub mod report;
pub mod responder;
pub mod run;
pub mod schema;
pub mod show;
pub mod status;
pub mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::ui::terminal;
use exit::{Exit, Outcome};

/// Rehearse Kubernetes incidents against real clusters: break, measure, mend, put back, report.
#[derive(Debug, Parser)]
#[command(name = "firedrill", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a drill: deploy, break, measure, mend by the runbook, put back, report
    Run(run::Args),
    /// Try every option of a drill for real, and hold it against what it promises
    Evaluate(evaluate::Args),
    /// Play a drill: you decide, round by round; each choice is carried out on the cluster
    Play(play::Args),
    /// List the built-in drills
    List(list::Args),
    /// Show what a drill does, without doing it
    Show(show::Args),
    /// Check drill files; every mistake at once
    Validate(validate::Args),
    /// Print the JSON Schema of drill files
    Schema(schema::Args),
    /// Say why a Service has no endpoints
    Diagnose(diagnose::Args),
    /// Print the report of a journal
    Report(report::Args),
    /// List the runs that are open in a cluster, and what they changed
    Status(status::Args),
    /// Undo runs whose runner is dead, from what they left in the cluster
    Recover(recover::Args),
    /// Print the rights that a drill needs in a namespace: Role, binding, ServiceAccount
    Rbac(rbac::Args),
    /// The local control plane: up, down, status, env
    Cluster(cluster::Args),
    #[command(hide = true)]
    Responder(responder::Args),
    #[command(hide = true)]
    Guard(guard::Args),
    #[command(hide = true)]
    KindKeeper(kind_keeper::Args),
}

/// Parses the command line, carries the command out and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let outcome = match cli.command {
        Command::Run(args) => exit::block_on(run::run(args)),
        Command::Evaluate(args) => exit::block_on(evaluate::run(args)),
        Command::Play(args) => exit::block_on(play::run(args)),
        Command::List(args) => list::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Diagnose(args) => exit::block_on(diagnose::run(args)),
        Command::Report(args) => report::run(&args),
        Command::Status(args) => exit::block_on(status::run(args)),
        Command::Recover(args) => exit::block_on(recover::run(args)),
        Command::Rbac(args) => exit::block_on(rbac::run(args)),
        Command::Cluster(args) => exit::block_on(cluster::run(args)),
        Command::Responder(args) => exit::block_on(responder::run(args)),
        Command::KindKeeper(args) => exit::block_on_one(kind_keeper::run(args)),
        Command::Guard(args) => exit::block_on_one(guard::run(args)),
    };
    finish(outcome)
}

/// What clap has to say: help that was asked for, or why the command line makes no sense. The
/// words in it may have been pasted from anywhere.
fn usage(error: &clap::Error) -> ExitCode {
    let to_stdout = !error.use_stderr();
    let text = error.render();
    terminal::coloured(
        &if terminal::has_colours(to_stdout) { text.ansi().to_string() } else { text.to_string() },
        to_stdout,
    );
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn finish(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print();
            Exit::from(failure).into()
        }
    }
}
