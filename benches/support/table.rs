//! The table that the bench prints.

use super::lag::Lags;
use super::percentile;

/// One figure beside its reference.
pub struct Row {
    name: String,
    figure: String,
    reference: String,
    limit: String,
    holds: bool,
}

impl Row {
    /// A figure that must not be over `limit`.
    pub fn limit(name: &str, figure: f64, unit: &str, limit: f64, reference: &str) -> Self {
        Self {
            name: name.to_owned(),
            figure: format!("{figure:.1} {unit}"),
            reference: reference.to_owned(),
            limit: format!("≤ {limit} {unit}"),
            holds: figure <= limit,
        }
    }
}

/// All figures.
#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
    skipped: Vec<String>,
}

impl Table {
    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// A figure that cannot be had here.
    pub fn skip(&mut self, name: &str, why: &str) {
        self.skipped.push(format!("{name}: skipped: {why}"));
    }

    /// A percentile of the lags, firedrill's beside the bare watch's.
    pub fn lag(&mut self, name: &str, lags: &Lags, percent: f64, limit: f64) {
        let ours = percentile(lags.firedrill_ms.iter().copied(), percent);
        let bare = percentile(lags.bare_ms.iter().copied(), percent);
        self.push(Row {
            name: format!("{name} of {}", lags.bare_ms.len()),
            figure: format!("{ours:.2} ms"),
            reference: format!("bare watch: {bare:.2} ms"),
            limit: format!("{:.2} of ≤ {limit} times", ours / bare),
            holds: ours / bare <= limit,
        });
    }

    /// The median of firedrill's lags beside that of the small cluster.
    pub fn lag_beside(&mut self, name: &str, lags: &Lags, small: &Lags, limit: f64) {
        let [ours, small] = [lags, small].map(|lags| percentile(lags.firedrill_ms.iter().copied(), 50.0));
        self.push(Row {
            name: name.to_owned(),
            figure: format!("{ours:.2} ms"),
            reference: format!("small cluster: {small:.2} ms"),
            limit: format!("{:.2} of ≤ {limit} times", ours / small),
            holds: ours / small <= limit,
        });
    }

    pub fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.holds)
    }

    #[expect(clippy::print_stdout, reason = "figures of its own, for a person")]
    pub fn print(&self) {
        println!("{:<32} {:>12}  {:<26} {:<20}", "figure", "firedrill", "reference", "limit");
        for row in &self.rows {
            let mark = if row.holds { "ok" } else { "OVER" };
            let Row { name, figure, reference, limit, .. } = row;
            println!("{name:<32} {figure:>12}  {reference:<26} {limit:<20} {mark}");
        }
        for line in &self.skipped {
            println!("{line}");
        }
    }
}
