//! Drills that are played on the shared cluster: with lines on stdin, and on real terminals.

mod lines;
mod screen;
mod terminal;

use firedrill::drill::catalogue;
use firedrill::play::keys::keys;

/// The keys of the best path through the built-in drill from this round on, each with the number of
/// its round, counted from 1.
fn best_keys(from: usize) -> Vec<(usize, char)> {
    let drill = catalogue::load("service-has-no-endpoints").unwrap().drill;
    let mut best = Vec::new();
    for (at, round) in drill.rounds.iter().enumerate().skip(from - 1) {
        let entries = round.choices();
        best.extend(
            keys(&entries).into_iter().zip(&entries).filter(|(_, e)| e.best).map(|(key, _)| (at + 1, key)),
        );
    }
    best
}
