//! Which key chooses what.

use crate::drill::RunbookEntry;

/// What keys mean beside the choices.
const TAKEN: &str = "HFQ";

/// The key of each choice: its own letter, where its id is one that is free, else the next in
/// the alphabet.
#[must_use]
pub fn keys(choices: &[RunbookEntry<'_>]) -> Vec<char> {
    let own = |entry: &RunbookEntry<'_>| {
        let mut id = entry.name.rsplit('.').next()?.chars();
        let letter = id.next().filter(char::is_ascii_alphabetic)?.to_ascii_uppercase();
        (id.next().is_none() && !TAKEN.contains(letter)).then_some(letter)
    };
    let owned: Vec<_> = choices.iter().map(own).collect();
    let mut free = ('A'..='Z').chain('1'..='9').filter(|c| !TAKEN.contains(*c) && !owned.contains(&Some(*c)));
    owned.iter().map(|own| own.or_else(|| free.next()).unwrap_or(' ')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::catalogue;

    #[test]
    fn options_keep_their_letters_and_items_get_some() {
        let drill = catalogue::load("service-has-no-endpoints").unwrap().drill;
        let of = |names: &[&str]| {
            let entries = drill.path(names.iter().copied());
            keys(&entries).into_iter().collect::<String>()
        };
        assert_eq!(of(&["triage.B", "triage.D"]), "BD");
        assert_eq!(of(&["harden", "fix.A"])[0..2], *"BC");
        let mut entry = drill.entries("fix.A").remove(0);
        entry.name = "r.q".to_owned();
        assert_eq!(keys(&[entry]), ['A'], "q is for the way out");
    }
}
