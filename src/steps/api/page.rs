//! A bounded read of a collection.

use kube::core::Request;
use kube::core::params::ListParams;
use serde_json::Value;

use super::{Api, ApiError, collection_of, some};

/// Which objects of a collection are read, how many of them, and how much of each.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// `v1`, `apps/v1`, …
    pub api_version: &'a str,
    /// `pods`, `secrets`, …
    pub plural: &'a str,
    /// The namespace; all of them without one.
    pub namespace: Option<&'a str>,
    /// A selector of labels; empty: any.
    pub labels: &'a str,
    /// A selector of fields; empty: any.
    pub fields: &'a str,
    /// At most so many objects.
    pub limit: u32,
    /// Only their `metadata` leaves the API server: of a Secret, nothing that is secret.
    pub metadata_only: bool,
}

impl Api {
    /// The first objects of a collection, as many as the page takes; there may be more.
    pub async fn page(&self, page: Page<'_>) -> Result<Vec<Value>, ApiError> {
        let Page { plural, namespace, .. } = page;
        let params = ListParams {
            label_selector: some(page.labels),
            field_selector: some(page.fields),
            limit: Some(page.limit),
            ..ListParams::default()
        };
        let request = Request::new(collection_of(page.api_version, plural, namespace));
        let request = if page.metadata_only { request.list_metadata(&params) } else { request.list(&params) };
        let place = || namespace.map(|name| format!(" in {name}")).unwrap_or_default();
        let list = self.send(request, plural == "secrets", || format!("list {plural}{}", place())).await?;
        Ok(items(list))
    }
}

/// The objects of a list.
pub(super) fn items(mut list: Value) -> Vec<Value> {
    match list.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}
