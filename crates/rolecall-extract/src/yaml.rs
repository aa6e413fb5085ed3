//! YAML to the tree that JSON would give, the way CloudFormation reads it.
//!
//! Short forms such as `!Sub` become the long ones. A key is always text, so that the condition operator `Null` is not
//! the null value; text that looks like a date stays text, as `Version: 2012-10-17` must. Aliases and merged mappings
//! are refused: "CloudFormation doesn't support […] The binary, omap, pairs, set, and timestamp tags; Aliases; Hash
//! merges" (CloudFormation User Guide, "CloudFormation template formats").
//!
//! Built on parser events: serde's data model has no place for a tag in the middle of a tree.

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};
use serde_json::{Map, Number, Value};

use rolecall_iam::document::{Fault, push_step};

/// Reads the one document of a YAML text.
pub(super) fn parse(text: &str, max_depth: usize) -> Result<Value, Fault> {
    let events = Parser::new_from_str(text);
    let mut reader = Reader { events, pointer: String::new(), levels_left: max_depth };
    let value = reader.document()?;
    match reader.next()? {
        (Event::DocumentStart(..), span) => Err(reader.fault(&span, "a second YAML document starts here")),
        _ => Ok(value),
    }
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    pointer: String,
    levels_left: usize,
}

impl<'t> Reader<'t> {
    fn fault(&self, span: &Span, message: impl std::fmt::Display) -> Fault {
        let (line, column) = (span.start.line(), span.start.col() + 1);
        Fault { pointer: self.pointer.clone(), message: format!("line {line}, column {column}: {message}") }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let (line, column) = (error.marker().line(), error.marker().col() + 1);
                let message = format!("line {line}, column {column}: not YAML: {}", error.info());
                Err(Fault { pointer: self.pointer.clone(), message })
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn document(&mut self) -> Result<Value, Fault> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(..), _) => {}
                (Event::DocumentEnd | Event::StreamEnd, _) => return Ok(Value::Null),
                (event, span) => {
                    let value = self.node(event, &span)?;
                    // The end of the document, which the parser gives after every complete node.
                    self.next()?;
                    return Ok(value);
                }
            }
        }
    }

    fn node(&mut self, event: Event<'t>, span: &Span) -> Result<Value, Fault> {
        match event {
            Event::Scalar(text, style, _, tag) => self.scalar(&text, style, tag.as_deref(), span),
            Event::SequenceStart(_, _, tag) => {
                let items = self.nested(span, Self::sequence)?;
                self.tagged(items, tag.as_deref(), &["seq"], span)
            }
            Event::MappingStart(_, _, tag) => {
                let entries = self.nested(span, Self::mapping)?;
                self.tagged(entries, tag.as_deref(), &["map"], span)
            }
            Event::Alias(_) => Err(self.fault(
                span,
                "an alias (`*name`), which CloudFormation does not support; write the value out",
            )),
            other => Err(self.fault(span, format!("{other:?} where a value is needed"))),
        }
    }

    fn nested(&mut self, span: &Span, read: fn(&mut Self) -> Result<Value, Fault>) -> Result<Value, Fault> {
        let Some(left) = self.levels_left.checked_sub(1) else {
            return Err(self.fault(span, "nested too deep"));
        };
        let (levels, length) = (std::mem::replace(&mut self.levels_left, left), self.pointer.len());
        let value = read(self)?;
        self.levels_left = levels;
        self.pointer.truncate(length);
        Ok(value)
    }

    fn sequence(&mut self) -> Result<Value, Fault> {
        let length = self.pointer.len();
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Value::Array(items));
            }
            push_step(&mut self.pointer, &items.len().to_string());
            items.push(self.node(event, &span)?);
            self.pointer.truncate(length);
        }
    }

    fn mapping(&mut self) -> Result<Value, Fault> {
        let length = self.pointer.len();
        let mut entries = Map::new();
        loop {
            let (event, span) = self.next()?;
            let (key, style) = match event {
                Event::MappingEnd => return Ok(Value::Object(entries)),
                Event::Scalar(key, style, _, _) => (key, style),
                _ => return Err(self.fault(&span, "a key that is not text")),
            };
            if key == "<<" && style == ScalarStyle::Plain {
                let message =
                    "a merged mapping (`<<`), which CloudFormation does not support; write the keys out";
                return Err(self.fault(&span, message));
            }
            push_step(&mut self.pointer, &key);
            if entries.contains_key(&*key) {
                let message = format!("the key `{}` is given twice", key.escape_debug());
                return Err(self.fault(&span, message));
            }
            let (event, span) = self.next()?;
            let value = self.node(event, &span)?;
            entries.insert(key.into_owned(), value);
            self.pointer.truncate(length);
        }
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Result<Value, Fault> {
        let value = match (style, tag) {
            (ScalarStyle::Plain, None) if is_ambiguous(text) => {
                let message = format!(
                    "YAML's readers do not agree on the number `{}`; put it in quotes",
                    text.escape_debug()
                );
                return Err(self.fault(span, message));
            }
            (ScalarStyle::Plain, None) => plain(text),
            _ => Value::from(text),
        };
        self.tagged(value, tag, &["str", "int", "float", "bool", "null"], span)
    }

    /// `!Sub x` is `{"Fn::Sub": x}`; a tag of YAML itself may only say what the value is anyway.
    fn tagged(&self, value: Value, tag: Option<&Tag>, kinds: &[&str], span: &Span) -> Result<Value, Fault> {
        let Some(tag) = tag else { return Ok(value) };
        let function = match (tag.handle(), tag.suffix()) {
            ("!", "") | ("", "!") => return Ok(value),
            ("!", name @ ("Ref" | "Condition")) => name.to_owned(),
            ("!", name) => format!("Fn::{name}"),
            _ if tag.core_suffix().is_some_and(|suffix| kinds.contains(&suffix)) => return Ok(value),
            _ => {
                let message = format!("the tag `{}` is not supported", tag.original().escape_debug());
                return Err(self.fault(span, message));
            }
        };
        Ok(Value::Object(Map::from_iter([(function, value)])))
    }
}

