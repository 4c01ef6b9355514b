use serde_json::json;

use super::*;

fn slice(namespace: &str, service: &str, name: &str, usable: usize) -> EndpointSlice {
    let endpoints: Vec<_> = (0..usable).map(|n| json!({"addresses": [format!("10.0.0.{n}")]})).collect();
    serde_json::from_value(json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": name, "namespace": namespace, "labels": {OF_SERVICE: service}},
        "endpoints": endpoints, "ports": [{"port": 80}],
    }))
    .unwrap()
}

fn name(namespace: &str, name: &str) -> ServiceName {
    ServiceName { namespace: namespace.to_owned(), name: name.to_owned() }
}

/// The drill is about `shop/api`, and all namespaces are looked at.
fn others() -> Others {
    Others { namespace: None, home: "shop".to_owned(), own: Some(vec!["api".to_owned()]) }
}

fn armed(slices: &[EndpointSlice]) -> Counts {
    let mut counts = Counts::default();
    assert!(!counts.arm(), "nothing is known yet");
    listed(&mut counts, slices);
    assert!(counts.arm());
    assert_eq!(counts.lost(), None);
    counts
}

fn listed(counts: &mut Counts, slices: &[EndpointSlice]) {
    let mut fresh = Usable::new();
    for slice in slices {
        put(&others(), &mut fresh, slice);
    }
    counts.replace(fresh);
}

#[test]
fn a_service_is_lost_with_its_last_endpoint() {
    let two = [slice("shop", "web", "web-1", 1), slice("shop", "web", "web-2", 2)];
    let mut counts = armed(&two);
    put(&others(), &mut counts.usable, &slice("shop", "web", "web-1", 0));
    assert_eq!(counts.lost(), None, "the other slice serves");
    counts.remove(&two[1]);
    assert_eq!(counts.lost(), Some(name("shop", "web")));
}

#[test]
fn one_that_is_deleted_is_lost() {
    let web = slice("bank", "web", "web-1", 1);
    let mut counts = armed(std::slice::from_ref(&web));
    counts.remove(&web);
    assert_eq!(counts.lost(), Some(name("bank", "web")));
}

#[test]
fn the_drills_own_do_not_count() {
    let mut counts = armed(&[slice("shop", "api", "api-1", 1), slice("bank", "api", "api-1", 1)]);
    put(&others(), &mut counts.usable, &slice("shop", "api", "api-1", 0));
    assert_eq!(counts.lost(), None);
    put(&others(), &mut counts.usable, &slice("bank", "api", "api-1", 0));
    assert_eq!(counts.lost(), Some(name("bank", "api")), "the same name elsewhere is another Service");
}

#[test]
fn nothing_in_a_namespace_of_its_own_counts() {
    let own = Others { own: None, ..others() };
    assert!(!own.counts(&name("shop", "web")));
    assert!(own.counts(&name("bank", "web")));
}

#[test]
fn what_had_nothing_to_lose_is_not_lost() {
    let mut counts = armed(&[slice("shop", "idle", "idle-1", 0)]);
    listed(&mut counts, &[slice("shop", "new", "new-1", 1)]);
    assert_eq!(counts.lost(), None);
    listed(&mut counts, &[]);
    assert_eq!(counts.lost(), None, "it came after the injection");
}

#[test]
fn what_went_in_a_gap_is_found_by_the_next_list() {
    let mut counts = armed(&[slice("shop", "web", "web-1", 1)]);
    counts.unsure("410 Expired".to_owned());
    listed(&mut counts, &[]);
    assert_eq!(counts.lost(), Some(name("shop", "web")));
}
