//! The cache: hits, the lock, leftovers, and disks that say no.

use std::fs;

use firedrill::cluster::binaries::{Binary, Error, Progress};

use super::fakes::{KWOK, NEWEST, Place, WITHOUT_KWOK, published, says, script, until};
use super::mirror::Mirror;
use crate::support::small::Small;

#[tokio::test]
async fn a_full_cache_asks_nobody_starts_nothing_and_locks_nothing() {
    let mut place = Place::new();
    let mirror = Mirror::serve(published());
    place.options.mirror = Some(mirror.url());
    let ran = place.path("ran");
    for binary in Binary::all(NEWEST) {
        script(&place.cached(binary), &says(binary));
        place.in_path(binary.name(), &format!("touch {}", ran.display()));
    }
    let binaries = place.ensure().await.unwrap();
    assert_eq!(binaries.kwokctl, place.cached(Binary::Kwokctl));
    assert_eq!(mirror.requests(), Vec::<String>::new());
    assert!(!ran.exists());
    assert!(!place.bin().join(".lock").exists());
}

#[tokio::test]
async fn two_at_once_download_once() {
    let mut place = Place::new();
    let mirror = Mirror::serve(published());
    place.options.mirror = Some(mirror.url());
    place.name_folder_with(&KWOK);
    let (one, other) = tokio::join!(place.ensure(), place.ensure());
    assert_eq!(one.unwrap(), other.unwrap());
    let mut requests = mirror.requests();
    assert_eq!(requests.len(), 2 * WITHOUT_KWOK.len(), "{requests:#?}");
    requests.sort();
    requests.dedup();
    assert_eq!(requests.len(), 2 * WITHOUT_KWOK.len());
}

#[tokio::test]
async fn who_waits_says_so_and_goes_on_when_the_work_is_done() {
    let place = Place::new();
    fs::create_dir_all(place.bin()).unwrap();
    let lock = fs::File::create(place.bin().join(".lock")).unwrap();
    lock.lock().unwrap();
    let waiting = || place.told.lock().unwrap().iter().any(|it| matches!(it, Progress::Waiting { .. }));
    let other = async {
        until("the waiting to be told", waiting).await;
        for binary in Binary::all(NEWEST) {
            script(&place.cached(binary), &says(binary));
        }
    };
    // The lock is still held: what counts is that everything is there.
    let (binaries, ()) = tokio::join!(place.ensure(), other);
    assert_eq!(binaries.unwrap().etcd, place.cached(Binary::Etcd));
}

#[tokio::test]
async fn leftovers_of_a_killed_firedrill_are_swept() {
    let mut place = Place::new();
    let mirror = Mirror::serve(published());
    place.options.mirror = Some(mirror.url());
    place.name_folder_with(&KWOK);
    let leftover = place.bin().join(".tmp-dead/tmp");
    fs::create_dir_all(&leftover).unwrap();
    fs::write(leftover.join("half"), "half").unwrap();
    place.ensure().await.unwrap();
    assert_eq!(place.in_cache().len(), WITHOUT_KWOK.len(), "{:?}", place.in_cache());
}

#[tokio::test]
async fn no_way_at_all_names_every_route() {
    let mut place = Place::new();
    place.in_path("kubectl", "echo '{\"clientVersion\":{\"gitVersion\":\"v1.34.0\"}}'");
    place.name_folder_with(&[Binary::Etcd]);
    let error = place.ensure().await.unwrap_err();
    insta::assert_snapshot!(place.shown(&error));
}

#[tokio::test]
async fn a_cache_that_cannot_be_made_is_named() {
    let place = Place::new();
    fs::write(place.path("cache"), "a file in the way").unwrap();
    let error = place.ensure().await.unwrap_err();
    assert!(matches!(error, Error::Cache { .. }), "{error:?}");
    insta::assert_snapshot!(place.shown(&error));
}

#[tokio::test]
async fn a_full_disk_is_named_and_nothing_is_left() {
    let mut place = Place::new();
    let cache = place.path("cache");
    let Some(_mounted) = Small::mount(&cache, "64k") else { return };
    let mirror = Mirror::serve(published());
    place.options.mirror = Some(mirror.url());
    place.name_folder_with(&KWOK);
    let error = place.ensure().await.unwrap_err();
    assert!(matches!(error, Error::DiskFull { .. }), "{error:?}");
    insta::assert_snapshot!(place.shown(&error));
    assert!(place.in_cache().is_empty(), "{:?}", place.in_cache());
}
