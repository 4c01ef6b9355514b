//! The decisions of a drill, as its file says them: rounds, options, what each promises.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use super::{Length, Step};

/// How fast a human would react.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Responder {
    /// Page, wake, log in.
    #[serde(default)]
    pub reaction: Length,
}

/// One decision of the responder: options to choose from, a checklist, or steps that leave no choice.
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
    /// What presses later, while the round goes on; in the order of `after`.
    #[serde(default)]
    pub cues: Vec<Cue>,
    /// What helps a player, for a price.
    #[serde(default)]
    pub hint: Option<Hint>,
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
    /// What has to be done, all of it: each item is carried out and verified.
    #[serde(default)]
    pub checklist: Vec<Item>,
}

/// What presses, from a time of the scenario's clock on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cue {
    /// Downtime on the scenario's clock after which it is said.
    pub after: Length,
    /// What is said.
    pub say: String,
}

/// What helps a player.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hint {
    /// What is said.
    pub say: String,
    /// The declared time that asking costs.
    #[serde(default)]
    pub takes: Length,
}

/// One item of a checklist. It is done when every step of it succeeded.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Item {
    /// The name that `runbook` uses: `round.item`.
    #[schemars(with = "String")]
    pub id: Spanned<String>,
    /// One line for people.
    pub label: String,
    /// The declared time a human needs for it.
    #[serde(default)]
    pub takes: Length,
    /// What is done, in order.
    #[schemars(with = "Vec<Step>")]
    pub steps: Vec<Spanned<Step>>,
    /// What it teaches.
    #[serde(default)]
    pub teaches: Option<String>,
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
    /// What comes after it, such as the next release: `evaluate` carries each out after the option.
    #[serde(default)]
    pub next: Vec<Next>,
}

/// What comes after an option, and what it does to the option's effect.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Next {
    /// One line for people.
    pub label: String,
    /// What the text promises of it.
    pub claim: Claim,
    /// What is done, in order.
    #[schemars(with = "Vec<Step>")]
    pub steps: Vec<Spanned<Step>>,
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
    /// Users were served, and the outage is back.
    BreaksAgain,
    /// Each of its steps succeeds.
    Verified,
}
