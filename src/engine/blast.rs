//! The blast radius of a run: the one watch of the Services beside its target. The journal is
//! told what it sees; the blast limit ends the run for some of it.

use std::sync::Arc;

use super::news::Desk;
use super::phase::Input;
use super::plan::{BlastLimit, Plan};
use super::rights::{Ground, watches_others};
use super::tasks::Tasks;
use crate::journal::{AbortReason, Kind, Radius, Scope};
use crate::signals::blast::{Blast, ServiceName, Sighting};
use crate::steps::api::REQUEST_DEADLINE;

/// Why a run watches no more than its namespace.
const NO_RIGHT: &str = "to list and watch the EndpointSlices of all namespaces is not allowed (`firedrill rbac` prints an optional ClusterRole)";

/// The watch of a run: of the whole cluster where the run may see it, else of its namespace.
pub(super) fn radius(plan: &Plan, desk: &Desk) -> Arc<Blast> {
    let target =
        ServiceName { namespace: plan.namespace.clone(), name: plan.drill.target.service.value.clone() };
    let everywhere = plan.ground.all_slices || plan.wishes.blast_limit == BlastLimit::Cluster;
    let (limit, tell) = (Limit::of(plan), desk.clone());
    let told = move |stamp, sighting: Sighting| {
        let over = match &sighting {
            Sighting::Out { service, .. } if limit.forbids(service) => Some(service.to_string()),
            _ => None,
        };
        tell.event_at(stamp, Kind::BlastRadius(event(sighting, everywhere)));
        if let Some(service) = over {
            let detail = format!("{service} lost all its endpoints (--blast-limit)");
            tell.input(Input::Abort(AbortReason::BlastLimit, detail));
        }
    };
    let namespace = (!everywhere).then(|| plan.namespace.clone());
    Arc::new(Blast::new(namespace, &target, desk.clock(), Box::new(told)))
}

fn event(sighting: Sighting, everywhere: bool) -> Radius {
    match sighting {
        Sighting::Armed if everywhere => Radius::Watched { scope: Scope::Cluster, reason: None },
        Sighting::Armed => Radius::Watched { scope: Scope::Namespace, reason: Some(NO_RIGHT.to_owned()) },
        Sighting::Out { service: ServiceName { namespace, name: service }, deleted } => {
            Radius::Out { namespace, service, deleted }
        }
        Sighting::Back { service: ServiceName { namespace, name: service } } => {
            Radius::Back { namespace, service }
        }
        Sighting::Broken { from, reason } => Radius::Broken { from_ns: from, reason },
        Sighting::Mended { from, to, reason, lost } => {
            Radius::Mended { from_ns: from, to_ns: to, reason, lost }
        }
    }
}

/// Which Services end a run when they lose all their endpoints.
struct Limit {
    /// Nothing is.
    off: bool,
    /// The one namespace that is meant; nothing for all.
    within: Option<String>,
    /// The drill's own namespace.
    home: String,
    /// The drill's Services in it, which are free; nothing where all in it are.
    own: Option<Vec<String>>,
}

impl Limit {
    fn of(plan: &Plan) -> Self {
        let ground = Ground::of(plan);
        let services = || {
            let made = plan.manifests_by_file.values().flatten().filter(|object| object["kind"] == "Service");
            let names = made.filter_map(|service| service["metadata"]["name"].as_str());
            names.chain([plan.drill.target.service.value.as_str()]).map(str::to_owned).collect()
        };
        Self {
            off: !watches_others(plan, ground),
            within: (plan.wishes.blast_limit == BlastLimit::Namespace).then(|| plan.namespace.clone()),
            home: plan.namespace.clone(),
            own: (ground == Ground::Existing).then(services),
        }
    }

    fn forbids(&self, service: &ServiceName) -> bool {
        let meant = !self.off && self.within.as_ref().is_none_or(|within| *within == service.namespace);
        let free =
            service.namespace == self.home && self.own.as_ref().is_none_or(|own| own.contains(&service.name));
        meant && !free
    }
}

impl Tasks {
    /// Watches the other Services until the run is being ended.
    pub fn watch_others(&self) -> impl Future<Output = ()> + Send + 'static {
        let tasks = self.clone();
        async move {
            tokio::select! {
                () = tasks.stopped() => {}
                () = tasks.blast.watch(&tasks.client) => {}
            }
        }
    }

    /// What the other Services have now is what they can lose. To be called before the fault. A
    /// limit that cannot be watched is no limit; a radius that cannot be is incomplete.
    pub(super) async fn arm_blast_radius(&self) -> Result<(), String> {
        let armed = tokio::select! {
            () = self.stopped() => return Err("the run is being ended".to_owned()),
            armed = self.blast.arm(REQUEST_DEADLINE) => armed,
        };
        match armed {
            Err(why) if watches_others(self.plan(), Ground::of(self.plan())) => {
                Err(format!("the blast limit cannot be watched: {why}"))
            }
            Err(reason) => {
                self.desk.event(Kind::BlastRadius(Radius::Unwatched { reason }));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(namespace: &str, name: &str) -> ServiceName {
        ServiceName { namespace: namespace.to_owned(), name: name.to_owned() }
    }

    fn limit(within: Option<&str>, own: Option<&[&str]>) -> Limit {
        let own = own.map(|own| own.iter().map(|name| (*name).to_owned()).collect());
        Limit { off: false, within: within.map(str::to_owned), home: "shop".to_owned(), own }
    }

    #[test]
    fn the_drills_own_services_are_free() {
        let everywhere = limit(None, Some(&["api", "storefront"]));
        assert!(
            !everywhere.forbids(&named("shop", "api")) && !everywhere.forbids(&named("shop", "storefront"))
        );
        assert!(everywhere.forbids(&named("shop", "web")));
        assert!(everywhere.forbids(&named("bank", "api")), "the same name elsewhere is another Service");
        let own_namespace = limit(None, None);
        assert!(
            !own_namespace.forbids(&named("shop", "web")) && own_namespace.forbids(&named("bank", "web"))
        );
    }

    #[test]
    fn what_is_watched_beyond_the_limit_ends_no_run() {
        let namespace = limit(Some("shop"), Some(&["api"]));
        assert!(namespace.forbids(&named("shop", "web")) && !namespace.forbids(&named("bank", "web")));
        let off = Limit { off: true, ..namespace };
        assert!(!off.forbids(&named("shop", "web")));
    }
}
