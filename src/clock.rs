//! One clock for a run: the wall and a monotonic counter, started together.
//!
//! Every observation is stamped once, where it arrives. Durations come from the
//! monotonic part alone, so that a stepped wall clock cannot change a measurement;
//! the wall part is for people and for comparing with other logs.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
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

/// Where the time of day comes from.
pub type Wall = fn() -> DateTime<Utc>;

impl Stamp {
    /// The same moment on the wall that this run began with: another process of the run may have
    /// found the wall stepped.
    #[must_use]
    pub fn on_the_wall_of(self, earlier: Self) -> Self {
        let since = i64::try_from(self.elapsed.saturating_sub(earlier.elapsed)).unwrap_or(i64::MAX);
        let at = earlier.at.checked_add_signed(TimeDelta::nanoseconds(since)).unwrap_or(self.at);
        Self { at, ..self }
    }
}

/// The clock of one run. Copies share the same beginning.
///
/// The wall is read once, at the beginning; from there on it runs at the pace of the monotonic
/// counter. So the times of day of one run agree with its durations, whatever somebody does to
/// the machine's clock meanwhile; [`Stopwatch::stepped`] says how far that has moved away.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    began: Instant,
    began_at: DateTime<Utc>,
    wall: Wall,
}

impl Stopwatch {
    /// Starts counting now.
    #[must_use]
    pub fn start() -> Self {
        Self::start_on(Utc::now)
    }

    /// The same, with another source for the time of day.
    #[must_use]
    pub fn start_on(wall: Wall) -> Self {
        Self { began: Instant::now(), began_at: wall(), wall }
    }

    /// The clock that began when the machine's monotonic clock showed this; see
    /// [`Stopwatch::began`]. For another process of the same run.
    #[must_use]
    pub fn since(began: Nanos) -> Self {
        let passed = Duration::from_nanos(machine_now().saturating_sub(began));
        let now = Instant::now();
        let began_at = Utc::now() - TimeDelta::from_std(passed).unwrap_or_default();
        Self { began: now.checked_sub(passed).unwrap_or(now), began_at, wall: Utc::now }
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
        let elapsed = self.elapsed();
        Stamp { at: self.at(elapsed), elapsed }
    }

    /// The monotonic instant that lies `elapsed` nanoseconds after the start.
    #[must_use]
    pub fn instant(&self, elapsed: Nanos) -> Instant {
        self.began + Duration::from_nanos(elapsed)
    }

    /// How far the machine's time of day is ahead of the run's: what it was stepped by since the
    /// beginning, or how long the machine slept.
    #[must_use]
    pub fn stepped(&self) -> TimeDelta {
        (self.wall)() - self.at(self.elapsed())
    }

    fn at(&self, elapsed: Nanos) -> DateTime<Utc> {
        let since = TimeDelta::nanoseconds(i64::try_from(elapsed).unwrap_or(i64::MAX));
        self.began_at.checked_add_signed(since).unwrap_or(self.began_at)
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
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    static OFF_BY: AtomicI64 = AtomicI64::new(0);

    fn wall() -> DateTime<Utc> {
        Utc::now() + TimeDelta::seconds(OFF_BY.load(Ordering::Relaxed))
    }

    #[test]
    fn a_stepped_wall_moves_no_stamp_and_is_known() {
        let clock = Stopwatch::start_on(wall);
        let before = clock.stamp();
        assert!(clock.stepped().abs() < TimeDelta::milliseconds(500));
        OFF_BY.store(-3600, Ordering::Relaxed);
        let after = clock.stamp();
        let apart = (after.at - before.at).num_nanoseconds().unwrap().unsigned_abs();
        assert!(apart.abs_diff(after.elapsed - before.elapsed) < 2_000, "{apart}");
        assert!((clock.stepped() + TimeDelta::hours(1)).abs() < TimeDelta::milliseconds(500));
    }

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
