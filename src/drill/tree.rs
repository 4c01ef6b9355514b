//! A YAML document as a tree of byte spans: where each key and value stands. The model keeps
//! no places for most of its values; a message finds them here by path.

use serde_saphyr::granit_parser::{Event, Parser, Span};

/// More than a drill file holds; beyond it a message does without a place.
const MOST_NODES: usize = 25_000;
const DEEPEST: usize = 64;

/// A key, a value or a collection.
#[derive(Debug)]
pub(super) struct Node {
    /// Byte offset of its first character.
    pub offset: usize,
    /// Length in bytes; for a collection that of its beginning only.
    pub len: usize,
    /// What it holds.
    pub content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Scalar(String),
    Seq(Vec<Node>),
    Map(Vec<(Node, Node)>),
    /// An alias is not followed: a message about it points at its use.
    Alias,
}

/// A collection that is still open, with the key that waits for its value.
struct Open {
    node: Node,
    key: Option<Node>,
}

impl Node {
    /// Reads the first document. None where it cannot be read or is too large.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut open: Vec<Open> = Vec::new();
        let mut nodes = 0;
        for event in Parser::new_from_str(text) {
            let (event, span) = event.ok()?;
            let done = match event {
                Event::Scalar(value, ..) => node(&span, Content::Scalar(value.into_owned())),
                Event::Alias(_) => node(&span, Content::Alias),
                Event::SequenceStart(..) => {
                    open.push(Open { node: node(&span, Content::Seq(Vec::new())), key: None });
                    continue;
                }
                Event::MappingStart(..) => {
                    open.push(Open { node: node(&span, Content::Map(Vec::new())), key: None });
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => open.pop()?.node,
                Event::DocumentEnd | Event::StreamEnd => return None,
                _ => continue,
            };
            nodes += 1;
            if nodes > MOST_NODES || open.len() > DEEPEST {
                return None;
            }
            match open.last_mut() {
                None => return Some(done),
                Some(parent) => parent.take(done),
            }
        }
        None
    }

    /// The node at a path such as `signals/0/http/every`, or the nearest that there is above it.
    /// Where it is a collection, its key or first key stands for it.
    pub(super) fn locate(&self, path: &str) -> (usize, usize) {
        let mut here = self;
        let mut span = self.head();
        for part in path.split('/').filter(|p| !p.is_empty()) {
            let (next, found) = match &here.content {
                Content::Map(entries) => {
                    let Some((key, value)) = entries.iter().find(|(k, _)| k.text() == Some(part)) else {
                        break;
                    };
                    let is_point = matches!(value.content, Content::Scalar(_) | Content::Alias);
                    let point = if is_point && value.len > 0 { value } else { key };
                    (value, (point.offset, point.len))
                }
                Content::Seq(items) => {
                    let Some(item) = part.parse().ok().and_then(|i: usize| items.get(i)) else { break };
                    (item, item.head())
                }
                _ => break,
            };
            here = next;
            span = found;
        }
        span
    }

    /// The path, as people write it, of the value that begins at a byte offset.
    pub(super) fn path_at(&self, offset: usize) -> Option<String> {
        match &self.content {
            Content::Map(entries) => entries.iter().find_map(|(key, value)| {
                let name = key.text()?;
                if value.offset == offset || value.head().0 == offset {
                    return Some(name.to_owned());
                }
                let below = value.path_at(offset)?;
                Some(if below.starts_with('[') {
                    format!("{name}{below}")
                } else {
                    format!("{name}.{below}")
                })
            }),
            Content::Seq(items) => items.iter().enumerate().find_map(|(i, item)| {
                if item.offset == offset {
                    return Some(format!("[{i}]"));
                }
                let below = item.path_at(offset)?;
                Some(if below.starts_with('[') { format!("[{i}]{below}") } else { format!("[{i}].{below}") })
            }),
            _ => None,
        }
    }

    /// A scalar's text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// What stands for the node as a whole: a mapping's first key, a scalar's text.
    pub(super) fn head(&self) -> (usize, usize) {
        match &self.content {
            Content::Map(entries) => {
                entries.first().map_or((self.offset, 1), |(key, _)| (key.offset, key.len))
            }
            Content::Seq(_) => (self.offset, 1),
            _ => (self.offset, self.len),
        }
    }
}

impl Open {
    fn take(&mut self, child: Node) {
        match &mut self.node.content {
            Content::Seq(items) => items.push(child),
            Content::Map(entries) => match self.key.take() {
                None => self.key = Some(child),
                Some(key) => entries.push((key, child)),
            },
            Content::Scalar(_) | Content::Alias => {}
        }
    }
}

fn node(span: &Span, content: Content) -> Node {
    let range = span.byte_range().unwrap_or_default();
    Node { offset: range.start, len: range.end.saturating_sub(range.start), content }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "é: 1\nsignals:\n  - http: {every: 50ms}\n  - x\nempty:\n";

    fn found(path: &str) -> &str {
        let (offset, len) = Node::read(TEXT).unwrap().locate(path);
        &TEXT[offset..offset + len]
    }

    #[test]
    fn a_path_finds_its_value_or_what_is_nearest_above() {
        assert_eq!(found("signals/0/http/every"), "50ms");
        assert_eq!(found("signals/0/http/timeout"), "http");
        assert_eq!(found("signals/0"), "http");
        assert_eq!(found("signals/1"), "x");
        assert_eq!(found("signals/7"), "signals");
        assert_eq!(found("empty"), "empty");
        assert_eq!(found("missing"), "é");
    }

    #[test]
    fn an_offset_finds_its_path() {
        let tree = Node::read(TEXT).unwrap();
        let path = |text: &str| tree.path_at(TEXT.find(text).unwrap());
        assert_eq!(path("50ms").as_deref(), Some("signals[0].http.every"));
        assert_eq!(path("x\n").as_deref(), Some("signals[1]"));
        assert_eq!(path("1\n").as_deref(), Some("é"));
        assert_eq!(path("\n"), None);
    }

    #[test]
    fn what_is_no_yaml_has_no_tree() {
        assert!(Node::read("a: [").is_none());
        assert!(Node::read("").is_none());
        assert!(Node::read(&"[".repeat(200)).is_none());
    }
}
