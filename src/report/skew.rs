//! What differs between versions of Kubernetes in a way that changes what a report's numbers mean.

use crate::journal::SignalSource;

/// The first minor version of Kubernetes 1 whose API server looks at `EndpointSlice`s when it
/// proxies to a Service. Up to v1.36 it reads the Service's Endpoints object instead
/// (`ResourceLocation` in `pkg/registry/core/service/storage/storage.go` of v1.34.4, v1.36.0, v1.37.0
/// and v1.37.2).
const PROXY_READS_SLICES: u32 = 37;

/// What to know about the http signals of a cluster of this version; nothing where the service proxy
/// and the endpoints signal look at the same objects, or there is no signal through the proxy.
pub(super) fn note(version: &str, signals: &[SignalSource]) -> Option<String> {
    let proxied = signals.contains(&SignalSource::ApiserverProxy);
    let endpoints = proxied && minor(version).is_some_and(|minor| minor < PROXY_READS_SLICES);
    endpoints.then(|| {
        format!(
            "this API server ({version}) finds the pods for requests through its service proxy in the Service's \
             Endpoints object, from v1.{PROXY_READS_SLICES} on in its EndpointSlices. Two controllers write the two, \
             so a request can be answered some milliseconds before or after the endpoints signal says so"
        )
    })
}

/// `34` of `v1.34.4-eks-1`.
fn minor(version: &str) -> Option<u32> {
    let rest = version.strip_prefix("v1.")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use SignalSource::{ApiserverProxy, Slices};

    use super::*;

    #[test]
    fn the_proxy_of_older_versions_reads_endpoints() {
        let both = [Slices, ApiserverProxy];
        for version in ["v1.34.4", "v1.36.3", "v1.33.5-eks-113cf36", "v1.34.1+k3s1", "v1.9", "v1.36"] {
            let note = note(version, &both).unwrap();
            assert!(note.contains("Endpoints object, from v1.37 on") && note.contains(version), "{note}");
        }
        for version in ["v1.37.0", "v1.37.2-gke.1", "v1.100.0", "", "v2.0.0", "v1.x", "1.34.4"] {
            assert_eq!(note(version, &both), None, "{version}");
        }
        assert_eq!(note("v1.34.4", &[Slices]), None);
    }
}
