//! Contexts that a drill must not touch by accident.

use glob::{MatchOptions, Pattern};

/// What is protected where nobody says otherwise.
pub const DEFAULT: &str = "*prod*";

/// In the name of a cluster, upper and lower case mean the same, and `*` passes over slashes
/// and dots (`arn:aws:eks:…:cluster/prod-eu`).
const MATCHING: MatchOptions = MatchOptions {
    case_sensitive: false,
    require_literal_separator: false,
    require_literal_leading_dot: false,
};

/// The first pattern that protects any of these names (a context's, its cluster's).
#[must_use]
pub fn protecting<'a>(patterns: &'a [Pattern], names: &[&str]) -> Option<&'a Pattern> {
    patterns.iter().find(|pattern| names.iter().any(|name| pattern.matches_with(name, MATCHING)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_the_names_protects() {
        let patterns = [Pattern::new(DEFAULT).unwrap(), Pattern::new("live").unwrap()];
        let is = |context, cluster| protecting(&patterns, &[context, cluster]).map(Pattern::as_str);
        assert_eq!(is("arn:aws:eks:eu:1:cluster/PROD.eu", "x"), Some(DEFAULT));
        assert_eq!(is("mine", "gke_acme_production"), Some(DEFAULT));
        assert_eq!(is("Live", "x"), Some("live"));
        assert_eq!(is("staging", "live-2"), None);
    }
}
