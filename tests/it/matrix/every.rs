use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Instant;

use firedrill::journal::{Kind, Phase, Point, read};

use super::cell::{By, Cell, Mode, When};
use super::ground::{Folder, Ground};
use super::{table, try_all};

/// The events of a run that is not killed, each of its sort once, in their order.
async fn events_of(ground: &Ground, mode: Mode) -> Vec<String> {
    let folder = Folder::new();
    let manual = mode == Mode::Manual;
    let mut run = ground.run(mode == Mode::Deploying, manual, &folder.journal());
    let mut run = run.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let events = || read::read(&folder.journal()).map(|reading| reading.events).unwrap_or_default();
    let mut mended = !manual;
    let status = loop {
        if let Some(status) = run.try_wait().unwrap() {
            break status;
        }
        let detected = |kind: &Kind| matches!(kind, Kind::Point { point: Point::Detect, .. });
        if !mended && events().iter().any(|event| detected(&event.kind)) {
            mended = true;
            ground.mend().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(15)).await;
    };
    assert_eq!(status.code(), Some(0), "{mode:?}: {:#?}", events());
    let mut labels = Vec::new();
    let mut counts = BTreeMap::new();
    for event in events() {
        // In a namespace of its own only the way there differs.
        if mode == Mode::Deploying && event.kind == (Kind::Phase { phase: Phase::Injecting }) {
            break;
        }
        let mut label = event.kind.label();
        let count = counts.entry(label.clone()).and_modify(|count| *count += 1).or_insert(1);
        // Each is about another change.
        if *count > 1 && matches!(event.kind, Kind::Recorded { .. } | Kind::Undone(_)) {
            label = format!("{label}#{count}");
        }
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_every_event_everything_is_put_back() {
    let begun = Instant::now();
    let ground = Ground::new().await;
    let mut cells = Vec::new();
    for mode in [Mode::Runbook, Mode::Manual, Mode::Deploying] {
        for event in events_of(&ground, mode).await {
            for by in [By::Recover, By::Guard] {
                for when in [When::Before(event.clone()), When::After(event.clone())] {
                    cells.push(Cell { mode, when, by });
                }
            }
        }
    }
    let outcomes = try_all(cells).await;
    let text = table::table(&outcomes);
    println!("{text}\n{} kills in {:?}", outcomes.len(), begun.elapsed());
    table::keep(&text);
    let wrong: Vec<_> = outcomes.iter().filter(|outcome| outcome.undone.is_err()).collect();
    assert!(wrong.is_empty(), "{} of {} cells: see above", wrong.len(), outcomes.len());
}
