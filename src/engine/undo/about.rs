//! What a run says of itself in the cluster: annotations of its namespace and of its records.
//! They are for people; nothing is decided by the times in them, as two machines' clocks differ.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Value, json};

const DRILL: &str = "firedrill.dev/drill";
const BY: &str = "firedrill.dev/by";
const BEGAN: &str = "firedrill.dev/began";
const DEADLINE: &str = "firedrill.dev/deadline";
const KEEP_WORKLOAD: &str = "firedrill.dev/keep-workload";

/// Whose run it is, and what for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// The drill's name.
    pub drill: String,
    /// `user@host/pid`.
    pub by: String,
    /// When the cluster was there and the run began, by the runner's clock.
    pub began: DateTime<Utc>,
    /// When the runner ends it at the latest, by the runner's clock.
    pub deadline: DateTime<Utc>,
    /// Whether the run's namespace and workload stay, and only the fault is undone.
    pub keep_workload: bool,
}

impl About {
    /// As annotations.
    #[must_use]
    pub fn annotations(&self) -> Value {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        json!({
            DRILL: self.drill,
            BY: self.by,
            BEGAN: time(self.began),
            DEADLINE: time(self.deadline),
            KEEP_WORKLOAD: self.keep_workload.to_string(),
        })
    }

    /// What an object's annotations say; nothing where one of them is missing or no time.
    #[must_use]
    pub fn read(object: &Value) -> Option<Self> {
        let text = |key: &str| annotation(object, key).map(str::to_owned);
        let time = |key: &str| annotation(object, key)?.parse().ok();
        Some(Self {
            drill: text(DRILL)?,
            by: text(BY)?,
            began: time(BEGAN)?,
            deadline: time(DEADLINE)?,
            keep_workload: annotation(object, KEEP_WORKLOAD) == Some("true"),
        })
    }
}

/// An annotation of the object.
pub(super) fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(key)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let about = About {
            drill: "service-has-no-endpoints".to_owned(),
            by: "ann@laptop/42".to_owned(),
            began: "2026-11-22T14:15:00Z".parse().unwrap(),
            deadline: "2026-11-22T14:30:00Z".parse().unwrap(),
            keep_workload: true,
        };
        let mut object = json!({"metadata": {"annotations": about.annotations()}});
        assert_eq!(About::read(&object), Some(about));
        object["metadata"]["annotations"][BEGAN] = json!("yesterday");
        assert_eq!(About::read(&object), None);
    }
}
