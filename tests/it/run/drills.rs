//! Variations of the built-in drill, as folders.

use std::path::Path;

/// The workload, as the built-in drill says it.
pub const WORKLOAD: &str = "workload:
  manifests: [workload.yaml, {file: storefront.yaml, when: [kind, context]}]
  ready: {deployment: api-service, within: 60s}";

/// A drill's folder; gone with its handle.
pub struct Drill {
    folder: tempfile::TempDir,
}

impl Drill {
    /// A copy of the built-in drill.
    pub fn builtin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("drills").join(super::running::DRILL);
        copy(&source, folder.path());
        Self { folder }
    }

    /// With another text in drill.yaml.
    pub fn replace(self, from: &str, to: &str) -> Self {
        self.replace_in("drill.yaml", from, to)
    }

    /// With another text in one of its files.
    pub fn replace_in(self, file: &str, from: &str, to: &str) -> Self {
        let path = self.folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        self
    }

    pub fn path(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }
}

/// Copies what is in a folder, with the folders below.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir(&place).unwrap();
            copy(&path, &place);
        } else {
            std::fs::copy(&path, &place).unwrap();
        }
    }
}
