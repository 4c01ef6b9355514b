//! Rights as the rules of a Role.

use std::collections::{BTreeMap, BTreeSet};

use super::{Purpose, Right};

/// One rule: these verbs on these resources of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The API group; empty for the core group.
    pub group: String,
    /// `services`, `services/proxy`.
    pub resources: BTreeSet<String>,
    /// The objects; empty for all.
    pub names: BTreeSet<String>,
    /// The verbs.
    pub verbs: BTreeSet<&'static str>,
    /// What for.
    pub purposes: BTreeSet<Purpose>,
}

/// As few rules as say exactly these rights, in the order of their resources. The namespace is
/// the Role's.
#[must_use]
pub fn rules(rights: &[Right]) -> Vec<Rule> {
    let mut single: BTreeMap<(&str, String, Option<&str>), Rule> = BTreeMap::new();
    for right in rights {
        let resource = match right.subresource {
            Some(subresource) => format!("{}/{subresource}", right.resource),
            None => right.resource.clone(),
        };
        let key = (right.group.as_str(), resource.clone(), right.name.as_deref());
        let rule = single.entry(key).or_insert_with(|| Rule {
            group: right.group.clone(),
            resources: BTreeSet::from([resource]),
            names: right.name.iter().cloned().collect(),
            verbs: BTreeSet::new(),
            purposes: BTreeSet::new(),
        });
        rule.verbs.insert(right.verb);
        rule.purposes.extend(right.purposes.iter().copied());
    }
    // Several names of one resource, then several resources with the same names.
    let named = |a: &Rule, b: &Rule| {
        a.resources == b.resources && a.names.is_empty() == b.names.is_empty() && a.verbs == b.verbs
    };
    let alike = |a: &Rule, b: &Rule| a.names == b.names && a.verbs == b.verbs;
    merge(merge(single.into_values(), named).into_iter(), alike)
}

fn merge(rules: impl Iterator<Item = Rule>, fits: impl Fn(&Rule, &Rule) -> bool) -> Vec<Rule> {
    let mut merged: Vec<Rule> = Vec::new();
    for rule in rules {
        match merged.iter_mut().find(|known| known.group == rule.group && fits(known, &rule)) {
            Some(known) => {
                known.resources.extend(rule.resources);
                known.names.extend(rule.names);
                known.purposes.extend(rule.purposes);
            }
            None => merged.push(rule),
        }
    }
    merged
}
