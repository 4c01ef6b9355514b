//! Fake binaries, a fake `go`, and a place for each test.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use firedrill::cluster::binaries::{
    Binaries, Binary, Component, Error, Helm, Options, Platform, Progress, Release, ensure, helm,
};
use tempfile::TempDir;

use super::mirror::{Reply, sha256};

/// The release that is prepared where no other is asked for.
pub const NEWEST: Release = Release::Newest;

/// A folder for one test, and options that look nowhere else.
pub struct Place {
    folder: TempDir,
    pub options: Options,
    /// What `ensure` told.
    pub told: Mutex<Vec<Progress>>,
}

impl Place {
    /// No folder named, an empty cache, an empty PATH, and a mirror where nobody listens.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            cache: Some(folder.path().join("cache")),
            path: Some(folder.path().join("path").into()),
            mirror: Some(super::mirror::nobody()),
            ..Options::default()
        };
        fs::create_dir(folder.path().join("path")).unwrap();
        Self { folder, options, told: Mutex::default() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The cache's folder of binaries.
    pub fn bin(&self) -> PathBuf {
        self.path("cache/bin")
    }

    /// Where the cache keeps a binary.
    pub fn cached(&self, binary: Binary) -> PathBuf {
        let (component, Platform { os, arch }) = (binary.component(), Platform::HERE);
        let folder = format!("{}-{}-{os}-{arch}", component.name(), component.version());
        self.bin().join(folder).join(binary.name())
    }

    /// Puts fakes into the folder of `--binaries`.
    pub fn name_folder_with(&mut self, binaries: &[Binary]) {
        let folder = self.path("named");
        for binary in binaries {
            script(&folder.join(binary.name()), &says(*binary));
        }
        self.options.folder = Some(folder);
    }

    /// Puts a script called `name` into PATH.
    pub fn in_path(&self, name: &str, body: &str) {
        script(&self.path("path").join(name), body);
    }

    /// Puts a `go` into PATH that "builds" fakes and notes its arguments in `go.log`.
    pub fn go_that_builds(&self) {
        for binary in Binary::all(NEWEST).into_iter().chain([Binary::Helm]) {
            script(&self.path("fakes").join(binary.name()), &says(binary));
        }
        self.go(&format!(
            r#"echo "$@" >> {log}
            echo "$GOFLAGS|$CGO_ENABLED|$GOWORK|$(cat go.mod | head -1)" >> {log}
            for package; do
              case $package in
              */etcd/server/v3) cp {fakes}/etcd "$GOBIN/server";;
              */cmd/*) cp {fakes}/"${{package##*/}}" "$GOBIN/";;
              esac
            done"#,
            log = self.path("go.log").display(),
            fakes = self.path("fakes").display(),
        ));
    }

    /// Puts a `go` of the right version into PATH whose `go install` is `install`.
    pub fn go(&self, install: &str) {
        let body = format!("PATH=/usr/bin:/bin\nif [ $1 = env ]; then echo go1.26.8; exit; fi\n{install}");
        self.in_path("go", &body);
    }

    pub fn go_log(&self) -> String {
        fs::read_to_string(self.path("go.log")).unwrap_or_default()
    }

    pub async fn ensure(&self) -> Result<Binaries, Error> {
        ensure(&self.options, &|progress| self.told.lock().unwrap().push(progress)).await
    }

    pub async fn helm(&self) -> Result<Helm, Error> {
        helm(&self.options, &|progress| self.told.lock().unwrap().push(progress)).await
    }

    /// What is in the cache but its lock, by path from there.
    pub fn in_cache(&self) -> Vec<String> {
        let mut all = Vec::new();
        let mut folders = vec![self.bin()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.bin()).unwrap().display().to_string();
                if path.is_dir() && !name.starts_with(".tmp-") {
                    folders.push(path);
                } else if name != ".lock" {
                    all.push(name);
                }
            }
        }
        all.sort();
        all
    }

    /// The error as people see it, with the parts that differ from run to run replaced.
    pub fn shown(&self, error: &Error) -> String {
        let theme = miette::GraphicalTheme::unicode_nocolor();
        let mut text = String::new();
        let handler = miette::GraphicalReportHandler::new_themed(theme).with_width(200);
        handler.render_report(&mut text, error).unwrap();
        let Platform { os, arch } = Platform::HERE;
        text.replace(&self.folder.path().display().to_string(), "TMP")
            .replace(self.options.mirror.as_deref().unwrap_or("-"), "MIRROR")
            .replace(&format!("{os}/{arch}"), "OS/ARCH")
            .replace(&format!("{os}-{arch}"), "OS-ARCH")
    }
}

