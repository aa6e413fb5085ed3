//! Roles that a template makes without writing them out: those that SAM makes for functions and state machines, those that AWS
//! makes for its own services, and those in templates that are not in the file.
//!
//! Each has a name here. What is written of it is read; what is not is unknown, so that no file with such a role is proved.
//! Sources: AWS SAM Developer Guide, "Generated CloudFormation resources for AWS SAM" and "Globals section of the AWS SAM
//! template"; for the roles of events the translator itself (github.com/aws/serverless-application-model, `_construct_role`);
//! IAM User Guide, "Create a service-linked role".

use serde_json::{Map, Value};

use super::super::reach::{Doubts, texts};
use super::super::role::{RoleDocuments, Side, document};
use super::intrinsics::{Reasons, Resolver};
use super::table::{Reach, row_of};
use super::{Resource, Template};
use rolecall_iam::document::Document;

const SERVERLESS: &str = "AWS::Serverless::";
const LAMBDA: &str = "lambda.amazonaws.com";

/// The types of SAM that make no role.
const WITHOUT_ROLE: [&str; 5] = ["Api", "Connector", "HttpApi", "LayerVersion", "SimpleTable"];

/// The events of a function that make no role.
const EVENTS_WITHOUT_ROLE: [&str; 18] = [
    "AlexaSkill",
    "Api",
    "CloudWatchEvent",
    "CloudWatchLogs",
    "Cognito",
    "DocumentDB",
    "DynamoDB",
    "EventBridgeRule",
    "HttpApi",
    "IoTRule",
    "Kinesis",
    "MQ",
    "MSK",
    "S3",
    "SNS",
    "SQS",
    "Schedule",
    "SelfManagedKafka",
];

/// What makes roles that the template does not write out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Maker {
    Function,
    StateMachine,
    ServiceLinked,
    /// Roles of which nothing is read, and why.
    Unread(&'static str),
}

fn maker(kind: &str) -> Option<Maker> {
    let unread = |why| Some(Maker::Unread(why));
    match kind.strip_prefix(SERVERLESS) {
        Some("Function") => return Some(Maker::Function),
        Some("StateMachine") => return Some(Maker::StateMachine),
        Some(_) | None => {}
    }
    match kind {
        "AWS::IAM::ServiceLinkedRole" => Some(Maker::ServiceLinked),
        "AWS::SSO::PermissionSet" => {
            unread("IAM Identity Center makes roles of it, which rolecall does not examine")
        }
        _ if row_of(kind).reach == Reach::Template => unread(
            "it deploys a template that is not in the file, and rolecall does not examine the roles in that template",
        ),
        _ => match kind.strip_prefix(SERVERLESS) {
            Some(name) if !WITHOUT_ROLE.contains(&name) => {
                unread("SAM can make roles of it, which rolecall does not examine")
            }
            Some(_) | None => None,
        },
    }
}

/// What makes roles of which the template shows nothing but that somebody is to assume them: a program, or a type that rolecall
/// does not know.
fn stated_maker(resource: &Resource<'_>) -> Option<Maker> {
    let mut states_role = false;
    texts(resource.value, &mut |text| {
        let text = text.to_ascii_lowercase();
        let words = ["assumerolepolicydocument", "createrole", "sts:assumerole"];
        states_role |= words.iter().any(|word| text.contains(word));
    });
    match row_of(resource.kind).reach {
        Reach::Read | Reach::Harmless => None,
        Reach::HasPolicies | Reach::Mentioned | Reach::Template | Reach::Every => {
            states_role.then_some(Maker::Unread(
                "it states who can assume a role, and rolecall does not know what it makes of that",
            ))
        }
    }
}

/// Whether resources of this type make roles that are not written out.
pub(in super::super) fn makes_roles(kind: &str) -> bool {
    maker(kind).is_some()
}

/// Whether resources of this type have an execution role that SAM makes.
pub(super) fn has_execution_role(kind: &str) -> bool {
    matches!(maker(kind), Some(Maker::Function | Maker::StateMachine))
}

