//! An API server in memory: objects by their path, merge patches, preconditions, and nothing of
//! validation. Every write is watched: it may touch one namespace only.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use firedrill::steps::api::{RUN_LABEL, label, meta};
use http::{Method, Request, Response};
use kube::client::Body;
use serde_json::{Map, Value, json};

/// The objects, by path.
pub type State = BTreeMap<String, Value>;

const KINDS: [(&str, &str, &str, bool); 6] = [
    ("v1", "Namespace", "namespaces", false),
    ("v1", "ConfigMap", "configmaps", true),
    ("v1", "Secret", "secrets", true),
    ("v1", "Service", "services", true),
    ("apps/v1", "Deployment", "deployments", true),
    ("coordination.k8s.io/v1", "Lease", "leases", true),
];

#[derive(Default)]
struct Held {
    objects: State,
    requests: usize,
    versions: u64,
    /// The namespace and the run that may be written.
    guard: Option<(String, String)>,
}

/// The API server.
#[derive(Clone, Default)]
pub struct Server(Arc<Mutex<Held>>);

impl Server {
    /// One with these objects; what has no place, or lies in no namespace that is there, is left out.
    pub fn holding(objects: Vec<Value>) -> Self {
        let server = Self::default();
        for object in objects {
            if let Some(path) = path(&object) {
                server.held().objects.insert(path, object);
            }
        }
        let there = server.state();
        let lies_somewhere =
            |path: &str| match path.split('/').skip_while(|part| *part != "namespaces").nth(1) {
                Some(namespace) => there.contains_key(&format!("/api/v1/namespaces/{namespace}")),
                None => true,
            };
        server.held().objects.retain(|path, _| lies_somewhere(path));
        server
    }

    pub fn client(&self) -> kube::Client {
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let server = server.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect_bytes().await.unwrap_or_default();
                let body = serde_json::from_slice(&body).unwrap_or_default();
                let path = head.uri.path().to_owned();
                let (code, answer) = server.held().answer(&head.method, &path, head.uri.query(), &body);
                Response::builder().status(code).body(Body::from(answer.to_string().into_bytes()))
            }
        });
        kube::Client::new(service, "default")
    }

    /// From now on only this run's namespace may be written.
    pub fn guard(&self, namespace: &str, run: &str) {
        self.held().guard = Some((namespace.to_owned(), run.to_owned()));
    }

    pub fn requests(&self) -> usize {
        self.held().requests
    }

    pub fn state(&self) -> State {
        self.held().objects.clone()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().expect("no panic while it was held")
    }
}

impl Held {
    fn answer(&mut self, method: &Method, path: &str, query: Option<&str>, body: &Value) -> (u16, Value) {
        self.requests += 1;
        let path = path.trim_end_matches('/').trim_end_matches('?');
        if *method == Method::GET {
            return self.read(path, query.unwrap_or_default());
        }
        self.watched(path);
        match *method {
            Method::POST => self.create(path, body),
            Method::PATCH => self.patch(path, body),
            Method::DELETE => self.delete(path, body),
            _ => refusal(405, "MethodNotAllowed"),
        }
    }

    fn watched(&self, path: &str) {
        let Some((namespace, run)) = &self.guard else { return };
        let own = format!("/api/v1/namespaces/{namespace}");
        assert!(!path.split('/').any(|part| matches!(part, "." | "..")), "a write to {path}");
        if path == own {
            let live = self.objects.get(path);
            assert!(
                live.is_none_or(|live| label(live, RUN_LABEL) == Some(run)),
                "a write to a foreign namespace"
            );
            return;
        }
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let inside = match parts.as_slice() {
            ["api", "v1", "namespaces", name, _, ..] | ["apis", _, _, "namespaces", name, _, ..] => {
                name == namespace
            }
            ["api", _, "namespaces", name, _, ..] => name == namespace,
            _ => false,
        };
        assert!(inside && parts.len() <= 7, "a write to {path} for {namespace}");
    }

    fn read(&self, path: &str, query: &str) -> (u16, Value) {
        if let Some(found) = self.objects.get(path) {
            return (200, found.clone());
        }
        if let Some(group) = KINDS.iter().map(|kind| kind.0).find(|group| root(group) == path) {
            return (200, discovery(group));
        }
        let Some((plural, namespaced)) = KINDS.iter().find_map(|kind| {
            let below = path.strip_prefix(root(kind.0).as_str())?;
            below.ends_with(&format!("/{}", kind.2)).then_some((kind.2, below.starts_with("/namespaces/")))
        }) else {
            return refusal(404, "NotFound");
        };
        let of_kind = |held: &str| {
            held.rsplit_once('/').is_some_and(|(folder, _)| match namespaced {
                true => folder == path,
                false => folder.ends_with(&format!("/{plural}")),
            })
        };
        let labelled = |object: &Value| query.is_empty() || label(object, RUN_LABEL).is_some();
        let items: Vec<&Value> =
            self.objects.iter().filter(|(held, o)| of_kind(held) && labelled(o)).map(|(_, o)| o).collect();
        (200, json!({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items}))
    }

