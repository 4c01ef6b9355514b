//! What a drill file says, as types. `firedrill schema` prints the JSON Schema of these.
//!
//! Values that the check may have to point at are [`Spanned`]: they know their line and column.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use super::{Length, Step};

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
    /// What is deployed before the fault.
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
    /// What `run` does by itself: `round.option`, or `round` for its best option.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub runbook: Vec<Spanned<String>>,
    /// What a passing run may use at most.
    #[serde(default)]
    pub budget: Budget,
    /// Named replacements of `workload` and `fault`.
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

/// What is deployed before the fault.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Workload {
    /// Manifest files, relative to the drill file.
    #[schemars(with = "Vec<String>")]
    pub manifests: Vec<Spanned<String>>,
    /// When it counts as deployed.
    pub ready: Ready,
}

/// A deployment that must be rolled out within a time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ready {
    /// The Deployment's name.
    pub deployment: String,
    /// How long to wait for it.
    #[schemars(with = "Length")]
    pub within: Spanned<Length>,
}

/// What users need.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// The Service's name.
    #[schemars(with = "String")]
    pub service: Spanned<String>,
}

/// One thing that is watched.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Signal {
    /// The usable endpoints of a Service, over the union of its EndpointSlices.
    Endpoints(EndpointsSignal),
    /// Requests at a fixed rate.
    Http(HttpSignal),
}

impl Signal {
    /// The name that `detector` and `expect` use.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Endpoints(s) => s.name.as_deref().unwrap_or("endpoints"),
            Self::Http(s) => s.name.as_deref().unwrap_or("http"),
        }
    }
}

/// The usable endpoints of a Service.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointsSignal {
    /// The signal's name; `endpoints` unless given.
    #[serde(default)]
    pub name: Option<String>,
    /// The Service's name.
    pub service: String,
    /// Fewer usable endpoints than this count as out.
    #[serde(default = "one")]
    pub at_least: u32,
}

const fn one() -> u32 {
    1
}

/// Requests at a fixed rate.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpSignal {
    /// The signal's name; `http` unless given.
    #[serde(default)]
    pub name: Option<String>,
    /// The way requests take.
    #[serde(default)]
    pub via: Via,
    /// The path that is asked for.
    #[serde(default = "root_path")]
    pub path: String,
    /// The time between two requests.
    #[serde(default = "probe_interval")]
    #[schemars(with = "Length")]
    pub every: Spanned<Length>,
    /// No answer within this time is a failure.
    #[serde(default = "probe_timeout")]
    #[schemars(with = "Length")]
    pub timeout: Spanned<Length>,
    /// The status of a good answer.
    #[serde(default = "ok_status")]
    pub expect: u16,
}

fn root_path() -> String {
    "/".to_owned()
}

/// A value that no source text stands behind, such as a default.
fn unspanned<T>(value: T) -> Spanned<T> {
    Spanned { value, referenced: serde_saphyr::Location::UNKNOWN, defined: serde_saphyr::Location::UNKNOWN }
}

fn probe_interval() -> Spanned<Length> {
    unspanned(Length::millis(50))
}

fn probe_timeout() -> Spanned<Length> {
    unspanned(Length::secs(1))
}

const fn ok_status() -> u16 {
    200
}

/// The way requests take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Via {
    /// Through the API server's service proxy, which every cluster has.
    #[default]
    ApiserverProxy,
}

/// When the workload counts as healthy.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SteadyState {
    /// How long every signal must stay up, before the fault and after the mend.
    #[schemars(with = "Length")]
    pub stable_for: Spanned<Length>,
}

impl Default for SteadyState {
    fn default() -> Self {
        Self { stable_for: unspanned(Length::secs(1)) }
    }
}

/// What raises the alarm.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Detector {
    /// The signal's name.
    #[schemars(with = "String")]
    pub signal: Spanned<String>,
    /// How many bad observations in a row raise it.
    #[serde(default = "one_spanned")]
    #[schemars(with = "u32")]
    pub after: Spanned<u32>,
}

fn one_spanned() -> Spanned<u32> {
    unspanned(1)
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

/// A signal that must reach a state within a time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expect {
    /// The signal's name.
    #[schemars(with = "String")]
    pub signal: Spanned<String>,
    /// The state to reach.
    pub state: SignalState,
    /// How long to wait for it.
    #[schemars(with = "Length")]
    pub within: Spanned<Length>,
}

/// What a signal says about the users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SignalState {
    /// Users are served.
    Up,
    /// Users are not served.
    Out,
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

/// How fast a human would react.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Responder {
    /// Page, wake, log in.
    #[serde(default)]
    pub reaction: Length,
}

/// One decision of the responder.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Round {
    /// The name that `runbook` uses.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// One line for people.
    pub title: String,
    /// What presses.
    #[serde(default)]
    pub cue: Option<String>,
    /// What is shown, live from the cluster.
    #[serde(default)]
    pub see: Vec<See>,
    /// What can be done.
    #[serde(default)]
    pub options: Vec<Choice>,
    /// Steps that leave no choice, such as a check at the end.
    #[serde(default)]
    #[schemars(with = "Vec<Step>")]
    pub steps: Vec<Spanned<Step>>,
}

/// Live facts that a round shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum See {
    /// The target's endpoints.
    Endpoints,
    /// The pods.
    Pods,
    /// The selector and who set it.
    Selector,
    /// Recent events.
    Events,
}

/// One option of a round.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Choice {
    /// Its letter.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// One line for people.
    pub label: String,
    /// Whether it is the round's best.
    #[serde(default)]
    pub best: bool,
    /// The declared time a human needs for it.
    #[serde(default)]
    pub takes: Length,
    /// What the text promises of it.
    pub claim: Claim,
    /// What is done, in order; none means looking only.
    #[serde(default)]
    #[schemars(with = "Vec<Step>")]
    pub steps: Vec<Spanned<Step>>,
    /// What it teaches.
    #[serde(default)]
    pub teaches: Option<String>,
}

/// What an option's text promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// Users are served again and the root cause is gone.
    Resolves,
    /// Users are served again, the root cause stays.
    Mitigates,
    /// Nothing changes for the users.
    Unchanged,
    /// The API server refuses it.
    Rejected,
    /// The cause is named.
    FindsCause,
    /// It works, and the outage comes back later.
    BreaksAgain,
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

/// Named replacements of `workload` and `fault`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variant {
    /// Deployed instead.
    #[serde(default)]
    pub workload: Option<Workload>,
    /// Broken instead.
    #[serde(default)]
    pub fault: Option<Fault>,
}
