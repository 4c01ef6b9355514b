//! What is going on while binaries are prepared, in words for people.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::wanted::{Binary, Component};

/// One piece of news. `Display` gives a line for people, without the end of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Not in a folder nor in the cache: PATH is asked.
    Looking {
        /// What is looked for.
        binary: Binary,
    },
    /// Another firedrill holds the cache's lock.
    Waiting {
        /// Since the waiting began.
        elapsed: Duration,
    },
    /// A release file is being fetched; several times a second.
    Downloading {
        /// What is fetched.
        binary: Binary,
        /// Bytes so far.
        received: u64,
        /// Bytes in all, where the server says so.
        total: Option<u64>,
    },
    /// `go install` runs; once a second.
    Building {
        /// What is built.
        component: Component,
        /// Since the build began.
        elapsed: Duration,
    },
    /// A binary can be used.
    Ready {
        /// Which.
        binary: Binary,
        /// Where it is.
        path: PathBuf,
        /// Where it came from.
        source: Source,
    },
}

/// Where a binary came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A folder that was named: `--binaries` or `KUBEBUILDER_ASSETS`.
    Folder,
    /// firedrill's cache.
    Cache,
    /// PATH.
    Path,
    /// Downloaded just now.
    Downloaded,
    /// Built just now.
    Built,
}

impl Progress {
    /// Whether it only says that something goes on, as it did a moment ago.
    #[must_use]
    pub fn is_tick(&self) -> bool {
        match self {
            Self::Waiting { elapsed } | Self::Building { elapsed, .. } => elapsed.as_secs() > 0,
            Self::Downloading { received, .. } => *received > 0,
            Self::Looking { .. } | Self::Ready { .. } => false,
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Looking { binary } => write!(f, "looking for {binary}"),
            Self::Waiting { elapsed } => write!(
                f,
                "waiting for another firedrill that is preparing the binaries ({} s)",
                elapsed.as_secs()
            ),
            Self::Downloading { binary, received: 0, .. } => write!(f, "downloading {binary}"),
            Self::Downloading { binary, received, total: Some(total) } => {
                write!(f, "downloading {binary}: {} of {}", Mebi(*received), Mebi(*total))
            }
            Self::Downloading { binary, received, total: None } => {
                write!(f, "downloading {binary}: {}", Mebi(*received))
            }
            Self::Building { component, elapsed } => {
                write!(f, "building {component} from Go modules ({} s)", elapsed.as_secs())
            }
            // Any helm of version 4 or 3 is taken where it is installed.
            Self::Ready {
                binary: Binary::Helm, source: source @ (Source::Folder | Source::Path), ..
            } => {
                write!(f, "helm {source}")
            }
            Self::Ready { binary, source, .. } => write!(f, "{binary} {source}"),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder => "from the folder named",
            Self::Cache => "from the cache",
            Self::Path => "from PATH",
            Self::Downloaded => "downloaded",
            Self::Built => "built",
        })
    }
}

/// Bytes as tenths of MiB.
struct Mebi(u64);

impl fmt::Display for Mebi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.0.saturating_mul(10) >> 20;
        write!(f, "{}.{} MiB", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::super::release::Release;
    use super::*;

    #[test]
    fn in_words() {
        let binary = Binary::KubeApiserver(Release::Newest);
        let said = Progress::Downloading { binary, received: 12 << 20, total: Some(119_201_954) };
        assert_eq!(said.to_string(), "downloading kube-apiserver v1.37.2: 12.0 MiB of 113.6 MiB");
        let said = Progress::Building {
            component: Component::Kubernetes(Release::Oldest),
            elapsed: Duration::from_millis(75_900),
        };
        assert_eq!(said.to_string(), "building kubernetes v1.34.4 from Go modules (75 s)");
        let helm = |source| Progress::Ready { binary: Binary::Helm, path: PathBuf::from("/helm"), source };
        assert_eq!(helm(Source::Path).to_string(), "helm from PATH");
        assert_eq!(helm(Source::Built).to_string(), "helm v4.3.1 built");
    }
}
