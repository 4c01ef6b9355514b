//! From what a drill file says (`service/api`, a manifest) to an object of the API server.

use kube::core::GroupVersionKind;
use kube::discovery::{Discovery, Scope};
use serde_json::Value;

use super::api::{Api, ApiError, REQUEST_DEADLINE};
use super::error::Error;
use crate::drill::{ObjectName, kinds as known};
use crate::journal::ObjectRef;

/// The object that `name` names in `namespace`. Kinds are written as for kubectl: `service`,
/// `services`, `svc`; others are looked up in the cluster, `kind.group` where it is ambiguous.
pub async fn resolve(api: &Api, namespace: &str, name: &ObjectName) -> Result<ObjectRef, Error> {
    check_name(&name.name)?;
    let written = name.kind.as_str();
    let (api_version, kind, plural) = match known::resolve(written) {
        Some(known) if known.namespaced => {
            (known.api_version.to_owned(), known.kind.to_owned(), known.plural.to_owned())
        }
        Some(_) => return Err(Error::NotInNamespace { kind: written.to_owned() }),
        None => discover(api, written).await?,
    };
    Ok(ObjectRef {
        api_version,
        kind,
        plural,
        namespace: Some(namespace.to_owned()),
        name: name.name.clone(),
    })
}

/// The object that a manifest describes, in `namespace`.
pub async fn resolve_manifest(api: &Api, namespace: &str, manifest: &Value) -> Result<ObjectRef, Error> {
    let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
    for (key, value) in [("apiVersion", api_version), ("kind", kind), ("metadata.name", name)] {
        if value.is_empty() {
            return Err(Error::BadManifest { object: format!("{kind}/{name}"), missing: key });
        }
    }
    check_name(name)?;
    let stated = text("/metadata/namespace");
    if !stated.is_empty() && stated != namespace {
        return Err(Error::OtherNamespace {
            object: format!("{}/{name}", kind.to_lowercase()),
            stated: stated.to_owned(),
            namespace: namespace.to_owned(),
        });
    }
    let plural = match plural(api, api_version, kind).await? {
        Some(plural) if plural.namespaced => plural.name,
        Some(_) => return Err(Error::NotInNamespace { kind: kind.to_owned() }),
        None => return Err(Error::NoSuchKind { kind: format!("{kind} ({api_version})") }),
    };
    Ok(ObjectRef {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        plural,
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
    })
}

/// A kind in URLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plural {
    /// `services`.
    pub name: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

/// The kind's name in URLs, or nothing where the cluster does not know the kind.
pub async fn plural(api: &Api, api_version: &str, kind: &str) -> Result<Option<Plural>, ApiError> {
    if let Some(known) = known::of_object(api_version, kind) {
        return Ok(Some(Plural { name: known.plural.to_owned(), namespaced: known.namespaced }));
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let gvk = GroupVersionKind::gvk(group, version, kind);
    let pinned = kube::discovery::pinned_kind(api.client(), &gvk);
    match answered(pinned, "list its kinds").await {
        Ok((resource, capabilities)) => {
            Ok(Some(Plural { name: resource.plural, namespaced: capabilities.scope == Scope::Namespaced }))
        }
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Names go into URLs: nothing may be in one that has a meaning there.
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_');
    if name.is_empty() || !name.chars().all(plain) || name.chars().all(|c| c == '.') {
        return Err(Error::BadName { name: name.to_owned() });
    }
    Ok(())
}

async fn discover(api: &Api, written: &str) -> Result<(String, String, String), Error> {
    let all = Discovery::new(api.client().clone()).run_aggregated();
    let discovery = answered(all, "list its kinds").await?;
    let (kind, group) = written.split_once('.').unwrap_or((written, ""));
    let found = discovery
        .groups()
        .filter(|g| group.is_empty() || g.name() == group)
        .flat_map(kube::discovery::ApiGroup::recommended_resources)
        .find(|(r, _)| r.kind.eq_ignore_ascii_case(kind) || r.plural == kind);
    match found {
        Some((resource, capabilities)) if capabilities.scope == Scope::Namespaced => {
            Ok((resource.api_version, resource.kind, resource.plural))
        }
        Some(_) => Err(Error::NotInNamespace { kind: written.to_owned() }),
        None => Err(Error::NoSuchKind { kind: written.to_owned() }),
    }
}

/// The answer to a typed request, within a request's deadline.
pub(super) async fn answered<T>(
    asked: impl Future<Output = kube::Result<T>>,
    what: &str,
) -> Result<T, ApiError> {
    let what = what.to_owned();
    let error = match tokio::time::timeout(REQUEST_DEADLINE, asked).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(kube::Error::Discovery(missing))) => ApiError::Refused {
            what,
            status: 404,
            reason: "NotFound".to_owned(),
            message: missing.to_string(),
        },
        Ok(Err(kube::Error::Api(status))) => ApiError::Refused {
            what,
            status: status.code,
            reason: status.reason.clone(),
            message: status.message.clone(),
        },
        Ok(Err(source)) => ApiError::unreachable(what, &source),
        Err(_) => ApiError::NoAnswer { what, within: REQUEST_DEADLINE },
    };
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_change_a_url_are_refused() {
        for bad in ["", "..", "a/b", "a?dryRun=All", "a b", "a#b", "a%2fb"] {
            assert!(check_name(bad).is_err(), "{bad:?} passed");
        }
        assert!(check_name("api-service.v1").is_ok());
    }
}
