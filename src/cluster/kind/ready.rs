//! What a cluster that kind has made still needs before pods can be there: kind returns as soon as
//! the control plane answers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, ServiceAccount};
use kube::api::{Api, ListParams};
use tokio::time::{sleep, timeout};

use super::{Error, Progress};
use crate::cluster::wait::{until, until_ok};

/// How long it may take; a node needs about five seconds.
const WITHIN: Duration = Duration::from_secs(120);
/// Between two looks at the nodes.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Waits until a node takes pods and the default ServiceAccount is there. Returns how many nodes
/// there are.
pub(super) async fn ready(
    client: &kube::Client,
    name: &str,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<u32, Error> {
    let waiting = Mutex::new("");
    let say = |what| {
        *waiting.lock().unwrap_or_else(PoisonError::into_inner) = what;
    };
    let work = async {
        say("the default ServiceAccount");
        let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
        until(&accounts, "default", |account: Option<&ServiceAccount>| account.is_some()).await;
        say("a node that is Ready");
        nodes(client, progress).await
    };
    let done = timeout(WITHIN, work).await;
    done.map_err(|_| Error::NotReady {
        name: name.to_owned(),
        within: WITHIN,
        waiting: *waiting.lock().unwrap_or_else(PoisonError::into_inner),
    })
}

async fn nodes(client: &kube::Client, progress: &(dyn Fn(Progress) + Send + Sync)) -> u32 {
    let api: Api<Node> = Api::all(client.clone());
    let all = ListParams::default();
    let mut told = false;
    loop {
        let nodes = until_ok(|| api.list(&all)).await.items;
        if nodes.iter().any(takes_pods) {
            return u32::try_from(nodes.len()).unwrap_or(u32::MAX);
        }
        if !told {
            progress(Progress::Waiting { what: "the node is not Ready yet" });
            told = true;
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Ready, and the controllers have taken the taint off that a node carries until then. Other taints
/// are meant, like that of a control plane beside workers.
fn takes_pods(node: &Node) -> bool {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    let ready = conditions.into_iter().any(|c| c.type_ == "Ready" && c.status == "True");
    let mut taints = node.spec.iter().flat_map(|spec| spec.taints.iter().flatten());
    ready && !taints.any(|taint| taint.key == "node.kubernetes.io/not-ready")
}
