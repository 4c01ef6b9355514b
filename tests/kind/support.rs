//! What the tests share: whether kind is there, one cluster, and firedrill as a command.

pub mod client;
pub mod containers;
pub mod sandbox;
pub mod shared;

use std::io::Write as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use firedrill::cluster::kind;

/// The drill of these tests.
pub const DRILL: &str = "service-has-no-endpoints";
/// Between two looks at something that cannot be awaited.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Whether the test can be done; else says that it is skipped, and why.
pub fn is_here(test: &str) -> bool {
    static MISSING: OnceLock<Option<String>> = OnceLock::new();
    let missing = MISSING.get_or_init(|| on_a_runtime(kind::available()).err().map(|why| why.to_string()));
    if let Some(why) = missing {
        skipped(test, why);
    }
    missing.is_none()
}

/// Past the capture of the test's output: that nothing was tested must be seen.
#[expect(clippy::disallowed_methods, reason = "the test harness hides what print macros write")]
fn skipped(test: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {why}");
}

/// Does it on a thread and a runtime of its own: the caller may be on one already.
pub fn on_a_runtime<T: Send>(work: impl Future<Output = T> + Send) -> T {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(work)
    };
    std::thread::scope(|scope| scope.spawn(run).join().unwrap())
}

/// Waits until `look` says yes, and fails the test at the deadline.
pub fn eventually(what: &str, within: Duration, mut look: impl FnMut() -> bool) {
    let deadline = Instant::now() + within;
    while !look() {
        assert!(Instant::now() < deadline, "{what}: not within {within:?}");
        std::thread::sleep(LOOK_EVERY);
    }
}
