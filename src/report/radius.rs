//! Who lost all endpoints: the target, by its endpoints signal, and every other Service that was
//! watched.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::amounts::Millis;
use super::measured::{Measured, Window};
use crate::clock::Nanos;
use crate::drill::SignalState;
use crate::journal::intervals::Track;
use crate::journal::{AbortReason, Brief, Event, Kind, Phase, Radius, Scope, SignalSource};

/// Who was hurt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlastRadius {
    /// Services that had endpoints when the injection began and lost all of them: the target
    /// first, then in the order of their losses.
    pub services: Vec<ServiceOut>,
    /// Whether that is all: the whole cluster was watched from the injection to the undo, and no
    /// gap can hide a Service that went out and came back.
    pub complete: bool,
    /// Where Services were watched; nothing where they were not.
    pub scope: Option<Scope>,
    /// Why it is not complete.
    pub reason: Option<String>,
}

/// A Service that had no endpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceOut {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub service: String,
    /// When it lost them, since the fault.
    pub from_ms: Millis,
    /// When it had them back for good; nothing where it had not by the end of the watch.
    pub to_ms: Option<Millis>,
    /// How long it was without any; one that lasts counts to the end of the watch.
    pub out_ms: Millis,
    /// How far `out_ms` can be off.
    pub uncertainty_ms: Millis,
    /// Whether a gap hid one of these moments: it was then, or earlier.
    pub upper_bound: bool,
    /// Whether its slices were deleted, as they are with their Service.
    pub deleted: bool,
}

/// What the events say of it.
pub(super) fn blast_radius(brief: &Brief, measured: &Measured, events: &[Event], zero: Nanos) -> BlastRadius {
    let Some(window) = Window::of(events) else {
        let reason = Some("the run ended before its fault".to_owned());
        return BlastRadius { reason, ..BlastRadius::default() };
    };
    let others = Others::of(brief, events, window);
    let out = |track: &Track, namespace: &str, service: &str, deleted| {
        out(track, window, zero, (namespace, service, deleted))
    };
    let target = measured.target();
    let target = target.and_then(|track| out(track, &brief.namespace, &brief.service, false));
    let mut beside: Vec<ServiceOut> = others
        .services
        .iter()
        .filter_map(|(name, other)| out(&other.track, name.0, name.1, other.deleted))
        .collect();
    beside.sort_by_key(|out| out.from_ms);
    let missing = others.missing(brief, events, window);
    BlastRadius {
        services: target.into_iter().chain(beside).collect(),
        complete: missing.is_empty(),
        scope: others.watched.map(|(_, scope, _)| scope),
        reason: (!missing.is_empty()).then(|| missing.join("; ")),
    }
}

/// The outages of one Service within the watch.
fn out(
    track: &Track,
    Window { from, to }: Window,
    zero: Nanos,
    (namespace, service, deleted): (&str, &str, bool),
) -> Option<ServiceOut> {
    let outages = track.within(from, to);
    let (first, last) = (outages.first()?, outages.last()?);
    let spent = track.downtime(from, to);
    Some(ServiceOut {
        namespace: namespace.to_owned(),
        service: service.to_owned(),
        from_ms: Millis::between(zero, first.from.at),
        to_ms: last.to.map(|to| Millis::between(zero, to.at)),
        out_ms: Millis::of(spent.ns),
        uncertainty_ms: Millis::of(spent.uncertainty),
        upper_bound: spent.upper_bound,
        deleted,
    })
}

/// What was seen of the Services beside the target.
#[derive(Default)]
struct Others<'a> {
    watched: Option<(Nanos, Scope, Option<&'a str>)>,
    unwatched: Option<&'a str>,
    services: BTreeMap<(&'a str, &'a str), Other>,
    gaps: Vec<Gap<'a>>,
}

struct Other {
    track: Track,
    deleted: bool,
}

/// When their changes could not be seen.
struct Gap<'a> {
    from: Nanos,
    /// Nothing where it lasted to the end.
    to: Option<Nanos>,
    reason: &'a str,
    /// Whether what came and went in it is not known.
    lost: bool,
}

