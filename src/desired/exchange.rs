//! The file format in which Genesys Cloud's own user interface exports and imports an action. Pure.
//!
//! The form is that of the exports in Genesys's scheduling-bot-blueprint (`exports/*.json`). A category is no part of it:
//! the user interface takes the integration's.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::desired::contract::{ContractFault, input_faults, output_faults};
use crate::desired::genesys::{Desired, DesiredAction, DesiredIntegration, Kind};
use crate::manifest::{
    Action, Call, DEFAULT_REQUEST_TEMPLATE, DEFAULT_SUCCESS_TEMPLATE, Method, Target, Template as Source,
};
use crate::ports::genesys::{ActionConfig, Contract, Template};

/// An action in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangedAction {
    pub name: String,
    /// The kind of integration that it belongs to.
    pub kind: Kind,
    /// Whether only secure flows may call it.
    pub secure: bool,
    pub contract: Contract,
    /// The configuration; its templates are texts.
    pub config: ActionConfig,
}

/// Why a file is no action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an action that Genesys Cloud exports: {reason}")]
pub struct NotAnAction {
    /// What is wrong.
    pub reason: String,
}

impl ExchangedAction {
    /// The file's text.
    pub fn render(&self) -> String {
        let Self { name, kind, secure, contract: Contract { input, output }, config } = self;
        let ActionConfig {
            timeout_seconds,
            url_template,
            method,
            headers,
            request_template,
            translation_map,
            translation_map_defaults,
            success_template,
        } = config;
        let text = |template: &Option<Template>, default: &str| match template {
            Some(Template::Text(text)) => text.clone(),
            Some(Template::Stored) | None => default.to_owned(),
        };
        let mut file = json!({
            "name": name,
            "integrationType": kind.type_id(),
            "actionType": "custom",
            "config": {
                "request": {
                    "requestUrlTemplate": url_template,
                    "requestType": method,
                    "headers": headers,
                    "requestTemplate": text(request_template, DEFAULT_REQUEST_TEMPLATE),
                },
                "response": {
                    "translationMap": translation_map,
                    "translationMapDefaults": translation_map_defaults,
                    "successTemplate": text(success_template, DEFAULT_SUCCESS_TEMPLATE),
                },
            },
            "contract": {"input": {"inputSchema": input}, "output": {"successSchema": output}},
            "secure": secure,
        });
        if let (Some(seconds), Some(config)) =
            (timeout_seconds, file.get_mut("config").and_then(Value::as_object_mut))
        {
            config.insert("timeoutSeconds".to_owned(), json!(seconds));
        }
        format!("{file:#}\n")
    }

    /// The action in the text of a file.
    pub fn parse(text: &str) -> Result<Self, NotAnAction> {
        let file = serde_json::from_str(text).map_err(|error| NotAnAction { reason: error.to_string() })?;
        Self::of(&file)
    }

    /// The action in a file's value, or everything that is wrong with it.
    pub fn of(file: &Value) -> Result<Self, NotAnAction> {
        let mut parts = Parts { file, faults: Vec::new() };
        let name = parts.needed("/name");
        let kind = parts.kind();
        let secure = parts.of_type("/secure", "true or false", Value::as_bool);
        let input = parts.schema("/contract/input/inputSchema", input_faults);
        let output = parts.schema("/contract/output/successSchema", output_faults);
        let seconds = parts.of_type("/config/timeoutSeconds", "a number of seconds", |value| {
            value.as_u64().and_then(|seconds| u32::try_from(seconds).ok())
        });
        let url_template = parts.needed("/config/request/requestUrlTemplate");
        let method = parts.text("/config/request/requestType");
        let headers = parts.texts("/config/request/headers");
        let request_template = parts.text("/config/request/requestTemplate");
        let translation_map = parts.texts("/config/response/translationMap");
        let translation_map_defaults = parts.texts("/config/response/translationMapDefaults");
        let success_template = parts.text("/config/response/successTemplate");
        // What is left out is sent as what it stands for, so that it reads back as the same.
        let template = |text: Option<String>, default: &str| {
            Some(Template::Text(text.unwrap_or_else(|| default.to_owned())))
        };
        match (name, kind, input, output, url_template) {
            (Some(name), Some(kind), Some(input), Some(output), Some(url_template))
                if parts.faults.is_empty() =>
            {
                Ok(Self {
                    name,
                    kind,
                    secure: secure.unwrap_or_default(),
                    contract: Contract { input, output },
                    config: ActionConfig {
                        timeout_seconds: seconds,
                        url_template,
                        method: method.unwrap_or_else(|| "POST".to_owned()),
                        headers,
                        request_template: template(request_template, DEFAULT_REQUEST_TEMPLATE),
                        translation_map,
                        translation_map_defaults,
                        success_template: template(success_template, DEFAULT_SUCCESS_TEMPLATE),
                    },
                })
            }
            _ => Err(NotAnAction { reason: parts.faults.join("; ") }),
        }
    }
}

