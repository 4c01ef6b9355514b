//! The objects, as JSON, and as YAML with a comment where one helps.

use serde_json::{Value, json};

use crate::engine::rights::{Rule, why};

const GROUP: &str = "rbac.authorization.k8s.io";

/// One object.
#[derive(Debug, Clone)]
pub(super) struct Object {
    /// What it is for, a line each.
    about: Vec<String>,
    /// All of it but the rules.
    head: Value,
    rules: Vec<Rule>,
}

/// A ServiceAccount.
pub(super) fn service_account(name: &str, namespace: &str) -> Object {
    let head = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace}});
    Object { about: Vec::new(), head, rules: Vec::new() }
}

/// A Role in a namespace, or a ClusterRole, and its binding to a ServiceAccount (name,
/// namespace). `about` says what both are for.
pub(super) fn role_objects(
    name: &str,
    namespace: Option<&str>,
    (account, of): (&str, &str),
    (about, rules): (Vec<String>, Vec<Rule>),
) -> Vec<Object> {
    let (kind, metadata) = match namespace {
        Some(namespace) => ("Role", json!({"name": name, "namespace": namespace})),
        None => ("ClusterRole", json!({"name": name})),
    };
    let api_version = format!("{GROUP}/v1");
    let role = json!({"apiVersion": api_version, "kind": kind, "metadata": metadata});
    let binding = json!({"apiVersion": api_version, "kind": format!("{kind}Binding"), "metadata": metadata,
        "roleRef": {"apiGroup": GROUP, "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": of}]});
    vec![Object { about, head: role, rules }, Object { about: Vec::new(), head: binding, rules: Vec::new() }]
}

impl Object {
    /// The object.
    pub fn value(&self) -> Value {
        let mut value = self.head.clone();
        if !self.rules.is_empty() {
            value["rules"] = self.rules.iter().map(rule).collect();
        }
        value
    }

    /// The object as one YAML document.
    pub fn yaml(&self) -> String {
        let about: Vec<String> = self.about.iter().map(|line| format!("# {line}\n")).collect();
        let about = about.concat();
        let head = fields(&self.head, "");
        if self.rules.is_empty() {
            return about + &head;
        }
        let commented = |each: &Rule| format!("  # {}\n{}", why(&each.purposes), item(&rule(each), "  "));
        let rules: String = self.rules.iter().map(commented).collect();
        format!("{about}{head}rules:\n{rules}")
    }
}

fn rule(rule: &Rule) -> Value {
    let mut value = json!({"apiGroups": [rule.group], "resources": rule.resources, "verbs": rule.verbs});
    if !rule.names.is_empty() {
        value["resourceNames"] = json!(rule.names);
    }
    value
}

/// The fields of a mapping, one a line. What is no mapping is written as JSON, which YAML takes
/// in: a name such as `on` or `1e3` stays a string.
fn fields(value: &Value, indent: &str) -> String {
    let field = |(key, value): (&String, &Value)| match value {
        Value::Object(_) => format!("{indent}{key}:\n{}", fields(value, &format!("{indent}  "))),
        Value::Array(items) if items.iter().all(Value::is_object) => {
            let items: String = items.iter().map(|each| item(each, &format!("{indent}  "))).collect();
            format!("{indent}{key}:\n{items}")
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            format!("{indent}{key}: [{}]\n", items.join(", "))
        }
        _ if matches!(key.as_str(), "apiVersion" | "kind") => {
            format!("{indent}{key}: {}\n", value.as_str().unwrap_or_default())
        }
        _ => format!("{indent}{key}: {value}\n"),
    };
    value.as_object().into_iter().flatten().map(field).collect()
}

/// A mapping in a list.
fn item(value: &Value, indent: &str) -> String {
    let text = fields(value, &format!("{indent}  "));
    format!("{indent}- {}", text.trim_start())
}
