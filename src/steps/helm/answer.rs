//! What helm's words mean.

use crate::group::Ended;
use crate::journal::StepOutcome;

/// What the API server says where helm passes its refusal on, and the status that belongs to it.
const REFUSALS: [(&str, u16); 4] = [
    // apimachinery, NewApplyConflict: somebody else owns a field under server-side apply.
    ("Apply failed with", 409),
    // apimachinery, NewInvalid: an immutable field, a selector that does not match.
    ("is invalid:", 422),
    ("is forbidden:", 403),
    ("denied the request", 403),
];

/// What came of a call: helm ends with 0, or says on its last line why not.
pub(super) fn outcome(ended: &Ended) -> StepOutcome {
    if ended.status.success() {
        return StepOutcome::Changed;
    }
    let message = last_words(&ended.stderr);
    match REFUSALS.iter().find(|(words, _)| message.contains(words)) {
        Some((_, status)) => StepOutcome::Rejected { status: *status, message },
        None => StepOutcome::Failed { message },
    }
}

/// What helm complains of, on one line: from the line on that begins with `Error:`. What it logs
/// before says the same in quotes.
pub(super) fn last_words(stderr: &str) -> String {
    const ERROR: &str = "Error:";
    let begins = |at: &usize| *at == 0 || stderr[..*at].ends_with('\n');
    let line = stderr.match_indices(ERROR).map(|(at, _)| at).find(begins);
    let from = line.map_or(0, |at| at + ERROR.len());
    let words = stderr[from..].split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() { "helm failed and did not say why".to_owned() } else { words }
}

/// What an upgrade says of the release: `STATUS: deployed, REVISION: 2`.
pub(super) fn release_lines(stdout: &str) -> Vec<String> {
    let told = stdout.lines().filter(|line| line.starts_with("STATUS:") || line.starts_with("REVISION:"));
    let told: Vec<&str> = told.map(str::trim).collect();
    if told.is_empty() {
        return stdout.lines().next().map(|line| line.trim().to_owned()).into_iter().collect();
    }
    vec![told.join(", ")]
}

/// The names of the tests, and how each ended.
pub(super) fn test_lines(stdout: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut suite = "";
    for line in stdout.lines() {
        if let Some(name) = line.strip_prefix("TEST SUITE:") {
            suite = name.trim();
        } else if let Some(phase) = line.strip_prefix("Phase:") {
            lines.push(format!("test {suite}: {}", phase.trim()));
        }
    }
    lines
}

/// Whether a release has nothing to test.
pub(super) fn has_no_tests(stdout: &str) -> bool {
    test_lines(stdout).is_empty()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    use super::*;

    fn failed(stderr: &str) -> StepOutcome {
        let status = ExitStatus::from_raw(256);
        outcome(&Ended { status, stdout: String::new(), stderr: stderr.to_owned() })
    }

    #[test]
    fn a_refusal_of_the_api_server_is_told_from_what_failed_otherwise() {
        let conflict = "level=WARN msg=x\nError: UPGRADE FAILED: conflict occurred while applying object shop/api-service /v1, Kind=Service: Apply failed with 1 conflict: conflict with \"kubectl-patch\" using v1: .spec.selector";
        let StepOutcome::Rejected { status: 409, message } = failed(conflict) else { panic!("no conflict") };
        assert!(message.starts_with("UPGRADE FAILED: conflict occurred"), "{message}");
        let immutable = "Error: UPGRADE FAILED: cannot patch \"a\" with kind Deployment: Deployment.apps \"a\" is invalid: spec.selector: Invalid value: x: field is immutable";
        assert!(matches!(failed(immutable), StepOutcome::Rejected { status: 422, .. }));
        let unreachable =
            "Error: Kubernetes cluster unreachable: Get \"https://127.0.0.1:1\": connection refused";
        assert!(matches!(failed(unreachable), StepOutcome::Failed { .. }));
        assert!(matches!(failed(""), StepOutcome::Failed { .. }));
    }

    #[test]
    fn what_a_release_says_of_itself_is_one_line() {
        let upgraded = "Release \"a\" has been upgraded. Happy Helming!\nNAME: a\nSTATUS: deployed\nREVISION: 2\nTEST SUITE: None\n";
        assert_eq!(release_lines(upgraded), ["STATUS: deployed, REVISION: 2"]);
        assert_eq!(
            release_lines("Rollback was a success! Happy Helming!\n"),
            ["Rollback was a success! Happy Helming!"]
        );
        let tested = "NAME: a\nTEST SUITE:     a-endpoints\nLast Started:   x\nPhase:          Succeeded\n";
        assert_eq!(test_lines(tested), ["test a-endpoints: Succeeded"]);
        assert!(has_no_tests(upgraded) && !has_no_tests(tested));
    }
}
