//! CloudFormation templates, in JSON or YAML: the roles that a stack of them would have.
//!
//! What the functions of a template stand for is worked out in [`intrinsics`]; a document in which something stays
//! unresolved is unknown, with that place. What every other resource could do to a role is in [`table`]; [`others`]
//! looks for it, and [`links`] for the policies that are resources of their own. Roles that the template makes without
//! writing them out are in [`implied`]; programs whose work no template shows are named in [`custom`].

mod custom;
mod implied;
mod intrinsics;
mod links;
mod others;
pub(super) mod table;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::reach::Doubts;
use super::role::{PermissionReader, RoleDocuments, Side, document, seconds};
use super::{ExtractError, Parameters};
use intrinsics::{Reasons, Resolver};
use links::Links;
use rolecall_iam::arn::RoleArn;
use rolecall_iam::document::{Document, push_step};
use table::ROLE;

pub(super) use implied::{makes_roles, service_linked};
pub(super) use others::is_harmless;

/// "The maximum number of resources that you can declare in your CloudFormation template" (CloudFormation User Guide,
/// "Understand CloudFormation quotas").
const MAX_RESOURCES: usize = 500;

/// The parameters that every template has ("Get AWS values using pseudo parameters").
const PSEUDO_PARAMETERS: [&str; 7] = [
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

pub(super) fn roles(tree: &Value, parameters: &Parameters) -> Result<Vec<RoleDocuments>, ExtractError> {
    let declares = |name: &str| tree.get("Parameters").and_then(|declared| declared.get(name)).is_some();
    let is_known = |name: &str| PSEUDO_PARAMETERS.contains(&name) || declares(name);
    if let Some(name) = parameters.keys().find(|name| !is_known(name)) {
        return Err(ExtractError::NoSuchParameter { name: name.clone() });
    }
    let members = tree.get("Resources").and_then(Value::as_object);
    if members.is_some_and(|members| members.len() > MAX_RESOURCES) {
        return Err(ExtractError::TooManyResources { limit: MAX_RESOURCES });
    }
    let resources: Vec<Resource<'_>> =
        members.into_iter().flatten().map(|(id, value)| Resource::new(id, value)).collect();
    let by_id = resources.iter().enumerate().map(|(index, resource)| (resource.id, index)).collect();
    let template = Template { tree, parameters, resources: &resources, by_id };
    let mut doubts = Doubts::default();
    let links = Links::find(&template, &mut doubts);
    others::look(&template, &links, &mut doubts);
    let mut roles = Vec::new();
    for (index, resource) in resources.iter().enumerate() {
        if resource.kind == ROLE {
            let reader = Reader { template: &template, role: resource, resolver: template.resolver() };
            roles.extend(reader.read(links.of(index), &doubts, index));
        } else if resource.id.starts_with("Fn::") && others::has_role(resource.value) {
            let reason = format!("{}: it stands for roles that are not written out", resource.pointer);
            roles.push(RoleDocuments::unread(resource.id, &reason));
        }
    }
    roles.extend(implied::roles(&template, &doubts));
    custom::look(&template, &mut roles);
    Ok(roles)
}

struct Resource<'t> {
    id: &'t str,
    kind: &'t str,
    value: &'t Value,
    pointer: String,
}

impl<'t> Resource<'t> {
    fn new(id: &'t str, value: &'t Value) -> Self {
        let mut pointer = "/Resources".to_owned();
        push_step(&mut pointer, id);
        Self { id, kind: value.get("Type").and_then(Value::as_str).unwrap_or_default(), value, pointer }
    }

    /// A property with its place in the template.
    fn property(&self, name: &str) -> Option<(&'t Value, String)> {
        let value = self.value.get("Properties")?.get(name)?;
        Some((value, format!("{}/Properties/{name}", self.pointer)))
    }

    /// Whether its properties are written out: a function among them (`Fn::Transform`) can change those beside it.
    fn is_written_out(&self) -> bool {
        let is_plain = |value: &Value| {
            value.as_object().is_some_and(|members| !members.keys().any(|key| key.starts_with("Fn::")))
        };
        is_plain(self.value) && self.value.get("Properties").is_none_or(is_plain)
    }
}

struct Template<'t> {
    tree: &'t Value,
    parameters: &'t Parameters,
    resources: &'t [Resource<'t>],
    by_id: HashMap<&'t str, usize>,
}

