//! A namespace of its own for each test.

use kube::config::{KubeConfigOptions, Kubeconfig};

/// A client, and the name of a namespace that does not exist yet.
pub async fn namespace() -> (kube::Client, String) {
    let path = std::env::var("FIREDRILL_TEST_KUBECONFIG").unwrap_or_else(|_| "/tmp/dev/kubeconfig".to_owned());
    let kubeconfig = Kubeconfig::read_from(path).unwrap();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    let suffix: String = std::iter::repeat_with(fastrand::lowercase).take(8).collect();
    (kube::Client::try_from(config).unwrap(), format!("it-{suffix}"))
}
