//! Steps: that each can be carried out on the objects that the manifests hold.

use std::collections::BTreeSet;

use super::Check;
use super::forms::Form;
use super::manifests::Inventory;
use crate::drill::error::Mistake;
use crate::drill::kinds::{self, KindInfo};
use crate::drill::manifest::Object;
use crate::drill::nearest::{nearest, suggest};
use crate::drill::{ApplyStep, LabelStep, ObjectName, Step, WaitStep};

impl Check<'_> {
    /// The objects of a step are looked for where the step is part of a form of the drill whose
    /// objects are all known.
    pub(super) fn steps(&mut self, inventory: &Inventory, forms: &[Form<'_>]) {
        self.fault_has_steps();
        let known = forms.iter().filter(|form| inventory.complete && form.is_known());
        let known: BTreeSet<&str> =
            known.flat_map(|form| &form.steps).map(|(path, _)| path.as_str()).collect();
        for (path, steps) in super::step_lists(self.drill) {
            let inventory = known.contains(path.as_str()).then_some(inventory);
            for (i, step) in steps.iter().enumerate() {
                let step = &step.value;
                self.step(&format!("{path}/{i}/{}", step.key()), step, inventory);
            }
        }
    }

    fn fault_has_steps(&mut self) {
        let variants = self.drill.variants.iter();
        let mut faults = vec![("fault".to_owned(), &self.drill.fault)];
        faults.extend(
            variants.filter_map(|(n, v)| v.fault.as_ref().map(|f| (format!("variants/{n}/fault"), f))),
        );
        for (path, fault) in faults {
            if fault.steps.is_empty() {
                let mistake = Mistake::new(
                    "firedrill::drill::no-fault",
                    "the fault has no steps, so nothing would break",
                )
                .help("say what breaks it, such as `- patch: {target: service/NAME, merge: {…}}`");
                self.note(&format!("{path}/steps"), "nothing breaks", mistake);
            }
        }
    }

    fn step(&mut self, path: &str, step: &Step, inventory: Option<&Inventory>) {
        match step {
            Step::Patch(step) => {
                self.object(&format!("{path}/target"), &step.target, inventory);
                if step.merge.as_object().is_none_or(serde_json::Map::is_empty) {
                    let mistake = Mistake::new(
                        "firedrill::drill::patch",
                        "a merge patch is a mapping with the fields to change",
                    )
                    .help("write them as in the object: merge: {spec: {selector: {app: other}}}");
                    self.note(&format!("{path}/merge"), "no such mapping", mistake);
                }
            }
            Step::Label(label) => self.label(path, label, inventory),
            Step::Scale(scale) => {
                let path = format!("{path}/target");
                if let Some(kind) = self.object(&path, &scale.target, inventory).filter(|k| !k.scales()) {
                    self.cannot(&path, kind, "be scaled", "deployment, statefulset, replicaset");
                }
            }
            Step::Restart(target) => {
                if let Some(kind) = self.object(path, target, inventory).filter(|k| !k.restarts()) {
                    self.cannot(path, kind, "be restarted", "deployment, statefulset, daemonset");
                }
            }
            Step::Diagnose(target) => {
                if let Some(kind) = self.object(path, target, inventory).filter(|k| k.kind != "Service") {
                    self.cannot(path, kind, "be diagnosed", "service");
                }
            }
            Step::Delete(target) => {
                self.object(path, target, inventory);
            }
            Step::Apply(apply) => {
                if apply.manifests.is_empty() {
                    let mistake =
                        Mistake::new("firedrill::drill::no-manifests", "this step applies no manifests")
                            .help("name at least one file: apply: {manifests: [workload.yaml]}");
                    self.note(&format!("{path}/manifests"), "empty", mistake);
                }
                self.applies_no_rights(path, apply);
            }
            Step::Wait(wait) => self.wait(path, wait, inventory),
            Step::Helm(helm) => self.helm(path, helm),
            Step::Logs(logs) => self.logs(path, logs),
        }
    }

    fn applies_no_rights(&mut self, path: &str, apply: &ApplyStep) {
        for (i, name) in apply.manifests.iter().enumerate() {
            let objects = self.read.get(name).and_then(Option::as_ref).into_iter().flatten();
            let grants =
                |o: &&Object| kinds::of_object(o.api_version(), o.kind()).is_some_and(|k| k.grants_rights());
            let Some(object) = objects.clone().find(grants) else { continue };
            let mistake = Mistake::new(
                "firedrill::drill::grants-rights",
                format!(
                    "{}/{} grants rights, which no step changes",
                    object.kind().to_lowercase(),
                    object.name()
                ),
            )
            .help("deploy it with the workload instead, in a file that workload.manifests names");
            self.note(&format!("{path}/manifests/{i}"), "grants rights", mistake);
        }
    }

    fn label(&mut self, path: &str, step: &LabelStep, inventory: Option<&Inventory>) {
        match (&step.target, &step.pods) {
            (Some(target), None) => {
                self.object(&format!("{path}/target"), target, inventory);
            }
            (None, Some(pods)) if !pods.is_empty() => {}
            (None, Some(_)) => {
                let mistake =
                    Mistake::new("firedrill::drill::label", "`pods` without labels would mean every pod")
                        .help("name the labels that the pods have: pods: {app: api-service}");
                self.note(&format!("{path}/pods"), "every pod", mistake);
            }
            (target, _) => {
                let what =
                    if target.is_some() { "both `target` and `pods`" } else { "neither `target` nor `pods`" };
                let mistake = Mistake::new("firedrill::drill::label", format!("the label step names {what}"))
                    .help("say either target: kind/name or pods: {label: value}");
                self.note(path, "one of the two", mistake);
            }
        }
        if step.set.is_empty() {
            let mistake = Mistake::new("firedrill::drill::label", "the label step sets nothing")
                .help("name labels with their values: set: {app: other}; null removes one");
            self.note(&format!("{path}/set"), "empty", mistake);
        }
    }

    fn wait(&mut self, path: &str, step: &WaitStep, inventory: Option<&Inventory>) {
        self.more_than_nothing(&format!("{path}/within"), step.within);
        if let Some(signal) = &step.signal {
            self.signal(&format!("{path}/signal"), signal);
        }
        if let Some(deployment) = &step.deployment {
            let object = ObjectName { kind: "deployment".to_owned(), name: deployment.clone() };
            self.object(&format!("{path}/deployment"), &object, inventory);
        }
        let for_signal = step.signal.is_some() && step.state.is_some();
        let half = step.signal.is_some() != step.state.is_some();
        if half || for_signal == step.deployment.is_some() {
            let mistake = Mistake::new(
                "firedrill::drill::wait",
                "a wait step waits for a signal's state or for a deployment",
            )
            .help("write {signal: endpoints, state: up, within: 30s} or {deployment: NAME, within: 60s}");
            self.note(path, "one of the two", mistake);
        }
    }

    /// Checks that the kind is known and belongs to a namespace, and that the manifests hold the
    /// object. Returns the kind where it is known.
    fn object(&mut self, path: &str, object: &ObjectName, inventory: Option<&Inventory>) -> Option<KindInfo> {
        let Some(kind) = kinds::resolve(&object.kind) else {
            let near = kinds::nearest_kind(&object.kind).map_or_else(
                || "write a kind such as service or deployment".to_owned(),
                |k| format!("did you mean `{k}/{}`?", object.name),
            );
            let mistake = Mistake::new(
                "firedrill::drill::unknown-kind",
                format!("firedrill knows no kind `{}`", object.kind),
            )
            .help(near);
            self.note(path, "unknown kind", mistake);
            return None;
        };
        if !kind.namespaced {
            let mistake = Mistake::new(
                "firedrill::drill::cluster-scoped",
                format!("{object} belongs to the whole cluster"),
            )
            .help("a drill only touches objects of its own namespace");
            self.note(path, "outside the namespace", mistake);
            return None;
        }
        if kind.grants_rights() {
            let mistake = Mistake::new(
                "firedrill::drill::grants-rights",
                format!("{object} grants rights, which no drill changes"),
            )
            .help(
                "a record about it could have rights granted by whoever recovers; break what needs the right",
            );
            self.note(path, "grants rights", mistake);
        }
        if let Some(inventory) = inventory.filter(|_| !is_made_by_controllers(kind)) {
            if inventory.has(kind.kind, &object.name) {
                self.object_everywhere(path, kind.kind, &object.name, inventory);
            } else {
                self.missing(path, object, kind, inventory);
            }
        }
        Some(kind)
    }

    /// A near miss is a slip; anything else may be something that a controller or an earlier
    /// step makes, so it is only doubtful.
    fn missing(&mut self, path: &str, object: &ObjectName, kind: KindInfo, inventory: &Inventory) {
        let message = format!("no manifest of the drill holds {object}");
        let mistake = Mistake::new("firedrill::drill::not-in-manifests", message);
        let of_kind = inventory.names(kind.kind);
        let named_so = inventory.objects.iter().find(|o| o.name() == object.name);
        let mistake = if nearest(&object.name, of_kind.clone()).is_some() {
            mistake.help(suggest(&object.name, &format!("{}s of the manifests", kind.kind), of_kind))
        } else if let Some(other) = named_so {
            mistake.help(format!("did you mean `{}/{}`?", other.kind().to_lowercase(), other.name()))
        } else {
            mistake.help("the step fails unless something else makes this object during the run").warning()
        };
        self.note(path, "not in the manifests", mistake);
    }

    fn cannot(&mut self, path: &str, kind: KindInfo, what: &str, which: &str) {
        let mistake = Mistake::new("firedrill::drill::step-kind", format!("a {} cannot {what}", kind.kind))
            .help(format!("kinds that can: {which}"));
        self.note(path, "wrong kind", mistake);
    }
}

fn is_made_by_controllers(kind: KindInfo) -> bool {
    matches!(
        kind.kind,
        "Pod"
            | "ReplicaSet"
            | "EndpointSlice"
            | "Endpoints"
            | "Event"
            | "ControllerRevision"
            | "Job"
            | "Lease"
    )
}
