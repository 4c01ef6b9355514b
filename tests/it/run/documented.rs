//! The example of the documentation is a drill that passes: another workload, another fault.

use std::path::Path;

use super::running::Running;
use crate::support::shared;

/// The fenced YAML blocks of a document whose first line names a file, written below `folder`.
fn extract(document: &str, folder: &Path) -> usize {
    let blocks = document.split("```yaml\n# ").skip(1);
    let files = blocks.filter_map(|block| block.split_once("```")?.0.split_once('\n'));
    files
        .map(|(name, text)| {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        })
        .count()
}

#[tokio::test]
async fn the_example_of_the_documentation_passes() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/drill-file.md");
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(extract(&std::fs::read_to_string(document).unwrap(), folder.path()), 2);
    let drill = folder.path().join("cart");
    let valid = shared::firedrill().arg("validate").arg(&drill).output().unwrap();
    assert!(valid.status.success(), "{}", String::from_utf8_lossy(&valid.stderr));
    let ended = Running::start(&[drill.to_str().unwrap(), "--output", "json"]).end().await;
    assert_eq!(ended.code, Some(0));
    let report = ended.report();
    assert_eq!(report["scenario"]["downtimeS"], 120);
    assert!(report["durationsMs"]["resolve"].is_number());
}

/// The variant of the documentation goes with the example.
#[test]
fn the_variant_of_the_documentation_is_sound() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/drill-file.md");
    let document = std::fs::read_to_string(document).unwrap();
    let folder = tempfile::tempdir().unwrap();
    extract(&document, folder.path());
    let cart = folder.path().join("cart");
    let (_, variants) = document.split_once("```yaml\nvariants:\n").unwrap();
    let (variants, _) = variants.split_once("```").unwrap();
    let drill = std::fs::read_to_string(cart.join("drill.yaml")).unwrap();
    std::fs::write(cart.join("drill.yaml"), format!("{drill}variants:\n{variants}")).unwrap();
    for version in ["1.0.0", "1.1.0", "1.1.1"] {
        let chart = cart.join("chart").join(version);
        std::fs::create_dir_all(&chart).unwrap();
        std::fs::write(chart.join("Chart.yaml"), format!("name: cart\nversion: {version}\n")).unwrap();
    }
    let loaded = firedrill::drill::load(cart.to_str().unwrap()).unwrap();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    assert_eq!(loaded.drill.charts(), ["chart/1.0.0", "chart/1.1.0", "chart/1.1.1"]);
    let with = loaded.drill.with_variant("helm").unwrap();
    let path: Vec<_> = with.runbook_path().into_iter().map(|entry| entry.name).collect();
    assert_eq!(path, ["mend.scale", "harden.chart"]);
}
