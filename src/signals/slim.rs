//! EndpointSlices, read for their numbers alone.
//!
//! A watch of a whole cluster passes thousands of slices by. Read as whole objects, one page of a
//! list would weigh more than everything that is kept of all of them; here nothing of an endpoint
//! outlives the byte that ends it. What is usable is the same as in [`slices`](super::slices).

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};

/// What is read of a slice.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    endpoints: Ready,
    #[serde(default)]
    ports: HasPort,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    name: String,
    #[serde(default)]
    namespace: String,
    labels: Option<Labels>,
    resource_version: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Labels {
    /// The Service that a slice belongs to (the API's `LabelServiceName`).
    #[serde(rename = "kubernetes.io/service-name")]
    service: Option<String>,
}

impl Slim {
    /// `NAMESPACE/NAME`; neither can have a slash in it.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}", self.metadata.namespace, self.metadata.name)
    }

    /// `NAMESPACE/NAME` of its Service; nothing for a slice that belongs to none.
    #[must_use]
    pub fn service(&self) -> Option<String> {
        let service = self.metadata.labels.as_ref()?.service.as_ref()?;
        Some(format!("{}/{service}", self.metadata.namespace))
    }

    /// The version to watch from after this slice.
    #[must_use]
    pub fn version(&self) -> &str {
        self.metadata.resource_version.as_deref().unwrap_or_default()
    }

    /// How many of its endpoints can be used.
    #[must_use]
    pub const fn usable(&self) -> u32 {
        if self.ports.0 { self.endpoints.0 } else { 0 }
    }
}

/// One page of a list.
#[derive(Debug, Deserialize)]
pub struct Page {
    /// Where the list stands.
    pub metadata: PageMeta,
    #[serde(default)]
    items: Option<Vec<Slim>>,
}

impl Page {
    /// Its slices.
    #[must_use]
    pub fn slices(&self) -> &[Slim] {
        self.items.as_deref().unwrap_or_default()
    }
}

/// Where a list stands.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PageMeta {
    /// The version to watch from, once the list is whole.
    pub resource_version: Option<String>,
    /// What the next page is asked for with; nothing, or nothing in it, on the last one.
    #[serde(rename = "continue")]
    pub next: Option<String>,
}

/// The number of ready endpoints. `null` is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Ready(u32);

impl<'de> Deserialize<'de> for Ready {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Count::<Endpoint>(|endpoint| endpoint.is_ready())).map(Self)
    }
}

/// Whether there is a port. `null` is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct HasPort(bool);

impl<'de> Deserialize<'de> for HasPort {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Count::<IgnoredAny>(|_| true)).map(|count| Self(count > 0))
    }
}

#[derive(Deserialize)]
struct Endpoint {
    conditions: Option<Conditions>,
}

#[derive(Deserialize)]
struct Conditions {
    ready: Option<bool>,
}

impl Endpoint {
    /// `nil` counts as ready, says the API's documentation.
    fn is_ready(&self) -> bool {
        self.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true)
    }
}

/// Counts the elements of a list that are wanted, and keeps none.
struct Count<T>(fn(T) -> bool);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Count<T> {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or null")
    }

    fn visit_unit<E>(self) -> Result<u32, E> {
        Ok(0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<u32, A::Error> {
        let mut count = 0_u32;
        while let Some(element) = list.next_element()? {
            count = count.saturating_add(u32::from(self.0(element)));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::discovery::v1::EndpointSlice;
    use serde_json::{Value, json};

    use super::*;
    use crate::signals::slices::Slices;

    fn slice(endpoints: &Value, ports: &Value) -> Value {
        json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": "web-1", "namespace": "shop", "resourceVersion": "8",
                "labels": {"app": "web", "kubernetes.io/service-name": "web"},
                "managedFields": [{"manager": "kube-controller-manager"}]},
            "endpoints": endpoints, "ports": ports,
        })
    }

    #[test]
    fn as_many_are_usable_as_the_endpoints_signal_counts() {
        let address = |n: u32, conditions: Value| json!({"addresses": [format!("10.0.0.{n}")], "conditions": conditions, "nodeName": "a"});
        let endpoints = [
            json!(null),
            json!([]),
            json!([address(1, json!({})), address(2, json!(null))]),
            json!([address(1, json!({"ready": true, "serving": true})), address(2, json!({"ready": false}))]),
            json!([address(1, json!({"ready": null})), {"addresses": ["10.0.0.9"], "targetRef": {"uid": "p"}}]),
        ];
        for endpoints in &endpoints {
            for ports in [json!(null), json!([]), json!([{"port": 80}]), json!([{"name": "a"}, {"port": 1}])]
            {
                let whole = slice(endpoints, &ports);
                let slim: Slim = serde_json::from_value(whole.clone()).unwrap();
                let mut slices = Slices::default();
                slices.put(&serde_json::from_value::<EndpointSlice>(whole.clone()).unwrap());
                assert_eq!(slim.usable(), slices.count().usable, "{whole}");
                assert_eq!(serde_json::from_str::<Slim>(&whole.to_string()).unwrap(), slim);
            }
        }
    }

    #[test]
    fn a_slice_is_known_by_its_name_and_its_service() {
        let slim: Slim = serde_json::from_value(slice(&json!(null), &json!(null))).unwrap();
        assert_eq!(
            (slim.key(), slim.service(), slim.version()),
            ("shop/web-1".into(), Some("shop/web".into()), "8")
        );
        let nobodys: Slim = serde_json::from_str(r#"{"metadata":{"name":"a","namespace":"b"}}"#).unwrap();
        assert_eq!((nobodys.service(), nobodys.usable()), (None, 0));
        assert!(serde_json::from_str::<Slim>(r#"{"metadata":{"name":"a"},"endpoints":7}"#).is_err());
    }

    #[test]
    fn a_page_says_what_the_next_one_is_asked_for_with() {
        let page: Page = serde_json::from_value(json!({
            "kind": "EndpointSliceList", "metadata": {"resourceVersion": "9", "continue": "abc", "remainingItemCount": 7},
            "items": [slice(&json!([{"addresses": ["10.0.0.1"]}]), &json!([{"port": 80}]))],
        }))
        .unwrap();
        assert_eq!(page.slices().len(), 1);
        assert_eq!(page.metadata.next.as_deref(), Some("abc"));
        let last: Page =
            serde_json::from_str(r#"{"metadata":{"resourceVersion":"9"},"items":null}"#).unwrap();
        assert_eq!((last.slices().len(), last.metadata.next), (0, None));
    }
}
