//! What a drill file says about Helm: charts that are deployed, and the steps that helm does.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Drill, Length, Step, Workload};

/// Values of a chart, as in a `values.yaml`.
pub type Values = BTreeMap<String, Value>;

/// A chart that is deployed before the fault.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Chart {
    /// The chart's folder, relative to the drill file.
    pub path: String,
    /// The name of its release.
    pub release: String,
    /// Values that differ from the chart's own.
    #[serde(default)]
    pub values: Values,
    /// The value that takes the node port which a signal asks, dotted: `service.nodePort`. Every
    /// `upgrade` of the release gets it, too.
    #[serde(default)]
    pub node_port_value: Option<String>,
}

/// What helm does, as a step.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum HelmStep {
    /// Upgrades a release to a chart.
    Upgrade(HelmUpgrade),
    /// Rolls a release back.
    Rollback(HelmRollback),
    /// Runs a release's tests; wants a cluster that runs containers.
    Test(HelmTest),
    /// Renders a chart, changes nothing.
    Template(HelmTemplate),
}

/// An upgrade of a release.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HelmUpgrade {
    /// The release.
    pub release: String,
    /// The chart's folder, relative to the drill file.
    pub chart: String,
    /// Values that differ from the chart's own.
    #[serde(default)]
    pub values: Values,
    /// Server-side apply or client-side; unless given, what helm does with this release.
    #[serde(default)]
    pub server_side: Option<bool>,
}

/// A rollback of a release.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HelmRollback {
    /// The release.
    pub release: String,
    /// To which revision; unless given, to the one before.
    #[serde(default)]
    pub revision: Option<u32>,
}

/// The tests of a release.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HelmTest {
    /// The release.
    pub release: String,
    /// How long they may take.
    #[serde(default = "one_minute")]
    pub within: Length,
}

/// A chart that is rendered and looked at.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HelmTemplate {
    /// The release's name.
    pub release: String,
    /// The chart's folder, relative to the drill file.
    pub chart: String,
    /// Values that differ from the chart's own.
    #[serde(default)]
    pub values: Values,
    /// Whether the step fails where a Service selects none of the rendered pods; else it names
    /// that as the cause.
    #[serde(default)]
    pub consistent: bool,
}

const fn one_minute() -> Length {
    Length::secs(60)
}

impl Drill {
    /// The folders of the charts that are named anywhere in it, in its variants too: each once, in
    /// the order of names.
    #[must_use]
    pub fn charts(&self) -> Vec<&str> {
        let variants = self.variants.values().filter_map(|variant| variant.workload.as_ref());
        let deployed = std::iter::once(&self.workload).chain(variants).filter_map(Workload::chart);
        let mut charts: Vec<&str> = deployed.map(|chart| chart.path.as_str()).collect();
        charts.extend(self.steps().filter_map(|step| match step {
            Step::Helm(helm) => helm.chart(),
            _ => None,
        }));
        charts.sort_unstable();
        charts.dedup();
        charts
    }

    /// Whether helm is needed for any of its steps, or to deploy its workload.
    #[must_use]
    pub fn needs_helm(&self) -> bool {
        self.workload.chart().is_some() || self.steps().any(|step| matches!(step, Step::Helm(_)))
    }
}

impl HelmStep {
    /// The key in a drill file, and helm's own word.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Upgrade(_) => "upgrade",
            Self::Rollback(_) => "rollback",
            Self::Test(_) => "test",
            Self::Template(_) => "template",
        }
    }

    /// The release.
    #[must_use]
    pub fn release(&self) -> &str {
        match self {
            Self::Upgrade(step) => &step.release,
            Self::Rollback(step) => &step.release,
            Self::Test(step) => &step.release,
            Self::Template(step) => &step.release,
        }
    }

    /// Whether it makes a new revision of its release.
    #[must_use]
    pub const fn makes_revision(&self) -> bool {
        matches!(self, Self::Upgrade(_) | Self::Rollback(_))
    }

    /// The chart's folder, where the step names one.
    #[must_use]
    pub fn chart(&self) -> Option<&str> {
        match self {
            Self::Upgrade(step) => Some(&step.chart),
            Self::Template(step) => Some(&step.chart),
            Self::Rollback(_) | Self::Test(_) => None,
        }
    }
}

/// As one types it: `upgrade api-service chart/1.1.0 --server-side=false`.
impl fmt::Display for HelmStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Upgrade(step) => {
                write!(f, "upgrade {} {}", step.release, step.chart)?;
                match step.server_side {
                    Some(server_side) => write!(f, " --server-side={server_side}"),
                    None => Ok(()),
                }
            }
            Self::Rollback(step) => match step.revision {
                Some(revision) => write!(f, "rollback {} {revision}", step.release),
                None => write!(f, "rollback {}", step.release),
            },
            Self::Test(step) => write!(f, "test {}", step.release),
            Self::Template(step) => write!(f, "template {} {}", step.release, step.chart),
        }
    }
}
