//! The steps of a fault, an option or a runbook, as a drill file writes them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de};
use serde_json::Value;

use super::{HelmStep, Length, SignalState, kinds};

/// One step: an externally tagged map, such as `patch: {target: service/api, merge: {…}}`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Step {
    /// A merge patch (RFC 7386) of one object.
    Patch(PatchStep),
    /// Sets or removes labels of one object, or of all pods that match.
    Label(LabelStep),
    /// Sets the replicas of a workload.
    Scale(ScaleStep),
    /// Restarts the pods of a workload, as `kubectl rollout restart` does.
    Restart(ObjectName),
    /// Deletes one object.
    Delete(ObjectName),
    /// Applies manifests, server-side.
    Apply(ApplyStep),
    /// Waits for a signal or a workload.
    Wait(WaitStep),
    /// Says why a Service has no endpoints.
    Diagnose(ObjectName),
    /// What helm does with a release, or with a chart.
    Helm(HelmStep),
    /// Reads what pods logged; wants a cluster that runs containers.
    Logs(LogsStep),
}

impl Step {
    /// The step's key in a drill file.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Patch(_) => "patch",
            Self::Label(_) => "label",
            Self::Scale(_) => "scale",
            Self::Restart(_) => "restart",
            Self::Delete(_) => "delete",
            Self::Apply(_) => "apply",
            Self::Wait(_) => "wait",
            Self::Diagnose(_) => "diagnose",
            Self::Helm(_) => "helm",
            Self::Logs(_) => "logs",
        }
    }
}

/// One line for people, with exactly what is done: `patch service/api {"spec":…}`. The values of
/// a Secret are left out.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.key())?;
        match self {
            Self::Patch(step) if step.target.is_secret() => {
                write!(f, "{} {}", step.target, hidden(&step.merge))
            }
            Self::Patch(step) => write!(f, "{} {}", step.target, step.merge),
            Self::Label(step) => step.fmt(f),
            Self::Scale(step) => write!(f, "{} to {}", step.target, step.replicas),
            Self::Restart(target) | Self::Delete(target) | Self::Diagnose(target) => target.fmt(f),
            Self::Apply(step) => f.write_str(&step.manifests.join(", ")),
            Self::Wait(step) => step.fmt(f),
            Self::Helm(step) => step.fmt(f),
            Self::Logs(step) => step.fmt(f),
        }
    }
}

/// The patch without its values; a key that it removes is seen to go.
fn hidden(patch: &Value) -> Value {
    match patch {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), hidden(value))).collect(),
        Value::Null => Value::Null,
        _ => Value::from("…"),
    }
}

impl fmt::Display for LabelStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.target, &self.pods) {
            (Some(target), _) => target.fmt(f)?,
            (None, Some(labels)) => {
                let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
                write!(f, "pods with {}", labels.join(","))?;
            }
            (None, None) => f.write_str("nothing")?,
        }
        for (label, value) in &self.set {
            match value {
                Some(value) => write!(f, " {label}={value}")?,
                None => write!(f, " {label}-")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for LogsStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<String> = self.pods.iter().map(|(k, v)| format!("{k}={v}")).collect();
        write!(f, "of pods with {}", labels.join(","))?;
        match &self.namespace {
            Some(namespace) => write!(f, " in namespace {namespace}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for WaitStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.signal, self.state, &self.deployment) {
            (Some(signal), Some(SignalState::Up), _) => write!(f, "until the signal {signal} is up")?,
            (Some(signal), Some(SignalState::Out), _) => write!(f, "until the signal {signal} is out")?,
            (_, _, Some(deployment)) => write!(f, "until deployment/{deployment} is rolled out")?,
            _ => f.write_str("for nothing")?,
        }
        write!(f, ", at most {}", self.within)
    }
}

/// A merge patch of one object.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PatchStep {
    /// The object.
    pub target: ObjectName,
    /// The merge patch; `null` removes a key.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub merge: Value,
}

/// Labels to set (a value) or to remove (`null`).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LabelStep {
    /// One object. Either this or `pods`.
    #[serde(default)]
    pub target: Option<ObjectName>,
    /// All pods with these labels. Either this or `target`.
    #[serde(default)]
    pub pods: Option<BTreeMap<String, String>>,
    /// Label to value; `null` removes it.
    pub set: BTreeMap<String, Option<String>>,
}

