//! Where drills come from: the binary, a file or a folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::error::{DrillError, Mistake};
use super::files::{self, Files};
use super::nearest::suggest;
use super::{Drill, Workload, check, manifest, parse};

/// A drill that the binary carries.
#[derive(Debug)]
pub struct Builtin {
    /// Its name, the same as in its file.
    pub name: &'static str,
    /// Its files, `drill.yaml` among them.
    pub files: &'static [(&'static str, &'static str)],
}

impl Builtin {
    /// Writes its files below a folder, as they lie in a drill's own.
    ///
    /// # Errors
    /// Where a file or a folder cannot be written.
    pub fn write_to(&self, folder: &Path) -> std::io::Result<()> {
        for (name, text) in self.files {
            let path = folder.join(name);
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(path, text)?;
        }
        Ok(())
    }
}

/// A drill of this repository with its files, those of its charts too.
macro_rules! embedded {
    ($name:literal, $($file:literal),+ $(,)?) => {
        Builtin {
            name: $name,
            files: &[$(($file, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/drills/", $name, "/", $file)))),+],
        }
    };
}

static BUILTIN: &[Builtin] = &[embedded!(
    "service-has-no-endpoints",
    "drill.yaml",
    "workload.yaml",
    "storefront.yaml",
    "service-as-released.yaml",
    "chart/1.0.0/Chart.yaml",
    "chart/1.0.0/values.yaml",
    "chart/1.0.0/templates/deployment.yaml",
    "chart/1.0.0/templates/service.yaml",
    "chart/1.1.0/Chart.yaml",
    "chart/1.1.0/values.yaml",
    "chart/1.1.0/templates/_helpers.tpl",
    "chart/1.1.0/templates/deployment.yaml",
    "chart/1.1.0/templates/pdb.yaml",
    "chart/1.1.0/templates/service.yaml",
    "chart/1.1.0-test/Chart.yaml",
    "chart/1.1.0-test/values.yaml",
    "chart/1.1.0-test/templates/_helpers.tpl",
    "chart/1.1.0-test/templates/deployment.yaml",
    "chart/1.1.0-test/templates/pdb.yaml",
    "chart/1.1.0-test/templates/service.yaml",
    "chart/1.1.0-test/templates/tests/endpoints.yaml",
    "chart/1.1.1/Chart.yaml",
    "chart/1.1.1/values.yaml",
    "chart/1.1.1/templates/_helpers.tpl",
    "chart/1.1.1/templates/deployment.yaml",
    "chart/1.1.1/templates/pdb.yaml",
    "chart/1.1.1/templates/service.yaml",
    "chart/1.1.1/templates/tests/endpoints.yaml"
)];

/// The file of a drill's folder that describes the drill.
const DRILL_FILE: &str = "drill.yaml";

/// The drills that the binary carries, by name.
#[must_use]
pub fn builtin() -> &'static [Builtin] {
    BUILTIN
}

/// A drill that was read and checked, with the files that it names.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The drill.
    pub drill: Drill,
    /// Its files.
    pub files: Files,
    /// `sha256:…` over the drill file and every manifest and chart that it names.
    pub hash: String,
    /// Where it was read from, for people: `built in`, or the file.
    pub origin: String,
    /// The drill file as it was written.
    pub text: String,
    /// What is doubtful about it, but forbids no run.
    pub warnings: Vec<Mistake>,
}

impl Loaded {
    /// The objects of manifest files that the drill names, in order.
    pub fn objects(&self, names: &[&str]) -> Result<Vec<manifest::Object>, DrillError> {
        manifest::read(&self.files, names)
    }

    /// Whether it is one of the built-in drills.
    #[must_use]
    pub fn is_builtin(&self) -> bool {
        matches!(self.files, Files::Embedded(_))
    }

    /// The objects of the workload.
    pub fn workload(&self) -> Result<Vec<manifest::Object>, DrillError> {
        let names: Vec<&str> = self.drill.workload.manifests().iter().map(|m| m.file.as_str()).collect();
        self.objects(&names)
    }
}

/// Reads, parses and checks a drill: the name of a built-in one, a file, or a folder that holds
/// a `drill.yaml`. A plain name means the built-in drill; write `./name` for a folder beside it.
pub fn load(reference: &str) -> Result<Loaded, DrillError> {
    if let Some(builtin) = BUILTIN.iter().find(|b| b.name == reference) {
        let text = Files::Embedded(builtin.files).read(DRILL_FILE)?;
        return finish(
            &format!("{reference}/{DRILL_FILE}"),
            "built in",
            Files::Embedded(builtin.files),
            text,
        );
    }
    let path = drill_path(reference)?;
    let name = path.display().to_string();
    let text = files::read_file(&name, &path)?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    finish(&name, &name, Files::Folder(folder.to_owned()), text)
}

/// Parses and checks a drill whose text and files are at hand; `name` is what messages call it.
pub fn given(name: &str, text: String, files: Files) -> Result<Loaded, DrillError> {
    finish(name, name, files, text)
}

fn finish(name: &str, origin: &str, files: Files, text: String) -> Result<Loaded, DrillError> {
    let drill = parse::parse(name, &text)?;
    let warnings = check::check(name, &text, &drill, &files)?;
    let hash = hash(&text, &drill, &files)?;
    Ok(Loaded { drill, files, hash, origin: origin.to_owned(), text, warnings })
}

fn drill_path(reference: &str) -> Result<PathBuf, DrillError> {
    let path = PathBuf::from(reference);
    if !path.is_dir() {
        return if path.exists() { Ok(path) } else { Err(not_there(reference).into()) };
    }
    let file = path.join(DRILL_FILE);
    if file.exists() {
        return Ok(file);
    }
    let message = format!("the folder {reference} holds no {DRILL_FILE}");
    let help = format!("name the file itself, or a folder with a {DRILL_FILE}");
    Err(Mistake::new("firedrill::drill::no-drill", message).help(help).into())
}

fn not_there(reference: &str) -> Mistake {
    let looks_like_path = reference.contains('/') || Path::new(reference).extension().is_some();
    let what = if looks_like_path { "file or folder" } else { "built-in drill, file or folder" };
    let known = suggest(reference, "built-in drills", BUILTIN.iter().map(|b| b.name));
    Mistake::new("firedrill::drill::no-drill", format!("there is no {what} `{reference}`"))
        .help(format!("{known}; `firedrill list` tells about them"))
}

/// Names and lengths are part of it, so that no two sets of files have the same one.
fn hash(text: &str, drill: &Drill, files: &Files) -> Result<String, DrillError> {
    let mut hasher = Sha256::new();
    let mut add = |name: &str, text: &str| {
        for part in [name, text] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    };
    add(DRILL_FILE, text);
    for name in manifests(drill) {
        add(name, &files.read(name)?);
    }
    for chart in drill.charts() {
        for (name, text) in files.below(chart)? {
            add(&format!("{chart}/{name}"), &text);
        }
    }
    let mut hash = "sha256:".to_owned();
    for byte in hasher.finalize() {
        let _ = write!(hash, "{byte:02x}");
    }
    Ok(hash)
}

/// Every manifest file that a drill names, each once, by name.
fn manifests(drill: &Drill) -> Vec<&str> {
    let variants = drill.variants.values();
    let workloads = std::iter::once(&drill.workload).chain(variants.filter_map(|v| v.workload.as_ref()));
    let mut names: Vec<&str> = workloads.flat_map(Workload::manifests).map(|m| m.file.as_str()).collect();
    names.extend(drill.applied_files());
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_drill_is_sound_and_named_like_its_folder() {
        for builtin in builtin() {
            let loaded = load(builtin.name).unwrap_or_else(|e| panic!("{:?}", miette::Report::new(e)));
            assert_eq!(loaded.drill.metadata.name.value, builtin.name);
            assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
            assert_eq!(loaded.hash.len(), "sha256:".len() + 64);
        }
    }

    #[test]
    fn a_folder_gives_the_same_drill_and_hash_as_the_binary() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/drills/service-has-no-endpoints");
        let embedded = load("service-has-no-endpoints").unwrap();
        assert_eq!(load(folder).unwrap().hash, embedded.hash);
        assert_eq!(load(&format!("{folder}/drill.yaml")).unwrap().hash, embedded.hash);
    }

    #[test]
    fn the_binary_carries_every_file_of_its_drills() {
        for builtin in builtin() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("drills").join(builtin.name);
            let there = Files::Folder(folder).below(".").unwrap();
            let carried = Files::Embedded(builtin.files).below(".").unwrap();
            assert_eq!(carried, there, "{}", builtin.name);
        }
    }

    #[test]
    fn the_hash_covers_the_charts() {
        let chart = "workload:\n  chart: {path: chart/1, release: shop}\n";
        let text = BUILTIN[0].files[0].1.replacen("workload:\n", chart, 1);
        let given = |values: &str| {
            let mut files: std::collections::BTreeMap<String, String> =
                BUILTIN[0].files.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect();
            files.insert("chart/1/Chart.yaml".to_owned(), "name: shop\nversion: 1.0.0\n".to_owned());
            files.insert("chart/1/values.yaml".to_owned(), values.to_owned());
            given("drill.yaml", text.clone(), Files::Given(files)).unwrap().hash
        };
        assert_eq!(given("a: 1"), given("a: 1"));
        assert_ne!(given("a: 1"), given("a: 2"));
    }

    #[test]
    fn the_hash_covers_the_manifests() {
        let folder = tempfile::tempdir().unwrap();
        builtin()[0].write_to(folder.path()).unwrap();
        let path = folder.path().to_str().unwrap();
        let before = load(path).unwrap().hash;
        let workload = folder.path().join("workload.yaml");
        let text = std::fs::read_to_string(&workload).unwrap();
        std::fs::write(&workload, format!("{text}# a comment\n")).unwrap();
        assert_ne!(load(path).unwrap().hash, before);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let error = load("service-has-no-endpoint").unwrap_err();
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert!(help.starts_with("did you mean `service-has-no-endpoints`?"), "{help}");
    }
}
