//! Which objects a record may be about.

use crate::journal::ObjectRef;

/// What speaks against following a record: whoever may write a ConfigMap in one namespace must
/// not lead an undo, which may have more rights, to another namespace, another URL, or to the
/// rights themselves.
pub(super) fn stranger(object: &ObjectRef, namespace: &str) -> Option<&'static str> {
    if !is_at_home(object, namespace) {
        return Some("an object outside its namespace");
    }
    object.grants_rights().then_some("rights, which no drill changes")
}

fn is_at_home(object: &ObjectRef, namespace: &str) -> bool {
    let part = |part: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_');
        !part.is_empty() && part.chars().all(plain) && part.chars().any(|c| c != '.')
    };
    object.namespace.as_deref() == Some(namespace)
        && part(&object.name)
        && part(&object.plural)
        && object.api_version.split('/').all(part)
        && object.api_version.split('/').count() <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(api_version: &str, plural: &str, namespace: Option<&str>, name: &str) -> ObjectRef {
        ObjectRef {
            api_version: api_version.to_owned(),
            kind: "Service".to_owned(),
            plural: plural.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_record_leads_to_its_own_namespace_only() {
        let shop = Some("shop");
        assert_eq!(stranger(&object("v1", "services", shop, "api"), "shop"), None);
        assert_eq!(stranger(&object("apps/v1", "deployments", shop, "api.v1"), "shop"), None);
        for other in [
            object("v1", "services", Some("bank"), "api"),
            object("v1", "namespaces", None, "shop"),
            object("v1", "services", shop, "../../bank/services/api"),
            object("v1", "services", shop, ".."),
            object("v1", "services", shop, ""),
            object("v1", "services/../../bank/services", shop, "api"),
            object("v1", "services", shop, "api?fieldManager=helm"),
            object("v1/namespaces/bank", "services", shop, "api"),
            object("", "services", shop, "api"),
            object("rbac.authorization.k8s.io/v1", "rolebindings", shop, "api"),
            object("rbac.authorization.k8s.io/v9", "roles", shop, "api"),
        ] {
            assert!(stranger(&other, "shop").is_some(), "{other:?}");
        }
    }
}
