use serde_json::json;

use super::*;

fn slice(namespace: &str, service: &str, name: &str, usable: usize) -> Slim {
    let endpoints: Vec<_> = (0..usable).map(|n| json!({"addresses": [format!("10.0.0.{n}")]})).collect();
    serde_json::from_value(json!({
        "metadata": {"name": name, "namespace": namespace, "labels": {"kubernetes.io/service-name": service}},
        "endpoints": endpoints, "ports": [{"port": 80}],
    }))
    .unwrap()
}

/// The drill is about `shop/api`.
fn armed(slices: &[Slim]) -> Counts {
    let mut counts = Counts::except("shop/api".to_owned());
    assert_eq!(listed(&mut counts, slices), [], "nothing to lose is known yet");
    counts.arm();
    assert_eq!(counts.all_news(), []);
    counts
}

fn listed(counts: &mut Counts, slices: &[Slim]) -> Vec<(Arc<str>, News)> {
    counts.begin_list();
    for slice in slices {
        counts.put(slice);
    }
    counts.end_list();
    counts.all_news()
}

fn told(counts: &mut Counts, touched: Touched) -> Vec<(String, News)> {
    let each = touched.into_iter().flatten();
    each.filter_map(|name| Some((name.to_string(), counts.news(&name)?))).collect()
}

fn put(counts: &mut Counts, slice: &Slim) -> Vec<(String, News)> {
    let touched = counts.put(slice);
    told(counts, touched)
}

fn remove(counts: &mut Counts, slice: &Slim) -> Vec<(String, News)> {
    let touched = counts.remove(slice);
    told(counts, touched)
}

const OUT: News = News::Out { deleted: false };
const DELETED: News = News::Out { deleted: true };

#[test]
fn a_service_is_out_with_its_last_endpoint_and_back_with_its_first() {
    let mut counts = armed(&[slice("shop", "web", "web-1", 1), slice("shop", "web", "web-2", 2)]);
    assert_eq!(put(&mut counts, &slice("shop", "web", "web-1", 0)), [], "the other slice serves");
    assert_eq!(put(&mut counts, &slice("shop", "web", "web-2", 0)), [("shop/web".to_owned(), OUT)]);
    assert_eq!(put(&mut counts, &slice("shop", "web", "web-2", 0)), [], "told once");
    assert_eq!(put(&mut counts, &slice("shop", "web", "web-3", 1)), [("shop/web".to_owned(), News::Back)]);
}

#[test]
fn one_that_is_deleted_is_out_and_can_be_made_again() {
    let web = slice("bank", "web", "web-1", 1);
    let mut counts = armed(std::slice::from_ref(&web));
    assert_eq!(remove(&mut counts, &web), [("bank/web".to_owned(), DELETED)]);
    assert_eq!(put(&mut counts, &web), [("bank/web".to_owned(), News::Back)]);
    assert_eq!(put(&mut counts, &slice("bank", "web", "web-1", 0)), [("bank/web".to_owned(), OUT)]);
    assert_eq!(remove(&mut counts, &web), [("bank/web".to_owned(), DELETED)], "first emptied, then deleted");
}

#[test]
fn the_target_does_not_count_and_its_name_elsewhere_does() {
    let mut counts = armed(&[slice("shop", "api", "api-1", 1), slice("bank", "api", "api-1", 1)]);
    assert_eq!(put(&mut counts, &slice("shop", "api", "api-1", 0)), []);
    assert_eq!(put(&mut counts, &slice("bank", "api", "api-1", 0)), [("bank/api".to_owned(), OUT)]);
}

#[test]
fn what_had_nothing_to_lose_is_not_lost() {
    let mut counts = armed(&[slice("shop", "idle", "idle-1", 0)]);
    assert_eq!(
        listed(&mut counts, &[slice("shop", "idle", "idle-1", 1), slice("shop", "new", "new-1", 1)]),
        []
    );
    assert_eq!(listed(&mut counts, &[]), [], "both came after the injection");
    assert!(counts.services.is_empty() && counts.slices.is_empty(), "nothing is kept of them");
}

#[test]
fn what_a_gap_hid_is_found_by_the_next_list() {
    let (web, db) = (slice("shop", "web", "web-1", 1), slice("bank", "db", "db-1", 1));
    let mut counts = armed(&[web.clone(), db.clone()]);
    let news = listed(&mut counts, &[slice("bank", "db", "db-1", 0)]);
    assert_eq!(news, [("bank/db".into(), OUT), ("shop/web".into(), DELETED)]);
    assert_eq!(
        listed(&mut counts, &[web, db]),
        [("bank/db".into(), News::Back), ("shop/web".into(), News::Back)]
    );
}

#[test]
fn a_list_that_broke_off_takes_nothing_away() {
    let (web, db) = (slice("shop", "web", "web-1", 1), slice("bank", "db", "db-1", 1));
    let mut counts = armed(&[web.clone(), db.clone()]);
    counts.begin_list();
    counts.put(&db);
    assert_eq!(listed(&mut counts, &[web, db]), []);
}

#[test]
fn a_slice_can_pass_to_another_service() {
    let mut counts = armed(&[slice("shop", "web", "x-1", 1), slice("shop", "old", "old-1", 1)]);
    assert_eq!(put(&mut counts, &slice("shop", "old", "x-1", 1)), [("shop/web".to_owned(), DELETED)]);
    assert_eq!(put(&mut counts, &slice("shop", "api", "old-1", 1)), [], "old has the other one");
    let nobodys: Slim =
        serde_json::from_value(json!({"metadata": {"name": "x-1", "namespace": "shop"}})).unwrap();
    assert_eq!(put(&mut counts, &nobodys), [("shop/old".to_owned(), DELETED)]);
}
