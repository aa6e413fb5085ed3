//! CloudFormation templates, in JSON or YAML: the roles that a stack of them would have.
//!
//! What the functions of a template stand for is worked out in [`super::intrinsics`]; a document in which something
//! stays unresolved is unknown, with that place. A template with a macro that is not AWS's own is unknown as a whole.

use serde_json::Value;

use super::intrinsics::{Reasons, Resolver};
use super::role::{PermissionReader, RoleDocuments, Side, document, seconds};
use super::{ExtractError, Parameters};
use rolecall_iam::arn::RoleArn;
use rolecall_iam::document::{Document, push_step};

const ROLE: &str = "AWS::IAM::Role";
const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";
const POLICY: &str = "AWS::IAM::Policy";
const ROLE_POLICY: &str = "AWS::IAM::RolePolicy";

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
    let template = Template { tree, parameters, resources: &resources };
    Ok(resources
        .iter()
        .filter(|resource| resource.kind == ROLE)
        .filter_map(|role| Reader { template: &template, role, resolver: template.resolver() }.read())
        .collect())
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
}

struct Template<'t> {
    tree: &'t Value,
    parameters: &'t Parameters,
    resources: &'t [Resource<'t>],
}

impl<'t> Template<'t> {
    fn resolver(&self) -> Resolver<'t> {
        Resolver::new(self.tree, self.parameters)
    }

    /// A transform that may do anything to the template. AWS's own leave explicit roles as they are, but `AWS::Include`
    /// brings in what is not here.
    fn foreign_macro(&self) -> Option<String> {
        let name = |transform: &Value| match transform {
            Value::Object(members) => members.get("Name").and_then(Value::as_str).unwrap_or("?").to_owned(),
            other => other.as_str().unwrap_or("?").to_owned(),
        };
        let names: Vec<String> = match self.tree.get("Transform") {
            None => Vec::new(),
            Some(Value::Array(transforms)) => transforms.iter().map(name).collect(),
            Some(transform) => vec![name(transform)],
        };
        names.into_iter().find(|name| !name.starts_with("AWS::") || name == "AWS::Include")
    }

    fn note_on_default(&self, name: &str) -> String {
        let declared = self.tree.get("Parameters").and_then(|declared| declared.get(name));
        let member = |key: &str| declared.and_then(|declared| declared.get(key));
        let hidden = member("NoEcho").is_some_and(|value| *value == Value::Bool(true) || value == "true");
        match member("Default") {
            Some(Value::String(value)) if !hidden => {
                format!("parameter {name} is taken at its default `{value}`")
            }
            Some(Value::Number(value)) if !hidden => {
                format!("parameter {name} is taken at its default `{value}`")
            }
            _ => format!("parameter {name} is taken at its default"),
        }
    }
}

/// Whether a resource puts its policy on the role.
enum Link {
    Yes,
    No,
    Unknown(Reasons),
}

/// Reads one role.
struct Reader<'r, 't> {
    template: &'r Template<'t>,
    role: &'r Resource<'t>,
    resolver: Resolver<'t>,
}

