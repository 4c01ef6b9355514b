//! Parts of a drill that are there on some kinds of clusters only: what everything else rests on
//! must be there on all.

use super::Check;
use super::manifests::Inventory;
use crate::drill::error::Mistake;
use crate::drill::{Provider, When};

impl Check<'_> {
    /// Refuses what would never be there.
    pub(super) fn sometimes(&mut self, path: &str, when: Option<&When>) {
        if when.is_some_and(When::is_never) {
            let mistake = Mistake::new("firedrill::drill::never", "with an empty `when` it is there nowhere")
                .help("name the kinds of clusters: when: kind, or when: [kind, context]");
            self.note(&format!("{path}/when"), "nowhere", mistake);
        }
    }

    /// The first signal is what other signals are compared with.
    pub(super) fn first_everywhere(&mut self) {
        if self.drill.signals.first().is_some_and(|signal| signal.value.when().is_some()) {
            let mistake = Mistake::new(
                "firedrill::drill::not-everywhere",
                "the first signal is watched on every cluster, so it cannot have a `when`",
            )
            .help("take its `when` away; signals after it may have one");
            self.note("signals/0/endpoints/when", "not everywhere", mistake);
        }
    }

    /// A run waits for this signal wherever it is.
    pub(super) fn signal_everywhere(&mut self, path: &str, name: &str) {
        let found = self.drill.signals.iter().find(|signal| signal.value.name() == name);
        let Some(when) = found.and_then(|signal| signal.value.when()) else { return };
        let message = format!("the signal `{name}` is not watched on every cluster, but this is waited for");
        let mistake = Mistake::new("firedrill::drill::not-everywhere", message).help(format!(
            "it is watched only on: {when}; name a signal without `when`, or take its `when` away"
        ));
        self.note(path, "not everywhere", mistake);
    }

    /// What a step changes, or a run waits for, is deployed wherever the drill is run.
    pub(super) fn object_everywhere(&mut self, path: &str, kind: &str, name: &str, inventory: &Inventory) {
        let lacking: Vec<&str> = inventory.lacking_on(kind, name).into_iter().map(Provider::name).collect();
        if lacking.is_empty() {
            return;
        }
        let message = format!("no manifest with the {kind} `{name}` is deployed on: {}", lacking.join(", "));
        let mistake = Mistake::new("firedrill::drill::not-everywhere", message)
            .help("take the `when` of its manifest away, or add a manifest with it for the other clusters");
        self.note(path, "not everywhere", mistake);
    }
}
