//! The charts of a drill: their folders, and the files in them.

use std::path::Path;

use super::error::{DrillError, Mistake};
use super::files::Files;
use super::{Drill, Step};

/// More files than these no chart of a drill needs.
const MOST_FILES: usize = 200;
/// Nor deeper folders.
const DEEPEST: usize = 8;

impl Drill {
    /// The folders of the charts that the workload and the steps name, each once.
    #[must_use]
    pub fn charts(&self) -> Vec<&str> {
        let workload = self.workload.chart().map(|chart| chart.path.as_str());
        let mut charts: Vec<&str> = workload.into_iter().chain(self.steps().filter_map(chart_of)).collect();
        charts.sort_unstable();
        charts.dedup();
        charts
    }

    /// Whether helm is needed for it.
    #[must_use]
    pub fn needs_helm(&self) -> bool {
        self.workload.chart().is_some() || self.steps().any(|step| matches!(step, Step::Helm(_)))
    }

    /// Every step that it can take, of each option and what comes after it.
    fn steps(&self) -> impl Iterator<Item = &Step> {
        let options = self.rounds.iter().flat_map(|round| &round.options);
        let next = options.flat_map(|option| &option.next).flat_map(|next| &next.steps);
        let entries = self.everything().into_iter().flat_map(|entry| entry.steps);
        self.fault.steps.iter().chain(entries).chain(next).map(|step| &step.value)
    }
}

fn chart_of(step: &Step) -> Option<&str> {
    match step {
        Step::Helm(helm) => helm.chart(),
        _ => None,
    }
}

impl Files {
    /// The files below a folder of the drill, by their names relative to the drill file, sorted.
    ///
    /// # Errors
    /// Where there are none or too many, or one of them cannot be read.
    pub fn below(&self, folder: &str) -> Result<Vec<(String, String)>, DrillError> {
        let inside = format!("{}/", folder.trim_end_matches('/'));
        let mut names = match self {
            Self::Embedded(files) => files.iter().map(|(name, _)| (*name).to_owned()).collect(),
            Self::Given(files) => files.keys().cloned().collect(),
            Self::Folder(root) => {
                let mut names = Vec::new();
                list(root, Path::new(folder), DEEPEST, &mut names);
                names
            }
        };
        names.retain(|name| name.starts_with(&inside));
        names.sort();
        if names.is_empty() || names.len() > MOST_FILES {
            let message = format!("the chart {folder} has {} files", names.len());
            let help = format!("a chart is a folder beside the drill file, of at most {MOST_FILES} files");
            return Err(Mistake::new("firedrill::drill::no-chart", message).help(help).into());
        }
        names.into_iter().map(|name| Ok((name.clone(), self.read(&name)?))).collect()
    }
}

/// Links are not followed.
fn list(root: &Path, folder: &Path, depth: usize, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let name = folder.join(entry.file_name());
        if kind.is_dir() && depth > 0 && names.len() <= MOST_FILES {
            list(root, &name, depth - 1, names);
        } else if kind.is_file() {
            names.extend(name.to_str().map(str::to_owned));
        }
    }
}
