//! Whether the parts of an action fit one another: input and contract, templates and contract, a recorded answer and what
//! is made of it. Pure, and without a call: what fails here would fail after some actions were already written.
//!
//! Deliberately absent: a judgement on what rolecall cannot carry out; that stays undecided.

use serde_json::{Map, Value};

use crate::desired::sources::ActionSources;
use crate::desired::transform::{
    Reference, Undecided, block_fault, input_value, path_fault, references, render, translated,
};
use crate::manifest::{Action, Call};

/// Which part of an action does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    TestInput,
    RequestTemplate,
    /// The map of paths into the answer.
    TranslationMap,
    /// The template of the result.
    SuccessTemplate,
    /// The headers of the request.
    Headers,
}

/// What does not fit, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Which part it is about.
    pub part: Part,
    /// What is wrong.
    pub message: String,
}

/// Variables that Genesys Cloud gives to every success template (its article on response configuration).
const GIVEN: [&str; 3] = ["rawResult", "esc", "successTemplateUtils"];

/// What does not fit, whatever the function answers.
pub fn misfits(action: &Action, sources: &ActionSources) -> Vec<Misfit> {
    let mut found = Vec::new();
    let mut add = |part, message| found.push(Misfit { part, message });
    if let Some(input) = &sources.test_input {
        for fault in schema_faults(&sources.contract.input, &Value::Object(input.clone())) {
            add(Part::TestInput, format!("the test's input does not fit the input schema: {fault}"));
        }
    }
    let properties = sources.contract.input.get("properties").and_then(Value::as_object);
    let is_input =
        |name: &str| name == "rawRequest" || properties.is_some_and(|known| known.contains_key(name));
    for (part, key, template) in [
        (Part::RequestTemplate, "request_template", &sources.request_template),
        (Part::SuccessTemplate, "success_template", &sources.success_template),
    ] {
        if let Some(fault) = block_fault(template) {
            add(part, format!("`{key}`: {fault}"));
        }
    }
    // What directives set or test is not known.
    for Reference { name, quiet, .. } in references(&sources.request_template).unwrap_or_default() {
        if let Some(input) = name.strip_prefix("input.").filter(|input| !quiet && !is_input(input)) {
            add(
                Part::RequestTemplate,
                format!(
                    "`request_template` uses `${{{name}}}`, but the input schema has no `{input}`; correct the name, or write `$!{{{name}}}`"
                ),
            );
        }
    }
    let (headers, is_function) = match &action.call {
        Call::Function { headers, .. } => (headers, true),
        Call::Url { headers, .. } => (headers, false),
    };
    for (header, value) in headers {
        for Reference { name, quiet, .. } in references(value).unwrap_or_default() {
            if let Some(input) = name.strip_prefix("input.").filter(|input| !quiet && !is_input(input)) {
                add(
                    Part::Headers,
                    format!(
                        "the header `{header}` uses `${{{name}}}`, but the input schema has no `{input}`"
                    ),
                );
            }
        }
    }
    // The event of a function is JSON. Other addresses may take other bodies.
    let event =
        |input: &Map<String, Value>| match render(&sources.request_template, |name| input_value(name, input))
        {
            Ok(Ok(text)) => serde_json::from_str::<Value>(&text).err(),
            // What becomes of a missing value, Genesys Cloud decides.
            Ok(Err(_)) | Err(Undecided(_)) => None,
        };
    let is_fixed = references(&sources.request_template).is_ok_and(|references| references.is_empty());
    let tried = sources.test_input.clone().or_else(|| is_fixed.then(Map::new));
    if let Some(error) = tried.filter(|_| is_function).and_then(|input| event(&input)) {
        let with = if is_fixed { "" } else { ", filled with the test's input," };
        add(Part::RequestTemplate, format!("`request_template`{with} is not valid JSON: {error}"));
    }
    for (name, path) in &action.translation_map {
        if let Some(fault) = path_fault(path) {
            add(
                Part::TranslationMap,
                format!("`{path}` of `{name}` in `translation_map` is not a JSON path; {fault}"),
            );
        }
    }
    let is_set = |name: &str| {
        let first = name.split('.').next().unwrap_or(name);
        GIVEN.contains(&first)
            || [name, first].iter().any(|name| {
                action.translation_map.contains_key(*name)
                    || action.translation_map_defaults.contains_key(*name)
            })
    };
    for Reference { name, quiet, .. } in references(&sources.success_template).unwrap_or_default() {
        if !quiet && !is_set(&name) {
            add(
                Part::SuccessTemplate,
                format!(
                    "`success_template` uses `${{{name}}}`, which neither `translation_map` nor `translation_map_defaults` sets"
                ),
            );
        }
    }
    found
}