/// The roles, in the order of the resources that make them.
pub(super) fn roles(template: &Template<'_>, doubts: &Doubts) -> Vec<RoleDocuments> {
    let mut roles = Vec::new();
    let mut is_deployed = false;
    for (index, resource) in template.resources.iter().enumerate() {
        let Some(maker) = maker(resource.kind).or_else(|| stated_maker(resource)) else { continue };
        let mut owner = Owner { template, resource, resolver: template.resolver(), doubts, index };
        let Some(notes) = template.creation(resource, &mut owner.resolver) else { continue };
        let first = roles.len();
        match maker {
            Maker::Function => {
                roles.extend(owner.execution_role(LAMBDA, true));
                roles.extend(owner.event_roles(|kind| match kind {
                    "ScheduleV2" => Some(Some("scheduler.amazonaws.com")),
                    kind => (!EVENTS_WITHOUT_ROLE.contains(&kind)).then_some(None),
                }));
                is_deployed |= owner.is_deployed();
            }
            Maker::StateMachine => {
                roles.extend(owner.execution_role("states.amazonaws.com", false));
                roles.extend(owner.event_roles(|kind| match kind {
                    "CloudWatchEvent" | "EventBridgeRule" | "Schedule" => Some(Some("events.amazonaws.com")),
                    "Api" => Some(Some("apigateway.amazonaws.com")),
                    "ScheduleV2" => Some(Some("scheduler.amazonaws.com")),
                    _ => Some(None),
                }));
                is_deployed |= owner.is_deployed();
            }
            Maker::ServiceLinked => roles.push(owner.service_linked()),
            Maker::Unread(why) => {
                roles.push(RoleDocuments::unread(resource.id, &format!("{}: {why}", resource.pointer)));
            }
        }
        for role in roles.iter_mut().skip(first) {
            role.notes.extend(notes.iter().cloned());
        }
    }
    if is_deployed {
        let owner = "SAM makes this role for the gradual deployments of the template".to_owned();
        roles.push(of_service("CodeDeployServiceRole", "codedeploy.amazonaws.com", owner, doubts));
    }
    roles
}

/// A role that AWS makes for one of its services ("only the linked service can assume the role").
pub(in super::super) fn service_linked(name: &str, service: &str, doubts: &Doubts) -> RoleDocuments {
    let note = format!("AWS makes this role, which nobody but `{service}` can assume");
    of_service(name, service, note, doubts)
}

/// A role whose trust policy nobody can write: it trusts this service alone.
fn of_service(name: &str, service: &str, note: String, doubts: &Doubts) -> RoleDocuments {
    let policies = "rolecall does not read the policies that AWS and SAM put on the role";
    let unread = RoleDocuments::unread(name, policies);
    let trust = trusting(service).map_or_else(|reason| Side::Unknown(vec![reason]), Side::Known);
    // No resource of the template is this role, so only what could change every role counts.
    let (trust, permissions) = doubts.judge(usize::MAX, trust, unread.permissions);
    RoleDocuments { trust, permissions, notes: vec![note], ..unread }
}

fn trusting(service: &str) -> Result<Document, String> {
    document(&serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Principal": { "Service": [service] }, "Action": ["sts:AssumeRole"] }],
    }))
}

/// A resource that makes roles.
struct Owner<'r, 't> {
    template: &'r Template<'t>,
    resource: &'r Resource<'t>,
    resolver: Resolver<'t>,
    doubts: &'r Doubts,
    index: usize,
}

