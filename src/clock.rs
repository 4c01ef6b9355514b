//! One clock for a run: the wall and a monotonic counter, started together.
//!
//! Every observation is stamped once, where it arrives. Durations come from the
//! monotonic part alone, so that a stepped wall clock cannot change a measurement;
//! the wall part is for people and for comparing with other logs.

use std::time::Instant;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Nanoseconds since the run began, by the monotonic clock.
pub type Nanos = u64;

/// A moment of a run, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Wall clock, UTC.
    pub at: DateTime<Utc>,
    /// Monotonic nanoseconds since the run began.
    pub elapsed: Nanos,
}

/// The clock of one run. Copies share the same beginning.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    began: Instant,
}

impl Stopwatch {
    /// Starts counting now.
    #[must_use]
    pub fn start() -> Self {
        Self { began: Instant::now() }
    }

    /// Nanoseconds since the start.
    #[must_use]
    pub fn elapsed(&self) -> Nanos {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Now, on both clocks.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        Stamp { at: Utc::now(), elapsed: self.elapsed() }
    }

    /// The monotonic instant that lies `elapsed` nanoseconds after the start.
    #[must_use]
    pub fn instant(&self, elapsed: Nanos) -> Instant {
        self.began + std::time::Duration::from_nanos(elapsed)
    }
}
