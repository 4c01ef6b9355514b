//! A drill's charts: as files for helm, as rendered objects, and their values.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::{Helm, answer};
use crate::drill::{Values, manifest};
use crate::steps::error::Error;
use crate::steps::{Context, kinds};

/// How long a rendering may take.
const RENDER: Duration = Duration::from_secs(30);

/// The charts of a drill, in a folder of their own for as long as this is kept.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    /// Writes files, by their names relative to the drill file.
    ///
    /// # Errors
    /// Where there is no room for them.
    pub fn write<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("firedrill-charts-").tempdir()?;
        for (name, text) in files {
            let path = folder.path().join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(path, text)?;
        }
        Ok(Self(folder))
    }

    /// A chart's folder. Its name was checked with the drill.
    pub(super) fn path(&self, chart: &str) -> Result<PathBuf, Error> {
        let path = self.0.path().join(chart);
        if path.is_dir() { Ok(path) } else { Err(Error::NoSuchManifest { file: chart.to_owned() }) }
    }
}

impl Helm {
    /// The objects of a chart as a release of a namespace has them, hooks and tests included. No
    /// cluster is asked.
    ///
    /// # Errors
    /// Where helm cannot render it.
    pub async fn render(
        &self,
        namespace: &str,
        release: &str,
        chart: &str,
        values: &Values,
    ) -> Result<Vec<Value>, Error> {
        let call = self.command(namespace).release(["template"], release, chart, values)?;
        let answer = call.run(RENDER).await?;
        if !answer.status.success() {
            let message = answer::last_words(&answer.stderr);
            return Err(Error::Helm { what: format!("template {release} {chart}"), message });
        }
        objects(&answer.stdout)
    }

    /// Refuses a chart that would act outside of the run's namespace, for then the undo would not
    /// take everything back; gives the chart's objects.
    pub(super) async fn refuse_elsewhere(
        &self,
        ctx: &Context,
        release: &str,
        chart: &str,
        values: &Values,
    ) -> Result<Vec<Value>, Error> {
        let objects = self.render(&ctx.namespace, release, chart, values).await?;
        for object in &objects {
            kinds::resolve_manifest(&ctx.api, &ctx.namespace, object).await?;
        }
        Ok(objects)
    }
}

/// The objects of rendered text.
pub(super) fn objects(text: &str) -> Result<Vec<Value>, Error> {
    let objects = manifest::parse("rendered", text).map_err(|error| Error::Helm {
        what: "template".to_owned(),
        message: format!("what it rendered cannot be read: {error}"),
    })?;
    Ok(objects.into_iter().map(|object| object.value).collect())
}

/// Puts values over others, mappings key by key, as helm does with several files.
pub(super) fn merge(into: &mut Values, values: &Values) {
    for (key, value) in values {
        let at = into.entry(key.clone()).or_insert(Value::Null);
        over(at, value);
    }
}

fn over(at: &mut Value, value: &Value) {
    match (at, value) {
        (Value::Object(at), Value::Object(value)) => {
            for (key, value) in value {
                over(at.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (at, value) => *at = value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_put_over_each_other_key_by_key() {
        let values = |value: Value| serde_json::from_value::<Values>(value).unwrap();
        let mut all = values(json!({"service": {"port": 80, "nodePort": null}, "replicas": 3}));
        merge(&mut all, &values(json!({"service": {"nodePort": 30080}, "tier": ["a"]})));
        let wanted = json!({"service": {"port": 80, "nodePort": 30080}, "replicas": 3, "tier": ["a"]});
        assert_eq!(serde_json::to_value(all).unwrap(), wanted);
    }

    #[test]
    fn a_chart_that_was_not_written_is_named() {
        let folder = Folder::write([("chart/1/Chart.yaml", "name: a")]).unwrap();
        assert!(folder.path("chart/1").unwrap().join("Chart.yaml").is_file());
        assert!(folder.path("chart/2").unwrap_err().to_string().contains("chart/2"));
    }
}
