//! Walks the parsed TOML against the JSON Schema: reports every unknown key, missing key, wrong type and number out
//! of range, and returns what is left, which then deserialises without further faults.
//!
//! Deliberately absent: what a text must look like. [`super::form`] decides that, with better words than a pattern.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeArray, DeInteger, DeTable, DeValue};

use super::note::Notes;
use super::section::Section;
use super::word::{self, Unknown, Vocabulary};

/// The table without the entries that the schema does not allow, each of them reported.
pub(super) fn prune<'i>(
    table: Spanned<DeTable<'i>>,
    schema: &Value,
    notes: &mut Notes<'_>,
) -> Spanned<DeTable<'i>> {
    let span = table.span();
    let mut walker = Walker { vocabulary: Vocabulary::of(schema), notes };
    let kept = walker.table(table.into_inner(), schema, &Section::default(), None);
    Spanned::new(span, kept)
}

struct Walker<'a, 'text> {
    vocabulary: Vocabulary,
    notes: &'a mut Notes<'text>,
}

impl Walker<'_, '_> {
    fn table<'i>(
        &mut self,
        table: DeTable<'i>,
        schema: &Value,
        section: &Section,
        span: Option<&Range<usize>>,
    ) -> DeTable<'i> {
        let none = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let any_key = schema.get("additionalProperties").filter(|schema| schema.is_object());
        let mut kept = DeTable::new();
        let mut present: BTreeMap<String, Range<usize>> = BTreeMap::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if let Some(schema) = properties.get(name).or(any_key) {
                present.insert(name.to_owned(), key.span());
                if let Some(value) = self.value(value, schema, section, name) {
                    kept.insert(key, value);
                }
            } else {
                let Unknown { message, meant } = self.vocabulary.unknown(name, properties, section);
                self.notes.fault(Some(key.span()), message);
                present.extend(meant.map(|meant| (meant, key.span())));
            }
        }
        for key in strings(schema.get("required")).filter(|key| !present.contains_key(*key)) {
            let schema = properties.get(key).unwrap_or(&Value::Null);
            self.notes.fault(span.cloned(), word::missing(key, schema, section));
        }
        self.combinations(schema, &present, section, span);
        kept
    }

    /// Keys of which exactly one is needed, sections of which there is at least one, and keys that go only with others.
    fn combinations(
        &mut self,
        schema: &Value,
        present: &BTreeMap<String, Range<usize>>,
        section: &Section,
        span: Option<&Range<usize>>,
    ) {
        let choices = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
        let choices: Vec<&str> = choices.flat_map(|choice| strings(choice.get("required"))).collect();
        let mut chosen: Vec<(&Range<usize>, &str)> =
            choices.iter().filter_map(|key| Some((present.get(*key)?, *key))).collect();
        chosen.sort_by_key(|(span, _)| span.start);
        match chosen.as_slice() {
            [] if !choices.is_empty() && section.header().is_empty() => {
                let message = word::missing_choice(&choices, schema, section);
                self.notes.fault(span.cloned(), message);
            }
            [] if !choices.is_empty() => {
                let keys = choices.join("` or `");
                self.notes.fault(span.cloned(), format!("missing key `{keys}` in {}", section.header()));
            }
            [(_, first), (span, second), ..] => {
                let message = format!("`{second}` and `{first}` exclude each other; keep one of them");
                self.notes.fault(Some((*span).clone()), message);
            }
            [] | [_] => {}
        }
        let any = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
        let any: Vec<&str> = any.flat_map(|choice| strings(choice.get("required"))).collect();
        if let Some((first, others)) = any.split_first()
            && !any.iter().any(|key| present.contains_key(*key))
        {
            let schema = schema.get("properties").and_then(|it| it.get(*first)).unwrap_or(&Value::Null);
            let others: String =
                others.iter().map(|key| format!(", or a {}", section.inner(key, true).header())).collect();
            self.notes.fault(span.cloned(), format!("{}{others}", word::missing(first, schema, section)));
        }
        for (key, needed) in schema.get("dependentRequired").and_then(Value::as_object).into_iter().flatten()
        {
            let Some(span) = present.get(key) else { continue };
            for needed in strings(Some(needed)).filter(|needed| !present.contains_key(*needed)) {
                self.notes.fault(Some(span.clone()), format!("`{key}` goes only with `{needed}`"));
            }
        }
    }

    fn value<'i>(
        &mut self,
        value: Spanned<DeValue<'i>>,
        schema: &Value,
        section: &Section,
        key: &str,
    ) -> Option<Spanned<DeValue<'i>>> {
        let span = value.span();
        let kept = match (schema.get("type").and_then(Value::as_str), value.into_inner()) {
            (Some("object"), DeValue::Table(table)) => {
                DeValue::Table(self.table(table, schema, &section.inner(key, false), Some(&span)))
            }
            (Some("array"), DeValue::Array(array)) => {
                let inner = section.inner(key, true);
                if array.is_empty() && schema.get("minItems").is_some() {
                    self.notes
                        .fault(Some(span), format!("`{key}` is empty; add at least one {}", inner.header()));
                    return None;
                }
                let element = schema.get("items").unwrap_or(&Value::Null);
                DeValue::Array(self.elements(array, element, &inner, key))
            }
            (Some("string"), DeValue::String(text)) => {
                self.one_of(&text, schema, key, &span)?;
                DeValue::String(text)
            }
            (Some("integer"), DeValue::Integer(number)) => {
                self.in_range(&number, schema, key, &span)?;
                DeValue::Integer(number)
            }
            (Some("boolean"), DeValue::Boolean(value)) => DeValue::Boolean(value),
            (_, found) => {
                self.notes.fault(Some(span), word::wrong_type(key, &found, schema, section));
                return None;
            }
        };
        Some(Spanned::new(span, kept))
    }

    /// The elements of the type that the list has: tables or texts.
    fn elements<'i>(
        &mut self,
        array: DeArray<'i>,
        schema: &Value,
        section: &Section,
        key: &str,
    ) -> DeArray<'i> {
        let is_of_texts = schema.get("type").and_then(Value::as_str) == Some("string");
        array
            .into_iter()
            .filter_map(|element| {
                let span = element.span();
                let kept = match element.into_inner() {
                    DeValue::String(text) if is_of_texts => DeValue::String(text),
                    DeValue::Table(table) if !is_of_texts => {
                        DeValue::Table(self.table(table, schema, section, Some(&span)))
                    }
                    found => {
                        self.notes.fault(Some(span), word::wrong_element(key, &found, schema, section));
                        return None;
                    }
                };
                Some(Spanned::new(span, kept))
            })
            .collect()
    }

    fn one_of(&mut self, text: &str, schema: &Value, key: &str, span: &Range<usize>) -> Option<()> {
        let Some(allowed) = schema.get("enum").and_then(Value::as_array) else {
            return Some(());
        };
        let allowed: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        if allowed.contains(&text) {
            return Some(());
        }
        let list = allowed.join("`, `");
        self.notes.fault(Some(span.clone()), format!("`{key}` is `{text}`; it must be one of `{list}`"));
        None
    }

    fn in_range(
        &mut self,
        number: &DeInteger<'_>,
        schema: &Value,
        key: &str,
        span: &Range<usize>,
    ) -> Option<()> {
        let limit = |name: &str| schema.get(name).and_then(Value::as_i64);
        let (least, most) = (limit("minimum").unwrap_or(i64::MIN), limit("maximum").unwrap_or(i64::MAX));
        if i64::from_str_radix(number.as_str(), number.radix())
            .is_ok_and(|value| (least..=most).contains(&value))
        {
            return Some(());
        }
        let message = format!("`{key}` is {number}; it must be a whole number from {least} to {most}");
        self.notes.fault(Some(span.clone()), message);
        None
    }
}

/// The texts of a list.
fn strings(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