/// A file that is being read. No value is repeated in a fault: a definition may be kept as a secret.
struct Parts<'f> {
    file: &'f Value,
    faults: Vec<String>,
}

impl<'f> Parts<'f> {
    fn of_type<T>(
        &mut self,
        pointer: &str,
        is: &str,
        read: impl FnOnce(&'f Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.file.pointer(pointer).filter(|value| !value.is_null())?;
        let read = read(value);
        if read.is_none() {
            self.faults.push(format!("{pointer} is not {is}"));
        }
        read
    }

    fn text(&mut self, pointer: &str) -> Option<String> {
        self.of_type(pointer, "a text", |value| value.as_str().map(str::to_owned))
    }

    fn needed(&mut self, pointer: &str) -> Option<String> {
        let text = self.text(pointer).filter(|text| !text.is_empty());
        if text.is_none() {
            self.faults.push(format!("it has no text at {pointer}"));
        }
        text
    }

    fn texts(&mut self, pointer: &str) -> BTreeMap<String, String> {
        let texts = self
            .of_type(pointer, "an object of texts", |members| serde_json::from_value(members.clone()).ok());
        texts.unwrap_or_default()
    }

    fn kind(&mut self) -> Option<Kind> {
        let type_id = self.needed("/integrationType")?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.type_id() == type_id);
        if kind.is_none() {
            let known = Kind::ALL.map(Kind::type_id).join("` and `");
            self.faults
                .push(format!("its integrationType is `{type_id}`, but rolecall knows only `{known}`"));
        }
        kind
    }

    fn schema(&mut self, pointer: &str, check: fn(&Value) -> Vec<ContractFault>) -> Option<Value> {
        let Some(schema) = self.file.pointer(pointer).filter(|value| value.is_object()) else {
            self.faults.push(format!("it has no schema at {pointer}"));
            return None;
        };
        let faults = check(schema);
        self.faults
            .extend(faults.iter().map(|fault| format!("{pointer}{}: {}", fault.pointer, fault.message)));
        Some(schema.clone())
    }
}

/// An action as a manifest describes it, and the files that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    pub action: Action,
    /// The files' paths, relative to the manifest, and their texts.
    pub files: Vec<(PathBuf, String)>,
}

/// Why a manifest cannot describe the action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It calls a function that is no target.
    #[error("action `{action}` calls `{function}`, which is not a target in the manifest")]
    NoTarget {
        /// The action's name.
        action: String,
        /// What it calls.
        function: String,
    },
    /// It calls in a way that there is not.
    #[error("action `{action}` has the method `{method}`, which data actions do not have")]
    NoMethod {
        /// The action's name.
        action: String,
        method: String,
    },
}

impl ExchangedAction {
    /// The action for a manifest with these targets: its schemas, and templates of several lines, become files.
    pub fn into_manifest(self, targets: &[Target], category: &str) -> Result<Imported, ImportError> {
        let stem = file_stem(&self.name);
        self.into_manifest_as(targets, category, &stem)
    }

