//! Where in the text of a file the statements of a policy document stand, for whoever marks them.
//!
//! Extraction gives documents without places: they may be put together from several values. So a document is looked for in the
//! text: a place counts only if all of it is alike. What a template computes (`Ref`, `Fn::Sub`, `!Sub`) is alike whatever it
//! becomes, within a statement that stands there. Where the same document stands several times, the resource with the address that is asked
//! for wins ([`way`]); where two places stay, neither is given: a wrong mark is worse than none.
//!
//! Invariant: a range is of whole characters of the text, and it holds a statement that reads like the one asked for; a
//! document that is not found has no place.
//! Deliberately absent: lines and columns, which are a matter of who shows them.

mod json;
#[cfg(test)]
mod tests;
mod way;
mod yaml;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

pub use way::Owner;
use way::{Form as FileForm, Rank};

use rolecall_iam::document::Document;
use serde_json::Value;

/// The deepest nesting that is looked into: a little more than what is read.
const MAX_DEPTH: usize = 130;

/// A value in a text.
#[derive(Debug)]
struct Node {
    /// Its bytes.
    range: Range<usize>,
    shape: Shape,
}

/// What kind of value it is.
#[derive(Debug)]
enum Shape {
    Members(Vec<(String, Node)>),
    Items(Vec<Node>),
    Text(String),
    /// A number, a truth value, or null.
    Other,
    /// What a function of the template becomes.
    Computed,
}

impl Node {
    fn member(&self, name: &str) -> Option<&Self> {
        match &self.shape {
            // Of a key that is given twice, the last one.
            Shape::Members(members) => {
                members.iter().rev().find(|(key, _)| key == name).map(|(_, node)| node)
            }
            Shape::Items(_) | Shape::Text(_) | Shape::Other | Shape::Computed => None,
        }
    }

    /// Whether one of its own members is this text.
    fn has_member_text(&self, text: &str) -> bool {
        match &self.shape {
            Shape::Members(members) => {
                members.iter().any(|(_, node)| matches!(&node.shape, Shape::Text(own) if own == text))
            }
            Shape::Items(_) | Shape::Text(_) | Shape::Other | Shape::Computed => false,
        }
    }

    /// Whether it is a function of CloudFormation in its long form.
    fn is_function(&self) -> bool {
        match &self.shape {
            Shape::Members(members) => match members.as_slice() {
                [(key, _)] => key == "Ref" || key.starts_with("Fn::"),
                _ => false,
            },
            Shape::Computed => true,
            Shape::Items(_) | Shape::Text(_) | Shape::Other => false,
        }
    }

    /// Whether it reads like this value.
    fn is_like(&self, value: &Value) -> bool {
        if self.is_function() {
            return true;
        }
        match (&self.shape, value) {
            (Shape::Members(members), Value::Object(object)) => {
                members.len() == object.len()
                    && members
                        .iter()
                        .all(|(key, node)| object.get(key).is_some_and(|value| node.is_like(value)))
            }
            (Shape::Items(items), Value::Array(values)) => {
                items.len() == values.len()
                    && items.iter().zip(values).all(|(node, value)| node.is_like(value))
            }
            (Shape::Text(text), Value::String(value)) => text == value,
            // YAML's scalars have several spellings, and tell no two statements apart.
            (Shape::Text(_) | Shape::Other, Value::Bool(_) | Value::Number(_) | Value::Null)
            | (Shape::Other, Value::String(_)) => true,
            (
                Shape::Members(_) | Shape::Items(_) | Shape::Text(_) | Shape::Other | Shape::Computed,
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_),
            ) => false,
        }
    }

    /// Whether it is a policy document whose statements stand there: what a function becomes reads like anything.
    fn has_statements(&self) -> bool {
        match self.member("Statement") {
            Some(Self { shape: Shape::Items(items), .. }) => !items.iter().any(Self::is_function),
            Some(single) => !single.is_function(),
            None => false,
        }
    }

    /// The ranges of the statements of a policy document.
    fn statements(&self) -> Vec<Range<usize>> {
        match self.member("Statement") {
            Some(Self { shape: Shape::Items(items), .. }) => {
                items.iter().map(|item| item.range.clone()).collect()
            }
            Some(single) => vec![single.range.clone()],
            None => Vec::new(),
        }
    }
}

/// The values of a text, with their places.
#[derive(Debug)]
pub struct Places<'t> {
    text: &'t str,
    root: Node,
    is_json: bool,
}

impl<'t> Places<'t> {
    /// The places in a text; none where it is neither JSON nor YAML.
    #[must_use]
    pub fn of(text: &'t str) -> Option<Self> {
        let is_json = text.trim_start().starts_with(['{', '[', '"']);
        let root = if is_json { json::tree(text) } else { yaml::tree(text) }?;
        Some(Self { text, root, is_json })
    }

