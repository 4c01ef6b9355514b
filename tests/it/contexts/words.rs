//! What is said where flags do not fit together.

use super::someone::{CONTEXT, Someone};
use crate::run::running::DRILL;

#[test]
fn a_context_has_its_own_kubernetes() {
    let args = ["run", DRILL, "--context", CONTEXT, "--kubernetes-version", "v1.34.4"];
    let (code, said) = Someone::administrator().says(&args);
    assert_eq!(code, Some(2));
    assert!(said.contains("--kubernetes-version chooses the local cluster's Kubernetes"), "{said}");
}
