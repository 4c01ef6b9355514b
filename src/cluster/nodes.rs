//! The nodes of a cluster, as far as a report speaks of them.

use std::time::Duration;

use k8s_openapi::api::core::v1::Node;
use kube::api::{Api, ListParams};
use tokio::time::timeout;

/// How long the API server may take: it is a courtesy of the report's.
const WITHIN: Duration = Duration::from_secs(2);
/// How many are looked at. One is some 20 KiB, and the first few tell whose they are.
const FIRST: u32 = 5;

/// The nodes of a cluster.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    /// The first few; none where they may not be listed.
    pub first: Vec<Node>,
    /// How many there are; nothing where they may not be listed, or the API server does not say how
    /// many more there are.
    pub count: Option<u32>,
}

impl Nodes {
    /// Asks for one short page. That it may not, or is not answered in time, is no failure.
    pub async fn of(client: kube::Client) -> Self {
        let api = Api::<Node>::all(client);
        let Ok(Ok(list)) = timeout(WITHIN, api.list(&ListParams::default().limit(FIRST))).await else {
            return Self::default();
        };
        let is_last = list.metadata.continue_.as_deref().is_none_or(str::is_empty);
        let more = list.metadata.remaining_item_count.or(is_last.then_some(0));
        let here = i64::try_from(list.items.len()).unwrap_or(i64::MAX);
        let count = more.and_then(|more| u32::try_from(here.checked_add(more)?).ok());
        Self { first: list.items, count }
    }
}
