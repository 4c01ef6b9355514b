//! Drill files that say wrong things about whole incidents: checklists, what presses and helps, what
//! comes next, variants, charts, and the steps that helm and the kubelet do.

#![expect(clippy::unwrap_used, reason = "what the tests share may end a test like a test does")]

use firedrill::cli::show;
use firedrill::drill::{Drill, Loaded, load};
use insta::assert_snapshot;

use crate::drill_files::Folder;

const WORKLOAD: &str = "  manifests: [workload.yaml, {file: storefront.yaml, when: [kind, context]}]\n";
const HARDEN: &str = "  - id: harden\n";
const ENDPOINTS: &str = "          - wait: {signal: endpoints, state: up, within: 30s}\n";
const END: &str = "runbook: [triage.B, fix.A, harden]\n";

/// The built-in drill's files with two charts: one good, one that lacks what helm wants.
fn with_charts() -> Folder {
    let folder = Folder::new();
    folder.write("own/1.0.0/Chart.yaml", "apiVersion: v2\nname: api-service\nversion: 1.0.0\n");
    folder.write("own/1.0.0/templates/service.yaml", "kind: Service\n");
    folder.write("own/1.1.0/Chart.yaml", "apiVersion: v2\nversion: 1.1\n");
    folder.write("own/none/values.yaml", "a: 1\n");
    folder
}

/// Without the built-in drill's own variants, and with these.
fn with_variants(folder: Folder, variants: &str) -> Folder {
    let text = std::fs::read_to_string(folder.path().join("drill.yaml")).unwrap();
    let (text, _) = text.split_once("\nvariants:\n").unwrap_or((&text, ""));
    folder.write("drill.yaml", &format!("{text}\nvariants:\n{variants}"));
    folder
}

fn loaded(folder: &Folder) -> Drill {
    load(folder.path().to_str().unwrap()).unwrap_or_else(|e| panic!("{:?}", miette::Report::new(e))).drill
}

#[test]
fn a_round_is_a_choice_or_a_checklist_or_steps() {
    let steps = "    steps: [{diagnose: service/api-service}]\n";
    let item = "    checklist: [{id: x, label: Look, steps: [{diagnose: service/api-service}]}]\n";
    let title = "    title: Get the traffic back\n";
    let spoiled = |more: &str| Folder::new().drill(title, &format!("{title}{more}")).told();
    assert_snapshot!("options_and_steps", spoiled(steps));
    assert_snapshot!("options_and_checklist", spoiled(item));
    assert_snapshot!("all_three", spoiled(&format!("{steps}{item}")));
    let folder = Folder::new()
        .drill("    title: Traffic is back\n", &format!("    title: Traffic is back\n{steps}"))
        .drill(HARDEN, "  - {id: empty, title: Nothing to do}\n  - id: harden\n");
    assert_snapshot!("checklist_and_steps_or_nothing", folder.told());
}

#[test]
fn items_and_what_comes_next_do_something() {
    let folder = Folder::new()
        .drill(&format!("        steps:\n{ENDPOINTS}"), "        steps: []\n")
        .drill("      - id: requests\n", "      - id: next\n")
        .drill("label: Requests from outside are answered", "label: \"Requests\\nare answered\"")
        .drill(
            "        claim: resolves\n        steps:\n",
            "        claim: resolves\n        next:\n          - {label: \"\", claim: unchanged, steps: []}\n        steps:\n",
        )
        .drill("        takes: 4m\n        claim: unchanged", "        takes: 4m\n        claim: verified");
    assert_snapshot!(folder.told());
}

#[test]
fn what_presses_rises_and_what_helps_says_something() {
    let round = "  - id: fix\n";
    let more = "  - id: fix\n    hint: {say: \" \"}\n    cues:\n      - {after: 5m, say: a}\n      - {after: 5m, say: \"\"}\n      - {after: 4m, say: c}\n";
    assert_snapshot!(Folder::new().drill(round, more).told());
}