/// Replicas of a workload.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScaleStep {
    /// The workload.
    pub target: ObjectName,
    /// How many.
    pub replicas: u32,
}

/// Manifests to apply, server-side.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplyStep {
    /// Manifest files, relative to the drill file.
    pub manifests: Vec<String>,
}

/// Something to wait for. Either a signal's state, or a workload's rollout.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WaitStep {
    /// A signal's name; goes with `state`.
    #[serde(default)]
    pub signal: Option<String>,
    /// The state that the signal must reach.
    #[serde(default)]
    pub state: Option<SignalState>,
    /// A Deployment that must be rolled out.
    #[serde(default)]
    pub deployment: Option<String>,
    /// How long to wait.
    pub within: Length,
}

/// The last lines that pods logged.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogsStep {
    /// All pods with these labels.
    pub pods: BTreeMap<String, String>,
    /// Their namespace; the drill's own unless given. Reading is all that a step does elsewhere.
    #[serde(default)]
    pub namespace: Option<String>,
    /// How many lines of each pod.
    #[serde(default = "few_lines")]
    pub lines: u32,
}

const fn few_lines() -> u32 {
    10
}

/// An object of the drill's namespace, written `kind/name`: `service/api-service`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// The kind as written, in lower case: `service`, `deployment`.
    pub kind: String,
    /// The object's name.
    pub name: String,
}

impl ObjectName {
    /// Whether it is a Secret, whose values are shown nowhere.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        // Also where the group is written: `secrets.`.
        let kind = self.kind.split('.').next().unwrap_or_default();
        kinds::resolve(kind).is_some_and(|known| known.kind == "Secret")
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl FromStr for ObjectName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Self { kind: kind.to_lowercase(), name: name.to_owned() })
            }
            _ => Err(format!("`{text}` names no object; write kind/name, such as service/api-service")),
        }
    }
}

impl<'de> Deserialize<'de> for ObjectName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for ObjectName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for ObjectName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ObjectName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "An object of the drill's namespace: kind/name",
            "pattern": "^[A-Za-z.]+/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steps_say_exactly_what_they_do() {
        for (yaml, line) in [
            (
                "patch: {target: service/a, merge: {spec: {selector: {app: b, old: null}}}}",
                r#"patch service/a {"spec":{"selector":{"app":"b","old":null}}}"#,
            ),
            (
                "patch: {target: secret/a, merge: {data: {key: aHVzaA==, old: null}, stringData: {more: [1]}}}",
                r#"patch secret/a {"data":{"key":"…","old":null},"stringData":{"more":"…"}}"#,
            ),
            (
                "patch: {target: Secrets./a, merge: {immutable: true}}",
                r#"patch secrets./a {"immutable":"…"}"#,
            ),
            ("label: {pods: {app: a}, set: {app: b, tier: null}}", "label pods with app=a app=b tier-"),
            ("scale: {target: deployment/a, replicas: 0}", "scale deployment/a to 0"),
            ("delete: Service/a", "delete service/a"),
            ("apply: {manifests: [a.yaml, b.yaml]}", "apply a.yaml, b.yaml"),
            ("wait: {signal: http, state: up, within: 30s}", "wait until the signal http is up, at most 30s"),
            ("wait: {deployment: a, within: 1m}", "wait until deployment/a is rolled out, at most 1m"),
        ] {
            assert_eq!(serde_saphyr::from_str::<Step>(yaml).unwrap().to_string(), line);
        }
    }

    proptest! {
        #[test]
        fn an_object_reads_back(kind in "[a-z]{1,12}", name in "[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?") {
            let object = ObjectName { kind, name };
            prop_assert_eq!(object.to_string().parse(), Ok(object));
        }

        #[test]
        fn what_has_not_one_slash_is_refused(text in "[a-z]{0,5}|[a-z]{0,3}/|/[a-z]{0,3}|[a-z]/[a-z]/[a-z]{0,3}") {
            prop_assert!(text.parse::<ObjectName>().is_err());
        }
    }
}
