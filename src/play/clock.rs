//! The scenario's clock: what a player's outage has come to. Real time is multiplied by the speed
//! of the game; declared time is what the drill says that the choices take a person.

use std::time::Duration;

use rust_decimal::Decimal;

use crate::clock::Nanos;
use crate::drill::Impact;
use crate::drill::impact::loss;

/// The clock at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The measured downtime.
    pub real: Duration,
    /// How many seconds of the scenario pass in one.
    pub speed: u32,
    /// What the choices and hints up to now have cost, declared, while users were without service.
    pub declared: Duration,
    /// Whether it goes on.
    pub out: bool,
}

impl Reading {
    /// A clock that shows this much downtime, real and declared.
    #[must_use]
    pub const fn new(real: Nanos, speed: u32, declared: Duration, out: bool) -> Self {
        Self { real: Duration::from_nanos(real), speed, declared, out }
    }

    /// The scenario's downtime.
    #[must_use]
    pub fn shows(&self) -> Duration {
        self.real.saturating_mul(self.speed.max(1)).saturating_add(self.declared)
    }

    /// What it costs.
    #[must_use]
    pub fn lost(&self, impact: &Impact) -> Decimal {
        loss(impact, self.shows())
    }
}

/// A time of the scenario, in whole seconds: `45s`, `3m 05s`, `1h 02m 03s`.
#[must_use]
pub fn shown(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m {:02}s", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_counts_for_a_minute_and_declared_time_is_added() {
        let reading = Reading::new(2_500_000_000, 60, Duration::from_secs(60), true);
        assert_eq!(reading.shows(), Duration::from_secs(210));
        assert_eq!(shown(reading.shows()), "3m 30s");
        let impact = Impact { revenue_per_minute: 5000.into(), ..Impact::default() };
        assert_eq!(reading.lost(&impact), Decimal::from(17_500));
        assert_eq!(Reading::new(5_000_000_000, 0, Duration::ZERO, false).shows(), Duration::from_secs(5));
    }
}
