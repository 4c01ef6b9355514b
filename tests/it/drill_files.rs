//! Bad drill files: each gets an answer that says what is wrong, where, and what to do.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what the tests share may end a test like a test does"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use firedrill::drill::{DrillError, catalogue, load};
use insta::assert_snapshot;
use rustix::time::{ClockId, clock_gettime};

/// What the built-in drill deploys.
const MANIFESTS: &str = "manifests: [workload.yaml, {file: storefront.yaml, when: [kind, context]}]";

/// A folder with the built-in drill's files, to be spoiled.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        catalogue::builtin()[0].write_to(folder.path()).unwrap();
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        let file = self.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    /// Replaces text that must be there, so that a test cannot pass by spoiling nothing.
    fn change(self, name: &str, from: &str, to: &str) -> Self {
        let text = std::fs::read_to_string(self.path().join(name)).unwrap();
        assert!(text.contains(from), "{name} has no `{from}`");
        self.write(name, &text.replacen(from, to, 1));
        self
    }

    pub fn drill(self, from: &str, to: &str) -> Self {
        self.change("drill.yaml", from, to)
    }

    /// What a person is told, without colours and with the folder's name cut out. Each answer
    /// has to come within a second: of this thread's work, as other tests take the cores, too.
    pub fn told(&self) -> String {
        let began = worked();
        let error = load(self.path().to_str().unwrap()).expect_err("a bad drill");
        let took = worked().saturating_sub(began);
        assert!(took < Duration::from_secs(1), "took {took:?}");
        plain(&error).replace(&format!("{}/", self.path().display()), "")
    }
}

/// How long this thread has worked.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

fn plain(error: &DrillError) -> String {
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor())
        .with_links(false)
        .with_width(400);
    let mut text = String::new();
    handler.render_report(&mut text, error).unwrap();
    text.lines().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{}", line.trim_end());
        text
    })
}

#[test]
fn unknown_keys_are_all_told_with_the_nearest_known() {
    let folder = Folder::new()
        .drill("steadyState: {stableFor: 1s}", "steadystate: {stableFor: 1s}")
        .drill("every: 50ms", "evry: 50ms")
        .drill("- restart: deployment/api-service", "- restrat: deployment/api-service")
        .drill("claim: finds-cause", "claim: find-cause")
        .drill("  title: Service has no endpoints\n", "");
    assert_snapshot!(folder.told());
}

#[test]
fn wrong_types() {
    assert_snapshot!("wrong_type_number", Folder::new().drill("after: 3}", "after: three}").told());
    assert_snapshot!(
        "wrong_type_list",
        Folder::new().drill("tags: [service, selector, labels, helm]", "tags: service").told()
    );
    assert_snapshot!(
        "wrong_type_mapping",
        Folder::new().drill("target: {service: api-service}", "target: api-service").told()
    );
    assert_snapshot!(
        "wrong_type_money",
        Folder::new().drill("revenuePerMinute: 5000", "revenuePerMinute: lots").told()
    );
    assert_snapshot!(
        "wrong_type_object",
        Folder::new().drill("diagnose: service/api-service", "diagnose: api-service").told()
    );
}

#[test]
fn names_that_refer_to_nothing_are_all_told() {
    let folder = Folder::new()
        .drill("detector: {signal: http,", "detector: {signal: htpp,")
        .drill("{signal: endpoints, state: out,", "{signal: endpoint, state: out,")
        .drill("- wait: {signal: http, state: up,", "- wait: {signal: latency, state: up,")
        .drill("runbook: [triage.B, fix.A, harden]", "runbook: [triage.E, fixx.A, harden.request, verify]");
    assert_snapshot!(folder.told());
}

#[test]
fn ids_that_are_there_twice() {
    let folder = Folder::new()
        .drill("      - id: C\n", "      - id: B\n")
        .drill("  - id: harden\n", "  - id: fix\n")
        .drill("  - http: {via", "  - http: {name: endpoints, via");
    assert_snapshot!(folder.told());
}

