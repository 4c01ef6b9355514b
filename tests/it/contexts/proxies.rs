//! Proxies in front of the API server.

use serde_json::json;

use super::connect::{Does, Proxy};
use super::someone::{CONTEXT, Someone};
use crate::run::running::Running;
use crate::safeguards::foreign::{existing_drill, service, shop};

const STATUS: [&str; 3] = ["status", "--context", CONTEXT];

/// The administrator, of a cluster whose name only a proxy knows.
fn behind_a_proxy() -> Someone {
    let fields = json!({"server": "https://api.firedrill.invalid:6443", "tls-server-name": "localhost"});
    Someone::administrator().with_cluster(&fields)
}

/// What is said, without the proxy's port.
fn of_proxy(said: &str, proxy: &Proxy) -> String {
    said.replace(&proxy.address, "PROXY")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_run_and_its_guard_go_through_the_kubeconfigs_proxy() {
    let (shop, proxy) = (shop().await, Proxy::that(Does::Connects(None)).await);
    let someone = behind_a_proxy().with_cluster(&json!({"proxy-url": format!("http://{}", proxy.address)}));
    let (drill, before) = (existing_drill(), service(&shop).await);
    let args = [drill.path(), "--context", CONTEXT, "-n", &shop.name, "--output", "json"];
    // NO_PROXY spares nothing from what the kubeconfig says.
    let mut command = someone.firedrill();
    command.env("NO_PROXY", "*");
    let ended = Running::start_with(command, &args).end().await;
    assert_eq!(ended.code, Some(0));
    assert!(ended.report()["requests"]["sent"].as_u64().unwrap() > 5);
    assert_eq!(service(&shop).await, before);
    assert!(proxy.asked() >= 3, "the runner's two clients and the guard: {}", proxy.asked());
    assert!(proxy.bytes() > 100_000, "watches and probes too: {}", proxy.bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_names_a_proxy_and_spares_hosts() {
    let proxy = Proxy::that(Does::Connects(Some("YW5uOnNlY3JldA=="))).await;
    let someone = behind_a_proxy();
    let url = format!("http://ann:secret@{}", proxy.address);
    let (code, said) = someone.hears(someone.firedrill().args(STATUS).env("HTTPS_PROXY", &url));
    assert_eq!(code, Some(0), "{said}");
    let asked = proxy.asked();
    assert_ne!(asked, 0);

    let mut spared = someone.firedrill();
    spared.args(STATUS).env("HTTPS_PROXY", &url).env("NO_PROXY", "localhost,.firedrill.invalid");
    let (code, said) = someone.hears(&mut spared);
    assert_eq!((code, proxy.asked()), (Some(4), asked));
    assert!(said.contains("does not answer: failed to lookup address"), "{said}");

    // The login is nobody's business.
    let wrong = format!("http://ann:wrong@{}", proxy.address);
    let (code, said) = someone.hears(someone.firedrill().args(STATUS).env("https_proxy", &wrong));
    assert_eq!(code, Some(4));
    assert!(!said.contains("wrong"), "{said}");
    insta::assert_snapshot!("wants_a_login", of_proxy(&said, &proxy));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_has_no_say_about_this_machine() {
    let proxy = Proxy::that(Does::Refuses(403)).await;
    let someone = Someone::administrator();
    let mut command = someone.firedrill();
    command.args(STATUS).env("HTTPS_PROXY", format!("http://{}", proxy.address));
    assert_eq!(someone.hears(&mut command).0, Some(0));
    assert_eq!(proxy.asked(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_lets_nothing_through_is_named() {
    for (name, does) in [("refuses", Does::Refuses(403)), ("closes", Does::Closes)] {
        let proxy = Proxy::that(does).await;
        let url = json!({"proxy-url": format!("http://{}", proxy.address)});
        let (code, said) = behind_a_proxy().with_cluster(&url).says(&STATUS);
        assert_eq!(code, Some(4));
        insta::assert_snapshot!(name, of_proxy(&said, &proxy));
    }
    let url = json!({"proxy-url": "http://127.0.0.1:1"});
    let (code, said) = behind_a_proxy().with_cluster(&url).says(&STATUS);
    assert_eq!(code, Some(4));
    insta::assert_snapshot!("nobody_listens", said);
}

#[test]
fn an_address_that_is_none_is_a_mistake_of_whoever_named_it() {
    let someone = behind_a_proxy();
    let mut command = someone.firedrill();
    command.args(STATUS).env("HTTPS_PROXY", "ftp://ann:secret@proxy:1");
    let (code, said) = someone.hears(&mut command);
    assert_eq!(code, Some(4));
    assert!(said.contains("the proxy that HTTPS_PROXY names is not an address"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}
