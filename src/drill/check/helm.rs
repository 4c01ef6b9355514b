//! Steps that want more than the API: those that helm does, and those that read what pods logged.

use std::collections::BTreeSet;

use super::Check;
use super::forms::Form;
use crate::drill::error::Mistake;
use crate::drill::nearest::suggest;
use crate::drill::{HelmStep, LogsStep, Step};

const MOST_LINES: u32 = 1000;

impl Check<'_> {
    pub(super) fn helm(&mut self, path: &str, step: &HelmStep) {
        let path = format!("{path}/{}", step.key());
        match step {
            HelmStep::Rollback(rollback) if rollback.revision == Some(0) => {
                let mistake = Mistake::new("firedrill::drill::zero", "helm counts revisions from 1")
                    .help("leave `revision` out for the one before, or write 1 for the first release");
                self.note(&format!("{path}/revision"), "no revision", mistake);
            }
            HelmStep::Test(test) => self.more_than_nothing(&format!("{path}/within"), test.within),
            HelmStep::Template(template) => {
                self.release_name(&format!("{path}/release"), &template.release);
            }
            HelmStep::Upgrade(_) | HelmStep::Rollback(_) => {}
        }
    }

    /// In every form of the drill, a step of helm is about the release that the workload deploys.
    pub(super) fn releases(&mut self, forms: &[Form<'_>]) {
        let mut told = BTreeSet::new();
        for form in forms {
            for (list, steps) in &form.steps {
                for (i, step) in steps.iter().enumerate() {
                    let Step::Helm(helm) = &step.value else { continue };
                    let path = format!("{list}/{i}/helm/{}/release", helm.key());
                    if !told.contains(&path) && self.release(&path, helm, form) {
                        told.insert(path);
                    }
                }
            }
        }
    }

    /// Whether there was something to tell.
    fn release(&mut self, path: &str, helm: &HelmStep, form: &Form<'_>) -> bool {
        let release = helm.release();
        let (message, help) = match form.workload.chart() {
            _ if matches!(helm, HelmStep::Template(_)) => return false,
            Some(chart) if chart.release == release => return false,
            Some(chart) => (
                format!("the workload has no release `{release}`"),
                suggest(release, "its release", [chart.release.as_str()]),
            ),
            None => (
                format!("the workload deploys no chart, so there is no release `{release}`"),
                format!(
                    "deploy one: workload: {{chart: {{path: chart/1.0.0, release: {release}}}, …}}; `template` needs none"
                ),
            ),
        };
        let mistake = Mistake::new("firedrill::drill::no-release", message).help(help);
        let own = form.variant.filter(|_| !path.starts_with("variants/"));
        let mistake = match own {
            Some(variant) => mistake.prefix(&format!("with the variant `{variant}`")),
            None => mistake,
        };
        self.note(path, "no such release", mistake);
        true
    }

    pub(super) fn logs(&mut self, path: &str, step: &LogsStep) {
        if step.pods.is_empty() {
            let mistake =
                Mistake::new("firedrill::drill::label", "`pods` without labels would mean every pod")
                    .help("name the labels that the pods have: pods: {app: api-service}");
            self.note(&format!("{path}/pods"), "every pod", mistake);
        }
        if !(1..=MOST_LINES).contains(&step.lines) {
            let message = format!("{} lines of each pod cannot be shown", step.lines);
            let mistake = Mistake::new("firedrill::drill::lines", message)
                .help(format!("write 1 to {MOST_LINES}; 10 is the default"));
            self.note(&format!("{path}/lines"), "too few or too many", mistake);
        }
        if let Some(namespace) = step.namespace.as_ref().filter(|name| !is_namespace(name)) {
            let message = format!("`{namespace}` cannot be a namespace's name");
            let mistake = Mistake::new("firedrill::drill::name", message)
                .help("lower-case letters, digits and `-` within, at most 63, such as kube-system");
            self.note(&format!("{path}/namespace"), "this name", mistake);
        }
    }
}

fn is_namespace(name: &str) -> bool {
    let lower = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    lower && !name.is_empty() && name.len() <= 63 && !name.starts_with('-') && !name.ends_with('-')
}
