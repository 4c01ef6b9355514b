//! The process beside a local cluster: it answers for the pods, and it ends the cluster.
//!
//! The pods of a local cluster have addresses that do not exist. The API server asks the
//! responder's socket for every connection to one of them, and gets it where the pod is Ready and
//! declares the port; what answers then is the responder. So a request through the API server's
//! service proxy meets the real choice of an endpoint and the real errors.
//!
//! There is one responder for each cluster, whoever uses it. It starts before the components and
//! ends after them, and when its owner goes away, however that happens, it removes the cluster.

mod answer;
mod log;
mod owner;
mod pods;
mod tunnel;

use std::path::Path;
use std::sync::Arc;

use tokio::net::UnixListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::local::config::SOCKET;
use super::local::link::BOUND;
use super::local::remove;
use super::state::{Home, at};
use super::{Connection, Error, access};
use log::note;
use owner::{Ears, End, News};
use pods::Pods;

/// Serves until the cluster is gone or its owner is. `home` is the cluster's folder; the working
/// folder is the components', stdout the link to the starter, stdin the caller's pipe where
/// `until_stdin_closes`.
pub async fn run(home: &Path, until_stdin_closes: bool) -> Result<(), Error> {
    let home = Home::at(home)?;
    // A session of its own: what ends the starter's terminal does not end the cluster.
    if let Err(error) = rustix::process::setsid() {
        note(&format!("no session of its own: {error}"));
    }
    record(&home)?;
    let pods = Arc::new(Pods::default());
    // A stale socket of a responder that crashed would refuse the new one.
    let _ = std::fs::remove_file(SOCKET);
    let listener = UnixListener::bind(SOCKET).map_err(at("bind", &home.components().join(SOCKET)))?;
    let mut ears = Ears::open(&home, until_stdin_closes)?;
    ears.say(BOUND).await;
    let tunnel = tokio::spawn(tunnel::serve(listener, Arc::clone(&pods)));
    let mut watch: Option<JoinHandle<()>> = None;
    let end = loop {
        match ears.next().await {
            News::Serve if watch.is_none() => match watch_pods(&home, &pods).await {
                Ok((task, known)) => {
                    watch = Some(task);
                    // An error means that the watch ended, which the log says.
                    let _ = known.await;
                    ears.answer_serve().await;
                }
                Err(error) => break End::Failed(error),
            },
            News::Serve => ears.answer_serve().await,
            News::End(end) => break end,
        }
    };
    tunnel.abort();
    if let Some(watch) = watch {
        watch.abort();
    }
    finish(&home, end).await
}

/// Where there is no /proc, the responder is found by this file.
fn record(home: &Home) -> Result<(), Error> {
    let pids = home.components().join("pids");
    let file = pids.join("responder.pid");
    let write = || {
        std::fs::create_dir_all(&pids)?;
        std::fs::write(&file, std::process::id().to_string())
    };
    write().map_err(at("write", &file))
}

async fn watch_pods(home: &Home, pods: &Arc<Pods>) -> Result<(JoinHandle<()>, oneshot::Receiver<()>), Error> {
    let config = access::local_config(&home.kubeconfig()).await?;
    let client = Connection::from(config).client(Some(&home.kubeconfig()))?;
    let (known, first) = oneshot::channel();
    Ok((tokio::spawn(pods::watch(client, Arc::clone(pods), known)), first))
}

async fn finish(home: &Home, end: End) -> Result<(), Error> {
    note(&format!("ends: {end}"));
    match end {
        End::Gone | End::Told => Ok(()),
        End::OwnerGone => remove::own(home).await,
        End::Failed(error) => Err(error),
    }
}
