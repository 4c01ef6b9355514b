//! Signals, and what refers to them.

use std::collections::BTreeSet;

use http::uri::PathAndQuery;

use super::{Check, is_word};
use crate::drill::error::Mistake;
use crate::drill::nearest::suggest;
use crate::drill::{HttpSignal, Signal, Site, Via};

impl Check<'_> {
    pub(super) fn signals(&mut self) {
        self.signal_names();
        self.first_signal();
        for (i, signal) in self.drill.signals.iter().enumerate() {
            let key = if matches!(signal.value, Signal::Http(_)) { "http" } else { "endpoints" };
            self.sometimes(&format!("signals/{i}/{key}"), signal.value.when());
            match &signal.value {
                Signal::Endpoints(endpoints) if endpoints.at_least == 0 => {
                    let mistake = Mistake::new(
                        "firedrill::drill::zero",
                        "with `atLeast: 0` the signal can never be out",
                    )
                    .help("write 1, or as many endpoints as users need");
                    self.note(&format!("signals/{i}/endpoints/atLeast"), "never out", mistake);
                }
                Signal::Endpoints(_) => {}
                Signal::Http(http) => self.request(&format!("signals/{i}/http"), http),
            }
        }
        self.detector();
        self.signal("fault/expect/signal", &self.drill.fault.expect.signal.value);
        for (name, variant) in &self.drill.variants {
            if let Some(fault) = &variant.fault {
                self.signal(&format!("variants/{name}/fault/expect/signal"), &fault.expect.signal.value);
            }
        }
    }

    fn detector(&mut self) {
        let detector = &self.drill.detector;
        self.signal("detector/signal", &detector.signal.value);
        if detector.after.value == 0 {
            let mistake =
                Mistake::new("firedrill::drill::zero", "a detector that fires after 0 failures fires always")
                    .help("write 1 for the first failure, 3 for three in a row");
            self.note("detector/after", "fires always", mistake);
        }
    }

    /// Refuses the name of a signal that the drill does not have, or not on every cluster.
    pub(super) fn signal(&mut self, path: &str, name: &str) {
        let known: Vec<&str> = self.drill.signals.iter().map(|s| s.value.name()).collect();
        if known.contains(&name) {
            return self.signal_everywhere(path, name);
        }
        let mistake =
            Mistake::new("firedrill::drill::unknown-signal", format!("there is no signal `{name}`"))
                .help(suggest(name, "signals of this drill", known.iter().copied()));
        self.note(path, "unknown signal", mistake);
    }

    fn signal_names(&mut self) {
        let mut seen = BTreeSet::new();
        for (i, signal) in self.drill.signals.iter().enumerate() {
            let name = signal.value.name();
            let path = match &signal.value {
                Signal::Endpoints(_) => format!("signals/{i}/endpoints/name"),
                Signal::Http(_) => format!("signals/{i}/http/name"),
            };
            if !is_word(name) {
                let mistake =
                    Mistake::new("firedrill::drill::name", format!("`{name}` cannot be a signal's name"))
                        .help("letters, digits, `-` and `_`, at most 40");
                self.note(&path, "this name", mistake);
            }
            if !seen.insert(name) {
                let mistake = Mistake::new(
                    "firedrill::drill::duplicate",
                    format!("there are two signals named `{name}`"),
                )
                .help("give one of them a `name` of its own");
                self.note(&path, "the second one", mistake);
            }
        }
    }

    fn first_signal(&mut self) {
        let target = &self.drill.target.service.value;
        let first = self.drill.signals.first().map(|s| &s.value);
        if matches!(first, Some(Signal::Endpoints(endpoints)) if endpoints.service == *target) {
            return self.first_everywhere();
        }
        let mistake = Mistake::new(
            "firedrill::drill::first-signal",
            format!("the first signal must be the endpoints of the target, service/{target}"),
        )
        .help(format!("begin the list with `- endpoints: {{service: {target}, atLeast: 1}}`"));
        self.note("signals/0", "not the target's endpoints", mistake);
    }

    fn request(&mut self, path: &str, http: &HttpSignal) {
        let blank = http.path.chars().any(|c| c.is_whitespace() || c.is_control());
        if blank || !http.path.starts_with('/') || http.path.parse::<PathAndQuery>().is_err() {
            let mistake = Mistake::new(
                "firedrill::drill::http-path",
                format!("`{}` is no path of a request", http.path),
            )
            .help("begin with `/` and leave no blanks: /healthz");
            self.note(&format!("{path}/path"), "no path", mistake);
        }
        if !(100..600).contains(&http.expect) {
            let mistake =
                Mistake::new("firedrill::drill::http-status", format!("{} is no HTTP status", http.expect))
                    .help("a good answer has a status such as 200");
            self.note(&format!("{path}/expect"), "no status", mistake);
        }
        self.via(&format!("{path}/via"), &http.via);
    }

    fn via(&mut self, path: &str, via: &Via) {
        match via {
            Via::Url(url) => {
                if let Err(why) = Site::parse(url) {
                    let message = format!("requests cannot be sent to `{url}`: {why}");
                    let mistake = Mistake::new("firedrill::drill::url", message).help(
                        "write the scheme, the host and perhaps a port: http://shop.example:8080; the \
                         signal's `path` is appended",
                    );
                    self.note(&format!("{path}/url"), "no such URL", mistake);
                }
            }
            Via::NodePort(0) => {
                let mistake = Mistake::new("firedrill::drill::node-port", "0 is no port of a node")
                    .help("write the `nodePort` of the Service, such as 30080");
                self.note(&format!("{path}/nodePort"), "no port", mistake);
            }
            Via::ApiserverProxy | Via::NodePort(_) => {}
        }
    }
}