impl<'a> Others<'a> {
    fn of(brief: &Brief, events: &'a [Event], window: Window) -> Self {
        let mut others = Self::default();
        let before = |event: &&Event| event.stamp.elapsed < window.to;
        for event in events.iter().filter(before) {
            if let Kind::BlastRadius(radius) = &event.kind {
                others.take(event.stamp.elapsed, radius);
            }
        }
        // The API server's silences are told as gaps of the signals that watch slices.
        let slices = |name: &str| {
            brief.signals.iter().any(|signal| signal.name == name && signal.source == SignalSource::Slices)
        };
        let silences = events.iter().filter_map(|event| match &event.kind {
            Kind::Gap { signal, from_ns, to_ns, .. } if slices(signal) => Some((*from_ns, *to_ns)),
            _ => None,
        });
        let own = others.gaps.iter().map(|gap| (gap.from, gap.to.unwrap_or(window.to)));
        let gaps: Vec<_> = silences.chain(own).collect();
        for other in others.services.values_mut() {
            for (from, to) in &gaps {
                other.track.gap(*from, *to);
            }
        }
        others
    }

    fn take(&mut self, at: Nanos, radius: &'a Radius) {
        match radius {
            Radius::Watched { scope, reason } => {
                self.watched.get_or_insert((at, *scope, reason.as_deref()));
            }
            Radius::Unwatched { reason } => self.unwatched = Some(reason),
            Radius::Out { namespace, service, deleted } => {
                let other = self.other(namespace, service);
                other.deleted |= deleted;
                other.track.observe(at, SignalState::Out);
            }
            Radius::Back { namespace, service } => {
                self.other(namespace, service).track.observe(at, SignalState::Up);
            }
            Radius::Broken { from_ns, reason } => {
                self.gaps.push(Gap { from: *from_ns, to: None, reason, lost: true });
            }
            Radius::Mended { from_ns, to_ns, reason, lost } => {
                self.gaps.retain(|gap| gap.to.is_some());
                self.gaps.push(Gap { from: *from_ns, to: Some(*to_ns), reason, lost: *lost });
            }
            Radius::Unknown => {}
        }
    }

    /// A Service that is told of at all had endpoints when the watch began.
    fn other(&mut self, namespace: &'a str, service: &'a str) -> &mut Other {
        let since = self.watched.map(|(since, ..)| since);
        self.services.entry((namespace, service)).or_insert_with(|| {
            let mut track = Track::of_watch();
            if let Some(since) = since {
                track.observe(since, SignalState::Up);
            }
            Other { track, deleted: false }
        })
    }

    /// Why there may be more Services than are listed.
    fn missing(&self, brief: &Brief, events: &[Event], window: Window) -> Vec<String> {
        let unseen = match (&self.watched, self.unwatched) {
            (_, Some(why)) => Some(format!("what could be lost was not known before the fault ({why})")),
            (None, None) => Some("other Services were not watched".to_owned()),
            (Some((_, Scope::Cluster, _)), None) => None,
            (Some((.., why)), None) => {
                let why = why.map(|why| format!(": {why}")).unwrap_or_default();
                Some(format!("only the namespace {} was watched{why}", brief.namespace))
            }
        };
        let mut missing: Vec<String> = unseen.into_iter().collect();
        missing.extend(self.hidden(window));
        let ended = events.iter().any(|event| event.kind == Kind::Phase { phase: Phase::Undoing });
        let died =
            |event: &Event| matches!(event.kind, Kind::Aborted { reason: AbortReason::RunnerDied, .. });
        if !ended || events.iter().any(died) {
            missing.push("the run was killed, and from then on nobody watched".to_owned());
        }
        missing
    }
    /// What gaps may have hidden.
    fn hidden(&self, window: Window) -> Option<String> {
        let counts = |gap: &&Gap| gap.lost && gap.to.is_none_or(|to| to > window.from);
        let gaps: Vec<_> = self.gaps.iter().filter(counts).collect();
        let last = gaps.last()?;
        let length = |gap: &&Gap| gap.to.unwrap_or(window.to).saturating_sub(gap.from);
        let blind = Millis::of(gaps.iter().map(length).fold(0, Nanos::saturating_add));
        let hid = if last.to.is_some() { "went out and came back" } else { "went out" };
        Some(format!(
            "a Service that {hid} while nothing was seen for {blind} ({}) is not listed",
            last.reason
        ))
    }
}
