//! Kubernetes manifests: the objects of a YAML file, each with its file, document and line.

use serde_json::Value;

use super::error::{DrillError, Mistake};
use super::files::Files;
use super::source::{Place, Source};
use super::yaml;

const MOST_DOCUMENTS: usize = 500;
const MOST_TOLD: usize = 20;

/// One object of a manifest file.
#[derive(Debug, Clone)]
pub struct Object {
    /// The object, as `kubectl` would read it.
    pub value: Value,
    /// Where it begins.
    pub place: Place,
    /// The document's number in its file, from 1.
    pub document: usize,
    /// The file's name.
    pub file: String,
}

impl Object {
    /// `v1`, `apps/v1`; empty where it is missing.
    #[must_use]
    pub fn api_version(&self) -> &str {
        self.text("/apiVersion")
    }

    /// `Service`; empty where it is missing.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text("/kind")
    }

    /// Its name; empty where it is missing.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    fn text(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Reads the objects of several manifest files, in order; everything that is wrong with any of
/// their documents at once.
pub fn read(files: &Files, names: &[&str]) -> Result<Vec<Object>, DrillError> {
    let mut objects = Vec::new();
    let mut mistakes = Vec::new();
    for name in names {
        match files.read(name).and_then(|text| parse(name, &text)) {
            Ok(found) => objects.extend(found),
            Err(error) => mistakes.extend(error.into_mistakes()),
        }
    }
    if mistakes.is_empty() { Ok(objects) } else { Err(DrillError::many("manifests", mistakes)) }
}

/// Reads the objects of one manifest file. Empty documents are skipped, a `List` is taken apart.
pub fn parse(name: &str, text: &str) -> Result<Vec<Object>, DrillError> {
    yaml::check_size(name, text.len() as u64)?;
    let source = Source::new(name, text);
    let mut objects = Vec::new();
    let mut mistakes = Vec::new();
    let filled = documents(text).filter(|(_, part)| !yaml::is_blank(part));
    for (number, (offset, part)) in filled.enumerate() {
        if number >= MOST_DOCUMENTS || mistakes.len() >= MOST_TOLD {
            mistakes.push(Mistake::new(
                "firedrill::drill::too-long",
                format!("{name}: reading stopped at document {}", number + 1),
            ));
            break;
        }
        let document = Document { source: &source, offset, part, number: number + 1 };
        match document.read() {
            Ok(found) => objects.extend(found),
            Err(error) => mistakes.extend(error.into_mistakes()),
        }
    }
    if mistakes.is_empty() { Ok(objects) } else { Err(DrillError::many(name, mistakes)) }
}

/// Splits at lines that begin with `---`, as `kubectl` does, so that one broken document does
/// not hide the others. The marker stays with the document that it opens.
fn documents(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut starts = vec![0];
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let marker = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.trim_start().len() < rest.len() || rest.is_empty());
        if marker && offset > 0 {
            starts.push(offset);
        }
        offset += line.len();
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    starts.into_iter().zip(ends).map(|(from, to)| (from, &text[from..to]))
}

/// `1e3` and `08` are read as floats; the API server wants whole numbers written as such, which
/// is how Go prints them.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let float = number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9_007_199_254_740_992.0);
            // A whole float prints without exponent and fraction below 2^53.
            if let Some(whole) = float.and_then(|f| format!("{f:.0}").parse::<i64>().ok()) {
                *value = Value::from(whole);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(map) => map.values_mut().for_each(whole_numbers),
        _ => {}
    }
}

struct Document<'a> {
    source: &'a Source,
    offset: usize,
    part: &'a str,
    number: usize,
}

