use k8s_openapi::api::core::v1::Namespace;
use kube::api::Api;
use kube::config::{KubeConfigOptions, Kubeconfig};

use super::{killed, said, status};
use crate::support::sandbox::Sandbox;

/// In a cluster that no other test uses, for `--all` means all.
#[tokio::test]
async fn with_one_open_run_or_all_of_them() {
    let sandbox = Sandbox::new();
    let (code, text) = said(sandbox.firedrill().arg("recover"));
    assert_eq!(code, Some(4), "no cluster at all");
    assert!(text.contains("no local cluster is up"), "{text}");
    assert_eq!(said(sandbox.firedrill().args(["cluster", "up"])).0, Some(0));

    let (_, text) = said(sandbox.firedrill().arg("status"));
    assert!(text.contains("no run is open"), "{text}");
    let (first, in_first) = killed(sandbox.firedrill(), &[]).await;
    let (second, in_second) = killed(sandbox.firedrill(), &[]).await;
    let (code, text) = said(sandbox.firedrill().arg("recover"));
    assert_eq!(code, Some(2), "which one is for the user to say");
    assert!(text.contains(&first) && text.contains(&second), "{text}");
    assert_eq!(status(sandbox.firedrill()).len(), 2, "and nothing was done");
    assert_eq!(said(sandbox.firedrill().args(["recover", "--all"])).0, Some(0));
    assert_eq!(status(sandbox.firedrill()).len(), 0);

    let (third, in_third) = killed(sandbox.firedrill(), &[]).await;
    let kubeconfig = sandbox.cluster().kubeconfig();
    let elsewhere = ["--kubeconfig", kubeconfig.to_str().unwrap()];
    let (code, text) = said(sandbox.firedrill().arg("recover").args(elsewhere).args(["-n", "default"]));
    assert_eq!((code, text.contains("no run is open")), (Some(0), true), "{text}");
    let (code, text) = said(sandbox.firedrill().arg("recover").args(elsewhere));
    assert_eq!((code, text.contains(&third)), (Some(0), true), "{text}");

    let read = Kubeconfig::read_from(&kubeconfig).unwrap();
    let config = kube::Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await.unwrap();
    let namespaces = Api::<Namespace>::all(kube::Client::try_from(config).unwrap());
    for name in [in_first, in_second, in_third] {
        let left = namespaces.get_opt(&name).await.unwrap();
        assert!(left.is_none_or(|live| live.metadata.deletion_timestamp.is_some()), "{name}");
    }
    assert_eq!(said(sandbox.firedrill().args(["cluster", "down"])).0, Some(0));
}
