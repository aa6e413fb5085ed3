//! CloudFormation's intrinsic functions, as far as their values follow from the template and the parameters.
//!
//! What does not follow is unresolved, with its place in the template: attributes and names of resources, imports,
//! transforms, pseudo parameters that nobody stated. Functions: CloudFormation Template Reference Guide, "Intrinsic
//! function reference".

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::super::Parameters;
use super::super::reach::texts;
use rolecall_iam::document::push_step;

/// The deepest chain of conditions that are made of conditions.
const MAX_CONDITIONS: usize = 32;

/// The most reasons that are given for one unresolved value.
const MAX_REASONS: usize = 20;

/// What a part of the template stands for.
enum Resolved {
    Value(Value),
    /// `AWS::NoValue`: the property is left out.
    Nothing,
    /// The resolver has noted why.
    Unresolved,
}

/// Why a value does not follow from the template, each reason with its place; at least one.
pub(super) type Reasons = Vec<String>;

pub(super) struct Resolver<'t> {
    template: &'t Value,
    given: &'t Parameters,
    /// What was found of each condition, and the defaults that this depends on.
    conditions: BTreeMap<&'t str, (Option<bool>, BTreeSet<&'t str>)>,
    reasons: Reasons,
    /// Parameters whose defaults were used.
    pub(super) defaults: BTreeSet<&'t str>,
    /// Whether a reference to a role or a managed policy is a value: an object with `Ref` alone.
    links: bool,
}

impl<'t> Resolver<'t> {
    pub(super) fn new(template: &'t Value, given: &'t Parameters) -> Self {
        let (conditions, reasons, defaults) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        Self { template, given, conditions, reasons, defaults, links: false }
    }

    /// The value of a node with every function in it resolved; `None` for `AWS::NoValue`.
    pub(super) fn value(&mut self, node: &'t Value, pointer: &str) -> Result<Option<Value>, Reasons> {
        self.reasons.clear();
        match self.resolve(node, pointer) {
            // A dynamic reference ("Get values stored in other services").
            Resolved::Value(value) if has_dynamic_reference(&value) => {
                self.unresolved(pointer, "`{{resolve:…}}` is known only once the stack exists");
                Err(self.take_reasons(pointer))
            }
            Resolved::Value(value) => Ok(Some(value)),
            Resolved::Nothing => Ok(None),
            Resolved::Unresolved => Err(self.take_reasons(pointer)),
        }
    }

    /// As [`Resolver::value`], but roles and managed policies of the template may stand in it as `{"Ref": id}`.
    pub(super) fn links(&mut self, node: &'t Value, pointer: &str) -> Result<Option<Value>, Reasons> {
        self.links = true;
        let value = self.value(node, pointer);
        self.links = false;
        value
    }

    /// Whether a condition of the template holds.
    pub(super) fn holds(&mut self, condition: &'t str, pointer: &str) -> Result<bool, Reasons> {
        self.reasons.clear();
        self.condition(condition, pointer, MAX_CONDITIONS).ok_or_else(|| self.take_reasons(pointer))
    }

    fn take_reasons(&mut self, pointer: &str) -> Reasons {
        if self.reasons.is_empty() {
            self.unresolved(pointer, "it cannot be resolved");
        }
        std::mem::take(&mut self.reasons)
    }

    fn unresolved(&mut self, pointer: &str, reason: &str) -> Resolved {
        let reason = format!("{pointer}: {reason}");
        if self.reasons.len() < MAX_REASONS && !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
        Resolved::Unresolved
    }

