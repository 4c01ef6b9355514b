//! Whether somebody stepped the machine's wall clock while a run goes on. The run's own times
//! follow its beginning and the monotonic clock; whoever compares them with other logs must know.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::clock::{Stamp, Stopwatch};
use crate::drill::Length;
use crate::journal::Kind;

/// How far the wall clock must have moved to count as stepped: one that is only kept right drifts
/// by half a second in the longest run.
const STEP: TimeDelta = TimeDelta::seconds(1);

/// The wall clock, as far as it is known to be stepped.
#[derive(Debug, Default)]
pub(super) struct Wall {
    known: TimeDelta,
}

impl Wall {
    /// The warning about a step since the last look, where there was one.
    pub fn look(&mut self, clock: Stopwatch) -> Option<Kind> {
        let stepped = clock.stepped();
        let by = stepped - self.known;
        if by.abs() < STEP {
            return None;
        }
        self.known = stepped;
        Some(Kind::Warning { message: told(clock.stamp(), by, stepped) })
    }
}

/// When, by how much, and what that means for the report's times.
fn told(now: Stamp, by: TimeDelta, stepped: TimeDelta) -> String {
    let way = if by < TimeDelta::zero() { "back" } else { "forward" };
    let seconds = (by.abs() + TimeDelta::milliseconds(500)).num_seconds();
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!(
        "the machine's wall clock was stepped {way} by {} (or the machine slept), {} into the run: what is {} \
         here is {} by that clock; durations are not touched",
        Length::secs(seconds.unsigned_abs()),
        Length(Duration::from_millis(now.elapsed / 1_000_000)),
        time(now.at),
        time(now.at.checked_add_signed(stepped).unwrap_or(now.at)),
    )
}
