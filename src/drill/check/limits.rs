//! Names, lengths and money that must lie within limits.

use std::time::Duration;

use rust_decimal::Decimal;

use super::Check;
use crate::drill::error::Mistake;
use crate::drill::{Length, Round, Signal, Variant, Workload};

/// Namespaces are named after the drill and the run, and have 63 characters.
const LONGEST_NAME: usize = 40;
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);
const MOST_IN_FLIGHT: u128 = 100;

/// The most entries of any list of a drill: what a person may still read.
const LONGEST_LIST: usize = 100;

impl Check<'_> {
    /// Whether every list has a length that a person can have meant. The other checks compare
    /// lists with each other, so they wait for this one.
    pub(super) fn sizes(&mut self) -> bool {
        let drill = self.drill;
        let mut lists = vec![
            ("signals".to_owned(), drill.signals.len()),
            ("impact/cascade".to_owned(), drill.impact.cascade.len()),
            ("runbook".to_owned(), drill.runbook.len()),
            ("variants".to_owned(), drill.variants.len()),
        ];
        let workloads = super::workloads(drill).into_iter();
        lists.extend(workloads.map(|(path, w)| (format!("{path}/manifests"), w.manifests().len())));
        sizes_of_rounds("rounds", &drill.rounds, &mut lists);
        for (name, variant) in &drill.variants {
            sizes_of_variant(&format!("variants/{name}"), variant, &mut lists);
        }
        lists.extend(super::step_lists(drill).into_iter().map(|(path, steps)| (path, steps.len())));
        lists.retain(|(_, len)| *len > LONGEST_LIST);
        for (path, len) in lists.iter().take(LONGEST_LIST) {
            let mistake = Mistake::new("firedrill::drill::too-long", format!("a list of {len} entries"))
                .help(format!("{LONGEST_LIST} are allowed"));
            self.note(path, "too long", mistake);
        }
        lists.is_empty()
    }

    pub(super) fn limits(&mut self) {
        self.name();
        self.waits();
        self.budget();
        self.money();
        for (i, signal) in self.drill.signals.iter().enumerate() {
            if let Signal::Http(http) = &signal.value {
                self.http(&format!("signals/{i}/http"), http.every.value, http.timeout.value);
            }
        }
    }

    fn name(&mut self) {
        let name = &self.drill.metadata.name.value;
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let inner = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if inner && edge(name.chars().next()) && edge(name.chars().last()) && name.len() <= LONGEST_NAME {
            return;
        }
        let mistake = Mistake::new("firedrill::drill::name", format!("`{name}` cannot be a drill's name"))
            .help(format!("namespaces are named after it: lower-case letters, digits and `-` within, at most {LONGEST_NAME} characters"));
        self.note("metadata/name", "this name", mistake);
    }

    /// Waits and intervals: none of them may be nothing.
    fn waits(&mut self) {
        let drill = self.drill;
        let mut lengths = vec![
            ("steadyState/stableFor".to_owned(), drill.steady_state.stable_for.value),
            ("fault/expect/within".to_owned(), drill.fault.expect.within.value),
        ];
        let deployed = drill.workload.deployed();
        lengths.extend(deployed.map(|w| ("workload/ready/within".to_owned(), w.ready.within.value)));
        for (name, variant) in &drill.variants {
            let deployed = variant.workload.as_ref().and_then(Workload::deployed);
            lengths.extend(
                deployed.map(|w| (format!("variants/{name}/workload/ready/within"), w.ready.within.value)),
            );
            lengths.extend(
                variant
                    .fault
                    .iter()
                    .map(|f| (format!("variants/{name}/fault/expect/within"), f.expect.within.value)),
            );
        }
        for (path, length) in lengths {
            self.more_than_nothing(&path, length);
        }
    }

    pub(super) fn more_than_nothing(&mut self, path: &str, length: Length) {
        if length.0.is_zero() {
            let key = path.rsplit('/').next().unwrap_or(path);
            let mistake = Mistake::new("firedrill::drill::zero", format!("`{key}` is no time at all"))
                .help("give a length of time such as 500ms or 30s");
            self.note(path, "no time", mistake);
        }
    }

    fn budget(&mut self) {
        let budget = &self.drill.budget;
        let limits = [
            ("detect", budget.detect),
            ("mitigate", budget.mitigate),
            ("resolve", budget.resolve),
            ("downtime", budget.downtime),
        ];
        for (name, limit) in limits {
            if limit.is_some_and(|l| l.0.is_zero()) {
                let mistake = Mistake::new(
                    "firedrill::drill::zero",
                    format!("no run can keep a `{name}` budget of nothing"),
                )
                .help("give what the run may use at most, or leave the budget out");
                self.note(&format!("budget/{name}"), "no time", mistake);
            }
        }
    }

    fn http(&mut self, path: &str, every: Length, timeout: Length) {
        self.more_than_nothing(&format!("{path}/timeout"), timeout);
        if every.0 < SHORTEST_INTERVAL {
            let mistake = Mistake::new(
                "firedrill::drill::load",
                format!("a request every {every} is a load test, not a probe"),
            )
            .help("probe at most every 10ms; 50ms is a good choice");
            self.note(&format!("{path}/every"), "less than 10ms", mistake);
            return;
        }
        let in_flight = timeout.0.as_nanos() / every.0.as_nanos();
        if in_flight > MOST_IN_FLIGHT {
            let mistake = Mistake::new(
                "firedrill::drill::load",
                format!("a timeout of {timeout} with a request every {every} lets {in_flight} requests wait at once; {MOST_IN_FLIGHT} are allowed"),
            )
            .help("shorten the timeout, or probe less often");
            self.note(&format!("{path}/timeout"), "too long for this rate", mistake);
        }
    }

    fn money(&mut self) {
        let impact = &self.drill.impact;
        if impact.currency.len() != 3 || !impact.currency.chars().all(|c| c.is_ascii_uppercase()) {
            let mistake = Mistake::new(
                "firedrill::drill::currency",
                format!("`{}` is no currency code", impact.currency),
            )
            .help("write the three letters of ISO 4217: USD, EUR, JPY");
            self.note("impact/currency", "no code", mistake);
        }
        self.not_negative("impact/revenuePerMinute", impact.revenue_per_minute);
        let mut before = Length::default();
        for (i, entry) in impact.cascade.iter().enumerate() {
            self.not_negative(&format!("impact/cascade/{i}/revenuePerMinute"), entry.revenue_per_minute);
            if entry.after <= before {
                let mistake = Mistake::new(
                    "firedrill::drill::cascade-order",
                    format!("the cascade's entry after {} does not come after {before}", entry.after),
                )
                .help("order the entries by `after`, each later than the one before and later than 0s");
                self.note(&format!("impact/cascade/{i}/after"), "out of order", mistake);
            }
            before = before.max(entry.after);
        }
    }

    fn not_negative(&mut self, path: &str, amount: Decimal) {
        if amount.is_sign_negative() && !amount.is_zero() {
            let mistake =
                Mistake::new("firedrill::drill::negative", format!("the loss per minute is {amount}"))
                    .help("a loss is written without a sign: revenuePerMinute: 5000");
            self.note(path, "negative", mistake);
        }
    }
}