    /// The same with this part in the names of the files.
    pub fn into_manifest_as(
        self,
        targets: &[Target],
        category: &str,
        stem: &str,
    ) -> Result<Imported, ImportError> {
        let Self { name, kind, secure, contract: Contract { input, output }, config } = self;
        let url = config.url_template;
        let Some(method) =
            Method::ALL.into_iter().find(|method| method.name().eq_ignore_ascii_case(&config.method))
        else {
            return Err(ImportError::NoMethod { action: name, method: config.method });
        };
        let headers = config.headers;
        let call = match kind {
            Kind::Lambda => {
                let found = url.parse::<Target>().ok().and_then(|reference| {
                    let found = reference.find_in(targets);
                    // A target that is only a name may be this function; the plan will show which it is.
                    let by_name = targets.iter().find(|target| {
                        target.function == reference.function && target.qualifier == reference.qualifier
                    });
                    found.first().copied().or(by_name).cloned()
                });
                let Some(target) = found else {
                    return Err(ImportError::NoTarget { action: name, function: url });
                };
                Call::Function { target, method, headers }
            }
            Kind::WebServices => Call::Url { url, method, headers },
        };
        let mut files = Vec::new();
        let mut file = |path: String, text: String| {
            files.push((PathBuf::from(&path), text));
            PathBuf::from(path)
        };
        let input_schema = file(format!("schemas/{stem}-request.json"), format!("{input:#}\n"));
        let output_schema = file(format!("schemas/{stem}-response.json"), format!("{output:#}\n"));
        let mut template = |template, default: &str, end: &str| match template {
            Some(Template::Text(text)) if text.contains('\n') => {
                Source::File(file(format!("templates/{stem}-{end}.vm"), text))
            }
            Some(Template::Text(text)) => Source::Text(text),
            Some(Template::Stored) | None => Source::Text(default.to_owned()),
        };
        let request_template = template(config.request_template, DEFAULT_REQUEST_TEMPLATE, "request");
        let success_template = template(config.success_template, DEFAULT_SUCCESS_TEMPLATE, "response");
        let seconds = config.timeout_seconds.and_then(|seconds| seconds.try_into().ok());
        let action = Action {
            name,
            category: category.to_owned(),
            call,
            input_schema,
            output_schema,
            timeout_seconds: seconds.unwrap_or(60),
            secure,
            request_template,
            success_template,
            translation_map: config.translation_map,
            translation_map_defaults: config.translation_map_defaults,
            test_input: None,
        };
        Ok(Imported { action, files })
    }
}

/// The file of each action that the manifest asks for, with its name; no two have the same.
pub fn exports(desired: &Desired) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for DesiredIntegration { kind, name: _, notes: _, credential: _, actions } in &desired.integrations {
        for DesiredAction { name, category: _, secure, contract, config } in actions {
            let stem = file_stem(name);
            let more = (2_usize..).map(|number| format!("{stem}-{number}.json"));
            let mut names = std::iter::once(format!("{stem}.json")).chain(more);
            let free = names.find(|name| !files.iter().any(|(taken, _)| taken == name));
            let action = ExchangedAction {
                name: name.clone(),
                kind: *kind,
                secure: *secure,
                contract: contract.clone(),
                config: config.clone(),
            };
            files.extend(free.map(|file| (file, action.render())));
        }
    }
    files
}

/// The name as part of a file's: letters and digits, the rest one hyphen.
pub fn file_stem(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let stem = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    if stem.is_empty() { "action".to_owned() } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let action = ExchangedAction {
            name: "Get order status".to_owned(),
            kind: Kind::Lambda,
            secure: true,
            contract: Contract {
                input: json!({"type": "object", "properties": {"orderNumber": {"type": "string"}}}),
                output: json!({"type": "object"}),
            },
            config: ActionConfig {
                timeout_seconds: Some(10),
                url_template: "arn:aws:lambda:us-east-1:123456789012:function:orders".to_owned(),
                method: "POST".to_owned(),
                headers: [("X".to_owned(), "1".to_owned())].into(),
                request_template: Some(Template::Text("{}".to_owned())),
                translation_map: [("a".to_owned(), "$.a".to_owned())].into(),
                translation_map_defaults: [("a".to_owned(), "1".to_owned())].into(),
                success_template: Some(Template::Text("${a}".to_owned())),
            },
        };
        assert_eq!(ExchangedAction::parse(&action.render()), Ok(action));
    }

    #[test]
    fn what_is_no_action_is_refused() {
        let text = |integration: &str, property: &str| {
            format!(
                r#"{{"name": "a", "integrationType": "{integration}", "config": {{"request": {{"requestUrlTemplate": "x"}}}},
                "contract": {{"input": {{"inputSchema": {{"type": "object", "properties": {{"{property}": {{"type": "string"}}}}}}}},
                "output": {{"successSchema": {{}}}}}}}}"#
            )
        };
        assert!(ExchangedAction::parse(&text("aws-lambda-data-actions", "b")).is_ok());
        for (text, says) in [
            ("{", "EOF"),
            ("{}", "/integrationType"),
            (&text("bridge-actions", "b"), "`bridge-actions`"),
            (&text("custom-rest-actions", "orgId"), "/properties/orgId"),
        ] {
            let reason = ExchangedAction::parse(text).unwrap_err().reason;
            assert!(reason.contains(says), "{reason}");
        }
    }
}
