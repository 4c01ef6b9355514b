//! What differs between the versions of Kubernetes that are supported. On which of them the tests
//! run, `FIREDRILL_TEST_KUBERNETES` says; each of these knows both.

mod lag;
mod local;
mod proxy;

use crate::support::shared;

/// Whether the API server's service proxy looks into a Service's `EndpointSlice`s; else into its
/// Endpoints.
async fn proxy_reads_slices() -> bool {
    let version = shared::client().await.apiserver_version().await.unwrap();
    version.minor.parse::<u32>().unwrap() >= 37
}