fn sizes_of_rounds(path: &str, rounds: &[Round], lists: &mut Vec<(String, usize)>) {
    lists.push((path.to_owned(), rounds.len()));
    for (r, round) in rounds.iter().enumerate() {
        let path = format!("{path}/{r}");
        lists.push((format!("{path}/options"), round.options.len()));
        lists.push((format!("{path}/checklist"), round.checklist.len()));
        lists.push((format!("{path}/cues"), round.cues.len()));
        lists.push((format!("{path}/see"), round.see.len()));
        let options = round.options.iter().enumerate();
        lists.extend(options.map(|(o, option)| (format!("{path}/options/{o}/next"), option.next.len())));
    }
}

fn sizes_of_variant(path: &str, variant: &Variant, lists: &mut Vec<(String, usize)>) {
    lists.push((format!("{path}/for"), variant.used_by.len()));
    lists.push((format!("{path}/options"), variant.options.len()));
    lists.push((format!("{path}/runbook"), variant.runbook.as_ref().map_or(0, Vec::len)));
    sizes_of_rounds(&format!("{path}/rounds"), &variant.rounds, lists);
    let changed = variant.options.iter();
    lists.extend(changed.map(|(option, change)| {
        (format!("{path}/options/{option}/next"), change.next.as_ref().map_or(0, Vec::len))
    }));
}