impl<'t> Reader<'_, 't> {
    /// The role, unless its condition says that there will be none.
    fn read(mut self) -> Option<RoleDocuments> {
        let role = self.role;
        let mut notes = Vec::new();
        match self.is_created(role) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(reasons) => notes.push(format!("it is taken to be created; {}", reasons.join("; "))),
        }
        let role_name = self.text("RoleName");
        let mut trust = match role.property("AssumeRolePolicyDocument") {
            Some((value, pointer)) => match self.document(value, &pointer) {
                Ok(trust) => Side::Known(trust),
                Err(reasons) => Side::Unknown(reasons),
            },
            None => Side::Unknown(vec![format!("{}: it has no AssumeRolePolicyDocument", role.pointer)]),
        };
        let mut permissions = PermissionReader::default();
        self.own_policies(&mut permissions);
        self.boundary(&mut permissions);
        for resource in self.template.resources {
            self.policy_of(resource, &mut permissions);
        }
        if let Some(name) = self.template.foreign_macro() {
            let reason = format!("/Transform: macro `{name}` can change the whole template");
            trust = Side::Unknown(vec![reason.clone()]);
            permissions.unknown([reason]);
        }
        let arn = self.arn(role_name.as_deref());
        let max_session_duration = self.value("MaxSessionDuration").as_ref().and_then(seconds);
        notes.extend(self.resolver.defaults.iter().map(|name| self.template.note_on_default(name)));
        let (name, permissions) = (role.id.to_owned(), permissions.finish());
        Some(RoleDocuments { name, role_name, arn, max_session_duration, trust, permissions, notes })
    }

    fn is_created(&mut self, resource: &Resource<'t>) -> Result<bool, Reasons> {
        match resource.value.get("Condition").and_then(Value::as_str) {
            Some(condition) => self.resolver.holds(condition, &format!("{}/Condition", resource.pointer)),
            None => Ok(true),
        }
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
            match self.resolver.value(value, &pointer) {
                Ok(policies) => {
                    for policy in items(policies.as_ref()) {
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
            match self.resolver.links(value, &pointer) {
                Ok(policies) => {
                    for policy in items(policies.as_ref()) {
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
        let id = policy.get("Ref").and_then(Value::as_str);
        let resources = self.template.resources;
        let Some(resource) = resources.iter().find(|resource| Some(resource.id) == id) else {
            let arn = policy.as_str().unwrap_or_default();
            return Err(vec![format!("{arn}: its document is not in the template")]);
        };
        match resource.property("PolicyDocument") {
            Some((value, pointer)) => Ok((resource.id.to_owned(), self.document(value, &pointer)?)),
            None => Err(vec![format!("{}: it has no PolicyDocument", resource.pointer)]),
        }
    }

    /// A policy that is a resource of its own, where it goes to the role.
    fn policy_of(&mut self, resource: &'t Resource<'t>, permissions: &mut PermissionReader) {
        let property = match resource.kind {
            MANAGED_POLICY | POLICY => "Roles",
            ROLE_POLICY => "RoleName",
            _ if resource.id.starts_with("Fn::") => {
                // `Fn::ForEach::…` and `Fn::Transform` stand for resources that are not written out.
                permissions.unknown([format!(
                    "{}: it stands for resources that are not written out",
                    resource.pointer
                )]);
                return;
            }
            _ => return,
        };
        let link = match self.is_created(resource) {
            Ok(true) => self.link(resource, property),
            Ok(false) => Link::No,
            Err(reasons) => match self.link(resource, property) {
                Link::No => Link::No,
                Link::Yes | Link::Unknown(_) => Link::Unknown(reasons),
            },
        };
        match link {
            Link::No => {}
            Link::Unknown(reasons) => permissions.unknown(reasons),
            Link::Yes => match resource.property("PolicyDocument") {
                Some((value, pointer)) => match self.document(value, &pointer) {
                    Ok(document) => permissions.identity(resource.id, Ok(document)),
                    Err(reasons) => permissions.unknown(reasons),
                },
                None => permissions.unknown([format!("{}: it has no PolicyDocument", resource.pointer)]),
            },
        }
    }

    fn link(&mut self, resource: &'t Resource<'t>, property: &str) -> Link {
        let Some((value, pointer)) = resource.property(property) else { return Link::No };
        let own_name = self.role.property("RoleName");
        match self.resolver.links(value, &pointer) {
            Ok(names) => {
                let own_text = self.text("RoleName");
                let names_role = |name: &Value| {
                    name.get("Ref").and_then(Value::as_str) == Some(self.role.id)
                        || (own_text.is_some() && name.as_str() == own_text.as_deref())
                };
                let single = names.iter().filter(|names| !names.is_array());
                let mut all = single.chain(items(names.as_ref()));
                match all.any(names_role) {
                    true => Link::Yes,
                    false if own_name.is_none() || own_text.is_some() => Link::No,
                    false => Link::Unknown(vec![format!(
                        "{pointer}: whether it means role {} is open",
                        self.role.id
                    )]),
                }
            }
            // The same expression gives the same name, whatever that is.
            Err(reasons) => {
                let same = |value: &Value| own_name.as_ref().is_some_and(|(own, _)| *own == value);
                match same(value) || items(Some(value)).any(same) {
                    true => Link::Yes,
                    false => Link::Unknown(reasons),
                }
            }
        }
    }
}

fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}
