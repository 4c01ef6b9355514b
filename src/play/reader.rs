//! Reads the cluster for a player, again and again. Each look has a deadline, and looks beside the
//! run: nothing waits for it.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::facts::{Happened, Sight};
use crate::drill::{Drill, See};
use crate::steps;
use crate::steps::api::Api;

/// Between two looks.
const EVERY: Duration = Duration::from_millis(500);
/// How long a look may take.
const WITHIN: Duration = Duration::from_secs(2);
/// How many Events are kept.
const EVENTS: usize = 20;

/// What to look at.
#[derive(Clone)]
pub struct Reader {
    /// The API server.
    pub client: kube::Client,
    /// The namespace of the run.
    pub namespace: String,
    /// The target.
    pub service: String,
    /// Whether any round shows Events.
    pub events: bool,
}

impl Reader {
    /// What this drill's rounds show, on this cluster.
    #[must_use]
    pub fn of(drill: &Drill, client: kube::Client, namespace: &str) -> Self {
        let events = drill.rounds.iter().any(|round| round.see.contains(&See::Events));
        let service = drill.target.service.value.clone();
        Self { client, namespace: namespace.to_owned(), service, events }
    }

    /// Looks until told to stop.
    pub async fn keep_looking(self, mut stop: watch::Receiver<bool>, mut tell: impl FnMut(Sight) + Send) {
        let mut looks = interval(EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let look = async {
            loop {
                looks.tick().await;
                tell(self.look().await);
            }
        };
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = look => {}
        }
    }

    /// One look.
    pub async fn look(&self) -> Sight {
        let asked = Instant::now();
        let api = Api::new(self.client.clone()).within(WITHIN);
        let facts = async {
            match timeout(WITHIN, steps::facts(&api, &self.namespace, &self.service)).await {
                Ok(facts) => facts.map_err(|error| error.to_string()),
                Err(_) => Err(format!("no answer within {} s", WITHIN.as_secs())),
            }
        };
        let events = async {
            if !self.events {
                return None;
            }
            let listed = api.list("v1", "events", &self.namespace, "").await;
            Some(listed.map(|listed| happened(&listed)).map_err(|error| error.to_string()))
        };
        let (facts, events) = tokio::join!(facts, events);
        Sight { facts, events, asked }
    }
}

/// The newest first.
fn happened(listed: &[Value]) -> Vec<Happened> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let at = |event: &Value| {
        let times = [&event["lastTimestamp"], &event["eventTime"], &event["metadata"]["creationTimestamp"]];
        times.into_iter().find_map(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut events: Vec<_> = listed
        .iter()
        .map(|event| Happened {
            at: at(event),
            object: format!(
                "{} {}",
                text(&event["involvedObject"]["kind"]),
                text(&event["involvedObject"]["name"])
            ),
            reason: text(&event["reason"]),
            message: text(&event["message"]),
        })
        .collect();
    events.sort_by(|a, b| b.at.cmp(&a.at));
    events.truncate(EVENTS);
    events
}
