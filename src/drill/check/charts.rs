//! The charts of a drill: that each is a folder beside the drill file that helm can read.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Check;
use crate::drill::error::Mistake;
use crate::drill::folder::{CHART_FILE, plain_name};
use crate::drill::nearest::suggest;
use crate::drill::source::Source;
use crate::drill::tree::Node;
use crate::drill::{Chart, Step, yaml};

/// What helm allows: a release's name is part of the names of its objects.
const LONGEST_RELEASE: usize = 53;

impl Check<'_> {
    pub(super) fn charts(&mut self) {
        let drill = self.drill;
        let mut read = BTreeSet::new();
        for (path, workload) in super::workloads(drill) {
            let Some(chart) = workload.chart() else { continue };
            let path = format!("{path}/chart");
            self.deployed_chart(&path, chart);
            self.chart(&format!("{path}/path"), &chart.path, &mut read);
        }
        for (path, step) in super::steps(drill) {
            let Step::Helm(helm) = step else { continue };
            let Some(chart) = helm.chart() else { continue };
            self.chart(&format!("{path}/helm/{}/chart", helm.key()), chart, &mut read);
        }
    }

    fn deployed_chart(&mut self, path: &str, chart: &Chart) {
        self.release_name(&format!("{path}/release"), &chart.release);
        let Some(value) = &chart.node_port_value else { return };
        let word = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        };
        if !value.split('.').all(word) {
            let message = format!("`{value}` is no path to a value of a chart");
            let mistake = Mistake::new("firedrill::drill::chart-value", message)
                .help("write its keys with dots between them, as `helm --set` does: service.nodePort");
            self.note(&format!("{path}/nodePortValue"), "no dotted path", mistake);
        }
    }

    /// A release's name becomes a label and a part of names.
    pub(super) fn release_name(&mut self, path: &str, name: &str) {
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let inner = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if inner && edge(name.chars().next()) && edge(name.chars().last()) && name.len() <= LONGEST_RELEASE {
            return;
        }
        let mistake = Mistake::new("firedrill::drill::name", format!("`{name}` cannot be a release's name"))
            .help(format!("lower-case letters, digits and `-` within, at most {LONGEST_RELEASE} characters"));
        self.note(path, "this name", mistake);
    }

    /// A folder with a `Chart.yaml`; each is looked at once, however often it is named.
    fn chart(&mut self, path: &str, folder: &str, read: &mut BTreeSet<String>) {
        if !read.insert(plain_name(folder)) {
            return;
        }
        let files = match self.files.below(folder) {
            Ok(files) => files,
            Err(error) => return self.no_chart(path, folder, error.into_mistakes()),
        };
        let Some((_, text)) = files.iter().find(|(name, _)| name == CHART_FILE) else {
            let message = format!("the folder `{folder}` is no chart: it holds no {CHART_FILE}");
            let mistake = Mistake::new("firedrill::drill::no-chart", message).help(self.known_charts(folder));
            return self.note(path, "no chart", mistake);
        };
        self.elsewhere.extend(chart_file(&format!("{folder}/{CHART_FILE}"), text));
    }

    fn no_chart(&mut self, path: &str, folder: &str, mistakes: Vec<Mistake>) {
        for mistake in mistakes {
            let mistake = match mistake.code() {
                "firedrill::drill::no-folder" => mistake.help(self.known_charts(folder)),
                _ => mistake,
            };
            self.note(path, "this folder", mistake);
        }
    }

    fn known_charts(&self, folder: &str) -> String {
        let known = self.files.chart_folders();
        suggest(folder, "charts beside the drill file", known.iter().map(String::as_str))
    }
}

/// What helm would refuse in a `Chart.yaml`.
fn chart_file(name: &str, text: &str) -> Vec<Mistake> {
    let source = Source::new(name, text);
    let chart: Value = match yaml::read(text) {
        Ok(chart) => chart,
        Err(error) => return vec![yaml::mistake(&source, 0, &error)],
    };
    let tree = Node::read(text);
    let wrong = ["name", "version"]
        .into_iter()
        .filter(|key| chart.get(key).and_then(Value::as_str).is_none_or(|value| value.trim().is_empty()));
    let told = |key: &str| {
        let there = chart.get(key).is_some_and(|value| !value.is_null());
        let what = if there { "is no text" } else { "is missing" };
        let (offset, len) = tree.as_ref().map_or((0, 1), |tree| tree.locate(key));
        Mistake::new("firedrill::drill::no-chart", format!("the chart's `{key}` {what}"))
            .at(source.place(offset, len), "here")
            .help("helm wants both as text: name: api-service and version: 1.0.0")
    };
    wrong.map(told).collect()
}
