//! Somebody writes between the before-image and the change.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use firedrill::clock::Stopwatch;
use firedrill::drill::Step;
use firedrill::engine::undo::store::ConfigMapStore;
use firedrill::journal::{Record, StepOutcome, UndoResult};
use firedrill::steps::api::{Api, Change, Mode};
use firedrill::steps::{Context, RecordError, Recorder};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use crate::stage::{AllUp, Stage, fault};

/// Changes the object right after its before-image was kept, this many times.
struct Meddler {
    store: ConfigMapStore,
    api: Api,
    patch: fn(u32) -> Value,
    left: AtomicU32,
}

impl Recorder for Meddler {
    fn record(&self, record: Record) -> BoxFuture<'_, Result<(), RecordError>> {
        Box::pin(async move {
            let object = record.object.clone();
            self.store.record(record).await?;
            let left = self.left.load(Ordering::SeqCst);
            if left > 0 {
                self.left.store(left - 1, Ordering::SeqCst);
                let change = Change::Merge((self.patch)(left));
                self.api.change(&object, &change, Mode::Real).await.unwrap();
            }
            Ok(())
        })
    }
}

fn meddled(stage: &Stage, times: u32, patch: fn(u32) -> Value) -> Context {
    let meddler = Meddler {
        store: stage.store.clone(),
        api: Api::new(stage.client.clone()),
        patch,
        left: AtomicU32::new(times),
    };
    let (namespace, run) = (&stage.ctx.namespace, &stage.ctx.run);
    let (clock, recorder) = (Stopwatch::start(), Arc::new(meddler));
    Context::new(stage.client.clone(), namespace, run, clock, recorder, Arc::new(AllUp), Arc::default())
}

#[tokio::test]
async fn a_write_in_between_is_what_the_undo_goes_back_to() {
    let stage = Stage::incident().await;
    let ctx = meddled(&stage, 1, |_| json!({"spec": {"selector": {"app": "by-hand"}}}));
    let step: Step = serde_json::from_value(fault()).unwrap();
    let report = firedrill::steps::run(&step, &ctx).await.unwrap();
    assert_eq!(report.outcome, StepOutcome::Changed);
    let records = stage.store.load().await.unwrap();
    assert_eq!(records.len(), 1, "the second try's record replaces the first one's: {records:?}");
    let (summary, items) = stage.undo().await;
    assert!(summary.complete, "{summary:?}");
    assert_eq!(items[0].result, UndoResult::Restored);
    assert_eq!(stage.get(&stage.service()).await["spec"]["selector"]["app"], "by-hand");
}

#[tokio::test]
async fn who_is_overtaken_every_time_gives_up_and_leaves_nothing() {
    let stage = Stage::incident().await;
    let ctx = meddled(&stage, 100, |left| json!({"metadata": {"labels": {"team": format!("t{left}")}}}));
    let step: Step = serde_json::from_value(fault()).unwrap();
    let error = firedrill::steps::run(&step, &ctx).await.unwrap_err();
    assert!(error.to_string().contains("was changed by someone else 5 times in a row"), "{error}");
    let (summary, items) = stage.undo().await;
    assert!(summary.complete, "{summary:?}");
    assert_eq!(items[0].result, UndoResult::AlreadyAsBefore);
    assert_eq!(stage.get(&stage.service()).await["spec"]["selector"]["app"], "api-service");
}
