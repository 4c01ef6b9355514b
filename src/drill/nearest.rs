//! The nearest known word, for messages about an unknown one.

/// The candidate that `word` was most likely meant to be; none where all are far.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (likeness(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| word.chars().count() > 1 && *likeness >= 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Jaro-Winkler likes a shared beginning; a swapped pair or a slip in the middle is better
/// seen by counting edits. The better of both counts.
fn likeness(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(a, b).min(0.9).max(strsim::normalized_damerau_levenshtein(a, b))
}

/// Help for an unknown word: the nearest known one, then all of them.
#[must_use]
pub fn suggest<'a>(word: &str, what: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let mut known: Vec<&str> = Vec::new();
    for candidate in candidates.clone() {
        if !known.contains(&candidate) {
            known.push(candidate);
        }
    }
    let list = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    match nearest(word, candidates) {
        Some(near) => format!("did you mean `{near}`? {what}: {list}"),
        None => format!("{what}: {list}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_finds_none() {
        let keys = ["signals", "steadyState", "detector", "fault", "budget"];
        for (slip, meant) in [
            ("signal", "signals"),
            ("steady_state", "steadyState"),
            ("detecter", "detector"),
            ("fualt", "fault"),
            ("Budget", "budget"),
        ] {
            assert_eq!(nearest(slip, keys), Some(meant), "{slip}");
        }
        assert_eq!(nearest("replicas", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest("s", keys), None);
    }

    #[test]
    fn help_lists_what_is_known() {
        assert_eq!(
            suggest("htpp", "signals of this drill", ["endpoints", "http"]),
            "did you mean `http`? signals of this drill: endpoints, http"
        );
        assert_eq!(suggest("xyz", "signals", []), "signals: none");
    }
}
