//! What a keeper and its runner say to each other, a line each, over a socket pair.
//!
//! ```text
//! keeper ─ says LINE ────> runner    kind's progress
//! keeper ─ created ──────> runner    `kind create cluster` has ended well
//! keeper ─ failed STATUS > runner    or not; then follows what came of the removal
//! keeper <─────── remove ─ runner    in order, also in the middle of the creation
//! keeper ─ removed ──────> runner    nothing is left
//! keeper ─ left WHY ─────> runner    something is
//! keeper <───────── keep ─ runner    the cluster shall outlive me
//! keeper ─ kept ─────────> runner
//! ```
//!
//! When the runner's end closes without `keep`, the keeper removes the cluster: so nothing is left
//! however the runner ends.

use std::fmt;

/// What a keeper says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Says(String),
    Created,
    Failed(String),
    Removed,
    Left(String),
    Kept,
}

impl Said {
    pub fn parse(line: &str) -> Option<Self> {
        let line = line.trim_end_matches('\n');
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        Some(match word {
            "says" => Self::Says(rest.to_owned()),
            "created" => Self::Created,
            "failed" => Self::Failed(rest.to_owned()),
            "removed" => Self::Removed,
            "left" => Self::Left(rest.to_owned()),
            "kept" => Self::Kept,
            _ => return None,
        })
    }
}

impl fmt::Display for Said {
    /// One line, whatever is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |text: &str| text.replace(['\n', '\r'], " ");
        match self {
            Self::Says(line) => write!(f, "says {}", one(line)),
            Self::Created => f.write_str("created"),
            Self::Failed(status) => write!(f, "failed {}", one(status)),
            Self::Removed => f.write_str("removed"),
            Self::Left(why) => write!(f, "left {}", one(why)),
            Self::Kept => f.write_str("kept"),
        }
    }
}

/// What a runner says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Remove,
    Keep,
}

impl Told {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Remove => "remove",
            Self::Keep => "keep",
        }
    }

    pub fn parse(line: &str) -> Option<Self> {
        [Self::Remove, Self::Keep].into_iter().find(|told| told.word() == line.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_what_is_heard() {
        let all = [
            Said::Says(" • Preparing nodes 📦  ...".to_owned()),
            Said::Says(String::new()),
            Said::Created,
            Said::Failed("exit status: 1".to_owned()),
            Said::Removed,
            Said::Left("docker is away".to_owned()),
            Said::Kept,
        ];
        for said in all {
            assert_eq!(Said::parse(&format!("{said}\n")), Some(said));
        }
        assert_eq!(Said::parse("something else"), None);
        assert_eq!(Said::Left("a\nb".to_owned()).to_string(), "left a b");
        for told in [Told::Remove, Told::Keep] {
            assert_eq!(Told::parse(&format!("{}\n", told.word())), Some(told));
        }
        // Half a word is none: the runner died while it spoke.
        assert_eq!(Told::parse("kee"), None);
    }
}