    fn create(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let Some(name) = meta(body, "name").filter(|name| !name.is_empty() && !name.contains('/')) else {
            return refusal(422, "Invalid");
        };
        let path = format!("{path}/{name}");
        if self.objects.contains_key(&path) {
            return refusal(409, "AlreadyExists");
        }
        let mut made = body.clone();
        made["metadata"]["uid"] = json!(format!("made-{}", self.versions));
        self.keep(&path, made)
    }

    fn patch(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let Some(live) = self.objects.get(path) else { return refusal(404, "NotFound") };
        let wanted = body.pointer("/metadata/resourceVersion").and_then(Value::as_str);
        if wanted.is_some() && wanted != meta(live, "resourceVersion") {
            return refusal(409, "Conflict");
        }
        let mut merged = live.clone();
        merge(&mut merged, body);
        if !merged["metadata"].is_object() {
            return refusal(422, "Invalid");
        }
        if merged["metadata"]["managedFields"] == json!([{}]) {
            merged["metadata"]["managedFields"] = Value::Null;
        }
        // Who and which it is cannot be changed.
        for key in ["name", "namespace", "uid"] {
            merged["metadata"][key] = live["metadata"][key].clone();
        }
        match merged == *live {
            true => (200, merged),
            false => self.keep(path, merged),
        }
    }

    fn delete(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let Some(live) = self.objects.get(path) else { return refusal(404, "NotFound") };
        let wanted = body.pointer("/preconditions/uid").and_then(Value::as_str);
        if wanted.is_some() && wanted != meta(live, "uid") {
            return refusal(409, "Conflict");
        }
        self.objects.remove(path);
        // A namespace goes with all that is in it.
        let inside = path.strip_prefix("/api/v1").map(|below| format!("{below}/")).unwrap_or_default();
        if inside.matches('/').count() == 3 {
            self.objects.retain(|held, _| !held.contains(&inside));
        }
        (200, json!({"kind": "Status", "apiVersion": "v1", "status": "Success"}))
    }

    fn keep(&mut self, path: &str, mut object: Value) -> (u16, Value) {
        self.versions += 1;
        object["metadata"]["resourceVersion"] = json!(format!("v{}", self.versions));
        self.objects.insert(path.to_owned(), object.clone());
        (200, object)
    }
}

fn root(api_version: &str) -> String {
    let root = if api_version.contains('/') { "apis" } else { "api" };
    format!("/{root}/{api_version}")
}

/// Where an object lies. A real API server holds none with another sort of name.
fn path(object: &Value) -> Option<String> {
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let (group, kind) = (text("apiVersion")?, text("kind")?);
    let (.., plural, namespaced) = KINDS.iter().find(|known| (known.0, known.1) == (group, kind))?;
    let of_value = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if label(object, RUN_LABEL).is_some_and(|value| !value.chars().all(of_value) || value.len() > 63) {
        return None;
    }
    let name = meta(object, "name").filter(|name| is_name(name))?;
    Some(if *namespaced {
        let namespace = meta(object, "namespace").filter(|name| is_name(name))?;
        format!("{}/namespaces/{namespace}/{plural}/{name}", root(group))
    } else {
        format!("{}/{plural}/{name}", root(group))
    })
}

fn is_name(name: &str) -> bool {
    let of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(of_name) && name.len() < 254
}

fn merge(live: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else { return live.clone_from(patch) };
    if !live.is_object() {
        *live = Value::Object(Map::new());
    }
    for (key, value) in patch {
        if value.is_null() {
            live.as_object_mut().map(|map| map.remove(key));
        } else {
            merge(&mut live[key], value);
        }
    }
}

fn discovery(group: &str) -> Value {
    let kinds = KINDS.iter().filter(|kind| kind.0 == group);
    let resources: Vec<Value> = kinds
        .map(|(_, kind, plural, namespaced)| {
            json!({"name": plural, "kind": kind, "namespaced": namespaced, "singularName": "",
                "verbs": ["get", "list", "create", "patch", "delete"]})
        })
        .collect();
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group, "resources": resources})
}

fn refusal(code: u16, reason: &str) -> (u16, Value) {
    (
        code,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": format!("refused: {reason}"), "reason": reason, "code": code}),
    )
}
