//! Release binaries from a mirror: good, wrong, cut off, not there, nobody there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use firedrill::cluster::binaries::{Binary, Error, Progress, Source};

use super::fakes::{KWOK, NEWEST, Place, WITHOUT_KWOK, etcd, kubernetes, payload, published, until};
use super::mirror::{Mirror, Reply};

fn tried(error: &Error) -> &[String] {
    match error {
        Error::Unobtainable { tried, .. } | Error::Build { tried, .. } => tried,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_good_download_is_kept_whole_and_executable() {
    let mut place = Place::new();
    let mirror = Mirror::serve(published());
    place.options.mirror = Some(mirror.url());
    place.name_folder_with(&KWOK);
    let binaries = place.ensure().await.unwrap();
    assert_eq!(binaries.kubectl, place.cached(Binary::Kubectl(NEWEST)));
    assert_eq!(binaries.kwok, place.path("named/kwok"));
    for binary in WITHOUT_KWOK {
        let path = place.cached(binary);
        assert_eq!(fs::read(&path).unwrap(), payload(binary), "{binary}");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o755, "{binary}");
        let told = place.told.lock().unwrap();
        assert!(
            told.contains(&Progress::Ready { binary, path: path.clone(), source: Source::Downloaded }),
            "{told:?}"
        );
        assert!(
            told.iter().any(|it| matches!(it, Progress::Downloading { binary: of, .. } if *of == binary))
        );
    }
    assert_eq!(place.in_cache().len(), WITHOUT_KWOK.len(), "{:?}", place.in_cache());
    assert_eq!(mirror.requests().len(), 2 * WITHOUT_KWOK.len(), "a sum and a file each");
}

#[tokio::test]
async fn of_an_archive_only_the_binary_is_unpacked() {
    let mut place = Place::new();
    let mirror = Mirror::serve(published());
    place.options.mirror = Some(mirror.url());
    place.name_folder_with(&KWOK);
    place.ensure().await.unwrap();
    assert_eq!(fs::read(place.cached(Binary::Etcd)).unwrap(), payload(Binary::Etcd));
    assert!(!place.in_cache().iter().any(|name| name.contains("etcdctl") || name.contains("escaped")));
    assert!(!place.path("escaped").exists() && !place.path("cache/escaped").exists());
}

#[tokio::test]
async fn a_wrong_checksum_ends_everything() {
    let mut place = Place::new();
    let mut files = published();
    let mut changed = payload(Binary::Kubectl(NEWEST));
    changed[1000] ^= 1;
    files.insert(kubernetes(Binary::Kubectl(NEWEST)), Reply::File(changed));
    let mirror = Mirror::serve(files);
    place.options.mirror = Some(mirror.url());
    place.name_folder_with(&KWOK);
    place.go_that_builds();
    let error = place.ensure().await.unwrap_err();
    assert!(matches!(error, Error::Checksum { .. }), "{error:?}");
    insta::assert_snapshot!(place.shown(&error));
    assert!(!place.cached(Binary::Kubectl(NEWEST)).exists());
    assert_eq!(place.go_log(), "", "no build hides it");
    assert!(!place.in_cache().iter().any(|name| name.starts_with(".tmp-")));
}

#[tokio::test]
async fn kwok_must_have_the_sum_that_firedrill_knows() {
    let mut place = Place::new();
    let path = "github.com/kubernetes-sigs/kwok/releases/download/v0.8.0/kwok-linux-amd64";
    let mirror = Mirror::serve([(path.to_owned(), Reply::File(b"something else".to_vec()))].into());
    place.options.mirror = Some(mirror.url());
    place.name_folder_with(&WITHOUT_KWOK);
    let error = place.ensure().await.unwrap_err();
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        assert!(matches!(error, Error::Checksum { .. }), "{error:?}");
    } else {
        assert_eq!(mirror.requests(), Vec::<String>::new(), "no sum is known, so nothing is fetched");
    }
}