impl<'t> Template<'t> {
    fn resolver(&self) -> Resolver<'t> {
        Resolver::new(self.tree, self.parameters)
    }

    fn resource(&self, id: &str) -> Option<&'t Resource<'t>> {
        self.resources.get(*self.by_id.get(id)?)
    }

    /// A parameter's default, unless the template hides it.
    fn default(&self, name: &str) -> Option<String> {
        let declared = self.tree.get("Parameters").and_then(|declared| declared.get(name))?;
        let hidden =
            declared.get("NoEcho").is_some_and(|value| *value == Value::Bool(true) || value == "true");
        match declared.get("Default")? {
            Value::String(value) if !hidden => Some(value.clone()),
            Value::Number(value) if !hidden => Some(value.to_string()),
            _ => None,
        }
    }

    fn note_on_default(&self, name: &str) -> String {
        match self.default(name) {
            Some(value) => format!("parameter {name} is taken at its default `{value}`"),
            None => format!("parameter {name} is taken at its default"),
        }
    }

    /// Why what follows from a default is not proved.
    fn assumption(&self, name: &str) -> String {
        let value = self.default(name).unwrap_or_else(|| "VALUE".to_owned());
        format!(
            "parameter `{name}` is not stated, and a stack can have another value than the default; state it with \
             --parameter '{name}={value}'"
        )
    }

    fn assumptions(&self, defaults: &Defaults<'t>) -> Vec<String> {
        defaults.iter().map(|name| self.assumption(name)).collect()
    }

    /// What is taken for granted of its creation; `None` where its condition says that it is not created.
    fn creation(&self, resource: &Resource<'t>, resolver: &mut Resolver<'t>) -> Option<Vec<String>> {
        match self.is_created(resource, resolver) {
            Ok(true) => Some(Vec::new()),
            Ok(false) if resolver.defaults.is_empty() => None,
            Ok(false) => Some(vec!["by the defaults of the parameters it is not created".to_owned()]),
            Err(reasons) => Some(vec![format!("it is taken to be created; {}", reasons.join("; "))]),
        }
    }

    fn is_created(&self, resource: &Resource<'t>, resolver: &mut Resolver<'t>) -> Result<bool, Reasons> {
        match resource.value.get("Condition") {
            None => Ok(true),
            Some(Value::String(condition)) => {
                resolver.holds(condition, &format!("{}/Condition", resource.pointer))
            }
            Some(_) => {
                Err(vec![format!("{}/Condition: it is not the name of a condition", resource.pointer)])
            }
        }
    }
}

/// Reads one role.
struct Reader<'r, 't> {
    template: &'r Template<'t>,
    role: &'r Resource<'t>,
    resolver: Resolver<'t>,
}

/// Parameters whose defaults were used.
type Defaults<'t> = BTreeSet<&'t str>;

/// What was linked to a role: resources with policies, and the defaults on which that depends.
#[derive(Default)]
struct Linked<'t> {
    policies: Vec<usize>,
    defaults: Defaults<'t>,
}

