//! How many slices of each Service hold usable endpoints, and what follows from a change. Pure.
//!
//! A few bytes a slice: its name, whose it is, and whether it serves. A list that is read anew
//! marks what it finds and takes away the rest, so that it needs no second copy of all this.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ServiceName;
use crate::signals::slim::Slim;

/// What a Service's slices came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// The last usable endpoint went. `deleted`: with the last slice, then or later.
    Out {
        /// Whether no slice is left.
        deleted: bool,
    },
    /// There is one again.
    Back,
}

/// All Services but one.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// `NAMESPACE/NAME` of the Service that is not counted.
    except: String,
    /// By `NAMESPACE/NAME`.
    slices: BTreeMap<Box<str>, Slice>,
    services: BTreeMap<Arc<str>, Service>,
    /// Counts the lists.
    round: u32,
}

#[derive(Debug)]
struct Slice {
    service: Arc<str>,
    serves: bool,
    /// The list that saw it last.
    round: u32,
}

#[derive(Debug, Default)]
struct Service {
    slices: u32,
    serving: u32,
    said: Said,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// It had nothing to lose when that was asked.
    #[default]
    Nothing,
    Up,
    Out {
        deleted: bool,
    },
}

/// The Services that a change touched: that of the slice, and the one that it was taken from.
pub(super) type Touched = [Option<Arc<str>>; 2];

impl Counts {
    /// Nothing is known yet.
    pub fn except(except: String) -> Self {
        Self { except, ..Self::default() }
    }

    /// A list begins: what it does not name is gone by its end.
    pub fn begin_list(&mut self) {
        self.round = self.round.wrapping_add(1);
    }

    /// The list is whole.
    pub fn end_list(&mut self) {
        let round = self.round;
        let gone: Vec<_> = self
            .slices
            .iter()
            .filter(|(_, slice)| slice.round != round)
            .map(|(name, _)| name.clone())
            .collect();
        for name in gone {
            self.take_away(&name);
        }
    }

    /// A slice was added or changed.
    pub fn put(&mut self, slice: &Slim) -> Touched {
        let name = slice.key();
        let Some(service) = slice.service().filter(|service| *service != self.except) else {
            return [self.take_away(&name), None];
        };
        let (serves, round) = (slice.usable() > 0, self.round);
        if let Some(known) = self.slices.get_mut(&*name)
            && *known.service == *service
            && let Some(owner) = self.services.get_mut(&known.service)
        {
            owner.serving = owner.serving - u32::from(known.serves) + u32::from(serves);
            (known.serves, known.round) = (serves, round);
            return [Some(Arc::clone(&known.service)), None];
        }
        let left = self.take_away(&name);
        let known = self.services.get_key_value(&*service).map(|(name, _)| Arc::clone(name));
        let service = known.unwrap_or_else(|| Arc::from(service));
        let owner = self.services.entry(Arc::clone(&service)).or_default();
        owner.slices += 1;
        owner.serving += u32::from(serves);
        self.slices.insert(name.into(), Slice { service: Arc::clone(&service), serves, round });
        [Some(service), left]
    }

    /// A slice was deleted.
    pub fn remove(&mut self, slice: &Slim) -> Touched {
        [self.take_away(&slice.key()), None]
    }

    fn take_away(&mut self, name: &str) -> Option<Arc<str>> {
        let slice = self.slices.remove(name)?;
        let owner = self.services.get_mut(&slice.service)?;
        owner.slices -= 1;
        owner.serving -= u32::from(slice.serves);
        if owner.slices == 0 && owner.said == Said::Nothing {
            self.services.remove(&slice.service);
        }
        Some(slice.service)
    }

    /// From now on it is news when a Service that has usable endpoints now has none.
    pub fn arm(&mut self) {
        for service in self.services.values_mut() {
            service.said = if service.serving > 0 { Said::Up } else { Said::Nothing };
        }
    }

    /// What is new about one Service.
    pub fn news(&mut self, service: &str) -> Option<News> {
        self.services.get_mut(service).and_then(Service::news)
    }

    /// What is new about any.
    pub fn all_news(&mut self) -> Vec<(Arc<str>, News)> {
        let each = self.services.iter_mut();
        each.filter_map(|(name, service)| Some((Arc::clone(name), service.news()?))).collect()
    }
}

impl Service {
    fn news(&mut self) -> Option<News> {
        let (serves, deleted) = (self.serving > 0, self.slices == 0);
        let news = match self.said {
            Said::Up if !serves => News::Out { deleted },
            Said::Out { deleted: false } if deleted => News::Out { deleted },
            Said::Out { .. } if serves => News::Back,
            _ => return None,
        };
        self.said = match news {
            News::Out { deleted } => Said::Out { deleted },
            News::Back => Said::Up,
        };
        Some(news)
    }
}

/// The name that a key is made of.
pub(super) fn named(key: &str) -> ServiceName {
    let (namespace, name) = key.split_once('/').unwrap_or(("", key));
    ServiceName { namespace: namespace.to_owned(), name: name.to_owned() }
}

#[cfg(test)]
#[path = "counts_tests.rs"]
mod tests;