    fn resolve(&mut self, node: &'t Value, pointer: &str) -> Resolved {
        match node {
            Value::Object(members) => {
                if let Some((name, argument)) = function(members) {
                    return self.call(name, argument, &step(pointer, name));
                }
                // `Fn::Transform` can change its siblings.
                if let Some(name) = members.keys().find(|key| *key == "Ref" || key.starts_with("Fn::")) {
                    return self.unresolved(
                        &step(pointer, name),
                        "an intrinsic function must be the only member of its object",
                    );
                }
                let mut resolved = Some(Map::new());
                for (key, value) in members {
                    match (self.resolve(value, &step(pointer, key)), &mut resolved) {
                        (Resolved::Value(value), Some(resolved)) => {
                            resolved.insert(key.clone(), value);
                        }
                        (Resolved::Unresolved, _) => resolved = None,
                        (Resolved::Value(_), None) | (Resolved::Nothing, _) => {}
                    }
                }
                resolved.map_or(Resolved::Unresolved, |members| Resolved::Value(Value::Object(members)))
            }
            Value::Array(items) => match self.list(items, pointer) {
                Some(items) => Resolved::Value(Value::Array(items)),
                None => Resolved::Unresolved,
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Resolved::Value(node.clone())
            }
        }
    }

    /// The items that are not `AWS::NoValue`; `None` where one is unresolved, after all of them were looked at.
    fn list(&mut self, items: &'t [Value], pointer: &str) -> Option<Vec<Value>> {
        let mut resolved = Some(Vec::with_capacity(items.len()));
        for (index, item) in items.iter().enumerate() {
            match (self.resolve(item, &step(pointer, &index.to_string())), &mut resolved) {
                (Resolved::Value(value), Some(resolved)) => resolved.push(value),
                (Resolved::Unresolved, _) => resolved = None,
                (Resolved::Value(_), None) | (Resolved::Nothing, _) => {}
            }
        }
        resolved
    }