    /// The policy documents in the text. They are read once, however many are looked for.
    #[must_use]
    pub fn documents(&self) -> DocumentPlaces<'_> {
        let mut found =
            DocumentPlaces { places: self, file: FileForm::of(&self.root), candidates: Vec::new() };
        found.read(&self.root, &mut Vec::new());
        found
    }

    /// The bytes of the value at a JSON pointer.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<Range<usize>> {
        let mut node = &self.root;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            node = match &node.shape {
                Shape::Items(items) => items.get(step.parse::<usize>().ok()?)?,
                Shape::Members(_) => node.member(&step)?,
                Shape::Text(_) | Shape::Other | Shape::Computed => return None,
            };
        }
        Some(node.range.clone())
    }
}

/// The policy documents in a text, with their places.
#[derive(Debug)]
pub struct DocumentPlaces<'p> {
    places: &'p Places<'p>,
    file: FileForm,
    candidates: Vec<Candidate<'p>>,
}

/// Something that has statements.
#[derive(Debug)]
struct Candidate<'p> {
    /// The keys and the values around it.
    way: Vec<(&'p str, &'p Node)>,
    form: Form<'p>,
}

/// How it stands in the text.
#[derive(Debug)]
enum Form<'p> {
    /// As a value.
    Value(&'p Node),
    /// As JSON in a string, whose range this is.
    Text { inner: Node, range: Range<usize> },
    /// The same, but what it says has no places of its own: it was decoded from something else than a string of JSON.
    Decoded { inner: Node, range: Range<usize> },
}

impl<'p> DocumentPlaces<'p> {
    /// The bytes of each statement of the document; none where it is not clear which place in the text is meant.
    #[must_use]
    pub fn statements(&self, document: &Document, owner: &Owner<'_>) -> Option<Vec<Range<usize>>> {
        let mut best: Option<(Rank, &Candidate<'_>)> = None;
        let mut is_tied = false;
        for candidate in &self.candidates {
            if !candidate.node().is_like(document.as_value()) {
                continue;
            }
            let Some(rank) = self.file.rank(&candidate.way, owner) else { continue };
            match best.as_ref().map(|(most, _)| rank.cmp(most)) {
                None | Some(Ordering::Greater) => {
                    best = Some((rank, candidate));
                    is_tied = false;
                }
                Some(Ordering::Equal) => is_tied = true,
                Some(Ordering::Less) => {}
            }
        }
        let (_, candidate) = best.filter(|_| !is_tied)?;
        let ranges = candidate.statements(self.places.text)?;
        (ranges.len() == document.statements().len()).then_some(ranges)
    }

    /// Reads a value and all within it.
    fn read(&mut self, node: &'p Node, way: &mut Vec<(&'p str, &'p Node)>) {
        match &node.shape {
            Shape::Members(members) => {
                if node.has_statements() {
                    self.candidates.push(Candidate { way: way.clone(), form: Form::Value(node) });
                }
                for (key, member) in members {
                    way.push((key, node));
                    self.read(member, way);
                    way.pop();
                }
            }
            Shape::Items(items) => {
                for item in items {
                    way.push(("", node));
                    self.read(item, way);
                    way.pop();
                }
            }
            Shape::Text(text) => {
                if let Some(form) = self.text(node, text) {
                    self.candidates.push(Candidate { way: way.clone(), form });
                }
            }
            Shape::Other | Shape::Computed => {}
        }
    }

    /// Text may be a document in itself: JSON in a string, as it is or percent-encoded.
    fn text(&self, node: &Node, text: &str) -> Option<Form<'p>> {
        let (inner, is_as_it_is) = match text.trim_start().chars().next()? {
            '{' => (Cow::Borrowed(text), self.places.is_json),
            '%' => (percent_encoding::percent_decode_str(text.trim()).decode_utf8().ok()?, false),
            _ => return None,
        };
        let inner = json::tree(&inner)?;
        inner.has_statements().then_some(())?;
        let range = node.range.clone();
        Some(if is_as_it_is { Form::Text { inner, range } } else { Form::Decoded { inner, range } })
    }
}

impl Candidate<'_> {
    fn node(&self) -> &Node {
        match &self.form {
            Form::Value(node) => node,
            Form::Text { inner, range: _ } | Form::Decoded { inner, range: _ } => inner,
        }
    }

    /// The bytes of its statements in the text.
    fn statements(&self, text: &str) -> Option<Vec<Range<usize>>> {
        match &self.form {
            Form::Value(node) => Some(node.statements()),
            Form::Text { inner, range } => {
                let offsets = json::Offsets::of(text, range)?;
                inner.statements().iter().map(|statement| offsets.outer(statement)).collect()
            }
            Form::Decoded { inner, range } => Some(vec![range.clone(); inner.statements().len()]),
        }
    }
}