impl<'t> Reader<'_, 't> {
    /// The role, unless its condition says that there will be none.
    fn read(mut self, linked: Linked<'t>, doubts: &Doubts, index: usize) -> Option<RoleDocuments> {
        let role = self.role;
        let mut notes = Vec::new();
        notes.extend(self.template.creation(role, &mut self.resolver)?);
        let created = std::mem::take(&mut self.resolver.defaults);
        let role_name = self.text("RoleName");
        let arn = self.arn(role_name.as_deref());
        let max_session_duration = self.value("MaxSessionDuration").as_ref().and_then(seconds);
        let named = std::mem::take(&mut self.resolver.defaults);
        let trust = match role.property("AssumeRolePolicyDocument") {
            Some((value, pointer)) => match self.document(value, &pointer) {
                Ok(trust) => Side::Known(trust),
                Err(reasons) => Side::Unknown(reasons),
            },
            None => Side::Unknown(vec![format!("{}: it has no AssumeRolePolicyDocument", role.pointer)]),
        };
        let mut trusted = std::mem::take(&mut self.resolver.defaults);
        if arn.is_some() {
            trusted.extend(&named);
        }
        let mut permissions = PermissionReader::default();
        self.own_policies(&mut permissions);
        self.boundary(&mut permissions);
        for policy in linked.policies {
            self.linked_policy(policy, &mut permissions);
        }
        let mut permitted = std::mem::take(&mut self.resolver.defaults);
        permitted.extend(linked.defaults);
        let (trust, permissions) = doubts.judge(index, trust, permissions.finish());
        let defaults: Defaults<'_> = created
            .into_iter()
            .chain(named)
            .chain(trusted.iter().copied())
            .chain(permitted.iter().copied())
            .collect();
        notes.extend(defaults.iter().map(|name| self.template.note_on_default(name)));
        let assumptions = |defaults: &Defaults<'_>| self.template.assumptions(defaults);
        Some(RoleDocuments {
            name: role.id.to_owned(),
            role_name,
            arn,
            max_session_duration,
            trust,
            permissions,
            trust_assumes: assumptions(&trusted),
            permissions_assume: assumptions(&permitted),
            notes,
        })
    }

    /// A property of the role; `None` where it has none or it does not follow from the template.
    fn value(&mut self, name: &str) -> Option<Value> {
        let (value, pointer) = self.role.property(name)?;
        self.resolver.value(value, &pointer).ok()?
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.value(name)?.as_str().map(str::to_owned)
    }

    /// The ARN that the role will have, where the account and the partition are stated.
    fn arn(&mut self, role_name: Option<&str>) -> Option<RoleArn> {
        let stated = |name: &str| self.template.parameters.get(name);
        let (partition, account) = (stated("AWS::Partition")?, stated("AWS::AccountId")?);
        let path = match self.role.property("Path") {
            Some(_) => self.text("Path")?,
            None => "/".to_owned(),
        };
        format!("arn:{partition}:iam::{account}:role{path}{}", role_name?).parse().ok()
    }

    fn document(&mut self, value: &'t Value, pointer: &str) -> Result<Document, Reasons> {
        match self.resolver.value(value, pointer)? {
            Some(value) => document(&value).map_err(|reason| vec![format!("{pointer}: {reason}")]),
            None => Err(vec![format!("{pointer}: it is left out")]),
        }
    }

    /// `Policies` and `ManagedPolicyArns` of the role.
    fn own_policies(&mut self, permissions: &mut PermissionReader) {
        if let Some((value, pointer)) = self.role.property("Policies") {
            match self.resolver.value(value, &pointer).and_then(|list| items(list, &pointer)) {
                Ok(policies) => {
                    for policy in policies {
                        let name = policy.get("PolicyName").and_then(Value::as_str).unwrap_or_default();
                        let name = format!("inline policy {name} of {}", self.role.id);
                        permissions
                            .identity(&name, document(policy.get("PolicyDocument").unwrap_or(&Value::Null)));
                    }
                }
                Err(reasons) => permissions.unknown(reasons),
            }
        }
        if let Some((value, pointer)) = self.role.property("ManagedPolicyArns") {
            match self.resolver.links(value, &pointer).and_then(|list| items(list, &pointer)) {
                Ok(policies) => {
                    for policy in &policies {
                        match self.managed_policy(policy) {
                            Ok((name, document)) => permissions.identity(&name, Ok(document)),
                            Err(reasons) => permissions.unknown(reasons),
                        }
                    }
                }
                Err(reasons) => permissions.unknown(reasons),
            }
        }
    }

    fn boundary(&mut self, permissions: &mut PermissionReader) {
        let Some((value, pointer)) = self.role.property("PermissionsBoundary") else { return };
        let found = match self.resolver.links(value, &pointer) {
            Ok(None) => return,
            Ok(Some(policy)) => self.managed_policy(&policy),
            Err(reasons) => Err(reasons),
        };
        match found {
            Ok((name, document)) => permissions.boundary(&name, Ok(document)),
            Err(reasons) => permissions.unknown(reasons),
        }
    }

    /// The managed policy of a reference, or of an ARN.
    fn managed_policy(&mut self, policy: &Value) -> Result<(String, Document), Reasons> {
        let id = policy.get("Ref").and_then(Value::as_str).unwrap_or_default();
        let Some(resource) = self.template.resource(id) else {
            let arn = policy.as_str().unwrap_or_default();
            return Err(vec![format!("{arn}: its document is not in the template")]);
        };
        Ok((resource.id.to_owned(), self.policy_document(resource)?))
    }

    /// A policy that is a resource of its own.
    fn linked_policy(&mut self, policy: usize, permissions: &mut PermissionReader) {
        let Some(resource) = self.template.resources.get(policy) else { return };
        match self.policy_document(resource) {
            Ok(document) => permissions.identity(resource.id, Ok(document)),
            Err(reasons) => permissions.unknown(reasons),
        }
    }

    fn policy_document(&mut self, resource: &Resource<'t>) -> Result<Document, Reasons> {
        match resource.property("PolicyDocument") {
            Some((value, pointer)) => self.document(value, &pointer),
            None => Err(vec![format!("{}: it has no PolicyDocument", resource.pointer)]),
        }
    }
}

/// The items of a resolved list; none where the property is left out.
fn items(list: Option<Value>, pointer: &str) -> Result<Vec<Value>, Reasons> {
    match list {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(vec![format!("{pointer}: it is not a list")]),
    }
}

/// What IAM takes for the same name (IAM User Guide, "IAM and AWS STS quotas": names are not distinguished by case).
fn folded(name: &str) -> String {
    name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase()
}

type ByName<T> = BTreeMap<String, Vec<T>>;
