//! The kinds of objects that firedrill knows by name: what a step's `kind/name` can say, and
//! which of them belong to a namespace.

use super::nearest::nearest;

/// A kind of object, as the API serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindInfo {
    /// `v1`, `apps/v1`.
    pub api_version: &'static str,
    /// `Service`.
    pub kind: &'static str,
    /// The resource's name in URLs: `services`.
    pub plural: &'static str,
    /// What people also write: `svc`.
    pub short: &'static [&'static str],
    /// Whether its objects live in a namespace; a drill only touches those.
    pub namespaced: bool,
}

impl KindInfo {
    /// Whether a step may restart its pods.
    #[must_use]
    pub fn restarts(&self) -> bool {
        matches!(self.kind, "Deployment" | "StatefulSet" | "DaemonSet")
    }

    /// Whether it has replicas to set.
    #[must_use]
    pub fn scales(&self) -> bool {
        matches!(self.kind, "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController")
    }

    /// Whether its objects say who may do what.
    #[must_use]
    pub fn grants_rights(&self) -> bool {
        self.api_version.starts_with("rbac.authorization.k8s.io/")
    }

    fn answers_to(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(self.kind)
            || name.eq_ignore_ascii_case(self.plural)
            || self.short.iter().any(|s| name.eq_ignore_ascii_case(s))
    }
}

const fn local(
    api_version: &'static str,
    kind: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
) -> KindInfo {
    KindInfo { api_version, kind, plural, short, namespaced: true }
}

const fn global(
    api_version: &'static str,
    kind: &'static str,
    plural: &'static str,
    short: &'static [&'static str],
) -> KindInfo {
    KindInfo { api_version, kind, plural, short, namespaced: false }
}

/// Every kind of the stable API groups. Where two versions serve a kind, the first is used.
#[rustfmt::skip]
static KINDS: &[KindInfo] = &[
    local("v1", "Service", "services", &["svc"]),
    local("v1", "Pod", "pods", &["po"]),
    local("v1", "ConfigMap", "configmaps", &["cm"]),
    local("v1", "Secret", "secrets", &[]),
    local("v1", "ServiceAccount", "serviceaccounts", &["sa"]),
    local("v1", "Endpoints", "endpoints", &["ep"]),
    local("v1", "Event", "events", &["ev"]),
    local("v1", "LimitRange", "limitranges", &["limits"]),
    local("v1", "PersistentVolumeClaim", "persistentvolumeclaims", &["pvc"]),
    local("v1", "PodTemplate", "podtemplates", &[]),
    local("v1", "ReplicationController", "replicationcontrollers", &["rc"]),
    local("v1", "ResourceQuota", "resourcequotas", &["quota"]),
    local("apps/v1", "Deployment", "deployments", &["deploy"]),
    local("apps/v1", "StatefulSet", "statefulsets", &["sts"]),
    local("apps/v1", "DaemonSet", "daemonsets", &["ds"]),
    local("apps/v1", "ReplicaSet", "replicasets", &["rs"]),
    local("apps/v1", "ControllerRevision", "controllerrevisions", &[]),
    local("batch/v1", "Job", "jobs", &[]),
    local("batch/v1", "CronJob", "cronjobs", &["cj"]),
    local("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", &["hpa"]),
    local("autoscaling/v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", &["hpa"]),
    local("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", &["pdb"]),
    local("networking.k8s.io/v1", "Ingress", "ingresses", &["ing"]),
    local("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", &["netpol"]),
    local("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", &["slice"]),
    local("coordination.k8s.io/v1", "Lease", "leases", &[]),
    local("rbac.authorization.k8s.io/v1", "Role", "roles", &[]),
    local("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", &[]),
    local("storage.k8s.io/v1", "CSIStorageCapacity", "csistoragecapacities", &[]),
    global("v1", "Namespace", "namespaces", &["ns"]),
    global("v1", "Node", "nodes", &["no"]),
    global("v1", "PersistentVolume", "persistentvolumes", &["pv"]),
    global("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", &[]),
    global("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", &[]),
    global("networking.k8s.io/v1", "IngressClass", "ingressclasses", &[]),
    global("networking.k8s.io/v1", "IPAddress", "ipaddresses", &["ip"]),
    global("networking.k8s.io/v1", "ServiceCIDR", "servicecidrs", &[]),
    global("storage.k8s.io/v1", "StorageClass", "storageclasses", &["sc"]),
    global("storage.k8s.io/v1", "CSIDriver", "csidrivers", &[]),
    global("storage.k8s.io/v1", "CSINode", "csinodes", &[]),
    global("storage.k8s.io/v1", "VolumeAttachment", "volumeattachments", &[]),
    global("storage.k8s.io/v1", "VolumeAttributesClass", "volumeattributesclasses", &["vac"]),
    global("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", &["pc"]),
    global("node.k8s.io/v1", "RuntimeClass", "runtimeclasses", &[]),
    global("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", &["crd"]),
    global("apiregistration.k8s.io/v1", "APIService", "apiservices", &[]),
    global("certificates.k8s.io/v1", "CertificateSigningRequest", "certificatesigningrequests", &["csr"]),
    global("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", &[]),
    global("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", &[]),
    global("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", &[]),
    global("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", &[]),
    global("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", "flowschemas", &[]),
    global("flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration", "prioritylevelconfigurations", &[]),
];