/// Everything but kwok and kwokctl: firedrill knows their sums, so that fakes cannot be downloaded.
pub const WITHOUT_KWOK: [Binary; 5] = [
    Binary::Etcd,
    Binary::KubeApiserver(NEWEST),
    Binary::KubeControllerManager(NEWEST),
    Binary::KubeScheduler(NEWEST),
    Binary::Kubectl(NEWEST),
];

/// kwok and kwokctl.
pub const KWOK: [Binary; 2] = [Binary::Kwok, Binary::Kwokctl];

/// The body of a script that tells the version of `binary` as the real one does.
pub fn says(binary: Binary) -> String {
    let (name, version) = (binary.name(), binary.component().version());
    match (binary, binary.component()) {
        (Binary::Kubectl(_), _) => format!("echo '{{\"clientVersion\":{{\"gitVersion\":\"{version}\"}}}}'"),
        (_, Component::Etcd) => format!("echo 'etcd Version: {}'", version.trim_start_matches('v')),
        (_, Component::Kwok) => format!("echo '{name} version {version} go1.26.8 (linux/amd64)'"),
        (_, Component::Kubernetes(_)) => format!("echo 'Kubernetes {version}'"),
        (_, Component::Helm) => helm_says(version),
    }
}

/// The same for a helm of any version, which says it only if it is asked for nothing else.
pub fn helm_says(version: &str) -> String {
    format!("[ \"$*\" = 'version --template={{{{.Version}}}}' ] && printf {version}")
}

/// Writes an executable shell script.
pub fn script(path: &Path, body: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What the mirror serves under a binary's name.
pub fn payload(binary: Binary) -> Vec<u8> {
    format!("{binary} ").repeat(20_000).into_bytes()
}

/// The path of a Kubernetes binary on the mirror.
pub fn kubernetes(binary: Binary) -> String {
    let Platform { os, arch } = Platform::HERE;
    format!("dl.k8s.io/release/{}/bin/{os}/{arch}/{}", binary.component().version(), binary.name())
}

/// The path of etcd's release on the mirror, and the name of its archive without the ending.
pub fn etcd() -> (String, String) {
    let (Platform { os, arch }, version) = (Platform::HERE, Component::Etcd.version());
    let release = format!("github.com/etcd-io/etcd/releases/download/{version}");
    (release, format!("etcd-{version}-{os}-{arch}"))
}

/// A mirror's files: etcd and all of Kubernetes, with their sums.
pub fn published() -> BTreeMap<String, Reply> {
    let mut files = BTreeMap::new();
    for binary in WITHOUT_KWOK.into_iter().filter(|it| it.component() == Component::Kubernetes(NEWEST)) {
        let sum = sha256(&payload(binary));
        files.insert(format!("{}.sha256", kubernetes(binary)), Reply::File(sum.into_bytes()));
        files.insert(kubernetes(binary), Reply::File(payload(binary)));
    }
    let (release, name) = etcd();
    let archive = archive(
        &name,
        &[("etcdctl", b"not asked for".as_slice()), ("etcd", payload(Binary::Etcd).as_slice())],
    );
    let sums =
        format!("{}  other.tar.gz\n{}  {name}.tar.gz\n", sha256(b"other"), sha256(&archive)).into_bytes();
    files.insert(format!("{release}/SHA256SUMS"), Reply::File(sums));
    files.insert(format!("{release}/{name}.tar.gz"), Reply::File(archive));
    files
}

/// A release's archive: files in a folder, and one that nobody asked for and that points out of it.
pub fn archive(folder: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(gzip);
    let mut add = |path: &str, body: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(body.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, body).unwrap();
    };
    add("../../../../escaped", b"out");
    for (name, body) in files {
        add(&format!("{folder}/{name}"), body);
    }
    let mut gzip = archive.into_inner().unwrap();
    gzip.flush().unwrap();
    gzip.finish().unwrap()
}

/// Waits for `done`, ten seconds at most.
pub async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !done() {
        assert!(Instant::now() < deadline, "waited 10 s for: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
