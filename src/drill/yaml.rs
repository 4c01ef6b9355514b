//! Reading YAML that may be hostile: how much of it is read, and how a refusal is told.

use serde::de::DeserializeOwned;
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Error, Location, MessageFormatter as _, Options, UserMessageFormatter};

use super::error::{DrillError, Mistake};
use super::nearest::suggest;
use super::source::{Place, Source};

/// The most bytes that a drill file or a manifest may have.
pub(super) const MOST_BYTES: usize = 1024 * 1024;
/// The most nodes that aliases may expand to.
const MOST_REPLAYED: usize = 20_000;
const DEEPEST: usize = 48;
/// The most keys and values of a document: far more than a person writes by hand.
const MOST_NODES: usize = 20_000;

/// Limits that no honest file meets, and the scalars of `kubectl`: `yes` and `on` are booleans,
/// 0755 is octal.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 2 * MOST_NODES,
            max_nodes: MOST_NODES,
            max_depth: DEEPEST,
            // Above the depth, so that it is the depth that is told about.
            flow_nesting_limit: 2 * DEEPEST,
            max_documents: 2,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_recorded_anchor_events: 50_000,
            max_recorded_anchor_bytes: 4 * MOST_BYTES,
            max_total_scalar_bytes: 4 * MOST_BYTES,
            max_merge_keys: 200,
            max_inclusion_depth: 0,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_REPLAYED,
            max_replay_stack_depth: 16,
        },
        with_snippet: false,
        legacy_octal_numbers: true,
    }
}

/// Reads one document.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_saphyr::from_str_with_options(text, options())
}

/// Refuses text that is too long to be looked at.
pub(super) fn check_size(name: &str, bytes: u64) -> Result<(), DrillError> {
    if bytes <= MOST_BYTES as u64 {
        return Ok(());
    }
    let mib = |n: u64| format!("{}.{} MiB", n >> 20, ((n % (1 << 20)) * 10) >> 20);
    Err(Mistake::new(
        "firedrill::drill::too-large",
        format!("{name} has {}; the limit is {}", mib(bytes), mib(MOST_BYTES as u64)),
    )
    .help("a drill file and each of its manifests are a few KiB; is this the right file?")
    .into())
}

/// Whether nothing but blank lines, comments and document markers is there.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').lines().all(|line| {
        let line = line.strip_prefix("---").or_else(|| line.strip_prefix("...")).unwrap_or(line).trim();
        line.is_empty() || line.starts_with('#')
    })
}

/// Tells a refusal of the part of `source` that begins at byte `base`.
pub(super) fn mistake(source: &Source, base: usize, error: &Error) -> Mistake {
    let place = place(source, base, error.location());
    let error = innermost(error);
    let (code, message, label, help) = told(error);
    let mistake = Mistake::new(code, message).at(place, label);
    match help {
        Some(help) => mistake.help(help),
        None => mistake,
    }
}

fn innermost(mut error: &Error) -> &Error {
    loop {
        match error.without_snippet() {
            Error::AliasError { error: inner, .. } => error = inner,
            other => return other,
        }
    }
}

/// Where a location of a part of the text lies in the whole.
pub(super) fn place(source: &Source, base: usize, location: Option<Location>) -> Place {
    let Some(location) = location.filter(|l| l.line() > 0) else {
        return source.place(base, 1);
    };
    let span = location.span();
    let len = usize::try_from(span.byte_len().unwrap_or(1)).unwrap_or(1);
    if let Some(offset) = span.byte_offset().and_then(|o| usize::try_from(o).ok()) {
        return source.place(base + offset, len.max(1));
    }
    let lines_before = source.text()[..base].matches('\n').count();
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    source.line_place(number(location.line()).saturating_add(lines_before), number(location.column()))
}

