//! What the bench is made of.

pub mod cluster;
pub mod crowd;
pub mod guard;
pub mod kind;
pub mod lag;
pub mod process;
pub mod table;

/// A folder for clusters and journals, gone with its handle.
pub fn state_folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("firedrill-bench-").tempdir().expect("a temporary folder")
}

/// The middle value (of an even number, the upper one).
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    percentile(values, 50.0)
}

/// The value that `percent` of the values do not exceed (nearest rank).
pub fn percentile(values: impl IntoIterator<Item = f64>, percent: f64) -> f64 {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    assert!(!sorted.is_empty(), "nothing was measured");
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "few values"
    )]
    let rank = ((percent / 100.0) * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}
