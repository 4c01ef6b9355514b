//! Whether the API server will let a run do all that it has to, the undo included: asked before
//! the first change, one `SelfSubjectAccessReview` a right.

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::api::PostParams;
use kube::{Api, Client};
use miette::Diagnostic;
use tokio::time::timeout;

use crate::engine::plan::Plan;
use crate::engine::rights::{self, Ground, Kinds, Right};
use crate::steps::api::{self, ApiError, REQUEST_DEADLINE};

/// How many reviews are under way at once: each beyond the first needs a connection of its own,
/// and making one costs more than an answer.
const AT_ONCE: usize = 4;

/// Why a run may not begin.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// Something that the run has to do is not allowed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Missing(#[from] MissingRights),
    /// It could not be asked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Api(#[from] ApiError),
}

/// What the run has to do and may not.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("the API server does not allow what this run has to do:\n{}", listed(rights))]
#[diagnostic(
    code(firedrill::preflight::rights),
    help("nothing was changed; {command} prints a Role that allows it")
)]
pub struct MissingRights {
    /// Each missing verb.
    pub rights: Vec<Right>,
    /// The command that prints what is needed.
    pub command: String,
}

fn listed(rights: &[Right]) -> String {
    rights.iter().map(|right| format!("  - {right}")).collect::<Vec<_>>().join("\n")
}

/// Asks for everything that a run of this plan needs.
///
/// # Errors
/// [`Error::Missing`] names every verb that is not allowed; [`Error::Api`] where the API server
/// cannot be asked.
pub async fn check(client: &Client, plan: &Plan) -> Result<(), Error> {
    check_on(client, plan, Ground::of(plan)).await
}

/// The same, on this ground.
pub async fn check_on(client: &Client, plan: &Plan, ground: Ground) -> Result<(), Error> {
    let kinds = Kinds::told_by(&api::Api::new(client.clone()), plan).await?;
    let needed = rights::of(plan, ground, &kinds).needed;
    let missing = missing(client, &needed).await?;
    if missing.is_empty() {
        return Ok(());
    }
    Err(MissingRights { rights: missing, command: command(plan, ground) }.into())
}

/// Whether the client may watch the EndpointSlices of all namespaces. No run needs that, but one
/// whose limit is the cluster: without it the blast radius is that of one namespace.
///
/// # Errors
/// Where the API server refuses the question or does not answer it in time.
pub async fn sees_all(client: &Client) -> Result<bool, ApiError> {
    Ok(missing(client, &rights::all_slices()).await?.is_empty())
}

/// Those of the rights that the client does not have, in their order.
///
/// # Errors
/// Where the API server refuses the question or does not answer it in time.
pub async fn missing(client: &Client, rights: &[Right]) -> Result<Vec<Right>, ApiError> {
    let reviews = Api::<SelfSubjectAccessReview>::all(client.clone());
    let answers = futures::stream::iter(rights).map(|right| is_allowed(&reviews, right)).buffered(AT_ONCE);
    let allowed: Vec<bool> = answers.try_collect().await?;
    Ok(rights.iter().zip(allowed).filter(|(_, allowed)| !allowed).map(|(right, _)| right.clone()).collect())
}

async fn is_allowed(reviews: &Api<SelfSubjectAccessReview>, right: &Right) -> Result<bool, ApiError> {
    let attributes = ResourceAttributes {
        group: Some(right.group.clone()),
        resource: Some(right.resource.clone()),
        subresource: right.subresource.map(str::to_owned),
        namespace: right.namespace.clone(),
        name: right.name.clone(),
        verb: Some(right.verb.to_owned()),
        ..ResourceAttributes::default()
    };
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), ..Default::default() },
        ..SelfSubjectAccessReview::default()
    };
    let what = || format!("say whether it allows to {} {}", right.verb, right.resource);
    match timeout(REQUEST_DEADLINE, reviews.create(&PostParams::default(), &review)).await {
        Ok(Ok(answer)) => Ok(answer.status.is_some_and(|status| status.allowed)),
        Ok(Err(kube::Error::Api(status))) => Err(ApiError::Refused {
            what: what(),
            status: status.code,
            reason: status.reason.clone(),
            message: status.message.clone(),
        }),
        Ok(Err(source)) => Err(ApiError::unreachable(what(), &source)),
        Err(_) => Err(ApiError::NoAnswer { what: what(), within: REQUEST_DEADLINE }),
    }
}

/// The command that prints the rights of this run.
fn command(plan: &Plan, ground: Ground) -> String {
    let variant = plan.wishes.variant.iter().map(|name| format!(" --variant {name}"));
    let namespace = match ground {
        Ground::Existing => format!(" -n {}", plan.namespace),
        Ground::Own => " -n NAMESPACE --own-namespace".to_owned(),
    };
    let drill = plan.reference.clone();
    ["firedrill rbac ".to_owned(), drill].into_iter().chain(variant).chain([namespace]).collect()
}
