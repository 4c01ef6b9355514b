//! What a drill watches, as its file says it: signals, the steady state, the detector.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use super::{Length, Via, When};

/// One thing that is watched.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Signal {
    /// The usable endpoints of a Service, over the union of its `EndpointSlice`s.
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

    /// The kinds of clusters on which it is watched; nothing for all.
    #[must_use]
    pub const fn when(&self) -> Option<&When> {
        match self {
            Self::Endpoints(s) => s.when.as_ref(),
            Self::Http(s) => s.when.as_ref(),
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
    /// The kinds of clusters on which it is watched; all unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
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
    /// The kinds of clusters on which it is watched; all unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
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
