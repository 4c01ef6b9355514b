//! Gathering rights: each once, with all that it is for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::kinds::{Kinds, Resource};
use super::{Purpose, Right, Rights};
use crate::drill::{ObjectName, kinds as known};

/// Where objects of a right are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// In the run's namespace.
    Here,
    /// In all namespaces, or in none.
    Everywhere,
}

/// Everything but the verb and the purposes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    resource: Resource,
    subresource: Option<&'static str>,
    namespace: Option<String>,
    name: Option<String>,
}

/// The rights found so far.
pub(super) struct Gather<'a> {
    namespace: &'a str,
    kinds: &'a Kinds,
    found: BTreeMap<(Key, &'static str), BTreeSet<Purpose>>,
    unknown: BTreeSet<String>,
}

impl<'a> Gather<'a> {
    pub fn new(namespace: &'a str, kinds: &'a Kinds) -> Self {
        Self { namespace, kinds, found: BTreeMap::new(), unknown: BTreeSet::new() }
    }

    /// Rights on a resource of the run's namespace, on one object where a name is given.
    pub fn add(&mut self, purpose: Purpose, resource: &Resource, name: Option<&str>, verbs: &[&'static str]) {
        self.add_in(Scope::Here, purpose, (resource, None), name, verbs);
    }

    /// The same, somewhere, for a resource and its subresource.
    pub fn add_in(
        &mut self,
        scope: Scope,
        purpose: Purpose,
        (resource, subresource): (&Resource, Option<&'static str>),
        name: Option<&str>,
        verbs: &[&'static str],
    ) {
        let key = Key {
            resource: resource.clone(),
            subresource,
            namespace: (scope == Scope::Here).then(|| self.namespace.to_owned()),
            name: name.map(str::to_owned),
        };
        for verb in verbs {
            self.found.entry((key.clone(), verb)).or_default().insert(purpose);
        }
    }

    /// The resource that a step's target names. A step on what is in no namespace is refused
    /// before it asks for anything.
    pub fn target(&mut self, target: &ObjectName) -> Option<Resource> {
        let found = known::resolve(&target.kind);
        if found.is_none() {
            self.unknown.insert(target.kind.clone());
        }
        found.filter(|kind| kind.namespaced).map(|kind| Resource::new(kind.api_version, kind.plural))
    }

    /// The resource and the name of a manifest's object.
    pub fn manifest(&mut self, manifest: &'a Value) -> Option<(Resource, &'a str)> {
        let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str);
        let (api_version, kind) = (text("/apiVersion")?, text("/kind")?);
        let name = text("/metadata/name")?;
        let resource = self.kinds.resource(api_version, kind);
        if resource.is_none() {
            self.unknown.insert(format!("{api_version} {kind}"));
        }
        resource.map(|resource| (resource, name))
    }

    /// The rights, each once: one on all objects takes in those on single ones.
    pub fn finish(mut self) -> Rights {
        let named: Vec<_> = self.found.keys().filter(|(key, _)| key.name.is_some()).cloned().collect();
        for (key, verb) in named {
            let whole = (Key { name: None, ..key.clone() }, verb);
            if self.found.contains_key(&whole)
                && let Some(purposes) = self.found.remove(&(key, verb))
            {
                self.found.entry(whole).or_default().extend(purposes);
            }
        }
        let right = |((key, verb), purposes): ((Key, &'static str), BTreeSet<Purpose>)| Right {
            group: key.resource.group,
            resource: key.resource.plural,
            subresource: key.subresource,
            namespace: key.namespace,
            name: key.name,
            verb,
            purposes,
        };
        let needed = self.found.into_iter().map(right).collect();
        Rights { needed, unknown: self.unknown.into_iter().collect() }
    }
}
