//! Why the records of a run could not be written, read or deleted.

use miette::Diagnostic;

use super::pack::LARGEST;
use crate::steps::api::ApiError;

/// The records in the cluster could not be written, read or deleted.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum StoreError {
    /// A request brought nothing.
    #[error("the records of the run in {place}: {source}")]
    #[diagnostic(code(firedrill::undo::store), help("{place} must be readable and writable to firedrill"))]
    Api {
        /// `configmap/NAME in NAMESPACE`.
        place: String,
        /// Why.
        source: ApiError,
    },
    /// The before-image is larger than any object can be.
    #[error("the before-image of {object} has {bytes} bytes; the most is {LARGEST}")]
    #[diagnostic(
        code(firedrill::undo::record_too_large),
        help("no object of a cluster should be that large; break a smaller one")
    )]
    TooLarge {
        /// The object.
        object: String,
        /// The record's size.
        bytes: usize,
    },
    /// No salt for the hashes of a Secret's values.
    #[error("no random bytes for the hashes of a Secret's values: {source}")]
    #[diagnostic(code(firedrill::undo::no_salt), help("see that /dev/urandom is readable"))]
    NoSalt {
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A record in the run's Secret cannot be read.
    #[error("the record of {object} cannot be read: {why}")]
    #[diagnostic(
        code(firedrill::undo::sealed),
        help("records of Secrets lie in a Secret; undo with the right to get it")
    )]
    Sealed {
        /// The object.
        object: String,
        /// Why.
        why: String,
    },
    /// Something in it is no record.
    #[error("the key {key} of {place} is no record: {why}")]
    #[diagnostic(
        code(firedrill::undo::bad_record),
        help("someone edited it, or a newer firedrill wrote it; undo with that one")
    )]
    NoRecord {
        /// `configmap/NAME in NAMESPACE`.
        place: String,
        /// The key.
        key: String,
        /// Why; nothing of a Secret's values.
        why: String,
    },
    /// A record of an object that no run in this namespace can have changed.
    #[error("the key {key} of {place} is about {what}")]
    #[diagnostic(
        code(firedrill::undo::stranger),
        help("no firedrill writes this: someone edited it; nothing of it is undone")
    )]
    Stranger {
        /// `configmap/NAME in NAMESPACE`.
        place: String,
        /// The key.
        key: String,
        /// What: `an object outside its namespace`.
        what: &'static str,
    },
}
