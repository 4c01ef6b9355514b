//! Certificates: the API server's, and the client's.

use serde_json::json;

use super::someone::{CONTEXT, Someone, inline, shared_config};

const STATUS: [&str; 3] = ["status", "--context", CONTEXT];

/// The CA of somebody else.
const STRANGER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/stranger.crt");

#[test]
fn certificates_may_be_in_files_or_in_the_kubeconfig() {
    let shared = shared_config();
    let (cluster, user) = (&shared["clusters"][0]["cluster"], &shared["users"][0]["user"]);
    assert_eq!(Someone::administrator().says(&STATUS).0, Some(0), "both in files");
    let ca = json!({"certificate-authority": null,
        "certificate-authority-data": inline(&cluster["certificate-authority"])});
    let client = json!({"client-certificate-data": inline(&user["client-certificate"]),
        "client-key-data": inline(&user["client-key"])});
    let someone = Someone::administrator().with_cluster(&ca);
    assert_eq!(someone.says(&STATUS).0, Some(0));
    assert_eq!(someone.but_known_by(&client).says(&STATUS).0, Some(0));
}

#[test]
fn a_plugin_may_give_a_certificate() {
    let user = &shared_config()["users"][0]["user"];
    let pem = |file: &serde_json::Value| std::fs::read_to_string(file.as_str().unwrap()).unwrap();
    let given = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {"clientCertificateData": pem(&user["client-certificate"]),
            "clientKeyData": pem(&user["client-key"])}});
    let someone = Someone::known_by(&json!({}));
    let file = someone.file("credential", &given.to_string());
    let command = someone.program("ask-cloud", &format!("cat {file}"));
    assert_eq!(someone.but_known_by(&super::someone::plugin(&command)).says(&STATUS).0, Some(0));
}

#[test]
fn a_ca_of_another_cluster_is_said_to_be_one() {
    let (code, said) =
        Someone::administrator().with_cluster(&json!({"certificate-authority": STRANGER})).says(&STATUS);
    assert_eq!(code, Some(4));
    insta::assert_snapshot!("wrong_ca", said);
    let (code, said) =
        Someone::administrator().with_cluster(&json!({"certificate-authority": null})).says(&STATUS);
    assert_eq!(code, Some(4), "nor is it one that this machine knows");
    assert!(said.contains("does not trust the certificate"), "{said}");
}

#[test]
fn a_name_that_the_certificate_is_not_for_is_said() {
    let name = json!({"tls-server-name": "api.example.com"});
    let (code, said) = Someone::administrator().with_cluster(&name).says(&STATUS);
    assert_eq!(code, Some(4));
    assert!(said.contains("does not trust the certificate of its API server SERVER"), "{said}");
    assert!(said.contains("api.example.com") && said.contains("tls-server-name"), "{said}");
}

#[test]
fn files_that_are_no_certificates_are_said() {
    let (code, said) = Someone::administrator()
        .with_cluster(&json!({"certificate-authority": "/nowhere/ca.crt"}))
        .says(&STATUS);
    assert_eq!(code, Some(4));
    assert!(said.contains("/nowhere/ca.crt"), "{said}");
    let user = json!({"client-certificate-data": "Z2FyYmFnZQ==", "client-key-data": "Z2FyYmFnZQ=="});
    let (code, said) = Someone::known_by(&user).says(&STATUS);
    assert_eq!(code, Some(4));
    assert!(said.contains("look at the certificates that the kubeconfig names"), "{said}");
}
