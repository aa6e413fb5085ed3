//! A file of cases to [`Case`] values, with every fault and its place.

use serde_json::{Map, Value};

use super::{Case, CaseFault, MAX_BYTES, OrganizationLevel};
use crate::arn::AccountId;
use crate::context::{Context, ContextKey, ContextValue};
use crate::document::{Document, Fault, Limits, MAX_DEPTH, parse_json, push_step};
use crate::evaluate::{Decision, Request};
use crate::principal::Principal;

/// A document lies at most five levels deep in a file of cases.
const DEPTH: usize = MAX_DEPTH + 5;

/// The members that say which policies apply. A file may state them once for all its cases.
const POLICIES: [&str; 6] = [
    "identityPolicies",
    "sessionPolicy",
    "resourcePolicy",
    "permissionBoundaries",
    "serviceControlPolicies",
    "resourceControlPolicies",
];

pub(super) fn cases(text: &str) -> Result<Vec<Case>, Vec<CaseFault>> {
    let of_file = |fault| CaseFault { case: None, name: None, fault };
    let file = parse_json(text, Limits { bytes: MAX_BYTES, depth: DEPTH })
        .map_err(|faults| faults.into_iter().map(of_file).collect::<Vec<_>>())?;
    let mut reader = Reader { pointer: String::new(), faults: Vec::new() };
    let (common, place, items) = match &file {
        Value::Array(items) => (Common::default(), "", items.as_slice()),
        Value::Object(_) => {
            let object = reader.object(&file, &["common", "cases"]);
            let common = object.and_then(|it| reader.optional(it, "common", Reader::common));
            let items = object.and_then(|it| reader.required(it, "cases", Reader::items));
            (common.unwrap_or_default(), "/cases", items.unwrap_or_default())
        }
        _ => {
            reader.fault("a file of cases must be a list, or an object with `common` and `cases`");
            (Common::default(), "", [].as_slice())
        }
    };
    let mut faults: Vec<CaseFault> = reader.faults.into_iter().map(of_file).collect();
    let mut cases = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let mut reader = Reader { pointer: format!("{place}/{index}"), faults: Vec::new() };
        let case = reader.case(item, &common);
        let name = item.get("name").and_then(Value::as_str).map(str::to_owned);
        faults.extend(reader.faults.into_iter().map(|fault| CaseFault {
            case: Some(index),
            name: name.clone(),
            fault,
        }));
        cases.extend(case);
    }
    if faults.is_empty() { Ok(cases) } else { Err(faults) }
}

/// The policies that a case has where it states none of its own.
#[derive(Default)]
struct Common {
    identity: Option<Vec<Document>>,
    session: Option<Document>,
    resource: Option<Document>,
    boundary: Option<Vec<Document>>,
    service_control: Option<Vec<OrganizationLevel>>,
    resource_control: Option<Vec<OrganizationLevel>>,
}

