//! Whose Kubernetes a cluster is: told by its version, and by its nodes where they may be listed.
//!
//! A name is for the reader of a report. No behaviour depends on it.

use k8s_openapi::api::core::v1::Node;

/// What a version ends with, and whose that is. Each is how the distribution itself writes its
/// versions: k3s and RKE2 (`v1.34.1+k3s1`, `v1.34.1+rke2r1`: their release tags), k0s
/// (`v1.34.1+k0s.0`: its release tags), EKS (`v1.33.5-eks-113cf36`: what its API servers say), GKE
/// (`v1.33.5-gke.1080000`: its release notes), Alibaba's ACK (`v1.33.3-aliyun.1`), Tencent's TKE
/// (`v1.32.2-tke.5`), IBM Cloud (`v1.33.5+IKS`), Tanzu (`v1.33.1+vmware.1-fips`), Mirantis
/// (`v1.30.5-mirantis-1`).
const VERSIONS: [(&str, &str); 10] = [
    ("+k3s", "k3s"),
    ("+rke2", "RKE2"),
    ("+k0s", "k0s"),
    ("-eks-", "EKS"),
    ("-gke.", "GKE"),
    ("-aliyun.", "ACK"),
    ("-tke.", "TKE"),
    ("+IKS", "IKS"),
    ("+vmware.", "Tanzu"),
    ("-mirantis-", "MKE"),
];

/// A label or annotation of nodes, and whose it is: `OpenShift`'s machine configuration
/// (`node.openshift.io/os_id`), minikube (`minikube.k8s.io/name`), `MicroK8s`
/// (`microk8s.io/cluster`), AKS (`kubernetes.azure.com/cluster`), EKS (`eks.amazonaws.com/nodegroup`,
/// `eks.amazonaws.com/compute-type`), GKE (`cloud.google.com/gke-nodepool`), `DigitalOcean`
/// (`doks.digitalocean.com/node-pool`), Linode (`lke.linode.com/pool-id`), kwok
/// (`kwok.x-k8s.io/node`, an annotation). They are in the documentation of each.
const MARKS: [(&str, &str); 10] = [
    ("node.openshift.io/os_id", "OpenShift"),
    ("minikube.k8s.io/name", "minikube"),
    ("microk8s.io/cluster", "MicroK8s"),
    ("kubernetes.azure.com/cluster", "AKS"),
    ("eks.amazonaws.com/nodegroup", "EKS"),
    ("eks.amazonaws.com/compute-type", "EKS"),
    ("cloud.google.com/gke-nodepool", "GKE"),
    ("doks.digitalocean.com/node-pool", "DOKS"),
    ("lke.linode.com/pool-id", "LKE"),
    ("kwok.x-k8s.io/node", "kwok"),
];

/// What `spec.providerID` of a node begins with. kind (`kind://docker/NAME/NODE`) and k3s
/// (`k3s://NODE`) make the cluster, so theirs is its name; a cloud's only says where the machine
/// is, and anybody's Kubernetes can run there. The schemes are those of the cloud controllers.
const PROVIDERS: [(&str, &str); 8] = [
    ("kind://", "kind"),
    ("k3s://", "k3s"),
    ("aws://", "Kubernetes on AWS"),
    ("gce://", "Kubernetes on Google Cloud"),
    ("azure://", "Kubernetes on Azure"),
    ("openstack://", "Kubernetes on OpenStack"),
    ("vsphere://", "Kubernetes on vSphere"),
    ("hcloud://", "Kubernetes on Hetzner Cloud"),
];

/// Whose Kubernetes it is; nothing where neither the version nor these nodes tell.
///
/// The surest comes first: the version is the API server's own word, marks are set by whoever made
/// the cluster, a provider may be only where its machines are.
#[must_use]
pub fn distribution(version: &str, nodes: &[Node]) -> Option<&'static str> {
    let by_version = VERSIONS.iter().find(|(part, _)| version.contains(part));
    let by_mark = || MARKS.iter().find(|(mark, _)| nodes.iter().any(|node| has(node, mark)));
    let by_provider = || PROVIDERS.iter().find(|(scheme, _)| nodes.iter().any(|node| is_from(node, scheme)));
    by_version.or_else(by_mark).or_else(by_provider).map(|(_, name)| *name)
}

fn has(node: &Node, mark: &str) -> bool {
    let labels = node.metadata.labels.iter().chain(&node.metadata.annotations);
    labels.into_iter().any(|all| all.contains_key(mark))
}

fn is_from(node: &Node, scheme: &str) -> bool {
    let id = node.spec.as_ref().and_then(|spec| spec.provider_id.as_deref());
    id.is_some_and(|id| id.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(provider: &str, mark: Option<&str>) -> Node {
        let labels: serde_json::Map<_, _> =
            mark.map(|mark| (mark.to_owned(), json!("x"))).into_iter().collect();
        serde_json::from_value(json!({"metadata": {"labels": labels}, "spec": {"providerID": provider}}))
            .unwrap()
    }

    #[test]
    fn a_version_tells_without_any_node() {
        for (version, name) in [
            ("v1.34.1+k3s1", Some("k3s")),
            ("v1.34.1+rke2r1", Some("RKE2")),
            ("v1.33.4+k0s.0", Some("k0s")),
            ("v1.33.5-eks-113cf36", Some("EKS")),
            ("v1.33.5-gke.1080000", Some("GKE")),
            ("v1.33.5+IKS", Some("IKS")),
            ("v1.34.4", None),
            ("v1.37.0-rc.1", None),
            // A commit's hash behind a plus is OpenShift's, but anybody's build can have one.
            ("v1.29.8+f10c92d", None),
            ("", None),
        ] {
            assert_eq!(distribution(version, &[]), name, "{version}");
        }
    }

    #[test]
    fn nodes_tell_by_marks_before_providers() {
        for (provider, mark, name) in [
            ("kind://docker/exp/exp-control-plane", None, Some("kind")),
            ("k3s://server", None, Some("k3s")),
            ("aws:///eu-west-1a/i-0abc", None, Some("Kubernetes on AWS")),
            ("aws:///eu-west-1a/i-0abc", Some("node.openshift.io/os_id"), Some("OpenShift")),
            ("azure:///subscriptions/x", Some("kubernetes.azure.com/cluster"), Some("AKS")),
            ("gce://project/zone/name", Some("cloud.google.com/gke-nodepool"), Some("GKE")),
            ("", Some("minikube.k8s.io/name"), Some("minikube")),
            ("other://x", None, None),
            ("mykind://x", None, None),
        ] {
            let nodes = [node("", None), node(provider, mark)];
            assert_eq!(distribution("v1.34.4", &nodes), name, "{provider} {mark:?}");
        }
        let eks = [node("aws:///x", Some("eks.amazonaws.com/nodegroup"))];
        assert_eq!(distribution("v1.33.5-eks-113cf36", &eks), Some("EKS"));
    }

    #[test]
    fn an_annotation_tells_too() {
        let kwok = json!({"metadata": {"annotations": {"kwok.x-k8s.io/node": "fake"}}});
        assert_eq!(distribution("v1.37.2", &[serde_json::from_value(kwok).unwrap()]), Some("kwok"));
    }
}