type Told = (&'static str, String, String, Option<String>);

fn told(error: &Error) -> Told {
    let told =
        |code, message: String, label: &str, help: Option<String>| (code, message, label.to_owned(), help);
    match error {
        Error::SerdeUnknownField { field, expected, .. } => told(
            "firedrill::drill::unknown-key",
            format!("unknown key `{field}`"),
            "not known here",
            Some(suggest(field, "known keys here", expected.iter().copied())),
        ),
        Error::SerdeUnknownVariant { variant, expected, .. } => told(
            "firedrill::drill::unknown-value",
            format!("unknown value `{variant}`"),
            "not known here",
            Some(suggest(variant, "known values here", expected.iter().copied())),
        ),
        Error::SerdeMissingField { field, .. } => told(
            "firedrill::drill::missing-key",
            format!("the key `{field}` is missing"),
            "in this mapping",
            None,
        ),
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => told(
            "firedrill::drill::wrong-type",
            format!("expected {expected}, found {unexpected}"),
            "wrong type",
            None,
        ),
        Error::Message { msg, .. } => told("firedrill::drill::bad-value", msg.clone(), "this value", None),
        _ => told_document(error),
    }
}

fn told_document(error: &Error) -> Told {
    match error {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().map_or_else(String::new, |k| format!("`{k}` "));
            (
                "firedrill::drill::duplicate-key",
                format!("the key {key}is there twice"),
                "the second one".to_owned(),
                Some("keep one of the two".to_owned()),
            )
        }
        Error::MultipleDocuments { .. } => (
            "firedrill::drill::several-documents",
            "a drill file holds one document, and here begins a second".to_owned(),
            "second document".to_owned(),
            Some(
                "put each drill into a file of its own; manifests go beside it, under workload.manifests"
                    .to_owned(),
            ),
        ),
        _ => told_limit(error),
    }
}

fn told_limit(error: &Error) -> Told {
    let message = UserMessageFormatter.format_message(error).into_owned();
    match error {
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => (
            "firedrill::drill::alias-limit",
            format!("the aliases expand to more than {MOST_REPLAYED} nodes; reading stopped here"),
            "expanded to here".to_owned(),
            Some("write the values out, or use fewer aliases of aliases".to_owned()),
        ),
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => (
            "firedrill::drill::too-deep",
            format!("nested more than {DEEPEST} levels deep; reading stopped here"),
            "too deep".to_owned(),
            None,
        ),
        Error::Budget { breach, .. } => (
            "firedrill::drill::limit",
            format!("{}; reading stopped here", exceeded(breach)),
            "stopped here".to_owned(),
            None,
        ),
        Error::ExternalMessage { msg, .. } => {
            ("firedrill::drill::syntax", format!("no valid YAML: {msg}"), "here".to_owned(), None)
        }
        Error::Unexpected { expected, .. } => (
            "firedrill::drill::wrong-type",
            format!("expected {}", plainly(expected)),
            "something else".to_owned(),
            None,
        ),
        Error::InvalidScalar { ty, .. } => (
            "firedrill::drill::wrong-type",
            format!("expected {}", plainly(ty)),
            "something else".to_owned(),
            None,
        ),
        _ => ("firedrill::drill::bad-value", message, "this value".to_owned(), None),
    }
}

fn exceeded(breach: &BudgetBreach) -> String {
    match breach {
        BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. } => {
            format!("the document has more than {MOST_NODES} keys and values")
        }
        BudgetBreach::Aliases { .. } | BudgetBreach::AliasAnchorRatio { .. } => {
            "the document has too many aliases".to_owned()
        }
        BudgetBreach::Anchors { .. } => "the document has too many anchors".to_owned(),
        BudgetBreach::MergeKeys { .. } => "the document has too many merge keys".to_owned(),
        other => format!("the document is larger than allowed ({other:?})"),
    }
}

/// The deserializer's words for what it expected, in those of a person.
fn plainly(expected: &str) -> &str {
    match expected {
        "sequence start" => "a list",
        "mapping start" => "a mapping",
        "u8" | "u16" | "u32" | "u64" => "a whole number, not negative",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "string scalar" => "text",
        "bool" | "boolean" => "true or false",
        other => other,
    }
}
