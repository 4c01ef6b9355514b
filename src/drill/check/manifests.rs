//! The manifests of a drill: that they can be read, stay within the drill's namespace, and hold
//! what the drill is about.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Check;
use crate::drill::error::Mistake;
use crate::drill::kinds;
use crate::drill::manifest::{self, Object};
use crate::drill::nearest::{nearest, suggest};
use crate::drill::{Deployed, Manifest, Provider, Step, When, when};
use crate::plain::plain;

/// The objects of every manifest that the drill names.
pub(super) struct Inventory {
    /// The objects, in the order in which the drill names their files.
    pub objects: Vec<Object>,
    /// Whether all could be read; otherwise nobody can say that one is missing.
    pub complete: bool,
    /// By the name of a file: the kinds of clusters on which it is there.
    pub files: BTreeMap<String, BTreeSet<Provider>>,
}

impl Inventory {
    pub(super) fn has(&self, kind: &str, name: &str) -> bool {
        self.held(kind, name).next().is_some()
    }

    fn held<'s>(&'s self, kind: &'s str, name: &'s str) -> impl Iterator<Item = &'s Object> {
        self.objects.iter().filter(move |o| o.kind() == kind && o.name() == name)
    }

    /// The kinds of clusters on which no file with the object is there.
    pub(super) fn lacking_on(&self, kind: &str, name: &str) -> Vec<Provider> {
        let there = |provider: &Provider| {
            self.held(kind, name).any(|o| self.files.get(&o.file).is_none_or(|on| on.contains(provider)))
        };
        Provider::ALL.into_iter().filter(|provider| !there(provider)).collect()
    }

    /// A file is there on these kinds of clusters, too.
    fn add(&mut self, file: &str, when: Option<&When>) {
        let on = self.files.entry(plain(file).into_owned()).or_default();
        on.extend(Provider::ALL.into_iter().filter(|provider| when::is_on(when, *provider)));
    }

    /// The names of the objects of a kind.
    pub(super) fn names<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s str> + Clone {
        self.objects.iter().filter(move |o| o.kind() == kind).map(Object::name)
    }
}

impl Check<'_> {
    /// Reads every manifest once and checks its objects.
    pub(super) fn manifests(&mut self) -> Inventory {
        let drill = self.drill;
        let mut all = Inventory { objects: Vec::new(), complete: true, files: BTreeMap::new() };
        let mut read = Vec::new();
        for (path, workload) in super::workloads(drill) {
            let Some(deployed) = workload.deployed() else { continue };
            let own = self.workload(&path, deployed, &mut all);
            read.push((path, deployed, own));
        }
        for (path, step) in super::steps(drill) {
            let Step::Apply(apply) = step else { continue };
            for (i, name) in apply.manifests.iter().enumerate() {
                all.add(name, None);
                self.file(&format!("{path}/apply/manifests/{i}"), name, &mut all);
            }
        }
        for (path, workload, own) in read {
            // What a chart makes, only helm knows.
            if own.complete && all.complete && workload.chart.is_none() {
                self.holds_target(&path, workload, &own, &all);
            }
        }
        all
    }

    fn workload(&mut self, path: &str, workload: &Deployed, all: &mut Inventory) -> Inventory {
        if workload.manifests.is_empty() && workload.chart.is_none() {
            let message = "the workload names neither a chart nor manifests";
            let mistake = Mistake::new("firedrill::drill::no-manifests", message)
                .help("name at least the file with the target Service and its Deployment, or their chart");
            self.note(&format!("{path}/manifests"), "empty", mistake);
        }
        // What a chart holds, only helm can tell.
        let complete = !workload.manifests.is_empty() && workload.chart.is_none();
        let mut own = Inventory { objects: Vec::new(), complete, files: BTreeMap::new() };
        for (i, Manifest { file, when }) in workload.manifests.iter().enumerate() {
            let path = format!("{path}/manifests/{i}");
            self.sometimes(&path, when.as_ref());
            all.add(file, when.as_ref());
            own.add(file, when.as_ref());
            let found = self.file(&path, file, all);
            own.complete &= found.is_some();
            own.objects.extend(found.unwrap_or_default());
        }
        own
    }

    /// Reads a file, unless that was done before. None where it could not be read.
    fn file(&mut self, path: &str, name: &str, all: &mut Inventory) -> Option<Vec<Object>> {
        if let Some(known) = self.read.get(name) {
            return known.clone();
        }
        let objects = match self.files.read(name) {
            Ok(text) => self.parsed(name, &text),
            Err(error) => {
                self.no_file(path, name, error.into_mistakes());
                None
            }
        };
        all.complete &= objects.is_some();
        all.objects.extend(objects.iter().flatten().cloned());
        self.read.insert(name.to_owned(), objects.clone());
        objects
    }

    fn parsed(&mut self, name: &str, text: &str) -> Option<Vec<Object>> {
        match manifest::parse(name, text) {
            Ok(objects) => {
                self.elsewhere.extend(objects.iter().filter_map(refused));
                Some(objects)
            }
            Err(error) => {
                self.elsewhere.extend(error.into_mistakes());
                None
            }
        }
    }

    fn no_file(&mut self, path: &str, name: &str, mistakes: Vec<Mistake>) {
        let names = self.files.names();
        for mistake in mistakes {
            let near = nearest(name, names.iter().map(String::as_str));
            let mistake = match near {
                Some(near) if mistake.code() == "firedrill::drill::no-file" => {
                    mistake.help(format!("did you mean `{near}`?"))
                }
                _ => mistake,
            };
            self.note(path, "this file", mistake);
        }
    }

    /// The target Service and the Deployment to wait for are among the workload's objects.
    fn holds_target(&mut self, path: &str, workload: &Deployed, own: &Inventory, all: &Inventory) {
        let target = &self.drill.target.service.value;
        self.holds("target/service", ("Service", target), own, all);
        let deployment = &workload.ready.deployment;
        self.holds(&format!("{path}/ready/deployment"), ("Deployment", deployment), own, all);
    }

    fn holds(&mut self, path: &str, (kind, name): (&str, &str), own: &Inventory, all: &Inventory) {
        if own.has(kind, name) {
            self.object_everywhere(path, kind, name, own);
        } else {
            self.lacking(path, kind, name, own, all);
        }
    }

    fn lacking(&mut self, path: &str, kind: &str, name: &str, own: &Inventory, all: &Inventory) {
        let elsewhere = all.objects.iter().find(|o| o.kind() == kind && o.name() == name);
        let help = match elsewhere {
            Some(object) => format!("it is in {}, which workload.manifests does not name", object.file),
            None => suggest(name, &format!("{kind}s of the workload"), own.names(kind)),
        };
        let message = format!("the workload's manifests hold no {kind} `{name}`");
        let mistake = Mistake::new("firedrill::drill::not-in-manifests", message).help(help);
        self.note(path, "not in the manifests", mistake);
    }
}

