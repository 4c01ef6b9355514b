use crate::report::{endings, fold, plain, text};

#[test]
fn each_ending_reads_well() {
    for (name, events) in endings::all() {
        let journal = "/home/me/.local/state/firedrill/runs/20261122-141500-k3f9q2.jsonl";
        insta::assert_snapshot!(name, text(&fold(&events), Some(journal)));
    }
}

#[test]
fn only_words_that_are_longer_leave_the_page() {
    for (name, events) in endings::all() {
        for line in text(&fold(&events), None).lines() {
            let wide = line.chars().count() > 80;
            let word = line.split(' ').any(|w| w.chars().count() > 50);
            assert!(!wide || word, "{name}: {line}");
            assert!(!line.contains(plain::misleads), "{name}: {line:?}");
        }
    }
}