#[test]
fn variants_change_what_is_there() {
    let variants = "  none: {}
  a b: {}
  first:
    for: [play, play]
    options:
      fix.F: {claim: unchanged}
      fixx.A: {claim: unchanged}
      triage.C: {claim: resolves}
      fix.A: {steps: [], label: \"\"}
      harden.requests: {claim: unchanged}
    runbook: [triage.B, fix.Z]
  second:
    for: [evaluate, play]
    options: {fix.A: {claim: unchanged}}
    rounds:
      - {id: fix, title: t, options: [{id: X, label: l, claim: resolves}]}
      - {id: fix, title: t, steps: [{diagnose: service/api-servce}]}
";
    assert_snapshot!(with_variants(Folder::new(), variants).told());
}

#[test]
fn charts_are_folders_that_helm_can_read() {
    let chart = |path: &str| format!("  chart: {{path: {path}, release: api-service}}\n");
    let told = |path: &str| with_charts().drill(WORKLOAD, &chart(path)).told();
    assert_snapshot!("chart_missing", told("own/1.0.1"));
    assert_snapshot!("chart_outside", told("../own"));
    assert_snapshot!("chart_incomplete", told("own/1.1.0"));
    assert_snapshot!("chart_none", told("own/none"));
    let words = "  chart: {path: own/1.0.0, release: --force, nodePortValue: service..nodePort}\n";
    assert_snapshot!("chart_words", with_charts().drill(WORKLOAD, words).told());
    assert_snapshot!("chart_nor_manifests", Folder::new().drill(WORKLOAD, "").told());
}

#[test]
fn what_a_chart_makes_is_not_looked_for() {
    let folder = with_charts()
        .drill(
            WORKLOAD,
            "  chart: {path: own/1.0.0, release: api-service, nodePortValue: service.nodePort}\n",
        )
        .drill("- diagnose: service/api-service", "- diagnose: service/api-servce");
    // Those of the drill's own variant are named, too.
    assert!(loaded(&folder).charts().contains(&"own/1.0.0"));
    // Also where only a variant deploys one: its steps may be about objects that no manifest holds.
    let variant = |service: &str| {
        format!(
            "  chart:\n    workload: {{chart: {{path: ./own/1.0.0, release: x}}, ready: {{deployment: y, within: 1m}}}}\n    \
             options: {{fix.A: {{steps: [{{delete: service/{service}}}]}}}}\n"
        )
    };
    let drill = loaded(&with_variants(with_charts(), &variant("api-servce")));
    assert_eq!(drill.charts(), ["./own/1.0.0"]);
    let folder = with_variants(with_charts(), &variant("x"))
        .drill("- diagnose: service/api-service", "- diagnose: service/api-servce");
    assert!(folder.told().contains("did you mean `api-service`?"), "{}", folder.told());
}

#[test]
fn steps_of_helm_and_of_logs() {
    let steps = ENDPOINTS.to_owned()
        + "          - logs: {pods: {}, lines: 0}
          - logs: {pods: {app: x}, lines: 1001, namespace: Kube_System}
          - helm: {upgrade: {release: api-servic, chart: own/1.0.1}}
          - helm: {rollback: {release: api-service, revision: 0}}
          - helm: {test: {release: other, within: 0s}}
          - helm: {template: {release: any, chart: own/1.0.0, consistent: true}}
          - helm: {template: {release: Any, chart: own/1.0.0}}
";
    let chart = "  chart: {path: own/1.0.0, release: api-service}\n";
    let folder = with_charts().drill(WORKLOAD, chart).drill(ENDPOINTS, &steps);
    assert_snapshot!("helm_with_a_chart", folder.told());
    let steps = ENDPOINTS.to_owned()
        + "          - helm: {test: {release: api-service}}
          - helm: {template: {release: any, chart: own/1.0.0}}
";
    let folder = with_charts().drill(ENDPOINTS, &steps);
    assert_snapshot!("helm_without_a_chart", folder.told());
    // The drill's own chart is gone with the variant, and so is the release of the drill's step.
    let variant =
        "  plain: {workload: {manifests: [workload.yaml], ready: {deployment: api-service, within: 1m}}}\n";
    let folder = with_variants(with_charts().drill(WORKLOAD, chart).drill(ENDPOINTS, &steps), variant);
    assert_snapshot!("helm_without_a_chart_in_a_variant", folder.told());
}

#[test]
fn new_lists_have_an_end_too() {
    let cues = "{after: 1m, say: x}, ".repeat(101);
    let commands = "play, ".repeat(101);
    let folder = Folder::new().drill(HARDEN, &format!("{HARDEN}    cues: [{cues}]\n"));
    let told = with_variants(folder, &format!("  x: {{for: [{commands}]}}\n")).told();
    assert_eq!(told.matches("a list of 101 entries").count(), 2, "{told}");
}

#[test]
fn a_runbook_may_name_items_and_what_comes_next() {
    let folder = Folder::new()
        .drill(
            "        claim: resolves\n        steps:\n",
            "        claim: resolves\n        next:\n          - {label: The next release, claim: breaks-again, steps: [{restart: deployment/api-service}]}\n        steps:\n",
        )
        .drill(END, "runbook: [triage.B, fix.A, fix.A.next.0, harden.requests]\n");
    let drill = loaded(&folder);
    let path: Vec<_> = drill.runbook_path().into_iter().map(|entry| entry.name).collect();
    assert_eq!(path, ["triage.B", "fix.A", "fix.A.next.0", "harden.requests"]);
    let folder = folder.drill("fix.A.next.0, harden.requests", "fix.A.next.1, triage.B.next.0");
    assert_snapshot!(folder.told());
}

#[test]
fn show_says_what_a_variant_changes() {
    let variant = "  helm:
    for: [play, evaluate]
    workload:
      chart: {path: own/1.0.0, release: api-service}
      manifests: [{file: storefront.yaml, when: kind}]
      ready: {deployment: api-service, within: 60s}
    fault:
      name: release-1.1.0
      steps: [{helm: {upgrade: {release: api-service, chart: own/1.0.0, serverSide: false}}}]
      expect: {signal: endpoints, state: out, within: 30s}
    options:
      fix.A:
        next: [{label: The next release, claim: breaks-again, steps: [{helm: {rollback: {release: api-service}}}]}]
      fix.B: {teaches: Something else}
      fix.C: {label: Roll the release back, claim: mitigates, steps: [{helm: {rollback: {release: api-service, revision: 1}}}]}
    rounds:
      - id: harden
        title: Never again
        cues: [{after: 20m, say: The board asks.}]
        hint: {say: Look at the chart., takes: 30s}
        checklist:
          - {id: tested, label: Its test passes, takes: 2m, steps: [{helm: {test: {release: api-service}}}]}
          - {id: logs, label: Nobody complains, steps: [{logs: {pods: {app: api-service}, namespace: shop}}]}
      - {id: end, title: It is over, steps: [{diagnose: service/api-service}]}
    runbook: [triage.B, fix.A, fix.A.next.0, harden, end]
";
    let folder = with_variants(with_charts(), variant);
    let loaded = load(folder.path().to_str().unwrap()).unwrap();
    let told = show::text(&loaded, None);
    let (_, told) = told.split_once("\nVariant").unwrap();
    assert_snapshot!("variant_listed", told);
    let drill = loaded.drill.with_variant("helm").unwrap();
    assert_snapshot!("variant_in_place", show::text(&Loaded { drill, ..loaded }, Some("helm")));
}