#[test]
fn lengths_and_money_outside_their_limits() {
    assert_snapshot!("negative_budget", Folder::new().drill("mitigate: 10s", "mitigate: -5s").told());
    let folder = Folder::new()
        .drill("budget: {detect: 2s", "budget: {detect: 0s")
        .drill("every: 50ms", "every: 1ms")
        .drill("atLeast: 1", "atLeast: 0")
        .drill("after: 3}", "after: 0}")
        .drill("stableFor: 1s", "stableFor: 0s")
        .drill("revenuePerMinute: 8000", "revenuePerMinute: -8000")
        .drill("    - after: 10m\n", "    - after: 0s\n")
        .drill("currency: USD", "currency: dollars")
        .drill("name: service-has-no-endpoints", "name: Service_has_no_endpoints");
    assert_snapshot!("limits", folder.told());
    assert_snapshot!("in_flight", Folder::new().drill("timeout: 1s", "timeout: 30s").told());
}

#[test]
fn rounds_that_make_no_choice() {
    let folder = Folder::new()
        .drill("        best: true\n        takes: 1m", "        takes: 1m")
        .drill(
            "        takes: 5m\n        claim: resolves",
            "        takes: 5m\n        best: true\n        claim: resolves",
        )
        .drill(
            "        takes: 4m\n        claim: unchanged\n        steps:\n          - logs: {pods: {k8s-app: kube-proxy}, namespace: kube-system, lines: 5}\n",
            "        takes: 4m\n        claim: mitigates\n",
        );
    assert_snapshot!(folder.told());
}

#[test]
fn steps_that_cannot_be_carried_out() {
    let folder = Folder::new()
        .drill("- restart: deployment/api-service", "- restart: service/api-service")
        .drill("- diagnose: service/api-service", "- diagnose: service/api-servce")
        .drill("- delete: service/api-service", "- delete: sevice/api-service")
        .drill(
            "- patch: {target: service/api-service, merge: {spec: {selector: {app: api-svc}}}}",
            "- patch: {target: service/api-service, merge: []}",
        )
        .drill(
            "- wait: {signal: endpoints, state: up, within: 30s}",
            "- wait: {signal: endpoints, within: 30s}",
        )
        .drill("- wait: {signal: http, state: up, within: 30s}", "- label: {set: {app: x}}");
    assert_snapshot!(folder.told());
}

#[test]
fn steps_that_would_change_rights() {
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader}\nrules: []\n";
    let folder = Folder::new()
        .drill("- restart: deployment/api-service", "- delete: role/reader")
        .drill("- delete: service/api-service", "- apply: {manifests: [role.yaml]}");
    folder.write("role.yaml", role);
    assert_snapshot!(folder.told());
}

#[test]
fn empty_files() {
    let folder = Folder::new();
    folder.write("drill.yaml", "");
    assert_snapshot!("empty", folder.told());
    folder.write("drill.yaml", "---\n# nothing yet\n");
    assert_snapshot!("only_comments", folder.told());
}

#[test]
fn what_is_no_drill_at_all() {
    let folder = Folder::new();
    folder.write("drill.yaml", "apiVersion: firedrill.dev/v1\nkind: Drill\nmetadata: {name: x\ntitle: y\n");
    assert_snapshot!("syntax", folder.told());
    let deep = format!("merge: {{spec: {}1{}}}", "[".repeat(90), "]".repeat(90));
    let deep = Folder::new().drill("merge: {spec: {selector: {app: api-svc}}}", &deep);
    assert_snapshot!("too_deep", deep.told());
    folder.write("drill.yaml", &format!("a: {}", "[".repeat(5000)));
    assert_snapshot!("only_brackets", folder.told());
    folder.write("drill.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n");
    assert_snapshot!("a_manifest", folder.told());
    assert_snapshot!(
        "newer_version",
        Folder::new().drill("apiVersion: firedrill.dev/v1", "apiVersion: firedrill.dev/v2").told()
    );
    assert_snapshot!("keys_missing", {
        folder.write("drill.yaml", "apiVersion: firedrill.dev/v1\nkind: Drill\nmetadata: {name: x}\n");
        folder.told()
    });
    let folder = Folder::new().drill("detector:", "kind: Drill\ndetector:");
    assert_snapshot!("duplicate_key", folder.told());
    let folder = Folder::new().drill("budget: {", "---\nbudget: {");
    assert_snapshot!("two_drills", folder.told());
    let folder = Folder::new();
    std::fs::write(folder.path().join("drill.yaml"), b"kind: \xff\xfe").unwrap();
    assert_snapshot!("not_utf8", folder.told());
}

