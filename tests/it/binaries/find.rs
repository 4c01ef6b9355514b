//! What is there already: named folders and PATH.

use std::fs;

use firedrill::cluster::binaries::{Binary, Error, Progress, Source};

use super::fakes::{NEWEST, Place, WITHOUT_KWOK, says, script};

#[tokio::test]
async fn a_named_folder_comes_first_and_what_it_lacks_comes_from_the_next() {
    let mut place = Place::new();
    place.name_folder_with(&WITHOUT_KWOK);
    let assets = place.path("assets");
    for binary in Binary::all(NEWEST) {
        script(&assets.join(binary.name()), "exit 1");
    }
    place.options.assets = Some(assets.clone());
    let binaries = place.ensure().await.unwrap();
    assert_eq!(binaries.etcd, place.path("named/etcd"));
    assert_eq!(binaries.kwok, assets.join("kwok"), "taken as it is, without running it");
}

#[tokio::test]
async fn a_binary_in_a_named_folder_must_be_executable() {
    let mut place = Place::new();
    place.name_folder_with(&[]);
    fs::create_dir_all(place.path("named")).unwrap();
    fs::write(place.path("named/etcd"), "data").unwrap();
    let error = place.ensure().await.unwrap_err();
    assert!(matches!(&error, Error::NotExecutable { path } if *path == place.path("named/etcd")));
}

#[tokio::test]
async fn a_named_folder_must_exist() {
    let mut place = Place::new();
    place.options.folder = Some(place.path("nowhere"));
    assert!(matches!(place.ensure().await, Err(Error::NoFolder { .. })));
}

#[tokio::test]
async fn path_counts_at_the_exact_version_only() {
    let place = Place::new();
    for binary in Binary::all(NEWEST) {
        place.in_path(binary.name(), &says(binary));
    }
    let binaries = place.ensure().await.unwrap();
    assert_eq!(binaries.kubectl, place.path("path/kubectl"));
    assert!(place.in_cache().is_empty(), "nothing is copied");
    let ready = |it: &&Progress| matches!(it, Progress::Ready { source: Source::Path, .. });
    assert_eq!(place.told.lock().unwrap().iter().filter(ready).count(), Binary::all(NEWEST).len());

    place.in_path("kube-apiserver", "echo Kubernetes v1.37.20");
    place.in_path("kwok", "echo broken >&2; exit 3");
    place.in_path("etcd", "echo etcd Version: 3.5.16");
    let error = place.ensure().await.unwrap_err();
    let Error::Unobtainable { missing, tried } = error else { panic!("{error:?}") };
    assert_eq!(missing, [Binary::Etcd, Binary::Kwok, Binary::KubeApiserver(NEWEST)]);
    let says = |what: &str| tried.iter().any(|line| line.contains(what));
    assert!(says("kube-apiserver is v1.37.20, not v1.37.2"), "{tried:?}");
    assert!(says("etcd is v3.5.16, not v3.6.16"), "{tried:?}");
    assert!(says("kwok ended with exit status: 3: broken"), "{tried:?}");
}

#[tokio::test]
async fn without_a_cache_folder_what_is_missing_is_named() {
    let mut place = Place::new();
    place.options.cache = None;
    place.name_folder_with(&WITHOUT_KWOK);
    let error = place.ensure().await.unwrap_err();
    assert!(matches!(&error, Error::NoCache { missing } if missing.len() == 2), "{error:?}");
}
