//! Somebody with a kubeconfig of their own for the shared cluster.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::support::namespace::TestNamespace;
use crate::support::{sandbox, shared};

/// The context's name.
pub const CONTEXT: &str = "staging";

/// A home folder with `.kube/config`, whose current context is [`CONTEXT`].
pub struct Someone {
    home: tempfile::TempDir,
    config: Value,
}

impl Someone {
    /// Who is known to the cluster by these fields of a kubeconfig's user.
    pub fn known_by(user: &Value) -> Self {
        let shared = shared_config();
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": CONTEXT,
            "clusters": [{"name": "eu-1", "cluster": shared["clusters"][0]["cluster"]}],
            "users": [{"name": "ann", "user": user}],
            "contexts": [{"name": CONTEXT, "context": {"cluster": "eu-1", "user": "ann"}}],
        });
        let someone = Self { home: tempfile::tempdir().unwrap(), config };
        fs::create_dir(someone.path(".kube")).unwrap();
        someone.write();
        someone
    }

    /// The administrator, by the client certificate in files.
    pub fn administrator() -> Self {
        Self::known_by(&shared_config()["users"][0]["user"])
    }

    /// The same with another user.
    pub fn but_known_by(mut self, user: &Value) -> Self {
        self.config["users"][0]["user"] = user.clone();
        self.write();
        self
    }

    /// With other fields of the kubeconfig's cluster; `null` takes one away.
    pub fn with_cluster(mut self, fields: &Value) -> Self {
        let cluster = self.config["clusters"][0]["cluster"].as_object_mut().unwrap();
        for (name, value) in fields.as_object().unwrap() {
            cluster.remove(name);
            if !value.is_null() {
                cluster.insert(name.clone(), value.clone());
            }
        }
        self.write();
        self
    }

    fn write(&self) {
        fs::write(self.path(".kube/config"), self.config.to_string()).unwrap();
    }

    /// A file in the home folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file there.
    pub fn file(&self, name: &str, content: &str) -> String {
        // As whoever rotates a token does it: whole or not at all.
        fs::write(self.path("new"), content).unwrap();
        fs::rename(self.path("new"), self.path(name)).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Writes a program there.
    pub fn program(&self, name: &str, script: &str) -> String {
        let path = self.file(name, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// firedrill with this home and no cluster of its own.
    pub fn firedrill(&self) -> Command {
        sandbox::firedrill(&self.path("state"), self.home.path())
    }

    /// Runs `firedrill ARGS`: its exit code, and what it said, without what differs from run to run.
    pub fn says(&self, args: &[&str]) -> (Option<i32>, String) {
        self.hears(self.firedrill().args(args))
    }

    /// The same of a command that is ready.
    pub fn hears(&self, command: &mut Command) -> (Option<i32>, String) {
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
        let server = server();
        let said = said
            .replace(self.home.path().to_str().unwrap(), "HOME")
            .replace(&server, "https://SERVER")
            .replace(server.trim_start_matches("https://"), "SERVER");
        println!("{:?}\n{said}", output.status);
        (output.status.code(), said)
    }
}

/// The kubeconfig of the shared cluster.
pub fn shared_config() -> Value {
    let text = fs::read_to_string(shared::cluster().home.kubeconfig()).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

/// `https://127.0.0.1:PORT`
pub fn server() -> String {
    shared_config()["clusters"][0]["cluster"]["server"].as_str().unwrap().to_owned()
}

/// The content of a file that a kubeconfig names, as it would be held inline.
pub fn inline(file: &Value) -> Value {
    let bytes = fs::read(Path::new(file.as_str().unwrap())).unwrap();
    serde_json::to_value(k8s_openapi::ByteString(bytes)).unwrap()
}

/// A ServiceAccount of this namespace that may do everything.
pub struct Account<'a>(&'a TestNamespace);

impl<'a> Account<'a> {
    pub async fn new(namespace: &'a TestNamespace) -> Self {
        namespace.create::<ServiceAccount>(json!({"metadata": {"name": "ci"}})).await;
        let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": namespace.name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "ci", "namespace": namespace.name}]});
        let all = Api::<ClusterRoleBinding>::all(namespace.client.clone());
        all.patch(&namespace.name, &PatchParams::apply("it"), &Patch::Apply(binding)).await.unwrap();
        Self(namespace)
    }

    /// A token that is good for an hour.
    pub async fn token(&self) -> String {
        self.request(json!({"expirationSeconds": 3600})).await
    }

    /// A token that is good as long as the Secret `name` is there.
    pub async fn token_bound_to(&self, name: &str) -> String {
        let secret = self.0.create::<Secret>(json!({"metadata": {"name": name}})).await;
        let bound = json!({"apiVersion": "v1", "kind": "Secret", "name": name, "uid": secret.metadata.uid});
        self.request(json!({"expirationSeconds": 3600, "boundObjectRef": bound})).await
    }

    async fn request(&self, mut spec: Value) -> String {
        spec["audiences"] = json!([]);
        let request: TokenRequest = serde_json::from_value(json!({"metadata": {}, "spec": spec})).unwrap();
        let accounts = self.0.api::<ServiceAccount>();
        let answer = accounts.create_token_request("ci", &PostParams::default(), &request).await.unwrap();
        answer.status.unwrap().token
    }
}

/// What a credential plugin prints for the token in a file.
pub fn prints_token(file: &str) -> String {
    format!(
        r#"printf '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"%s"}}}}' "$(cat {file})""#
    )
}

/// A user of a kubeconfig that a plugin stands for.
pub fn plugin(command: &str) -> Value {
    json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": command,
        "interactiveMode": "IfAvailable", "provideClusterInfo": true}})
}