/// Text without quotes. A number is text too, because a policy means the same either way; unless YAML 1.1 would write
/// it differently: it reads `012` as 10, and `1.50` as 1.5.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ => match number(text) {
            Some(number) if number.to_string() != text => Value::Number(number),
            Some(_) | None => Value::from(text),
        },
    }
}

/// Whether text without quotes is a number for one reader and text for another, or a number that loses digits.
fn is_ambiguous(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(digits.to_ascii_lowercase().as_str(), ".inf" | ".nan") {
        return true;
    }
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return false;
    }
    let digits = digits.replace('_', "");
    let is = |text: &str, radix: u32| !text.is_empty() && text.chars().all(|digit| digit.is_digit(radix));
    let is_whole = |text: &str| is(text, 10);
    if let Some(octal) = digits.strip_prefix("0o") {
        return is(octal, 8);
    }
    if let Some((mantissa, exponent)) = digits.split_once(['e', 'E']) {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        return is_whole(exponent) && is_whole(&mantissa.replacen('.', "", 1));
    }
    if let Some((whole, fraction)) = digits.split_once('.') {
        // A double keeps fifteen digits.
        return is_whole(&format!("{whole}{fraction}")) && whole.len() + fraction.len() > 15;
    }
    if digits.contains(':') {
        return digits.split(':').all(is_whole) && number(text).is_none();
    }
    let (rest, radix) = match (digits.strip_prefix("0b"), digits.strip_prefix("0x"), digits.strip_prefix('0'))
    {
        (Some(binary), _, _) => (binary, 2),
        (_, Some(hexadecimal), _) => (hexadecimal, 16),
        (_, _, Some(octal)) => (octal, 8),
        _ => return false,
    };
    is(rest, radix) && number(text).is_none()
}

/// The value of a number of YAML 1.1 (yaml.org/type/int.html and float.html).
fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let digits = digits.replace('_', "");
    let magnitude = if let Some(binary) = digits.strip_prefix("0b") {
        i64::from_str_radix(binary, 2).ok()?
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        i64::from_str_radix(hexadecimal, 16).ok()?
    } else if digits.contains('.') {
        let float = digits.parse::<f64>().ok()?;
        return Number::from_f64(if text.starts_with('-') { -float } else { float });
    } else if let Some(octal) = digits.strip_prefix('0').filter(|octal| !octal.is_empty()) {
        i64::from_str_radix(octal, 8).ok()?
    } else {
        // Base 60, where there is a colon.
        digits.split(':').try_fold(0_i64, |sum, part| sum.checked_mul(60)?.checked_add(part.parse().ok()?))?
    };
    Some(if text.starts_with('-') { -magnitude } else { magnitude }.into())
}
