use std::time::{Duration, Instant};

use super::cell::{By, Cell, Mode, When};
use super::try_all;

/// How many runs are killed.
const KILLS: usize = 220;
/// A run is over by then, so that some of the moments come too late.
const LONGEST: u64 = 2_800;
/// How long all of it may take.
const WITHIN: Duration = Duration::from_secs(600);

/// What `FIREDRILL_SEED` says, else a new one.
fn seed() -> u64 {
    let set = std::env::var("FIREDRILL_SEED").ok();
    set.map_or_else(|| fastrand::u64(..), |seed| seed.parse().unwrap())
}

fn cells(random: &mut fastrand::Rng, count: usize) -> Vec<Cell> {
    let mut one = || {
        let mode = [Mode::Runbook, Mode::Manual, Mode::Deploying][random.usize(..3)];
        let when = When::At(Duration::from_micros(random.u64(..LONGEST * 1000)));
        let by = if random.bool() { By::Guard } else { By::Recover };
        Cell { mode, when, by }
    };
    (0..count).map(|_| one()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: cargo test -- --ignored soak"]
async fn soak() {
    let seed = seed();
    println!("FIREDRILL_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let begun = Instant::now();
    let (mut kills, mut tried) = (0, 0);
    while kills < KILLS {
        let outcomes = try_all(cells(&mut random, KILLS - kills)).await;
        kills += outcomes.iter().filter(|outcome| outcome.killed).count();
        tried += outcomes.len();
        let wrong = outcomes.iter().filter(|outcome| outcome.undone.is_err()).count();
        assert_eq!(wrong, 0, "FIREDRILL_SEED={seed}: see above");
        println!("{kills} kills, {tried} runs, {:?}", begun.elapsed());
    }
    assert!(begun.elapsed() < WITHIN, "{kills} kills took {:?}", begun.elapsed());
}