impl<'t> Owner<'_, 't> {
    /// What `Globals` states of a property, and then what the resource states itself, each with its place.
    fn stated(&self, name: &str) -> Vec<(&'t Value, String)> {
        let section = self.resource.kind.strip_prefix(SERVERLESS).unwrap_or_default();
        let global = self.template.tree.get("Globals").and_then(|globals| globals.get(section)?.get(name));
        let global = global.map(|value| (value, format!("/Globals/{section}/{name}")));
        global.into_iter().chain(self.resource.property(name)).collect()
    }

    /// The role that the function or state machine runs as, unless it is given one.
    fn execution_role(&mut self, service: &str, states_trust: bool) -> Option<RoleDocuments> {
        if !self.may_lack("Role") {
            return None;
        }
        let Resource { id, kind, pointer, .. } = self.resource;
        let policies = format!("{pointer}: SAM attaches policies whose documents are not in the template");
        let unread = RoleDocuments::unread(&format!("{id}Role"), &policies);
        self.resolver.defaults.clear();
        let trust = match self.trust(states_trust) {
            Ok(Some(trust)) => document(&trust).map_err(|reason| vec![format!("{pointer}: {reason}")]),
            Ok(None) => trusting(service).map_err(|reason| vec![reason]),
            Err(reasons) => Err(reasons),
        };
        let trust = match trust {
            Ok(_) if !self.resource.is_written_out() => {
                Side::Unknown(vec![format!("{pointer}: its properties are not written out")])
            }
            Ok(trust) => Side::Known(trust),
            Err(reasons) => Side::Unknown(reasons),
        };
        let (trust, permissions) = self.doubts.judge(self.index, trust, unread.permissions);
        let defaults = std::mem::take(&mut self.resolver.defaults);
        let mut notes = vec![format!("SAM makes this role for `{id}` ({kind})")];
        notes.extend(defaults.iter().map(|name| self.template.note_on_default(name)));
        let trust_assumes = self.template.assumptions(&defaults);
        Some(RoleDocuments { trust, permissions, trust_assumes, notes, ..unread })
    }

    /// `AssumeRolePolicyDocument`, where it is stated.
    fn trust(&mut self, states_trust: bool) -> Result<Option<Value>, Reasons> {
        let stated = if states_trust { self.stated("AssumeRolePolicyDocument") } else { Vec::new() };
        if let [.., (Value::Null, _)] = stated.as_slice() {
            return Ok(None);
        }
        if let [(global, pointer), (own, _)] = stated.as_slice()
            && (has_function(global) || has_function(own))
        {
            return Err(vec![format!("{pointer}: SAM merges it with that of `{}`", self.resource.id)]);
        }
        let mut trust: Option<Value> = None;
        for (value, pointer) in stated {
            let value = self.resolver.value(value, &pointer)?;
            trust = match (trust, value) {
                (Some(global), Some(own)) => Some(merged(global, own)),
                (trust, value) => value.or(trust),
            };
        }
        Ok(trust)
    }

    /// Whether a property is not stated, or perhaps left out.
    fn may_lack(&mut self, name: &str) -> bool {
        match self.stated(name).pop() {
            None => true,
            Some((value, pointer)) => self.may_be_nothing(value, &pointer),
        }
    }

    fn may_be_nothing(&mut self, value: &'t Value, pointer: &str) -> bool {
        if value.is_null() || value == "" {
            return true;
        }
        self.resolver.defaults.clear();
        let is_stated = matches!(self.resolver.value(value, pointer), Ok(Some(Value::String(_))));
        has_text(value, "AWS::NoValue") && !(is_stated && self.resolver.defaults.is_empty())
    }

    /// The roles with which events start it. `service_of` says which service an event's role trusts: `None` where the event
    /// makes no role, `Some(None)` where rolecall does not know what SAM makes of it.
    fn event_roles(
        &mut self,
        service_of: impl Fn(&str) -> Option<Option<&'static str>>,
    ) -> Vec<RoleDocuments> {
        let Some((events, pointer)) = self.resource.property("Events") else { return Vec::new() };
        let id = self.resource.id;
        let Some(events) =
            events.as_object().filter(|events| !events.keys().any(|key| key.starts_with("Fn::")))
        else {
            let reason = format!("{pointer}: its events are not written out, and SAM can make roles of them");
            return vec![RoleDocuments::unread(&format!("{id}/Events"), &reason)];
        };
        let mut roles = Vec::new();
        for (event, value) in events {
            let kind = value.get("Type").and_then(Value::as_str).unwrap_or_default();
            let Some(service) = service_of(kind) else { continue };
            let given = value.get("Properties").and_then(|properties| properties.get("RoleArn"));
            if given.is_some_and(|role| !self.may_be_nothing(role, &pointer)) {
                continue;
            }
            let name = format!("{id}{event}Role");
            roles.push(match service {
                Some(service) => {
                    let note = format!("SAM makes this role for the event `{event}` of `{id}`");
                    of_service(&name, service, note, self.doubts)
                }
                None => {
                    let why = "rolecall does not know whether SAM makes a role of this event";
                    RoleDocuments::unread(&name, &format!("{pointer}/{event}: {why}"))
                }
            });
        }
        roles
    }

    /// Whether it is deployed gradually, by a role that the template does not give.
    fn is_deployed(&mut self) -> bool {
        let stated = self.stated("DeploymentPreference");
        let is_off = |value: &Value| value.get("Enabled") == Some(&Value::Bool(false));
        let lacks_role = !stated.iter().any(|(value, _)| {
            value.get("Role").is_some_and(|role| !role.is_null() && !has_text(role, "AWS::NoValue"))
        });
        let own_switch = stated.iter().rev().find(|(value, _)| value.get("Enabled").is_some());
        !stated.is_empty() && lacks_role && !own_switch.is_some_and(|(value, _)| is_off(value))
    }

    fn service_linked(&mut self) -> RoleDocuments {
        let Resource { id, pointer, .. } = self.resource;
        let service = self.resource.property("AWSServiceName");
        let service = service.map(|(value, pointer)| self.resolver.value(value, &pointer));
        match service {
            Some(Ok(Some(Value::String(service)))) if self.resolver.defaults.is_empty() => {
                service_linked(id, &service, self.doubts)
            }
            Some(_) | None => RoleDocuments::unread(
                id,
                &format!("{pointer}: which service the role is for is not known from the template"),
            ),
        }
    }
}

/// How SAM merges what `Globals` states with what a resource states: lists follow one another, and of two values the resource's
/// own counts.
fn merged(global: Value, own: Value) -> Value {
    match (global, own) {
        (Value::Object(global), Value::Object(own)) => {
            let mut members: Map<String, Value> = global;
            for (key, value) in own {
                let value = match members.remove(&key) {
                    Some(global) => merged(global, value),
                    None => value,
                };
                members.insert(key, value);
            }
            Value::Object(members)
        }
        (Value::Array(mut items), Value::Array(own)) => {
            items.extend(own);
            Value::Array(items)
        }
        (_, own) => own,
    }
}

fn has_function(value: &Value) -> bool {
    has_key(value, |key| key == "Ref" || key.starts_with("Fn::"))
}

fn has_key(value: &Value, is_meant: impl Fn(&str) -> bool + Copy) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(key, value)| is_meant(key) || has_key(value, is_meant))
        }
        Value::Array(items) => items.iter().any(|item| has_key(item, is_meant)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn has_text(value: &Value, meant: &str) -> bool {
    let mut found = false;
    texts(value, &mut |text| found |= text == meant);
    found
}
