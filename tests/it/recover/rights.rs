use firedrill::journal::Phase;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::{Api, PostParams};
use kube::config::Kubeconfig;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{killed, said, status};
use crate::run::running::Running;
use crate::store::secrets;
use crate::support::shared;

const USER: &str = "somebody-on-call";

async fn create<K>(namespace: &str, object: Value)
where
    K: kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>,
    K: Clone + std::fmt::Debug + serde::Serialize + DeserializeOwned,
{
    let api = Api::<K>::namespaced(shared::client().await, namespace);
    api.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await.unwrap();
}

/// A kubeconfig of the shared cluster for a user who may do this much in one namespace only.
async fn kubeconfig(namespace: &str) -> tempfile::NamedTempFile {
    let rule = |group: &str, resource: &str, verbs: &[&str]| json!({"apiGroups": [group], "resources": [resource], "verbs": verbs});
    let rules = [
        rule("", "configmaps", &["get", "list", "delete"]),
        rule("", "services", &["get", "patch"]),
        rule("coordination.k8s.io", "leases", &["get", "list", "delete"]),
    ];
    create::<Role>(namespace, json!({"metadata": {"name": "recover"}, "rules": rules})).await;
    let binding = json!({"metadata": {"name": "recover"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "recover"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": USER}]});
    create::<RoleBinding>(namespace, binding).await;
    let mut kubeconfig = Kubeconfig::read_from(shared::cluster().home.kubeconfig()).unwrap();
    kubeconfig.auth_infos[0].auth_info.as_mut().unwrap().impersonate = Some(USER.to_owned());
    let file = tempfile::NamedTempFile::new().unwrap();
    serde_json::to_writer(&file, &kubeconfig).unwrap();
    file
}

#[tokio::test]
async fn rights_in_one_namespace_are_enough() {
    let (run, namespace) = killed(shared::firedrill(), &[]).await;
    let file = kubeconfig(&namespace).await;
    let path = file.path().to_str().unwrap();
    let (code, text) = said(shared::firedrill().args(["status", "--kubeconfig", path]));
    assert_eq!(code, Some(4));
    assert!(text.contains("in all namespaces") && text.contains("-n NAMESPACE"), "{text}");
    let (code, text) =
        said(shared::firedrill().args(["recover", "--kubeconfig", path, "-n", &namespace, "--run", &run]));
    assert_eq!(code, Some(0));
    assert!(text.contains("service/api-service /spec/selector/app: restored"), "{text}");
    // Only who may see the namespace can tell that it is the run's.
    let (code, text) = said(shared::firedrill().args(["recover", "--run", &run]));
    assert_eq!(code, Some(0));
    assert!(text.contains(&format!("namespace/{namespace}: deleted")), "{text}");
}

#[tokio::test]
async fn without_the_right_to_read_secrets_the_rest_is_undone_and_the_right_is_named() {
    let drill = secrets::drill();
    let mut alive = Running::start(&[drill.path(), "--respond", "manual", "--keep-workload"]);
    alive.until_phase(Phase::Responding).await;
    let (run, namespace) = (alive.run(), alive.namespace());
    alive.kill_both();
    assert_eq!(alive.end().await.code, None);
    let broken = secrets::secret(&namespace, "token").await.unwrap();
    let file = kubeconfig(&namespace).await;
    let there = ["--kubeconfig", file.path().to_str().unwrap(), "-n", &namespace];
    let right = "cannot get resource \"secrets\"";

    let (code, text) = said(shared::firedrill().arg("status").args(there));
    assert_eq!(code, Some(0));
    assert!(
        text.contains("secret/token /data/key: its record cannot be read") && text.contains(right),
        "{text}"
    );
    let (code, text) = said(shared::firedrill().arg("recover").args(there));
    assert_eq!(code, Some(5), "what cannot be read is not undone");
    assert!(text.contains("service/api-service /spec/selector/app: restored"), "{text}");
    assert!(text.contains("NOT COMPLETE") && text.contains(right), "{text}");
    assert!(text.contains("secret/certificate"), "{text}");
    assert_eq!(secrets::secret(&namespace, "token").await, Some(broken));
    let open = status(shared::firedrill()).into_iter().find(|open| open["run"] == run.as_str());
    assert_eq!(open.expect("still open")["changed"].as_array().unwrap().len(), 3, "the records stay");

    assert_eq!(said(shared::firedrill().args(["recover", "--run", &run])).0, Some(0));
    assert!(secrets::secret(&namespace, "certificate").await.is_some());
}
