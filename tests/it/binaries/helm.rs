//! helm: what is installed will do, at version 4 or 3; else it comes like the other binaries.

use std::collections::BTreeMap;
use std::fs;

use firedrill::cluster::binaries::{Binary, Error, Helm, Platform, Progress, Source};

use super::fakes::{Place, archive, helm_says, script};
use super::mirror::{Mirror, Reply, sha256};

/// A mirror's files: helm's archive, and its sum.
fn published() -> BTreeMap<String, Reply> {
    let Platform { os, arch } = Platform::HERE;
    let name = format!("helm-v4.3.1-{os}-{arch}.tar.gz");
    let helm = format!("#!/bin/sh\n{}\n", helm_says("v4.3.1"));
    let archive =
        archive(&format!("{os}-{arch}"), &[("LICENSE", b"text".as_slice()), ("helm", helm.as_bytes())]);
    let sum = format!("{}  {name}\n", sha256(&archive)).into_bytes();
    [
        (format!("get.helm.sh/{name}.sha256sum"), Reply::File(sum)),
        (format!("get.helm.sh/{name}"), Reply::File(archive)),
    ]
    .into()
}

fn told_source(place: &Place) -> Option<Source> {
    place.told.lock().unwrap().iter().find_map(|it| match it {
        Progress::Ready { binary: Binary::Helm, source, .. } => Some(*source),
        _ => None,
    })
}

#[tokio::test]
async fn path_counts_at_version_4_and_3_and_comes_before_the_cache() {
    let place = Place::new();
    script(&place.cached(Binary::Helm), "exit 1");
    for (version, major) in [("v4.0.0", 4), ("v3.14.4+unreleased", 3)] {
        place.in_path("helm", &helm_says(version));
        let expected = Helm { program: place.path("path/helm"), major, version: version.to_owned() };
        assert_eq!(place.helm().await.unwrap(), expected);
    }
    assert_eq!(told_source(&place), Some(Source::Path));
    assert!(!place.bin().join(".lock").exists());
}

#[tokio::test]
async fn another_version_in_path_is_passed_over_for_the_cache() {
    let place = Place::new();
    let ran = place.path("ran");
    script(&place.cached(Binary::Helm), &format!("touch {}", ran.display()));
    for body in [helm_says("v2.17.0"), helm_says("v5.0.0"), String::from("exit 1"), String::from("echo hi")] {
        place.in_path("helm", &body);
        let helm = place.helm().await.unwrap();
        assert_eq!(helm.program, place.cached(Binary::Helm), "{body}");
        assert_eq!((helm.major, helm.version.as_str()), (4, "v4.3.1"));
    }
    assert!(!ran.exists(), "what firedrill has prepared need not tell its version");
}

#[tokio::test]
async fn no_way_at_all_names_every_route() {
    let mut place = Place::new();
    place.name_folder_with(&[Binary::Etcd]);
    place.in_path("helm", &helm_says("v2.17.0"));
    let error = place.helm().await.unwrap_err();
    assert!(matches!(&error, Error::Unobtainable { missing, .. } if *missing == [Binary::Helm]), "{error:?}");
    insta::assert_snapshot!(place.shown(&error));
}

#[tokio::test]
async fn a_named_folder_comes_first_and_must_hold_version_4_or_3() {
    let mut place = Place::new();
    place.in_path("helm", &helm_says("v4.0.0"));
    place.name_folder_with(&[]);
    script(&place.path("named/helm"), &helm_says("v3.20.0"));
    let helm = place.helm().await.unwrap();
    assert_eq!((helm.program, helm.major), (place.path("named/helm"), 3));

    script(&place.path("named/helm"), &helm_says("v2.17.0"));
    let error = place.helm().await.unwrap_err();
    assert!(matches!(error, Error::Helm { .. }), "{error:?}");
    insta::assert_snapshot!(place.shown(&error));
}

#[tokio::test]
async fn a_good_download_is_kept() {
    let mut place = Place::new();
    let mirror = Mirror::serve(published());
    place.options.mirror = Some(mirror.url());
    let helm = place.helm().await.unwrap();
    let expected = Helm { program: place.cached(Binary::Helm), major: 4, version: "v4.3.1".to_owned() };
    assert_eq!(helm, expected);
    assert_eq!(told_source(&place), Some(Source::Downloaded));
    assert_eq!(place.in_cache().len(), 1, "{:?}", place.in_cache());
    assert!(fs::read_to_string(&helm.program).unwrap().contains("v4.3.1"));

    assert_eq!(place.helm().await.unwrap(), expected);
    assert_eq!(mirror.requests().len(), 2, "a sum and a file, once");
}

#[tokio::test]
async fn a_wrong_checksum_ends_everything() {
    let mut place = Place::new();
    let mut files = published();
    let sums = files.iter_mut().find(|(path, _)| path.ends_with(".sha256sum")).unwrap();
    let name = sums.0.rsplit('/').next().unwrap().trim_end_matches(".sha256sum").to_owned();
    *sums.1 = Reply::File(format!("{}  {name}\n", sha256(b"another file")).into_bytes());
    let mirror = Mirror::serve(files);
    place.options.mirror = Some(mirror.url());
    place.go_that_builds();
    let error = place.helm().await.unwrap_err();
    assert!(matches!(error, Error::Checksum { .. }), "{error:?}");
    assert!(place.in_cache().is_empty(), "{:?}", place.in_cache());
    assert_eq!(place.go_log(), "", "no build hides it");
}

#[tokio::test]
async fn what_cannot_be_downloaded_is_built_and_nothing_else_is() {
    let place = Place::new();
    place.go_that_builds();
    let helm = place.helm().await.unwrap();
    assert_eq!((helm.program, helm.major), (place.cached(Binary::Helm), 4));
    assert_eq!(told_source(&place), Some(Source::Built));
    insta::assert_snapshot!(place.go_log());
}

#[tokio::test]
async fn a_control_plane_needs_no_helm() {
    let place = Place::new();
    place.go_that_builds();
    place.ensure().await.unwrap();
    assert!(!place.cached(Binary::Helm).exists(), "{:?}", place.in_cache());
}
