//! One clock for a run: the wall and a monotonic counter, started together.
//!
//! Every observation is stamped once, where it arrives. Durations come from the
//! monotonic part alone, so that a stepped wall clock cannot change a measurement;
//! the wall part is for people and for comparing with other logs.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rustix::time::{ClockId, clock_gettime};
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

    /// The clock that began when the machine's monotonic clock showed this; see
    /// [`Stopwatch::began`]. For another process of the same run.
    #[must_use]
    pub fn since(began: Nanos) -> Self {
        let passed = Duration::from_nanos(machine_now().saturating_sub(began));
        let now = Instant::now();
        Self { began: now.checked_sub(passed).unwrap_or(now) }
    }

    /// What the machine's monotonic clock showed at the start.
    #[must_use]
    pub fn began(&self) -> Nanos {
        machine_now().saturating_sub(self.elapsed())
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
        self.began + Duration::from_nanos(elapsed)
    }
}

/// The machine's monotonic clock, nanoseconds: the same for all processes until it reboots.
fn machine_now() -> Nanos {
    let now = clock_gettime(ClockId::Monotonic);
    let part = |part: i64| u64::try_from(part).unwrap_or_default();
    part(now.tv_sec).saturating_mul(1_000_000_000).saturating_add(part(now.tv_nsec))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_process_counts_from_the_same_beginning() {
        let clock = Stopwatch::start();
        let before = clock.elapsed();
        let elsewhere = Stopwatch::since(clock.began()).elapsed();
        // Two clocks are read one after the other: that is how far they can be apart.
        assert!(elsewhere.abs_diff(before) < 100_000_000, "{before} and {elsewhere}");
        std::thread::sleep(Duration::from_millis(30));
        assert!(Stopwatch::since(clock.began()).elapsed() >= 30_000_000);
    }
}
