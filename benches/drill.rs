//! `cargo bench --bench drill [-- --short]`: how fast firedrill sees, runs and starts, and what
//! memory it takes, each beside its reference in the same run on the same cluster.
//!
//! A figure over its limit is marked, and makes the bench fail. `--short` repeats too little to
//! judge by: it marks only.

#![expect(clippy::expect_used, reason = "a bench that cannot measure has to stop, and say where")]

mod support;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use support::cluster::BenchCluster;
use support::crowd::{self, Churn};
use support::lag::Lags;
use support::process::{Measured, run_firedrill};
use support::table::{Row, Table};
use support::{guard, kind, lag};
use tokio::runtime::Runtime;

const DRILL: &str = "service-has-no-endpoints";
/// How many slices of others change each second where some do.
const A_SECOND: u32 = 100;

fn main() -> ExitCode {
    let short = std::env::args().any(|arg| arg == "--short");
    let (flips, runs) = if short { (60, 2) } else { (200, 5) };
    let mut table = Table::default();
    let cluster = BenchCluster::up();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let lags = runtime.block_on(lag::measure(cluster.kubeconfig(), "lags", flips));
    table.lag("detection lag, median", &lags, 50.0, 1.1);
    table.lag("detection lag, p99", &lags, 99.0, 1.3);
    whole_runs(&mut table, &cluster, runs);
    safety(&mut table, &cluster, runs);
    evaluated(&mut table, &cluster);
    drop(cluster);
    crowded(&mut table, &runtime, &lags, if short { 2_000 } else { 10_000 });
    from_nothing(&mut table, runs.min(3));
    around_kind(&mut table, if short { 1 } else { runs.min(3) });
    table.print();
    if short || table.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// On a cluster that is up. The reference is the time that the drill itself asks to wait:
/// `stableFor` before the fault and after the mend.
fn whole_runs(table: &mut Table, cluster: &BenchCluster, runs: usize) {
    let measured: Vec<Measured> =
        (0..runs).map(|_| run_firedrill(cluster.state.path(), &["run", DRILL, "--output", "json"])).collect();
    let wall = support::median(measured.iter().map(|m| m.wall.as_secs_f64()));
    let memory = measured.iter().map(|m| m.peak_kib).max().unwrap_or(0);
    let first = support::median(measured.iter().map(|m| m.first_output.as_secs_f64()));
    let version = run_firedrill(cluster.state.path(), &["--version"]);
    table.push(Row::limit("whole run, cluster up", wall, "s", 4.0, "2 × stableFor = 2 s"));
    table.push(Row::limit("peak memory of run", mib(memory), "MiB", 25.0, "limit"));
    table.push(Row::limit("peak memory of responder", mib(cluster.responder_kib()), "MiB", 25.0, "limit"));
    let reference = format!("--version: {:.0} ms", version.wall.as_secs_f64() * 1e3);
    table.push(Row::limit("time to first output", first * 1e3, "ms", 100.0, &reference));
}

/// What it costs that nothing stays broken. Until the first phase begins, a run reads its drill,
/// finds the cluster, passes the safeguards and waits for its guard; nothing of it is work that a
/// tool without them would be spared, but for the reading.
fn safety(table: &mut Table, cluster: &BenchCluster, runs: usize) {
    let before = (0..runs).map(|run| {
        let journal = cluster.state.path().join(format!("safety-{run}.jsonl"));
        let path = journal.to_str().expect("a path in UTF-8");
        run_firedrill(cluster.state.path(), &["run", DRILL, "--journal", path]);
        guard::before_the_first_change(&journal).as_secs_f64() * 1e3
    });
    let before = support::median(before);
    table.push(Row::limit("before the first change", before, "ms", 150.0, "limit"));
    let guarded = guard::measure(cluster.state.path(), DRILL);
    table.push(Row::limit("peak memory of guard, undoing", mib(guarded.peak_kib), "MiB", 15.0, "limit"));
    let undone = guarded.undone.as_secs_f64();
    table.push(Row::limit("undone after SIGKILL", undone, "s", 2.0, "limit"));
}

/// Every option of the drill, where its variant with a chart is what `evaluate` takes. Once: it takes
/// as long as all the others together.
fn evaluated(table: &mut Table, cluster: &BenchCluster) {
    // helm is found, downloaded or built here, so that the figure is of what it does.
    run_firedrill(cluster.state.path(), &["run", DRILL, "--variant", "helm", "--output", "json"]);
    let whole = run_firedrill(cluster.state.path(), &["evaluate", DRILL, "--output", "json"]);
    table.push(Row::limit("evaluate, every option", whole.wall.as_secs_f64(), "s", 60.0, "limit"));
}

/// On a cluster with so many Services of ten endpoints each, all of them watched: quiet at first,
/// then while a hundred of their slices change each second.
fn crowded(table: &mut Table, runtime: &Runtime, small: &Lags, services: usize) {
    let (flips, cluster) = (small.firedrill_ms.len(), BenchCluster::up());
    let kubeconfig = cluster.kubeconfig();
    runtime.block_on(crowd::create(kubeconfig, services));
    let quiet = runtime.block_on(lag::measure(kubeconfig, "quiet", flips));
    let run = || run_firedrill(cluster.state.path(), &["run", DRILL, "--output", "json"]).peak_kib;
    let alone = run();
    let churn = runtime.block_on(Churn::start(kubeconfig, services, A_SECOND));
    let began = Instant::now();
    let busy = runtime.block_on(lag::measure(kubeconfig, "busy", flips));
    let peak = run().max(alone);
    let changes = f64::from(runtime.block_on(churn.stop())) / began.elapsed().as_secs_f64();
    let of = format!("{services} Services");
    table.push(Row::limit(&format!("peak memory, {of}"), mib(peak), "MiB", 40.0, "limit"));
    table.lag_beside(&format!("detection lag, {of}"), &quiet, small, 1.5);
    table.lag_beside(&format!("and {changes:.0} changes a second"), &busy, small, 1.5);
}

/// Binaries cached, no cluster. The reference is `cluster up` alone.
fn from_nothing(table: &mut Table, runs: usize) {
    let alone: Vec<Duration> = (0..runs).map(|_| BenchCluster::time_up()).collect();
    let alone = support::median(alone.iter().map(Duration::as_secs_f64));
    let state = support::state_folder();
    let walls: Vec<f64> = (0..runs)
        .map(|_| run_firedrill(state.path(), &["run", DRILL, "--output", "json"]).wall.as_secs_f64())
        .collect();
    let reference = format!("cluster up alone: {alone:.1} s");
    table.push(Row::limit("whole run from nothing", support::median(walls), "s", 9.0, &reference));
}

/// What firedrill adds to `kind create cluster`: each time one by hand, then one by a run.
fn around_kind(table: &mut Table, runs: usize) {
    const FIGURE: &str = "around `kind create cluster`";
    if let Some(why) = kind::missing() {
        table.skip(FIGURE, &why);
        return;
    }
    let state = support::state_folder();
    let pairs: Vec<(f64, f64)> = (0..runs)
        .map(|run| {
            let by_hand = kind::by_hand(state.path()).as_secs_f64();
            (by_hand, kind::by_firedrill(state.path(), DRILL, run).as_secs_f64())
        })
        .collect();
    let added = support::median(pairs.iter().map(|(by_hand, ours)| ours - by_hand));
    let by_hand = support::median(pairs.iter().map(|(by_hand, _)| *by_hand));
    table.push(Row::limit(FIGURE, added, "s", 2.0, &format!("by hand: {by_hand:.1} s")));
}

#[expect(clippy::cast_precision_loss, reason = "a few MiB fit exactly")]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