/// The kind that a step's `kind/name` means: singular, plural or short, in any case.
#[must_use]
pub fn resolve(name: &str) -> Option<KindInfo> {
    KINDS.iter().find(|k| k.answers_to(name)).copied()
}

/// The kind of an object by what its manifest says; none where firedrill does not know it.
#[must_use]
pub fn of_object(api_version: &str, kind: &str) -> Option<KindInfo> {
    KINDS.iter().find(|k| k.api_version == api_version && k.kind == kind).copied()
}

/// Whether every kind of this `apiVersion` is known, so that another one is a mistake.
#[must_use]
pub fn is_complete(api_version: &str) -> bool {
    KINDS.iter().any(|k| k.api_version == api_version)
}

/// The name, in lower case, of the namespaced kind that is most like `name`.
#[must_use]
pub fn nearest_kind(name: &str) -> Option<String> {
    let names: Vec<String> = KINDS.iter().filter(|k| k.namespaced).map(|k| k.kind.to_lowercase()).collect();
    nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
}

/// How the manifest's `apiVersion` and `kind` should have been written, if a guess is near.
#[must_use]
pub fn nearest_object(kind: &str) -> Option<KindInfo> {
    let near = nearest(kind, KINDS.iter().map(|k| k.kind))?;
    KINDS.iter().find(|k| k.kind == near).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_answers_to_each_of_its_names() {
        for name in ["service", "services", "svc", "Service", "SVC"] {
            assert_eq!(resolve(name).unwrap().plural, "services", "{name}");
        }
        assert_eq!(resolve("hpa").unwrap().api_version, "autoscaling/v2");
        assert_eq!(resolve("ns").map(|k| k.namespaced), Some(false));
        assert_eq!(resolve("servise"), None);
        assert_eq!(nearest_kind("servise").as_deref(), Some("service"));
    }

    #[test]
    fn names_are_unambiguous() {
        for kind in KINDS {
            for name in kind.short.iter().chain([&kind.kind, &kind.plural]) {
                assert_eq!(resolve(name).unwrap().kind, kind.kind, "{name}");
            }
        }
    }

    #[test]
    fn an_object_is_known_by_version_and_kind_together() {
        assert!(of_object("apps/v1", "Deployment").is_some());
        assert!(of_object("v1", "Deployment").is_none());
        assert!(is_complete("v1"));
        assert!(!is_complete("serving.knative.dev/v1"));
        assert_eq!(nearest_object("Deploymnet").unwrap().api_version, "apps/v1");
    }
}
