//! Variations of the built-in drill, as folders.

use firedrill::drill::catalogue;

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
        catalogue::builtin()[0].write_to(folder.path()).unwrap();
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
