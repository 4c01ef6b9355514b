//! The API server's refusals, without what could quote a Secret's values.

use kube::core::Status;

/// The message as it may be shown. About a Secret that is only what the API server says by
/// itself and without a look into the object: who may not do it, what is not there. A message
/// about what is in it, or from an admission webhook, could quote it.
pub(super) fn message(status: &Status, about_secret: bool) -> String {
    let harmless = matches!(status.code, 401 | 403 | 404 | 409 | 429) && !status.message.contains("denied");
    if !about_secret || harmless {
        return status.message.clone();
    }
    let reason = if status.reason.is_empty() { "refused" } else { &status.reason };
    format!("{reason}; the rest is not shown, as it could quote the Secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: u16, reason: &str, text: &str, about_secret: bool) -> String {
        message(&Status { code, ..Status::failure(text, reason) }, about_secret)
    }

    #[test]
    fn what_could_quote_a_secret_is_not_shown() {
        for (code, reason, text) in [
            (400, "BadRequest", "illegal base64 data in hush"),
            (422, "Invalid", "data[key]: Invalid value: hush"),
            (403, "", "admission webhook \"x\" denied the request: hush is too short"),
            (500, "InternalError", "hush"),
        ] {
            assert!(!said(code, reason, text, true).contains("hush"), "{text}");
            assert_eq!(said(code, reason, text, false), text);
        }
        assert_eq!(
            said(422, "Invalid", "x", true),
            "Invalid; the rest is not shown, as it could quote the Secret"
        );
        let right = r#"secrets "token" is forbidden: User "ann" cannot patch resource "secrets""#;
        assert_eq!(said(403, "Forbidden", right, true), right);
    }
}
