//! What the tests share: one cluster, namespaces of their own, and firedrill as a command.

#![expect(clippy::unwrap_used, reason = "what the tests share may end a test like a test does")]

pub mod helm;
pub mod namespace;
pub mod objects;
pub mod sandbox;
pub mod shared;
pub mod small;
pub mod web;

use std::process::Output;
use std::time::{Duration, Instant};

/// Between two looks at something that cannot be awaited.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Waits until `look` finds something, and fails the test at the deadline.
pub async fn eventually<T, L>(what: &str, within: Duration, mut look: impl FnMut() -> L) -> T
where
    L: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not within {within:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The output of a command that has to succeed: stdout.
pub fn stdout_of(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{stderr}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}