struct Reader {
    pointer: String,
    faults: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, message: impl Into<String>) {
        self.faults.push(Fault { pointer: self.pointer.clone(), message: message.into() });
    }

    fn at<T>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.pointer.len();
        push_step(&mut self.pointer, step);
        let result = read(self);
        self.pointer.truncate(length);
        result
    }

    fn object<'a>(&mut self, value: &'a Value, known: &[&str]) -> Option<&'a Map<String, Value>> {
        let Value::Object(object) = value else {
            self.fault(format!("expected an object with {}", known.join(", ")));
            return None;
        };
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            let message = format!("unknown key (known keys: {})", known.join(", "));
            self.at(key, |reader| reader.fault(message));
        }
        Some(object)
    }

    /// A key that must be there.
    fn required<'a, T>(
        &mut self,
        object: &'a Map<String, Value>,
        key: &str,
        read: impl FnOnce(&mut Self, &'a Value) -> Option<T>,
    ) -> Option<T> {
        match object.get(key) {
            Some(value) => self.at(key, |reader| read(reader, value)),
            None => {
                self.fault(format!("`{key}` is missing"));
                None
            }
        }
    }

    fn optional<T>(
        &mut self,
        object: &Map<String, Value>,
        key: &str,
        read: impl FnOnce(&mut Self, &Value) -> Option<T>,
    ) -> Option<T> {
        object.get(key).and_then(|value| self.at(key, |reader| read(reader, value)))
    }

    fn string(&mut self, value: &Value) -> Option<String> {
        if let Value::String(text) = value {
            return Some(text.clone());
        }
        self.fault("expected a string");
        None
    }

    fn list<T>(
        &mut self,
        value: &Value,
        mut read: impl FnMut(&mut Self, &Value) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.items(value)?;
        let mut results = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            results.extend(self.at(&index.to_string(), |reader| read(reader, item)));
        }
        Some(results)
    }

    fn document(&mut self, value: &Value) -> Option<Document> {
        match Document::from_value(value) {
            Ok(document) => Some(document),
            Err(errors) => {
                self.faults.extend(errors.faults.into_iter().map(|fault| Fault {
                    pointer: format!("{}{}", self.pointer, fault.pointer),
                    message: fault.message,
                }));
                None
            }
        }
    }

    fn documents(&mut self, value: &Value) -> Option<Vec<Document>> {
        self.list(value, Self::document)
    }

    fn levels(&mut self, value: &Value) -> Option<Vec<OrganizationLevel>> {
        self.list(value, |reader, item| {
            let object = reader.object(item, &["orgIdentifier", "policies"])?;
            let identifier = reader.required(object, "orgIdentifier", Self::string);
            let policies = reader.required(object, "policies", Self::documents);
            Some(OrganizationLevel { identifier: identifier?, policies: policies? })
        })
    }

    fn items<'a>(&mut self, value: &'a Value) -> Option<&'a [Value]> {
        let Value::Array(items) = value else {
            self.fault("expected a list");
            return None;
        };
        Some(items)
    }

    fn common(&mut self, value: &Value) -> Option<Common> {
        let object = self.object(value, &POLICIES)?;
        Some(self.policies(object))
    }

    fn policies(&mut self, object: &Map<String, Value>) -> Common {
        let [identity, session, resource, boundary, service_control, resource_control] = POLICIES;
        Common {
            identity: self.optional(object, identity, Self::documents),
            session: self.optional(object, session, Self::document),
            resource: self.optional(object, resource, Self::document),
            boundary: self.optional(object, boundary, Self::documents),
            service_control: self.optional(object, service_control, Self::levels),
            resource_control: self.optional(object, resource_control, Self::levels),
        }
    }

    fn case(&mut self, value: &Value, common: &Common) -> Option<Case> {
        let known: Vec<&str> = ["name", "request"].into_iter().chain(POLICIES).chain(["expected"]).collect();
        let object = self.object(value, &known)?;
        let name = self.required(object, "name", Self::string);
        let request = self.required(object, "request", Self::request);
        let own = self.policies(object);
        let expected = self.required(object, "expected", |reader, value| {
            let object = reader.object(value, &["response"])?;
            reader.required(object, "response", Self::response)
        });
        Some(Case {
            name: name?,
            request: request?,
            identity: own.identity.or_else(|| common.identity.clone()).unwrap_or_default(),
            session: own.session.or_else(|| common.session.clone()),
            resource: own.resource.or_else(|| common.resource.clone()),
            boundary: own.boundary.or_else(|| common.boundary.clone()),
            service_control: own
                .service_control
                .or_else(|| common.service_control.clone())
                .unwrap_or_default(),
            resource_control: own
                .resource_control
                .or_else(|| common.resource_control.clone())
                .unwrap_or_default(),
            expected: expected?,
        })
    }

    fn response(&mut self, value: &Value) -> Option<Decision> {
        let text = self.string(value)?;
        let known = [Decision::Allowed, Decision::ImplicitlyDenied, Decision::ExplicitlyDenied];
        let decision = known.into_iter().find(|decision| decision.as_str() == text);
        if decision.is_none() {
            self.fault(format!(
                "the response must be `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`, not `{}`",
                text.escape_debug()
            ));
        }
        decision
    }

    fn request(&mut self, value: &Value) -> Option<Request> {
        let object = self.object(value, &["principal", "action", "resource", "context"])?;
        let principal = self.required(object, "principal", Self::principal);
        let action = self.required(object, "action", |reader, value| {
            let action = reader.string(value)?;
            let name = action.split_once(':').map(|(service, name)| (service.is_empty(), name.is_empty()));
            if name != Some((false, false)) || action.contains(['*', '?']) {
                reader.fault("an action must be one call, such as `sts:AssumeRole`");
                return None;
            }
            Some(action)
        });
        let resource = self.required(object, "resource", |reader, value| {
            let object = reader.object(value, &["resource", "accountId"])?;
            let resource = reader.required(object, "resource", Self::string);
            let account = reader.optional(object, "accountId", |reader, value| {
                let text = reader.string(value)?;
                text.parse::<AccountId>().map_err(|error| reader.fault(error.to_string())).ok()
            });
            Some((resource?, account))
        });
        let context = self.optional(object, "context", Self::context).unwrap_or_default();
        let (resource, resource_account) = resource?;
        Some(Request { principal: principal?, action: action?, resource, resource_account, context })
    }

    fn principal(&mut self, value: &Value) -> Option<Principal> {
        if let Value::Object(_) = value {
            let object = self.object(value, &["type"])?;
            let kind = self.required(object, "type", Self::string)?;
            if kind == "Anonymous" {
                return Some(Principal::Anonymous);
            }
            self.fault(format!(
                "a principal object must be `{{\"type\": \"Anonymous\"}}`, not `{}`",
                kind.escape_debug()
            ));
            return None;
        }
        let text = self.string(value)?;
        // IAM's own short form of an account (User Guide, "Principal").
        let named = match text.parse::<AccountId>() {
            Ok(account) => format!("arn:aws:iam::{account}:root").parse(),
            Err(_) => text.parse(),
        };
        named.map_err(|error: crate::principal::InvalidPrincipal| self.fault(error.to_string())).ok()
    }

    fn context(&mut self, value: &Value) -> Option<Context> {
        let Value::Object(entries) = value else {
            self.fault("the context must be an object of condition keys");
            return None;
        };
        let mut context = Context::new();
        for (name, value) in entries {
            self.at(name, |reader| {
                let key = ContextKey::new(name);
                if context.get(&key).is_some() {
                    reader.fault("the condition key is given twice");
                }
                let value = match value {
                    Value::Array(_) => reader.list(value, Self::string).map(ContextValue::from),
                    // As witnesses say that a request does not have the key.
                    Value::Null => Some(ContextValue::Absent),
                    other => reader.string(other).map(ContextValue::from),
                };
                if let Some(value) = value {
                    context.set(key, value);
                }
            });
        }
        Some(context)
    }
}
