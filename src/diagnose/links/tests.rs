use serde_json::json;

use super::*;

fn service(name: &str, selector: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"selector": selector}})
}

fn template(labels: &Value) -> Value {
    json!({"template": {"metadata": {"labels": labels}}})
}

fn workload(kind: &str, name: &str, labels: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": template(labels)})
}

fn lines(objects: &[Value]) -> Vec<String> {
    broken(objects).into_iter().map(|mismatch| mismatch.line).collect()
}

#[test]
fn the_incident() {
    let deployment = workload("Deployment", "api-service", &json!({"app": "api-service", "tier": "web"}));
    let found = broken(&[service("api-service", &json!({"app": "api-svc"})), deployment]);
    let [mismatch] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        mismatch.line,
        "service/api-service selects app=api-svc; deployment/api-service makes pods with app=api-service"
    );
    assert_eq!(mismatch.service, "api-service");
    assert_eq!(mismatch.selector["app"], "api-svc");
    assert_eq!(mismatch.near.len(), 1);
    assert_eq!(mismatch.near[0].0, "deployment/api-service");
    assert_eq!(mismatch.near[0].1["tier"], "web");
}

#[test]
fn whatever_makes_the_pods_counts() {
    let labels = json!({"app": "api", "more": "yes"});
    let service = service("api", &json!({"app": "api"}));
    for kind in
        ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController", "Rollout"]
    {
        assert_eq!(broken(&[workload(kind, "api", &labels), service.clone()]), [], "{kind}");
    }
    let cron = json!({"kind": "CronJob", "metadata": {"name": "api"},
        "spec": {"jobTemplate": {"spec": template(&labels)}}});
    let pod = json!({"kind": "Pod", "metadata": {"name": "api", "labels": labels}});
    for object in [cron, pod] {
        assert_eq!(broken(&[service.clone(), object]), []);
    }
    let list = json!({"kind": "List", "items": [service, workload("Deployment", "api", &labels)]});
    assert_eq!(broken(&[list]), []);
}

#[test]
fn what_needs_no_pods_is_left_alone() {
    let external = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db"},
        "spec": {"type": "ExternalName", "externalName": "db.example.com", "selector": {"app": "db"}}});
    let knative = json!({"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "x"},
        "spec": {"selector": {"app": "x"}}});
    let by_hand = service("by-hand", &json!(null));
    assert_eq!(broken(&[external, knative, by_hand, json!(null), json!([])]), []);
}

#[test]
fn one_label_of_several() {
    let wanted = json!({"app": "api", "tier": "web"});
    let near = workload("Deployment", "backend", &json!({"app": "api", "tier": "back"}));
    let far = workload("Deployment", "other", &json!({"app": "other", "tier": "back"}));
    let without = workload("StatefulSet", "state", &json!({"app": "api"}));
    let objects = [service("api", &wanted), far.clone(), near, without];
    assert_eq!(
        lines(&objects),
        ["service/api selects app=api,tier=web; deployment/backend makes pods with tier=back, \
          statefulset/state makes pods without tier"]
    );
    assert_eq!(
        lines(&[service("api", &wanted), far]),
        ["service/api selects app=api,tier=web; nothing here makes pods with it"]
    );
}

#[test]
fn a_name_that_is_alike_is_near_and_comes_after_a_likelier_one() {
    let wanted = json!({"app": "api", "tier": "web"});
    let alike = workload("Deployment", "api-server", &json!({"component": "api", "x": "y"}));
    let found = broken(&[service("api-service", &wanted), alike.clone()]);
    assert_eq!(
        found[0].line,
        "service/api-service selects app=api,tier=web; deployment/api-server makes pods with component=api"
    );
    let same = workload("Deployment", "api-service", &json!({"app": "api", "tier": "wbe"}));
    let found = broken(&[service("api-service", &wanted), alike, same]);
    let titles: Vec<&str> = found[0].near.iter().map(|(title, _)| title.as_str()).collect();
    assert_eq!(titles, ["deployment/api-service", "deployment/api-server"]);
}

#[test]
fn another_spelling_of_the_key() {
    let deployment = workload("Deployment", "web", &json!({"app.kubernetes.io/name": "cart-v2", "pod": "x"}));
    assert_eq!(
        lines(&[service("cart", &json!({"app": "cart"})), deployment]),
        ["service/cart selects app=cart; deployment/web makes pods with app.kubernetes.io/name=cart-v2"]
    );
}

#[test]
fn a_namespace_separates_where_both_are_named() {
    let put = |mut object: Value, namespace: &str| {
        object["metadata"]["namespace"] = json!(namespace);
        object
    };
    let labels = json!({"app": "api"});
    let (here, there) = (service("api", &labels), workload("Deployment", "api", &labels));
    assert_eq!(broken(&[put(here.clone(), "shop"), there.clone()]), []);
    assert_eq!(broken(&[put(here.clone(), "shop"), put(there.clone(), "shop")]), []);
    assert_eq!(
        lines(&[put(here, "shop"), put(there, "prod")]),
        [
            "service/api selects app=api; deployment/api makes such pods, but in the namespace prod, not in shop"
        ]
    );
}

#[test]
fn what_a_manifest_says_is_harmless() {
    let deployment = workload("Deployment", "a\u{1b}[2Jpi", &json!({"app": "x\u{1b}[31m"}));
    for line in lines(&[service("api\n", &json!({"app": "api\u{9b}"})), deployment]) {
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}
