//! JSON text to a value, without what `serde_json` does silently: a key that is repeated is a fault here, because a reader
//! that keeps the last one and a reader that keeps the first would see two different policies. A number that would become
//! another one (`1e5`, thirty digits) stays the text that it is, because a policy means its text.

use std::fmt::{self, Write as _};

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{Fault, MAX_FAULTS};

/// How much is read before it is refused.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest text, in bytes.
    pub bytes: usize,
    /// The deepest nesting.
    pub depth: usize,
}

/// Reads JSON text.
///
/// # Errors
/// Every fault with its pointer: broken JSON, repeated keys, a text that is too long or too deep.
pub fn parse_json(text: &str, limits: Limits) -> Result<Value, Vec<Fault>> {
    if text.len() > limits.bytes {
        let message = format!("the text has {} bytes; at most {} are read", text.len(), limits.bytes);
        return Err(vec![Fault { pointer: String::new(), message }]);
    }
    let numbers = Numbers { rest: text };
    let mut place = Place { pointer: String::new(), faults: Vec::new(), max_depth: limits.depth, numbers };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let parsed = Node { place: &mut place, depth: 0 }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    match parsed {
        Ok(value) if place.faults.is_empty() => Ok(value),
        Ok(_) => Err(place.faults),
        Err(error) => {
            let pointer = std::mem::take(&mut place.pointer);
            place.faults.push(Fault { pointer, message: format!("not JSON: {error}") });
            Err(place.faults)
        }
    }
}

/// Where the reader is, and what it has found.
struct Place<'t> {
    pointer: String,
    faults: Vec<Fault>,
    max_depth: usize,
    /// The numbers that the reader has not come to yet.
    numbers: Numbers<'t>,
}

/// The numbers of a JSON text as they are written.
struct Numbers<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Numbers<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let bytes = self.rest.as_bytes();
        let (mut at, mut quoted) = (0, false);
        loop {
            match (bytes.get(at)?, quoted) {
                (b'\\', true) => at += 1,
                (b'"', _) => quoted = !quoted,
                (b'-' | b'0'..=b'9', false) => break,
                _ => {}
            }
            at += 1;
        }
        let start = self.rest.get(at..)?;
        let end = start.find(|letter: char| !letter.is_ascii_digit() && !"+-.eE".contains(letter));
        let (number, rest) = start.split_at_checked(end.unwrap_or(start.len()))?;
        self.rest = rest;
        Some(number)
    }
}

impl Place<'_> {
    /// The number that the reader has just come to, or its text if that says something else.
    fn number(&mut self, read: Option<Number>) -> Value {
        let text = self.numbers.next().unwrap_or_default();
        match read {
            Some(number) if text.is_empty() || number.to_string() == text => Value::Number(number),
            Some(_) | None => Value::from(text),
        }
    }

    fn fault(&mut self, message: String) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault { pointer: self.pointer.clone(), message });
        }
    }
}

/// Appends one step to a JSON pointer, escaped as RFC 6901 says.
pub fn push_step(pointer: &mut String, step: &str) {
    pointer.push('/');
    for character in step.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

struct Node<'a, 't> {
    place: &'a mut Place<'t>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(self.place.number(Some(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(self.place.number(Some(value.into())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(self.place.number(Number::from_f64(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let Self { place, depth } = self;
        if depth >= place.max_depth {
            place.fault(format!("nested deeper than {} levels", place.max_depth));
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Value::Null);
        }
        let length = place.pointer.len();
        let mut values = Vec::new();
        loop {
            if write!(place.pointer, "/{}", values.len()).is_err() {
                return Err(A::Error::custom("the place in the document cannot be written"));
            }
            let Some(value) = items.next_element_seed(Node { place, depth: depth + 1 })? else { break };
            values.push(value);
            place.pointer.truncate(length);
        }
        place.pointer.truncate(length);
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let Self { place, depth } = self;
        if depth >= place.max_depth {
            place.fault(format!("nested deeper than {} levels", place.max_depth));
            while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Value::Null);
        }
        let length = place.pointer.len();
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            push_step(&mut place.pointer, &key);
            if object.contains_key(&key) {
                place.fault(format!("the key `{}` is given twice", key.escape_debug()));
            }
            let value = entries.next_value_seed(Node { place, depth: depth + 1 })?;
            object.insert(key, value);
            place.pointer.truncate(length);
        }
        Ok(Value::Object(object))
    }
}
