//! From text to [`Drill`]: what is no YAML, or has another shape than a drill, is refused here
//! with its place. Whether the parts fit each other is the check's matter.

use serde_saphyr::Error;

use super::error::{DrillError, Mistake, Source};
use super::tree::Node;
use super::{Drill, schema, shape, yaml};

/// Reads a drill file's text. `name` is the file as the person named it.
pub fn parse(name: &str, text: &str) -> Result<Drill, DrillError> {
    yaml::check_size(name, text.len() as u64)?;
    if yaml::is_blank(text) {
        return Err(empty(name).into());
    }
    yaml::read(text).map_err(|error| refused(&Source::new(name, text), &error))
}

fn empty(name: &str) -> Mistake {
    Mistake::new("firedrill::drill::empty", format!("{name} is empty"))
        .help("`firedrill show service-has-no-endpoints --output yaml` prints a drill to start from")
}

/// The deserializer stops at the first mistake. Where that is one of shape, the whole document
/// is compared with the schema, so that all of its kind are told at once.
fn refused(source: &Source, error: &Error) -> DrillError {
    let first = yaml::mistake(source, 0, error);
    let mut mistakes = match error {
        Error::SerdeUnknownField { .. }
        | Error::SerdeMissingField { .. }
        | Error::SerdeUnknownVariant { .. }
        | Error::SerdeInvalidType { .. }
        | Error::SerdeInvalidValue { .. }
        | Error::Unexpected { .. }
        | Error::InvalidScalar { .. }
        | Error::Message { .. } => Node::read(source.text())
            .map(|tree| shape::mistakes(source, &tree, &schema::schema()))
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    let told = matches!(
        error,
        Error::SerdeUnknownField { .. } | Error::SerdeMissingField { .. } | Error::SerdeUnknownVariant { .. }
    );
    if mistakes.is_empty() || !told {
        mistakes.push(first);
    }
    mistakes.sort_by_key(Mistake::position);
    DrillError::many(source.name(), mistakes)
}