#[tokio::test]
async fn a_download_that_is_cut_off_is_built_instead() {
    let mut place = Place::new();
    let mut files = published();
    files.insert(kubernetes(Binary::Kubectl(NEWEST)), Reply::CutOff(payload(Binary::Kubectl(NEWEST))));
    let mirror = Mirror::serve(files);
    place.options.mirror = Some(mirror.url());
    place.name_folder_with(&KWOK);

    let error = place.ensure().await.unwrap_err();
    let (all, half) = (payload(Binary::Kubectl(NEWEST)).len(), payload(Binary::Kubectl(NEWEST)).len() / 2);
    let says = format!("cut off after {half} of {all} bytes");
    assert!(tried(&error).iter().any(|line| line.contains(&says)), "{error}");
    assert!(!place.cached(Binary::Kubectl(NEWEST)).exists());
    assert!(!place.in_cache().iter().any(|name| name.starts_with(".tmp-")));

    place.go_that_builds();
    place.ensure().await.unwrap();
    assert!(place.cached(Binary::Kubectl(NEWEST)).exists());
    let log = place.go_log();
    assert!(log.contains("k8s.io/kubernetes/cmd/kubectl"), "{log}");
    assert!(!log.contains("kube-apiserver"), "only what is missing: {log}");
}

#[tokio::test]
async fn a_file_or_a_sum_that_is_not_there_is_built_instead() {
    let mut place = Place::new();
    let mut files = published();
    files.remove(&kubernetes(Binary::KubeScheduler(NEWEST)));
    files.remove(&format!("{}.sha256", kubernetes(Binary::Kubectl(NEWEST))));
    files.insert(format!("{}/SHA256SUMS", etcd().0), Reply::Status(503));
    let mirror = Mirror::serve(files);
    place.options.mirror = Some(mirror.url());
    place.name_folder_with(&KWOK);
    place.go_that_builds();
    place.ensure().await.unwrap();
    let log = place.go_log();
    for built in ["etcd/server", "cmd/kube-scheduler", "cmd/kubectl"] {
        assert!(log.contains(built), "{built}: {log}");
    }
    assert!(!log.contains("cmd/kube-apiserver"), "{log}");
}

#[tokio::test]
async fn a_host_where_nobody_listens_is_asked_once_and_fails_at_once() {
    let place = Place::new();
    let since = Instant::now();
    let error = place.ensure().await.unwrap_err();
    assert!(since.elapsed() < Duration::from_secs(2), "{:?}", since.elapsed());
    let mirror = place.options.mirror.as_deref().unwrap();
    let lines = tried(&error).iter().filter(|line| line.contains(mirror)).count();
    assert_eq!(lines, 1, "{error}");
}

#[tokio::test]
async fn a_host_that_is_silent_is_given_up() {
    // Connections are accepted by the kernel; nobody ever answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut place = Place::new();
    place.options.mirror = Some(format!("http://{}", listener.local_addr().unwrap()));
    place.options.read_timeout = Duration::from_millis(100);
    let since = Instant::now();
    let error = place.ensure().await.unwrap_err();
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    assert!(tried(&error).iter().any(|line| line.contains("timeout")), "{error}");
}

#[tokio::test]
async fn a_cancelled_download_leaves_nothing_and_gives_the_lock_back() {
    let mut place = Place::new();
    let mut files = published();
    let (release, name) = etcd();
    files.insert(format!("{release}/{name}.tar.gz"), Reply::Stall(vec![0; 1 << 20]));
    let mirror = Mirror::serve(files);
    place.options.mirror = Some(mirror.url());
    place.options.read_timeout = Duration::from_millis(500);
    place.name_folder_with(&KWOK);
    tokio::select! {
        ended = place.ensure() => panic!("{ended:?}"),
        () = until("the download to begin", || mirror.requests().len() == 2) => {}
    }
    until("the scratch folder to go", || place.in_cache().is_empty()).await;
    let lock = fs::File::open(place.bin().join(".lock")).unwrap();
    until("the lock", || lock.try_lock().is_ok()).await;
}

#[tokio::test]
async fn a_mirror_that_is_no_address_is_refused() {
    let mut place = Place::new();
    place.options.mirror = Some(String::from("/srv/mirror"));
    let error = place.ensure().await.unwrap_err();
    assert!(matches!(error, Error::Mirror { .. }), "{error:?}");
}
