//! What a drill file says, as types. `firedrill schema` prints the JSON Schema of these.
//!
//! Values that the check may have to point at are [`Spanned`]: they know their line and column.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use super::{Claim, Detector, Expect, Length, Next, Responder, Round, Signal, SteadyState, Step, Workload};

/// One incident to rehearse: a workload, the way it breaks, how that is seen, and how it is mended.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Drill {
    /// The version of this file format.
    pub api_version: ApiVersion,
    /// Always `Drill`.
    pub kind: Kind,
    /// Name, title, tags.
    pub metadata: Metadata,
    /// The story around the drill.
    #[serde(default)]
    pub scenario: Scenario,
    /// What is broken: deployed before the fault, or `existing`.
    pub workload: Workload,
    /// What users need; its endpoints are the first signal.
    pub target: Target,
    /// What is watched, in the order of the report.
    #[schemars(with = "Vec<Signal>")]
    pub signals: Vec<Spanned<Signal>>,
    /// When the workload counts as healthy.
    #[serde(default)]
    pub steady_state: SteadyState,
    /// What raises the alarm.
    pub detector: Detector,
    /// How the workload is broken.
    pub fault: Fault,
    /// What the outage costs.
    #[serde(default)]
    pub impact: Impact,
    /// How fast a human would react (declared, not measured).
    #[serde(default)]
    pub responder: Responder,
    /// Decisions, in order.
    #[serde(default)]
    pub rounds: Vec<Round>,
    /// What `run` does by itself: `round.option`, or `round` for its best option, its steps or its checklist.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub runbook: Vec<Spanned<String>>,
    /// What a passing run may use at most.
    #[serde(default)]
    pub budget: Budget,
    /// Other forms of the drill, by name.
    #[serde(default)]
    pub variants: BTreeMap<String, Variant>,
}

/// The versions of the file format that this firedrill reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// `firedrill.dev/v1`
    #[serde(rename = "firedrill.dev/v1")]
    V1,
}

/// The kind of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Kind {
    /// A drill.
    Drill,
}

/// Name, title and tags.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// A DNS label; namespaces are named after it.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// One line for people.
    pub title: String,
    /// Words to find the drill by.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// The story around the drill.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    /// When it starts, in the story.
    #[serde(default)]
    pub starts: Option<String>,
    /// Who the responder is.
    #[serde(default)]
    pub role: Option<String>,
    /// What is going on.
    #[serde(default)]
    pub situation: Option<String>,
}

/// What users need.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// The Service's name.
    #[schemars(with = "String")]
    pub service: Spanned<String>,
}

/// How the workload is broken.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// The fault's name.
    pub name: String,
    /// What is done, in order.
    #[schemars(with = "Vec<Step>")]
    pub steps: Vec<Spanned<Step>>,
    /// What must be seen, or the fault had no effect.
    pub expect: Expect,
}

/// What the outage costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Impact {
    /// An ISO 4217 code.
    pub currency: String,
    /// The loss per minute of downtime.
    #[serde(deserialize_with = "super::impact::money")]
    #[schemars(schema_with = "super::impact::money_schema")]
    pub revenue_per_minute: Decimal,
    /// Rates that replace it, later in the outage.
    #[serde(default)]
    pub cascade: Vec<Cascade>,
}

impl Default for Impact {
    fn default() -> Self {
        Self { currency: "USD".to_owned(), revenue_per_minute: Decimal::ZERO, cascade: Vec::new() }
    }
}

/// A rate that holds from a point of the outage on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cascade {
    /// Downtime after which it holds.
    pub after: Length,
    /// The loss per minute from then on.
    #[serde(deserialize_with = "super::impact::money")]
    #[schemars(schema_with = "super::impact::money_schema")]
    pub revenue_per_minute: Decimal,
    /// What falls then.
    #[serde(default)]
    pub note: Option<String>,
}

/// What a passing run may use at most. Each is measured from the fault, but downtime.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Budget {
    /// Time to detect.
    #[serde(default)]
    pub detect: Option<Length>,
    /// Time to mitigate.
    #[serde(default)]
    pub mitigate: Option<Length>,
    /// Time to resolve.
    #[serde(default)]
    pub resolve: Option<Length>,
    /// The longest downtime of any signal.
    #[serde(default)]
    pub downtime: Option<Length>,
}

/// Another form of the drill: what is said here takes the place of what the drill says.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variant {
    /// The commands that take this variant unless they are told otherwise.
    #[serde(default, rename = "for")]
    pub used_by: Vec<UsedBy>,
    /// Deployed instead.
    #[serde(default)]
    pub workload: Option<Workload>,
    /// Broken instead.
    #[serde(default)]
    pub fault: Option<Fault>,
    /// `round.option` to what differs in it.
    #[serde(default)]
    pub options: BTreeMap<String, OptionChange>,
    /// Rounds that follow the drill's; one with the id of a drill's round replaces it.
    #[serde(default)]
    pub rounds: Vec<Round>,
    /// Walked through instead.
    #[serde(default)]
    #[schemars(with = "Option<Vec<String>>")]
    pub runbook: Option<Vec<Spanned<String>>>,
}

/// A command that may take a variant by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum UsedBy {
    /// `firedrill play`
    Play,
    /// `firedrill evaluate`
    Evaluate,
}

/// What differs in an option; what is not said stays.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OptionChange {
    /// One line for people.
    #[serde(default)]
    pub label: Option<String>,
    /// What the text promises of it.
    #[serde(default)]
    pub claim: Option<Claim>,
    /// What is done, in order.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Step>>")]
    pub steps: Option<Vec<Spanned<Step>>>,
    /// What it teaches.
    #[serde(default)]
    pub teaches: Option<String>,
    /// What comes after it.
    #[serde(default)]
    pub next: Option<Vec<Next>>,
}
