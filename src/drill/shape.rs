//! Compares a document with the schema of drill files, to name every unknown key, missing key
//! and unknown word at once, where the deserializer stops at the first.

use serde_json::Value;

use super::error::Mistake;
use super::nearest::suggest;
use super::source::Source;
use super::tree::{Content, Node};

/// A document that is something else altogether is not taken apart to the end.
const MOST_TOLD: usize = 40;

/// Every unknown key, missing key and unknown word of a document, in its order.
pub(super) fn mistakes(source: &Source, root: &Node, schema: &Value) -> Vec<Mistake> {
    let mut walk = Walk { source, schema, found: Vec::new() };
    walk.node(root, root.head(), schema, "");
    walk.found
}

struct Walk<'a> {
    source: &'a Source,
    schema: &'a Value,
    found: Vec<Mistake>,
}

impl<'a> Walk<'a> {
    /// `head` is what stands for the node: the key that it is the value of, or its beginning.
    fn node(&mut self, node: &Node, head: (usize, usize), schema: &'a Value, path: &str) {
        if self.found.len() >= MOST_TOLD {
            return;
        }
        let shapes = self.shapes(schema);
        match &node.content {
            Content::Map(entries) => self.map(entries, head, &shapes, path),
            Content::Seq(items) => {
                let Some(of) = shapes.iter().find_map(|s| s.get("items")) else { return };
                for (i, item) in items.iter().enumerate() {
                    self.node(item, item.head(), of, &format!("{path}[{i}]"));
                }
            }
            Content::Scalar(text) => self.word(text, (node.offset, node.len), &shapes, path),
            Content::Alias => {}
        }
    }

    /// The schema itself, or each of its alternatives, with references followed.
    fn shapes(&self, schema: &'a Value) -> Vec<&'a Value> {
        let mut shapes = Vec::new();
        let mut waiting = vec![schema];
        while let Some(schema) = waiting.pop() {
            if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
                waiting.extend(name.strip_prefix('#').and_then(|p| self.schema.pointer(p)));
            } else if let Some(several) = schema.get("oneOf").or_else(|| schema.get("anyOf")) {
                waiting.extend(several.as_array().into_iter().flatten().rev());
            } else {
                shapes.push(schema);
            }
        }
        shapes
    }

    fn map(&mut self, entries: &[(Node, Node)], head: (usize, usize), shapes: &[&'a Value], path: &str) {
        let objects: Vec<&'a Value> =
            shapes.iter().copied().filter(|s| s.get("properties").is_some()).collect();
        if objects.is_empty() {
            let of = shapes.iter().find_map(|s| s.get("additionalProperties"));
            for (key, value) in entries {
                if let (Some(of), Some(name)) = (of.filter(|of| of.is_object()), key.text()) {
                    self.node(value, (key.offset, key.len), of, &join(path, name));
                }
            }
            return;
        }
        let known: Vec<&str> = objects.iter().flat_map(|o| properties(o)).collect();
        for (key, value) in entries {
            let Some(name) = key.text() else { continue };
            // A merge key brings keys of another place; the deserializer looks at those.
            if name == "<<" {
                return;
            }
            if self.found.len() >= MOST_TOLD {
                return;
            }
            match objects.iter().find_map(|o| o["properties"].get(name)) {
                Some(of) => self.node(value, (key.offset, key.len), of, &join(path, name)),
                None => self.unknown_key(key, name, &known, path),
            }
        }
        if let [object] = objects.as_slice() {
            self.missing(entries, head, object, path);
        }
    }

    fn unknown_key(&mut self, key: &Node, name: &str, known: &[&str], path: &str) {
        let whose = if path.is_empty() { "the drill".to_owned() } else { format!("`{path}`") };
        self.found.push(
            Mistake::new("firedrill::drill::unknown-key", format!("unknown key `{name}` in {whose}"))
                .at(self.source.place(key.offset, key.len), "not known here")
                .help(suggest(name, "known keys here", known.iter().copied())),
        );
    }

    fn missing(&mut self, entries: &[(Node, Node)], head: (usize, usize), object: &Value, path: &str) {
        let required = object.get("required").and_then(Value::as_array).into_iter().flatten();
        let missing: Vec<&str> = required
            .filter_map(Value::as_str)
            .filter(|name| entries.iter().all(|(key, _)| key.text() != Some(name)))
            .collect();
        if missing.is_empty() {
            return;
        }
        let whose = if path.is_empty() { "the drill".to_owned() } else { format!("`{path}`") };
        let named: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
        let says: Vec<String> = missing.iter().filter_map(|name| described(object, name)).collect();
        let keys = if missing.len() == 1 { "the key" } else { "the keys" };
        self.found.push(
            Mistake::new(
                "firedrill::drill::missing-key",
                format!("{whose} lacks {keys} {}", named.join(", ")),
            )
            .at(self.source.place(head.0, head.1), "missing here")
            .help(says.join("\n")),
        );
    }

    fn word(&mut self, text: &str, span: (usize, usize), shapes: &[&Value], path: &str) {
        let words: Vec<&str> = shapes.iter().flat_map(|s| words(s)).collect();
        // Lists, mappings and nothing are no alternative to a word that somebody wrote.
        let only_words = shapes.iter().all(|s| words_only(s) || holds_no_word(s));
        if words.is_empty() || !only_words || words.contains(&text) {
            return;
        }
        self.found.push(
            Mistake::new("firedrill::drill::unknown-value", format!("`{path}` cannot be `{text}`"))
                .at(self.source.place(span.0, span.1), "not known here")
                .help(suggest(text, "known values here", words)),
        );
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn properties(object: &Value) -> impl Iterator<Item = &str> {
    object["properties"].as_object().into_iter().flat_map(|p| p.keys().map(String::as_str))
}

fn described(object: &Value, name: &str) -> Option<String> {
    let says = object["properties"][name].get("description")?.as_str()?;
    Some(format!("{name}: {says}"))
}

fn words(shape: &Value) -> Vec<&str> {
    let listed = shape.get("enum").and_then(Value::as_array).into_iter().flatten();
    listed.chain(shape.get("const")).filter_map(Value::as_str).collect()
}

fn holds_no_word(shape: &Value) -> bool {
    matches!(shape["type"].as_str(), Some("array" | "object" | "null"))
}

fn words_only(shape: &Value) -> bool {
    shape.get("enum").is_some() || shape.get("const").is_some()
}
