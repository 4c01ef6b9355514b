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

/// Waits until a node is Ready and the default ServiceAccount is there. Returns how many nodes
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
        if nodes.iter().any(is_ready) {
            return u32::try_from(nodes.len()).unwrap_or(u32::MAX);
        }
        if !told {
            progress(Progress::Waiting { what: "the node is not Ready yet" });
            told = true;
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Whether its kubelet says so. The taint that a node carries until the controllers have seen that
/// keeps pods waiting for a few seconds more: that is the workload's time, as by hand.
fn is_ready(node: &Node) -> bool {
    let conditions = node.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|c| c.type_ == "Ready" && c.status == "True")
}
