//! What can be done in a round: options, what comes after them, and the items of a checklist.

use super::Check;
use crate::drill::error::Mistake;
use crate::drill::{Choice, Claim, Item, Next};

impl Check<'_> {
    pub(super) fn option(&mut self, path: &str, round: &str, option: &Choice) {
        let name = format!("{round}.{}", option.id.value);
        self.one_line(&format!("{path}/label"), &option.label);
        if option.steps.is_empty() {
            self.claim(path, &name, option.claim);
        }
        self.next(path, &name, &option.next);
    }

    /// A claim about the cluster needs a step that touches it.
    pub(super) fn claim(&mut self, path: &str, name: &str, claim: Claim) {
        let claims = match claim {
            Claim::Resolves => "resolve the incident",
            Claim::Mitigates => "serve the users again",
            Claim::Rejected => "be refused",
            Claim::BreaksAgain => "break again",
            Claim::Verified => "be verified",
            Claim::Unchanged | Claim::FindsCause => return,
        };
        let mistake = Mistake::new(
            "firedrill::drill::claim",
            format!("{name} claims to {claims}, but has no steps that could"),
        )
        .help("give it steps, or claim `unchanged` or `finds-cause` for an option that only looks");
        self.note(&format!("{path}/claim"), "nothing backs this", mistake);
    }

    /// What comes after an option, whatever it claims, is something that happens.
    pub(super) fn next(&mut self, path: &str, name: &str, next: &[Next]) {
        for (n, next) in next.iter().enumerate() {
            let path = format!("{path}/next/{n}");
            self.one_line(&format!("{path}/label"), &next.label);
            if next.steps.is_empty() {
                let mistake = Mistake::new(
                    "firedrill::drill::claim",
                    format!("{name}.next.{n} has no steps, so nothing comes after {name}"),
                )
                .help("give it the steps that come after the option, such as the next release");
                self.note(&format!("{path}/steps"), "nothing comes", mistake);
            }
        }
    }

    /// An item without steps could only be ticked.
    pub(super) fn item(&mut self, path: &str, round: &str, item: &Item) {
        self.one_line(&format!("{path}/label"), &item.label);
        if item.steps.is_empty() {
            let mistake = Mistake::new(
                "firedrill::drill::unverified",
                format!("{round}.{} has no steps: it could be ticked, but not verified", item.id.value),
            )
            .help("give it the steps that show it to be done, such as a `wait`");
            self.note(&format!("{path}/steps"), "nothing is done", mistake);
        }
    }

    pub(super) fn one_line(&mut self, path: &str, label: &str) {
        let label = label.trim();
        if !label.is_empty() && !label.contains(['\n', '\r']) {
            return;
        }
        let what = if label.is_empty() { "is empty" } else { "has several lines" };
        let mistake = Mistake::new("firedrill::drill::label-line", format!("the label {what}"))
            .help("write one line that says what is done; what it teaches goes under `teaches`");
        self.note(path, "not one line", mistake);
    }
}
