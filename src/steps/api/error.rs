//! Why a request brought nothing.

use std::time::Duration;

use miette::Diagnostic;

/// Why a request brought nothing.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ApiError {
    /// The API server refused it.
    #[error("the API server refused to {what}: {message} (status {status})")]
    #[diagnostic(
        code(firedrill::api::refused),
        help("the message is the API server's own; 403 means a missing right, 422 an invalid object")
    )]
    Refused {
        /// What was asked for: `get service/api`.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The machine-readable reason: `NotFound`, `Conflict`, `Invalid`, …
        reason: String,
        /// The API server's message.
        message: String,
    },
    /// No answer in time.
    #[error("the API server did not answer within {} s when asked to {what}", within.as_secs_f32())]
    #[diagnostic(code(firedrill::api::no_answer), help("see whether it is alive: kubectl get --raw /readyz"))]
    NoAnswer {
        /// What was asked for.
        what: String,
        /// The deadline.
        within: Duration,
    },
    /// No connection, or an answer that is none.
    #[error("cannot {what}: {why}")]
    #[diagnostic(
        code(firedrill::api::unreachable),
        help("see whether the cluster is up and the kubeconfig is the right one: kubectl get --raw /readyz")
    )]
    Unreachable {
        /// What was asked for.
        what: String,
        /// What the client says, at the bottom of it: `Connection refused`.
        why: String,
    },
}

impl ApiError {
    /// No answer that could be read.
    pub(crate) fn unreachable(what: String, error: &kube::Error) -> Self {
        let mut why: &dyn std::error::Error = error;
        while let Some(deeper) = why.source() {
            why = deeper;
        }
        Self::Unreachable { what, why: why.to_string() }
    }

    /// The HTTP status, where the API server answered with one.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            Self::NoAnswer { .. } | Self::Unreachable { .. } => None,
        }
    }

    /// Whether the object changed between reading and writing, or exists already.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.status() == Some(409)
    }

    /// Whether the same request may succeed later: silence, overload, a failing server.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.status().is_none_or(|status| matches!(status, 408 | 409 | 429 | 500..))
    }
}