impl Document<'_> {
    fn read(&self) -> Result<Vec<Object>, DrillError> {
        let mut value: Value = yaml::read(self.part)
            .map_err(|error| yaml::mistake(self.source, self.offset, &error).prefix(&self.whose()))?;
        whole_numbers(&mut value);
        let is_list =
            value["kind"].as_str().is_some_and(|k| k.ends_with("List")) && value["items"].is_array();
        let values = match value {
            Value::Object(mut list) if is_list => match list.remove("items") {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            },
            value => vec![value],
        };
        let place = self.place();
        values.into_iter().map(|value| self.object(value, place.clone())).collect()
    }

    fn object(&self, value: Value, place: Place) -> Result<Object, DrillError> {
        let file = self.source.name().to_owned();
        let object = Object { value, place, document: self.number, file };
        let lacks: Vec<&str> =
            [("apiVersion", object.api_version()), ("kind", object.kind()), ("metadata.name", object.name())]
                .into_iter()
                .filter_map(|(key, found)| found.is_empty().then_some(key))
                .collect();
        if lacks.is_empty() {
            return Ok(object);
        }
        let what = if object.value.is_object() { "the object" } else { "it holds no object and" };
        Err(Mistake::new(
            "firedrill::drill::manifest-object",
            format!("{}: {what} lacks {}", self.whose(), lacks.join(", ")),
        )
        .at(object.place, "this document")
        .help("every Kubernetes object has apiVersion, kind and metadata.name, each a string")
        .into())
    }

    fn whose(&self) -> String {
        format!("document {}", self.number)
    }

    /// The document's first line that says something.
    fn place(&self) -> Place {
        let mut offset = self.offset;
        for line in self.part.split_inclusive('\n') {
            if !yaml::is_blank(line) {
                return self.source.place(offset, line.trim_end().len());
            }
            offset += line.len();
        }
        self.source.place(self.offset, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(data: &str) -> Value {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{data}");
        parse("m.yaml", &text).unwrap().remove(0).value["data"].take()
    }

    #[test]
    fn scalars_read_as_kubectl_reads_them() {
        // Each was compared with `kubectl create --dry-run=client -o json`, v1.37.2.
        assert_eq!(
            object(
                "  a: yes\n  b: 0755\n  c: on\n  d: '1'\n  e: 1.5\n  f: 0x1F\n  g: ~\n  h: 1e3\n  i: 10Mi\n  j: 1_000\n"
            ),
            json!({"a": true, "b": 493, "c": true, "d": "1", "e": 1.5, "f": 31, "g": null, "h": 1000, "i": "10Mi", "j": 1000})
        );
        assert_eq!(
            object(
                "  k: 2026-01-01\n  m: y\n  o: 0o17\n  q: 010:20\n  t: 08\n  80: x\n  l: |\n    two\n    lines\n"
            ),
            json!({"k": "2026-01-01", "m": true, "o": 15, "q": "010:20", "t": 8, "80": "x", "l": "two\nlines\n"})
        );
    }

    #[test]
    fn empty_documents_count_for_nothing() {
        let text = "---\n# nothing\n---\napiVersion: v1\nkind: A\nmetadata: {name: a}\n---\n\n--- # b\napiVersion: v1\nkind: B\nmetadata: {name: b}\n---\n";
        let objects = parse("m.yaml", text).unwrap();
        let seen: Vec<_> = objects.iter().map(|o| (o.kind(), o.document, o.place.line)).collect();
        assert_eq!(seen, [("A", 1, 4), ("B", 2, 10)]);
    }

    #[test]
    fn a_list_is_taken_apart() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: a}}\n- {apiVersion: v1, kind: B, metadata: {name: b}}\n";
        assert_eq!(parse("m.yaml", text).unwrap().len(), 2);
    }

    #[test]
    fn every_broken_document_is_told_with_its_own_line() {
        let text = "apiVersion: v1\nkind: A\nmetadata: {name: a\n---\napiVersion: v1\nkind: B\nmetadata: {name: b}\n---\nkind: C\n---\na: [1\n";
        let error = parse("m.yaml", text).unwrap_err();
        let told: Vec<_> = error.mistakes().iter().map(|m| (m.code(), m.to_string())).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].1.contains("document 1"), "{told:?}");
        assert!(
            told[1].1.starts_with("m.yaml:9:1: document 3: the object lacks apiVersion, metadata.name"),
            "{told:?}"
        );
        assert!(told[2].1.contains("document 4"), "{told:?}");
    }

    proptest::proptest! {
        #[test]
        fn splitting_loses_nothing(text in "(---\n|a: 1\n|--- x\n|----\n|\n|# c\n| ---\n){0,12}") {
            let whole: String = documents(&text).map(|(_, part)| part).collect();
            proptest::prop_assert_eq!(&whole, &text);
            for (offset, part) in documents(&text) {
                proptest::prop_assert!(text[offset..].starts_with(part));
            }
        }
    }
}
