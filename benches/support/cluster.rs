//! A local cluster for the bench, in a state folder of its own.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Stdio};
use std::time::{Duration, Instant};

use super::process::{firedrill, memory_peak_kib};

/// Up for as long as this lives.
pub struct BenchCluster {
    folder: tempfile::TempDir,
    pub state: PathBuf,
    _owner: ChildStdin,
}
