//! From text to [`Drill`]: what is no YAML, or has another shape than a drill, is refused here
//! with its place. Whether the parts fit each other is the check's matter.

use serde_saphyr::Error;

use super::error::{DrillError, Mistake};
use super::source::Source;
use super::tree::{Content, Node};
use super::{Drill, schema, shape, yaml};

const VERSION: &str = "firedrill.dev/v1";

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
    let is_shape = matches!(
        error,
        Error::SerdeUnknownField { .. } | Error::SerdeMissingField { .. } | Error::SerdeUnknownVariant { .. }
    );
    let is_value = matches!(
        error,
        Error::SerdeInvalidType { .. }
            | Error::SerdeInvalidValue { .. }
            | Error::Unexpected { .. }
            | Error::InvalidScalar { .. }
            | Error::Message { .. }
    );
    let Some(tree) = Some(is_shape || is_value).filter(|b| *b).and_then(|_| Node::read(source.text())) else {
        return first.into();
    };
    if let Some(other) = another_kind(source, &tree) {
        return other.into();
    }
    let mut mistakes = shape::mistakes(source, &tree, &schema::schema());
    let told = mistakes.iter().any(|mistake| mistake.position() == first.position());
    if mistakes.is_empty() || is_value && !told {
        mistakes.push(match first.offset().and_then(|offset| tree.path_at(offset)) {
            Some(path) => first.prefix(&format!("`{path}`")),
            None => first,
        });
    }
    mistakes.sort_by_key(Mistake::position);
    DrillError::many(source.name(), mistakes)
}

/// A file that says of itself that it is no drill, or one of another version.
fn another_kind(source: &Source, tree: &Node) -> Option<Mistake> {
    let Content::Map(entries) = &tree.content else { return None };
    let says = |key: &str| entries.iter().find(|(k, _)| k.text() == Some(key)).map(|(_, value)| value);
    let version = says("apiVersion").and_then(Node::text);
    let kind = says("kind").and_then(Node::text);
    let place = |key: &str| {
        let (offset, len) = tree.locate(key);
        source.place(offset, len)
    };
    match (version, kind) {
        (Some(VERSION), Some("Drill")) => None,
        (Some(version), Some("Drill")) if version.starts_with("firedrill.dev/") => Some(
            Mistake::new("firedrill::drill::version", format!("the drill is written for {version}"))
                .at(place("apiVersion"), "not known here")
                .help(format!("this firedrill reads {VERSION}; a newer one may read {version}")),
        ),
        (version, kind) if version.is_none() || !version.is_some_and(|v| v.starts_with("firedrill.dev/")) => {
            let is = [version, kind].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let is = if is.is_empty() { "something else".to_owned() } else { format!("`{is}`") };
            Some(
                Mistake::new("firedrill::drill::no-drill", format!("this is no drill, but {is}"))
                    .at(place("apiVersion"), "here")
                    .help(format!("a drill begins with apiVersion: {VERSION} and kind: Drill; manifests go under workload.manifests")),
            )
        }
        _ => None,
    }
}