/// What a step of a check came to.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckEnd {
    /// It went well; what it made.
    Made(Value),
    /// It would fail in Genesys Cloud, too.
    Failed(String),
    /// rolecall cannot carry it out.
    Undecided(String),
}

/// A step of a check, with its name.
pub type CheckStep = (&'static str, CheckEnd);

/// What Genesys Cloud would make of the input, and of the answer of the function, step by step until one does not go well.
pub fn rehearse(
    action: &Action,
    sources: &ActionSources,
    input: Option<&Map<String, Value>>,
    answer: Option<&Value>,
) -> Vec<CheckStep> {
    let mut steps: Vec<CheckStep> = Vec::new();
    if let Some(input) = input {
        let whole = Value::Object(input.clone());
        steps.push(("input against its schema", fitting(&sources.contract.input, whole)));
        let body = json_of(&sources.request_template, |name| input_value(name, input));
        steps.push(("request template", body));
    }
    if let Some(answer) = answer {
        match translated(answer, &action.translation_map, &action.translation_map_defaults) {
            Err(Undecided(reason)) => steps.push(("translation map", CheckEnd::Undecided(reason))),
            Ok(values) => {
                // A name without a value is none of them; the template says whether that matters.
                let shown = action.translation_map.keys().filter_map(|name| {
                    let text = values.get(name)?;
                    let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()));
                    Some((name.clone(), value))
                });
                steps.push(("translation map", CheckEnd::Made(Value::Object(shown.collect()))));
                let made = json_of(&sources.success_template, |name| values.get(name).cloned());
                let result = match &made {
                    CheckEnd::Made(result) => Some(result.clone()),
                    CheckEnd::Failed(_) | CheckEnd::Undecided(_) => None,
                };
                steps.push(("success template", made));
                if let Some(result) = result {
                    steps.push((
                        "result against the output schema",
                        fitting(&sources.contract.output, result),
                    ));
                }
            }
        }
    }
    steps
}

fn fitting(schema: &Value, value: Value) -> CheckEnd {
    match schema_faults(schema, &value) {
        faults if faults.is_empty() => CheckEnd::Made(value),
        faults => CheckEnd::Failed(faults.join("; ")),
    }
}

fn json_of(template: &str, lookup: impl Fn(&str) -> Option<String>) -> CheckEnd {
    match render(template, lookup) {
        Err(Undecided(reason)) => CheckEnd::Undecided(reason),
        Ok(Err(name)) => CheckEnd::Failed(format!("`${{{name}}}` has no value")),
        Ok(Ok(text)) => match serde_json::from_str(&text) {
            Ok(value) => CheckEnd::Made(value),
            Err(error) => CheckEnd::Failed(format!("the result is not valid JSON: {error}")),
        },
    }
}

/// Where a value does not fit a schema. Genesys Cloud's schemas are of draft 4. An invalid schema gives no fault here: its own check reports it.
fn schema_faults(schema: &Value, value: &Value) -> Vec<String> {
    let Ok(validator) = jsonschema::draft4::new(schema) else { return Vec::new() };
    let fault = |error: jsonschema::ValidationError<'_>| match error.instance_path().as_str() {
        "" => error.to_string(),
        pointer => format!("{pointer}: {error}"),
    };
    validator.iter_errors(value).map(fault).collect()
}