    fn call(&mut self, name: &str, argument: &'t Value, pointer: &str) -> Resolved {
        let wrong = "its arguments are not what the function takes";
        let result = match (name, argument) {
            ("Ref", Value::String(name)) => return self.reference(name, pointer),
            ("Fn::Sub", Value::String(text)) => return self.substitute(text, None, pointer),
            ("Fn::Sub", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(text), Value::Object(values)] => {
                    return self.substitute(text, Some(values), pointer);
                }
                _ => None,
            },
            ("Fn::GetAtt", _) => return self.attribute(argument, pointer),
            ("Fn::If", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(name), then, otherwise] => {
                    let (branch, index) = match self.condition(name, pointer, MAX_CONDITIONS) {
                        Some(true) => (then, "1"),
                        Some(false) => (otherwise, "2"),
                        None => return Resolved::Unresolved,
                    };
                    return self.resolve(branch, &step(pointer, index));
                }
                _ => None,
            },
            ("Fn::Join" | "Fn::Select" | "Fn::Split" | "Fn::FindInMap", Value::Array(parts)) => {
                let Some(parts) = self.list(parts, pointer) else { return Resolved::Unresolved };
                match name {
                    "Fn::Join" => join(&parts),
                    "Fn::Select" => select(&parts),
                    "Fn::Split" => split(&parts),
                    _ => self.find_in_map(&parts),
                }
            }
            _ => return self.unresolved(pointer, "its value is known only once the stack exists"),
        };
        match result {
            Some(value) => Resolved::Value(value),
            None => self.unresolved(pointer, wrong),
        }
    }

    fn reference(&mut self, name: &'t str, pointer: &str) -> Resolved {
        if name == "AWS::NoValue" {
            return Resolved::Nothing;
        }
        let declared = self.template.pointer("/Parameters").and_then(|parameters| parameters.get(name));
        let kind =
            declared.and_then(|parameter| parameter.get("Type")).and_then(Value::as_str).unwrap_or_default();
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        // "the string is parsed into a list, and whitespace around each is removed" holds for defaults and values alike.
        let value = |text: &str| match is_list {
            true => json!(text.split(',').map(str::trim).collect::<Vec<_>>()),
            false => Value::from(text),
        };
        if let Some(given) = self.given.get(name) {
            return Resolved::Value(value(given));
        }
        let Some(declared) = declared else {
            if self.links && self.is_linkable(name) {
                return Resolved::Value(json!({ "Ref": name }));
            }
            let reason = match name.starts_with("AWS::") {
                true => {
                    format!("`{name}` depends on where the stack is; state it with --parameter {name}=VALUE")
                }
                false => format!("what `{name}` is called is known only once the stack exists"),
            };
            return self.unresolved(pointer, &reason);
        };
        if kind.starts_with("AWS::SSM::Parameter") {
            let reason = format!(
                "the value of `{name}` is in Parameter Store; state it with --parameter {name}=VALUE"
            );
            return self.unresolved(pointer, &reason);
        }
        // The only value that the parameter can have.
        let allowed = declared.get("AllowedValues").and_then(Value::as_array).map(Vec::as_slice);
        if let Some([only]) = allowed
            && let Some(only) = scalar(only)
            && declared.get("Default").and_then(scalar).is_none_or(|default| default == only)
        {
            return Resolved::Value(value(&only));
        }
        match declared.get("Default").and_then(scalar) {
            Some(default) => {
                self.defaults.insert(name);
                Resolved::Value(value(&default))
            }
            None => {
                let reason =
                    format!("parameter `{name}` has no default; state it with --parameter {name}=VALUE");
                self.unresolved(pointer, &reason)
            }
        }
    }

    /// Whether a reference to this resource says all that is needed to find its documents in the template.
    fn is_linkable(&self, name: &str) -> bool {
        let resource = self.template.get("Resources").and_then(|resources| resources.get(name));
        let kind = resource.and_then(|resource| resource.get("Type")).and_then(Value::as_str);
        matches!(kind, Some("AWS::IAM::Role" | "AWS::IAM::ManagedPolicy"))
    }

    fn attribute(&mut self, argument: &'t Value, pointer: &str) -> Resolved {
        let (resource, attribute) = match argument {
            Value::String(text) => text.split_once('.').unwrap_or((text, "")),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(resource), Value::String(attribute)] => {
                    (resource.as_str(), attribute.as_str())
                }
                _ => ("", ""),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => ("", ""),
        };
        if self.links && attribute == "PolicyArn" && self.is_linkable(resource) {
            return Resolved::Value(json!({ "Ref": resource }));
        }
        let reason = format!("`{resource}.{attribute}` is known only once the stack exists");
        self.unresolved(pointer, &reason)
    }

    /// `Fn::Sub`: `${Name}`, `${Resource.Attribute}`, and `${!Literal}` for a `${Literal}` that stays.
    fn substitute(
        &mut self,
        text: &'t str,
        values: Option<&'t Map<String, Value>>,
        pointer: &str,
    ) -> Resolved {
        let mut result = Some(String::new());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else { break };
            rest = after;
            let value = if let Some(literal) = name.strip_prefix('!') {
                Some(format!("${{{literal}}}"))
            } else {
                let resolved = match values.and_then(|values| values.get(name)) {
                    Some(value) => self.resolve(value, &step(&step(pointer, "1"), name)),
                    None if name.contains('.') => {
                        let reason = format!("`{name}` is known only once the stack exists");
                        self.unresolved(pointer, &reason)
                    }
                    // Nothing but the reference, which may be a list or a link.
                    None if text.len() == "${}".len() + name.len() => return self.reference(name, pointer),
                    None => self.reference(name, pointer),
                };
                match resolved {
                    Resolved::Value(value) => match scalar(&value) {
                        Some(text) => Some(text),
                        None => {
                            self.unresolved(pointer, &format!("`{name}` is not text"));
                            None
                        }
                    },
                    Resolved::Nothing => Some(String::new()),
                    Resolved::Unresolved => None,
                }
            };
            result = match (result, value) {
                (Some(result), Some(value)) => Some(result + before + &value),
                (Some(_) | None, Some(_) | None) => None,
            };
        }
        match result {
            Some(result) => Resolved::Value(Value::from(result + rest)),
            None => Resolved::Unresolved,
        }
    }

    fn find_in_map(&mut self, keys: &[Value]) -> Option<Value> {
        let [map, first, second] = keys else { return None };
        let mappings = self.template.get("Mappings")?;
        let found = mappings.get(scalar(map)?)?.get(scalar(first)?)?.get(scalar(second)?)?;
        let is_plain = match found {
            Value::Array(items) => items.iter().all(|item| scalar(item).is_some()),
            found => scalar(found).is_some(),
        };
        is_plain.then(|| found.clone())
    }

    fn condition(&mut self, name: &'t str, pointer: &str, levels: usize) -> Option<bool> {
        if let Some((known, defaults)) = self.conditions.get(name) {
            let known = *known;
            self.defaults.extend(defaults);
            if known.is_none() {
                self.unresolved(pointer, &format!("condition `{name}` cannot be decided"));
            }
            return known;
        }
        // While it is being decided it is undecided: a condition that depends on itself.
        self.conditions.insert(name, (None, BTreeSet::new()));
        let before = std::mem::take(&mut self.defaults);
        let condition = self.template.get("Conditions").and_then(|conditions| conditions.get(name));
        let place = step("/Conditions", name);
        let holds = match (condition, levels.checked_sub(1)) {
            (Some(condition), Some(levels)) => self.test(condition, &place, levels),
            (None, _) | (_, None) => {
                self.unresolved(pointer, &format!("there is no condition `{name}` that rolecall can decide"));
                None
            }
        };
        self.conditions.insert(name, (holds, self.defaults.clone()));
        self.defaults.extend(before);
        holds
    }

    fn test(&mut self, test: &'t Value, pointer: &str, levels: usize) -> Option<bool> {
        let (name, argument) = test.as_object().and_then(|members| {
            let (name, argument) = members.iter().next().filter(|_| members.len() == 1)?;
            Some((name.as_str(), argument))
        })?;
        let pointer = step(pointer, name);
        match (name, argument) {
            ("Condition", Value::String(name)) => self.condition(name, &pointer, levels),
            ("Fn::Equals", Value::Array(sides)) => {
                let sides = self.list(sides, &pointer)?;
                match sides.as_slice() {
                    sides if sides.iter().any(has_dynamic_reference) => None,
                    [one, other] => Some(match (scalar(one), scalar(other)) {
                        (Some(one), Some(other)) => one == other,
                        (Some(_) | None, Some(_) | None) => one == other,
                    }),
                    _ => None,
                }
            }
            ("Fn::Not", Value::Array(tests)) => match tests.as_slice() {
                [test] => self.test(test, &pointer, levels).map(|holds| !holds),
                _ => None,
            },
            ("Fn::And" | "Fn::Or", Value::Array(tests)) => {
                let decisive = name == "Fn::Or";
                let before = self.reasons.len();
                let mut result = Some(!decisive);
                for (index, test) in tests.iter().enumerate() {
                    match self.test(test, &step(&pointer, &index.to_string()), levels) {
                        Some(holds) if holds == decisive => {
                            // What could not be decided does not matter.
                            self.reasons.truncate(before);
                            return Some(decisive);
                        }
                        Some(_) => {}
                        None => result = None,
                    }
                }
                result
            }
            _ => {
                self.unresolved(&pointer, "this condition cannot be decided");
                None
            }
        }
    }
}

/// The one member of an object that calls a function.
fn function(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = members.iter().next().filter(|_| members.len() == 1)?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name.as_str(), argument))
}

fn has_dynamic_reference(value: &Value) -> bool {
    let mut found = false;
    texts(value, &mut |text| found = found || text.contains("{{resolve:"));
    found
}

fn step(pointer: &str, step: &str) -> String {
    let mut pointer = pointer.to_owned();
    push_step(&mut pointer, step);
    pointer
}

/// A value as the text that CloudFormation makes of it.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn join(parts: &[Value]) -> Option<Value> {
    let [delimiter, Value::Array(items)] = parts else { return None };
    let items: Option<Vec<String>> = items.iter().map(scalar).collect();
    Some(items?.join(&scalar(delimiter)?).into())
}

fn select(parts: &[Value]) -> Option<Value> {
    let [index, Value::Array(items)] = parts else { return None };
    items.get(scalar(index)?.parse::<usize>().ok()?).cloned()
}

fn split(parts: &[Value]) -> Option<Value> {
    let [delimiter, text] = parts else { return None };
    let (delimiter, text) = (scalar(delimiter)?, scalar(text)?);
    (!delimiter.is_empty()).then(|| text.split(&delimiter).collect::<Vec<_>>().into())
}
