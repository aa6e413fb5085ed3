//! The properties of a resource, as CloudFormation sends them: numbers and booleans may have become text.
//!
//! Whoever reads a property thereby says that there is one; what nobody asked for is a fault, like everything that is
//! wrong. All faults are told at once, for each attempt costs a stack's rollback.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

/// What CloudFormation puts among the properties by itself.
const NOT_OURS: [&str; 2] = ["ServiceToken", "ServiceTimeout"];

/// Properties that are being read.
pub(super) struct Properties<'p> {
    properties: &'p Map<String, Value>,
    asked: Vec<&'static str>,
    faults: Vec<String>,
}

impl<'p> Properties<'p> {
    pub(super) fn of(properties: &'p Map<String, Value>) -> Self {
        Self { properties, asked: Vec::new(), faults: Vec::new() }
    }

    pub(super) fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    /// A property as it is.
    pub(super) fn value(&mut self, name: &'static str) -> Option<&'p Value> {
        self.asked.push(name);
        self.properties.get(name)
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                self.fault(format!("`{name}` must be text"));
                None
            }
        }
    }

    fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str, text: &str) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(format!("`{name}`: {error}"));
                None
            }
        }
    }

    pub(super) fn optional<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        self.parsed(name, &text)
    }

    pub(super) fn required<T: FromStr<Err: Display>>(
        &mut self,
        name: &'static str,
        meaning: &str,
    ) -> Option<T> {
        if !self.properties.contains_key(name) {
            self.fault(format!("`{name}` is missing: {meaning}"));
        }
        self.optional(name)
    }

    /// A name for people, which Genesys Cloud limits to 256 characters.
    pub(super) fn name(&mut self, name: &'static str) -> Option<String> {
        let text: String = self.optional(name)?;
        if text.is_empty() || text.chars().count() > 256 {
            self.fault(format!("`{name}` must have 1 to 256 characters"));
            return None;
        }
        Some(text)
    }

    pub(super) fn required_name(&mut self, name: &'static str, meaning: &str) -> Option<String> {
        if !self.properties.contains_key(name) {
            self.fault(format!("`{name}` is missing: {meaning}"));
        }
        self.name(name)
    }

    /// A list, or text with commas.
    pub(super) fn list<T: FromStr<Err: Display>>(&mut self, name: &'static str, meaning: &str) -> Vec<T> {
        let texts: Vec<&str> = match self.value(name) {
            Some(Value::Array(values)) if !values.is_empty() => {
                values.iter().map(|value| value.as_str().unwrap_or_default()).collect()
            }
            Some(Value::String(text)) => text.split(',').map(str::trim).collect(),
            Some(_) | None => {
                self.fault(format!("`{name}` must list {meaning}"));
                Vec::new()
            }
        };
        texts.iter().filter_map(|text| self.parsed(name, text)).collect()
    }

    pub(super) fn flag(&mut self, name: &'static str) -> bool {
        match self.value(name) {
            None | Some(Value::Bool(false)) => false,
            Some(Value::Bool(true)) => true,
            Some(Value::String(text)) if text == "true" => true,
            Some(Value::String(text)) if text == "false" => false,
            Some(_) => {
                self.fault(format!("`{name}` must be true or false"));
                false
            }
        }
    }

    /// What is wrong with what was read so far.
    pub(super) fn faults_so_far(self) -> Vec<String> {
        self.faults
    }

    /// Everything that is wrong; nothing where nothing is.
    pub(super) fn faults(mut self) -> Vec<String> {
        let known = |name: &&String| self.asked.contains(&name.as_str()) || NOT_OURS.contains(&name.as_str());
        let unknown: Vec<String> =
            self.properties.keys().filter(|name| !known(name)).map(|name| format!("`{name}`")).collect();
        if !unknown.is_empty() {
            self.fault(format!("unknown properties: {}", unknown.join(", ")));
        }
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cloudformation_makes_of_values_is_read() {
        let Value::Object(map) = json!({
            "ServiceToken": "arn", "Number": 12, "Text": " 12 ", "Yes": "true", "No": false, "List": ["1", "2"], "Commas": "1, 2",
        }) else {
            unreachable!()
        };
        let mut properties = Properties::of(&map);
        assert_eq!(properties.required::<u8>("Number", ""), Some(12));
        assert_eq!(properties.optional::<u8>("Text"), Some(12));
        assert_eq!(properties.optional::<u8>("Absent"), None);
        assert!(properties.flag("Yes") && !properties.flag("No") && !properties.flag("Absent"));
        assert_eq!(properties.list::<u8>("List", ""), [1, 2]);
        assert_eq!(properties.list::<u8>("Commas", ""), [1, 2]);
        assert_eq!(properties.faults(), [""; 0]);
    }

    #[test]
    fn every_fault_is_told() {
        let Value::Object(map) = json!({
            "Number": "x", "Text": [], "Yes": "yes", "List": [], "Name": "", "Else": 1, "More": 2,
        }) else {
            unreachable!()
        };
        let mut properties = Properties::of(&map);
        assert_eq!(properties.required::<u8>("Number", "a number"), None);
        assert_eq!(properties.required::<u8>("Absent", "a number"), None);
        assert_eq!(properties.optional::<String>("Text"), None);
        assert_eq!(properties.name("Name"), None);
        assert_eq!(properties.required_name("Title", "a title"), None);
        properties.flag("Yes");
        properties.list::<u8>("List", "numbers");
        let faults = properties.faults();
        let expected = [
            "`Number`: invalid digit found in string",
            "`Absent` is missing: a number",
            "`Text` must be text",
            "`Name` must have 1 to 256 characters",
            "`Title` is missing: a title",
            "`Yes` must be true or false",
            "`List` must list numbers",
            "unknown properties: `Else`, `More`",
        ];
        assert_eq!(faults, expected);
    }
}