#[test]
fn manifests_that_cannot_be_read() {
    assert_snapshot!("manifest_missing", Folder::new().drill(MANIFESTS, "manifests: [worload.yaml]").told());
    assert_snapshot!(
        "manifest_outside",
        Folder::new().drill(MANIFESTS, "manifests: [../../etc/passwd]").told()
    );
    let broken = Folder::new().change(
        "workload.yaml",
        "  selector:\n    app: api-service\n  ports:",
        "  selector: {app: api-service\n  ports:",
    );
    assert_snapshot!("manifest_one_broken", broken.told());
}

#[test]
fn manifests_that_hold_the_wrong_objects() {
    let folder = Folder::new().drill("target: {service: api-service}", "target: {service: api-servise}");
    assert_snapshot!("target_missing", folder.told());
    let folder = Folder::new().drill("ready: {deployment: api-service,", "ready: {deployment: api,");
    assert_snapshot!("ready_missing", folder.told());
    let folder = Folder::new();
    let text = std::fs::read_to_string(folder.path().join("workload.yaml")).unwrap();
    let more = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\napiVersion: v1\nkind: ConfigMap\n\
        metadata: {name: settings, namespace: prod}\n---\napiVersion: v1\nkind: Deployment\nmetadata: {name: other}\n---\nkind: Secret\n";
    folder.write("workload.yaml", &format!("{text}{more}"));
    assert_snapshot!("manifest_without_name", folder.told());
    folder.write("workload.yaml", &format!("{text}{}", more.trim_end_matches("---\nkind: Secret\n")));
    assert_snapshot!("manifest_objects", folder.told());
    let folder = Folder::new().drill(MANIFESTS, "manifests: [deployment.yaml]");
    let (deployment, _) = text.split_once("---\n").unwrap();
    folder.write("deployment.yaml", deployment);
    assert_snapshot!("target_elsewhere", folder.told());
}

#[test]
fn unknown_drills() {
    for (name, reference) in [
        ("unknown_name", "service-has-no-endpoint"),
        ("unknown_file", "./nowhere/drill.yaml"),
        ("unknown_word", "chaos"),
    ] {
        assert_snapshot!(name, plain(&load(reference).unwrap_err()));
    }
    let folder = tempfile::tempdir().unwrap();
    let told = plain(&load(folder.path().to_str().unwrap()).unwrap_err());
    assert_snapshot!("folder_without_drill", told.replace(&folder.path().display().to_string(), "FOLDER"));
}

#[test]
fn what_a_run_rests_on_is_there_on_every_cluster() {
    let workload = "manifests: [{file: workload.yaml, when: [kind, context]}]";
    let folder = Folder::new()
        .drill(MANIFESTS, workload)
        .drill("{service: api-service, atLeast: 1}", "{service: api-service, when: kind}")
        .drill("timeout: 1s, expect: 200}", "timeout: 1s, when: [kind, local]}");
    assert_snapshot!(folder.told());
}

#[test]
fn words_about_clusters_and_ways() {
    let folder = Folder::new()
        .drill("via: apiserver-proxy,", "via: apiserver-prxy, when: kined,")
        .drill(MANIFESTS, "manifests: [{file: workload.yaml, wen: kind}]");
    assert_snapshot!(folder.told());
    assert_snapshot!("when_in_a_list", Folder::new().drill("expect: 200}", "when: [kind, lokal]}").told());
}

#[test]
fn urls_and_node_ports_that_cannot_be_asked() {
    let http = "  - http: {via: apiserver-proxy,";
    let more = "  - http: {name: a, via: {url: 'shop:8080'}}
  - http: {name: b, via: {url: 'http://shop/?a=b'}}
  - http: {name: c, via: {url: 'https://shop:0'}}
  - http: {name: d, via: {nodePort: 0}}
  - http: {name: e, via: {nodePort: 30080}, when: []}
  - http: {via: apiserver-proxy,";
    assert_snapshot!(Folder::new().drill(http, more).told());
    assert_snapshot!(
        "node_port_too_large",
        Folder::new().drill("via: apiserver-proxy,", "via: {nodePort: 70000},").told()
    );
}
