//! What an answer through the API server's service proxy says about the users.
//!
//! Only a pod's answer and the proxy's own words about the Service count. What the API server
//! says of itself (401, 403, 429, 500, silence) is neither up nor out.

use serde::Deserialize;

use crate::drill::SignalState;

/// An answer, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What the report counts it as.
    pub result: String,
    /// What it says about the users, if anything.
    pub state: Option<SignalState>,
}

impl Verdict {
    /// Users are not served.
    pub(super) fn out(result: impl Into<String>) -> Self {
        Self { result: result.into(), state: Some(SignalState::Out) }
    }

    /// The service itself answered with this status.
    #[must_use]
    pub fn of_status(code: u16, expect: u16) -> Self {
        let state = if code == expect { SignalState::Up } else { SignalState::Out };
        Self { result: code.to_string(), state: Some(state) }
    }

    /// Says nothing about the users.
    #[must_use]
    pub fn unknown(result: impl Into<String>) -> Self {
        Self { result: result.into(), state: None }
    }

    /// No answer within the time that the drill gives.
    #[must_use]
    pub fn timeout() -> Self {
        Self::out("timeout")
    }
}

/// The shape of the API server's own answers (`v1 Status`).
#[derive(Debug, Deserialize)]
struct Status {
    kind: String,
    #[serde(rename = "apiVersion")]
    api_version: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Option<Details>,
}

#[derive(Debug, Deserialize)]
struct Details {
    #[serde(default)]
    kind: String,
}

/// Reads an answer: its status and the beginning of its body.
#[must_use]
pub fn classify(code: u16, body: &[u8], expect: u16) -> Verdict {
    let own = serde_json::from_slice::<Status>(body)
        .ok()
        .filter(|status| status.kind == "Status" && status.api_version == "v1");
    let Some(status) = own else {
        return Verdict::of_status(code, expect);
    };
    let about_service = status.details.is_some_and(|details| details.kind == "services");
    match code {
        503 if status.message.contains("no endpoints available for service") => {
            Verdict::out("503 no endpoints")
        }
        503 if status.message.contains("error trying to reach service") => {
            Verdict::out("503 pod unreachable")
        }
        404 if about_service => Verdict::out("404 no such service"),
        _ => Verdict::unknown(format!("{code} from the API server")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, message: &str, details: &str) -> Vec<u8> {
        serde_json::json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message,
            "code": code, "details": {"kind": details},
        })
        .to_string()
        .into_bytes()
    }

    fn read(code: u16, body: &[u8]) -> (String, Option<SignalState>) {
        let verdict = classify(code, body, 200);
        (verdict.result, verdict.state)
    }

    #[test]
    fn a_pods_answer_counts() {
        assert_eq!(read(200, b"ok"), ("200".into(), Some(SignalState::Up)));
        assert_eq!(read(500, b"oops"), ("500".into(), Some(SignalState::Out)));
        assert_eq!(classify(204, b"", 204).state, Some(SignalState::Up));
    }

    #[test]
    fn the_two_503s_about_the_service_are_told_apart() {
        let none = status(503, "no endpoints available for service \"api-service\"", "");
        assert_eq!(read(503, &none), ("503 no endpoints".into(), Some(SignalState::Out)));
        let dial = status(503, "error trying to reach service: dial tcp 10.0.0.1:8080", "");
        assert_eq!(read(503, &dial), ("503 pod unreachable".into(), Some(SignalState::Out)));
    }

    #[test]
    fn what_the_api_server_says_of_itself_says_nothing_about_users() {
        for code in [401, 403, 429, 500, 503, 504] {
            assert_eq!(read(code, &status(code, "busy", "")).1, None, "{code}");
        }
    }

    #[test]
    fn a_missing_service_serves_nobody() {
        let gone = status(404, "services \"api-service\" not found", "services");
        assert_eq!(read(404, &gone), ("404 no such service".into(), Some(SignalState::Out)));
    }
}