/// What speaks against an object of a manifest.
fn refused(object: &Object) -> Option<Mistake> {
    let name = format!("{} `{}`", object.kind(), object.name());
    let told = |code, message: String, label: &str, help: String| {
        Some(Mistake::new(code, message).at(object.place.clone(), label).help(help))
    };
    if let Some(own) = object.value.pointer("/metadata/namespace").filter(|n| !n.is_null()) {
        let own = own.as_str().map_or_else(|| own.to_string(), str::to_owned);
        return told(
            "firedrill::drill::namespace",
            format!("document {}: the {name} sets its own namespace, `{own}`", object.document),
            "this object",
            "remove metadata.namespace: the run chooses the namespace, so that it can clear it away"
                .to_owned(),
        );
    }
    match kinds::of_object(object.api_version(), object.kind()) {
        Some(kind) if kind.namespaced => None,
        Some(_) => told(
            "firedrill::drill::cluster-scoped",
            format!("document {}: the {name} belongs to the whole cluster", object.document),
            "this object",
            "a drill stays within its namespace; set such objects up before, outside of the drill".to_owned(),
        ),
        None if kinds::is_complete(object.api_version()) => told(
            "firedrill::drill::unknown-kind",
            format!("document {}: {} has no kind `{}`", object.document, object.api_version(), object.kind()),
            "this object",
            kinds::nearest_object(object.kind()).map_or_else(
                || "`kubectl api-resources` lists kinds with their apiVersion".to_owned(),
                |near| format!("did you mean apiVersion: {}, kind: {}?", near.api_version, near.kind),
            ),
        ),
        None => None,
    }
    .or_else(|| generated(object))
}

/// An object without a name of its own cannot be found again.
fn generated(object: &Object) -> Option<Mistake> {
    object.value.pointer("/metadata/generateName").filter(|n| !matches!(n, Value::Null)).map(|_| {
        Mistake::new(
            "firedrill::drill::generated-name",
            format!(
                "document {}: the {} `{}` has a generateName",
                object.document,
                object.kind(),
                object.name()
            ),
        )
        .at(object.place.clone(), "this object")
        .help("applying needs a fixed name: keep metadata.name and remove metadata.generateName")
    })
}
