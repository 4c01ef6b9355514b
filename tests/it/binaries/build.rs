//! Builds by a fake `go`: what it is told, how it fails, how it is ended.

use std::env;
use std::fs;
use std::time::Instant;

use firedrill::cluster::binaries::{Binary, Progress, Source};

use super::fakes::{KWOK, NEWEST, Place, until};

#[tokio::test]
async fn what_cannot_be_downloaded_is_built() {
    let place = Place::new();
    place.go_that_builds();
    let binaries = place.ensure().await.unwrap();
    assert_eq!(binaries.etcd, place.cached(Binary::Etcd));
    assert_eq!(place.in_cache().len(), Binary::all(NEWEST).len(), "{:?}", place.in_cache());
    let told = place.told.lock().unwrap();
    let built = |it: &&Progress| matches!(it, Progress::Ready { source: Source::Built, .. });
    assert_eq!(told.iter().filter(built).count(), Binary::all(NEWEST).len(), "{told:?}");
    insta::assert_snapshot!(place.go_log());
}

#[tokio::test]
async fn a_build_that_fails_is_quoted() {
    let mut place = Place::new();
    place.name_folder_with(&KWOK);
    place.go("seq 1 50 | sed 's/^/line /' >&2; echo 'server.go:7: undefined: x' >&2; exit 1");
    let error = place.ensure().await.unwrap_err();
    insta::assert_snapshot!(place.shown(&error));
    assert!(place.in_cache().is_empty(), "{:?}", place.in_cache());
}

#[tokio::test]
async fn a_build_of_another_version_is_not_kept() {
    let mut place = Place::new();
    place.name_folder_with(&KWOK);
    place.go("printf '#!/bin/sh\\necho etcd Version: 3.0.0\\n' > $GOBIN/server; chmod +x $GOBIN/server");
    let error = place.ensure().await.unwrap_err();
    assert!(error.to_string().contains("etcd v3.6.16 says that it is v3.0.0"), "{error}");
    assert!(place.in_cache().is_empty(), "{:?}", place.in_cache());
}

#[tokio::test]
async fn a_go_that_is_too_old_is_named() {
    let place = Place::new();
    place.in_path("go", "echo go1.24.3");
    let error = place.ensure().await.unwrap_err();
    assert!(error.to_string().contains("path/go is go1.24.3; go1.26 or newer is needed"), "{error}");
    place.in_path("go", "echo 'go: go.mod requires go >= 1.26.0 (running go 1.25.1)' >&2; exit 1");
    let error = place.ensure().await.unwrap_err();
    assert!(error.to_string().contains("requires go >= 1.26.0 (running go 1.25.1)"), "{error}");
    assert!(place.in_cache().is_empty(), "{:?}", place.in_cache());
}

#[tokio::test]
async fn a_cancelled_build_leaves_no_process_and_no_file() {
    let mut place = Place::new();
    place.name_folder_with(&KWOK);
    let pids = place.path("pids");
    // `go` and a compiler that it started, which keeps writing.
    place.go(&format!(
        "(while :; do date >> $GOTMPDIR/work; done) & echo $$ $! > {0}.new; mv {0}.new {0}; wait",
        pids.display()
    ));
    tokio::select! {
        ended = place.ensure() => panic!("{ended:?}"),
        () = until("the build to begin", || pids.exists()) => {}
    }
    assert!(place.in_cache().is_empty(), "{:?}", place.in_cache());
    let pids = fs::read_to_string(pids).unwrap();
    until("the processes to be gone", || pids.split_whitespace().all(is_gone)).await;
    let lock = fs::File::open(place.bin().join(".lock")).unwrap();
    until("the lock", || lock.try_lock().is_ok()).await;
}

/// Whether a process is gone, or dead and not reaped by an init that never does.
fn is_gone(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.map_or(true, |stat| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')))
}

/// The real thing, but for the three big ones. Needs Go, and a module proxy or a full module cache:
/// `cargo test --test it -- --ignored --nocapture the_real_go`
#[tokio::test]
#[ignore = "builds for minutes and needs Go"]
async fn the_real_go_builds_etcd_kwok_and_kubectl() {
    let mut place = Place::new();
    place.name_folder_with(&[
        Binary::KubeApiserver(NEWEST),
        Binary::KubeControllerManager(NEWEST),
        Binary::KubeScheduler(NEWEST),
    ]);
    place.options.path = env::var_os("PATH");
    place.options.mirror = None;
    let since = Instant::now();
    place.ensure().await.unwrap();
    println!("first: {:?}", since.elapsed());
    for line in place.told.lock().unwrap().iter() {
        println!("  {line}");
    }
    let since = Instant::now();
    place.ensure().await.unwrap();
    println!("again: {:?}", since.elapsed());
    println!("cache: {:?}", place.in_cache());
}
