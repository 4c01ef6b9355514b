//! helm for a run: found, downloaded or built, and the drill's charts as files for it.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::exit::Failure;
use crate::cluster::Access;
use crate::cluster::binaries::{self, Progress as News, Source};
use crate::engine::plan::Plan;
use crate::steps;
use crate::steps::helm::{Folder, Helm};
use crate::ui::progress::Progress;

/// What helm steps need; nothing where the drill has none. The plan learns what its charts hold.
/// Nothing is sent to the cluster yet.
pub(in crate::cli) async fn prepare(
    plan: &mut Plan,
    options: binaries::Options,
    access: &Access,
    progress: &Progress,
) -> Result<Option<Helm>, Failure> {
    let kubeconfig = (access.kubeconfig.clone(), access.context.clone());
    obtain(plan, options, kubeconfig, access.is_local(), progress).await
}

/// The same, for a cluster that is known by its kubeconfig.
pub(in crate::cli) async fn obtain(
    plan: &mut Plan,
    options: binaries::Options,
    (kubeconfig, context): (Option<PathBuf>, Option<String>),
    loopback: bool,
    progress: &Progress,
) -> Result<Option<Helm>, Failure> {
    if !plan.drill.needs_helm() {
        return Ok(None);
    }
    let found =
        binaries::helm(&options, &|news| tell(progress, &news)).await.map_err(Failure::environment)?;
    let files = plan.charts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let no_room = |source| Failure::environment(steps::Error::Charts { source });
    let helm = Helm {
        program: found.program,
        major: found.major,
        kubeconfig,
        context,
        loopback,
        charts: Arc::new(Folder::write(files).map_err(no_room)?),
        values: plan.release_values(),
        home: Arc::new(tempfile::tempdir().map_err(no_room)?),
    };
    let release = plan.drill.workload.chart().map_or("release", |chart| chart.release.as_str());
    for chart in plan.drill.charts() {
        let rendered = helm.render(&plan.namespace, release, chart, &helm.values).await;
        plan.rendered.extend(rendered.map_err(Failure::environment)?);
    }
    Ok(Some(helm))
}

fn tell(progress: &Progress, news: &News) {
    match news {
        News::Ready { source: Source::Folder | Source::Cache | Source::Path, .. } | News::Looking { .. } => {}
        News::Downloading { .. } | News::Building { .. } | News::Waiting { .. } => {
            progress.tick(&news.to_string());
        }
        News::Ready { .. } => progress.note(&news.to_string()),
    }
}
