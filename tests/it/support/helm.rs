//! helm, obtained as firedrill obtains it, once for all tests.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use firedrill::cluster::binaries::{self, Helm, Options};
use tokio::process::Command;
use tokio::sync::OnceCell;

/// helm. Where there is none yet, it is downloaded or built, which may take minutes.
pub async fn helm() -> &'static Helm {
    static HELM: OnceCell<Helm> = OnceCell::const_new();
    HELM.get_or_init(|| async {
        let told = |progress: binaries::Progress| {
            if !progress.is_tick() {
                eprintln!("{progress}");
            }
        };
        binaries::helm(&Options::from_env(None), &told).await.unwrap()
    })
    .await
}

/// What `helm template` renders of the chart in a folder, for a release called `api-service`.
pub async fn template(chart: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(&helm().await.program);
    command.args(["template", "api-service"]).arg(chart).args(arguments);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let ended = tokio::time::timeout(Duration::from_secs(30), command.output()).await;
    super::stdout_of(&ended.expect("helm template within 30 s").unwrap())
}
