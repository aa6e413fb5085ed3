//! What the rest of a template could do to the roles: transforms, and every resource that is not read.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::super::reach::{Breaks, Doubts, Names, calls_iam, texts};
use super::super::text;
use super::implied::{has_execution_role, makes_roles};
use super::links::Links;
use super::table::{MANAGED_POLICY, POLICY, ROLE, ROLE_POLICY, Reach, Row, row_of};
use super::{Resource, Template};

/// Transforms of AWS that leave roles and policies as they are written (CloudFormation User Guide, "Transform
/// reference"). `AWS::Include` brings in what is not in the file.
const TRANSFORMS: [&str; 5] = [
    "AWS::CodeDeployBlueGreen",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-26",
    "AWS::SecretsManager-2024-09-16",
    "AWS::Serverless-2016-10-31",
];

/// A policy of a role that is given to SAM beside the role.
const SAM_SECTIONS: [(&str, &str); 2] =
    [("AWS::Serverless::Function", "Function"), ("AWS::Serverless::StateMachine", "StateMachine")];

/// Properties of a custom resource that say only who answers for it.
const SERVICE: [&str; 2] = ["ServiceToken", "ServiceTimeout"];

/// Whether a template surely changes nothing of a role that it does not have.
pub(in super::super) fn is_harmless(template: &str) -> bool {
    let Ok(tree) = text::tree(template) else { return false };
    let Some(resources) = tree.get("Resources").and_then(Value::as_object) else { return false };
    let mut calls = false;
    texts(&tree, &mut |text| {
        calls = calls || calls_iam(text) || text == "Fn::Transform" || text.starts_with("Fn::ForEach");
    });
    let harmless = |resource: &Value| {
        let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        row_of(kind).reach == Reach::Harmless
    };
    !calls && tree.get("Transform").is_none() && resources.values().all(harmless)
}

/// Whether a part of a template makes roles.
pub(super) fn has_role(value: &Value) -> bool {
    let mut found = false;
    texts(value, &mut |text| found = found || text == ROLE || makes_roles(text));
    found
}

pub(super) fn look<'t>(template: &Template<'t>, links: &Links<'t>, doubts: &mut Doubts) {
    transforms(template, doubts);
    let look = Look::new(template, links);
    for (index, resource) in template.resources.iter().enumerate() {
        let Resource { kind, value, pointer, .. } = resource;
        if resource.id.starts_with("Fn::") {
            let breaks = of_loop(resource);
            doubts.of_all(breaks, &format!("{pointer}: it stands for resources that are not written out"));
            continue;
        }
        let row = row_of(kind);
        if !resource.is_written_out() {
            let reason = format!("{pointer}: its properties are not written out");
            match (row.reach, *kind == ROLE) {
                (_, true) => doubts.of_role(index, Breaks::Everything, &reason),
                _ if value.get("Fn::Transform").is_some() => doubts.of_all(Breaks::Everything, &reason),
                (Reach::Harmless | Reach::Read, _) => {}
                _ => doubts.of_all(row.breaks, &reason),
            }
        }
        if value.get("Connectors").is_some() {
            let reason = format!("{pointer}/Connectors: they put policies on the roles of what they connect");
            doubts.of_all(Breaks::Permissions, &reason);
        }
        look.at(index, resource, row, doubts);
    }
}

/// What can change the template itself.
fn transforms(template: &Template<'_>, doubts: &mut Doubts) {
    let name = |transform: &Value| match transform {
        Value::Object(members) => members.get("Name").and_then(Value::as_str).unwrap_or("?").to_owned(),
        other => other.as_str().unwrap_or("?").to_owned(),
    };
    let names: Vec<String> = match template.tree.get("Transform") {
        None => Vec::new(),
        Some(Value::Array(transforms)) => transforms.iter().map(name).collect(),
        Some(transform) => vec![name(transform)],
    };
    for name in names.iter().filter(|name| !TRANSFORMS.contains(&name.as_str())) {
        let reason = format!("/Transform: macro `{name}` can change the whole template");
        doubts.of_all(Breaks::Everything, &reason);
    }
    for (section, value) in template.tree.as_object().into_iter().flatten() {
        if section == "Metadata" || section == "Outputs" || section == "Transform" {
            continue;
        }
        let mut includes = section == "Fn::Transform";
        if section == "Resources" {
            includes = value.get("Fn::Transform").is_some();
        } else {
            texts(value, &mut |text| includes = includes || text == "Fn::Transform");
        }
        if includes {
            let reason = format!("/{section}: `Fn::Transform` can change its siblings");
            doubts.of_all(Breaks::Everything, &reason);
        }
    }
}

/// What a loop over resources could change: everything, if one of its types is not known to be harmless.
fn of_loop(resource: &Resource<'_>) -> Breaks {
    fn is_known(value: &Value) -> bool {
        match value {
            Value::Array(items) => items.iter().all(is_known),
            Value::Object(members) => members.iter().all(|(key, value)| {
                let is_type = key == "Type" && members.contains_key("Properties");
                let harmless = || {
                    value
                        .as_str()
                        .is_some_and(|kind| matches!(row_of(kind).reach, Reach::Read | Reach::Harmless))
                };
                key != "Fn::Transform" && (!is_type || harmless()) && is_known(value)
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        }
    }
    if resource.id.starts_with("Fn::ForEach") && is_known(resource.value) {
        Breaks::Permissions
    } else {
        Breaks::Everything
    }
}

struct Look<'r, 't> {
    template: &'r Template<'t>,
    names: Names,
    /// By the logical ID or the parameter that stands for its name: roles.
    known_as: HashMap<&'t str, BTreeSet<usize>>,
    /// By the logical ID of the function or state machine: its place, where SAM makes its role.
    owners: HashMap<&'t str, usize>,
    /// Roles with names that a program elsewhere can know.
    fixed: BTreeSet<usize>,
    /// What each resource refers to.
    references: Vec<BTreeSet<&'t str>>,
}

impl<'r, 't> Look<'r, 't> {
    fn new(template: &'r Template<'t>, links: &Links<'t>) -> Self {
        let resources = template.resources.iter().enumerate();
        let owners = resources.filter(|(_, resource)| has_execution_role(resource.kind));
        let owners = owners.map(|(index, resource)| (resource.id, index));
        let mut look = Self {
            template,
            names: Names::default(),
            known_as: HashMap::new(),
            owners: owners.collect(),
            fixed: BTreeSet::new(),
            references: template.resources.iter().map(|resource| references(resource.value)).collect(),
        };
        for (role, is_fixed, name) in links.roles() {
            let Some(resource) = template.resources.get(role) else { continue };
            look.known_as.entry(resource.id).or_default().insert(role);
            if is_fixed {
                look.fixed.insert(role);
            }
            if let Some(name) = name {
                look.names.add(name, role);
            }
            // A name that is put together can be put together elsewhere in another way.
            if let Some((value, _)) = resource.property("RoleName").filter(|(value, _)| !value.is_string()) {
                let mut has_parts = false;
                literals(value, &mut |text| has_parts |= look.names.add_parts(text, role));
                for reference in references(value).into_iter().filter(|_| !has_parts) {
                    look.known_as.entry(reference).or_default().insert(role);
                }
            }
            let parts = ["RoleName", "ManagedPolicyArns", "PermissionsBoundary"];
            for (value, _) in parts.iter().filter_map(|name| resource.property(name)) {
                for reference in references(value).into_iter().filter(|name| !name.starts_with("AWS::")) {
                    look.known_as.entry(reference).or_default().insert(role);
                }
            }
        }
        for (role, _, _) in links.roles() {
            for policy in links.of(role).policies {
                let Some(resource) = template.resources.get(policy) else { continue };
                look.known_as.entry(resource.id).or_default().insert(role);
                if let Some((Value::String(name), _)) = resource.property("ManagedPolicyName") {
                    look.names.add(name, role);
                }
            }
        }
        look
    }

    fn at(&self, index: usize, resource: &'t Resource<'t>, row: &Row, doubts: &mut Doubts) {
        let Resource { pointer, value, kind, .. } = resource;
        let reason = format!("{pointer}: {}", row.does);
        let mut found = BTreeSet::new();
        match row.reach {
            Reach::Read => return,
            Reach::Harmless if kind.starts_with("AWS::IAM::") => return,
            Reach::Harmless => {
                let mut calls = false;
                texts(value, &mut |text| calls = calls || calls_iam(text));
                if calls {
                    let reason = format!("{pointer}: a text in it calls IAM, which can change the role");
                    doubts.of_all(Breaks::Everything, &reason);
                }
                return;
            }
            Reach::Every => return doubts.of_all(row.breaks, &reason),
            Reach::HasPolicies => {
                let section = SAM_SECTIONS.iter().find(|(name, _)| name == kind).map_or("", |(_, name)| name);
                let globals = self.template.tree.get("Globals").and_then(|globals| globals.get(section));
                let parts = [value.get("Properties"), globals];
                let mut properties = parts.iter().flatten();
                let has_policies = properties.clone().any(|part| part.get("Policies").is_some());
                if let Some(role) = properties.find_map(|part| part.get("Role")).filter(|_| has_policies) {
                    self.mentioned(role, &references(role), &mut found);
                }
            }
            Reach::Mentioned | Reach::Template => {
                self.through(index, &mut found);
                // What is put together of parts.
                let mut resolver = self.template.resolver();
                let properties = value.get("Properties").and_then(Value::as_object);
                for (name, value) in properties.into_iter().flatten() {
                    if let Ok(Some(value)) = resolver.value(value, name) {
                        texts(&value, &mut |text| self.names.find(text, &mut found));
                    }
                }
                let is_open = self.has_open_values(resource);
                if is_open || row.reach == Reach::Template {
                    found.extend(&self.fixed);
                }
            }
        }
        for role in found {
            doubts.of_role(role, row.breaks, &reason);
        }
    }

    /// The roles that a resource mentions, or that something mentions that it refers to.
    fn through(&self, index: usize, found: &mut BTreeSet<usize>) {
        let (mut seen, mut left) = (HashSet::from([index]), vec![index]);
        while let Some(index) = left.pop() {
            let Some((resource, references)) =
                self.template.resources.get(index).zip(self.references.get(index))
            else {
                continue;
            };
            // A policy speaks of many things; what counts is whose it is.
            if [ROLE, POLICY, ROLE_POLICY, MANAGED_POLICY].contains(&resource.kind) && seen.len() > 1 {
                found.extend(self.known_as.get(resource.id).into_iter().flatten());
                continue;
            }
            if seen.len() > 1 {
                found.extend(self.owners.get(resource.id));
            }
            self.mentioned(resource.value, references, found);
            let next = references.iter().filter_map(|id| self.template.by_id.get(id).copied());
            left.extend(next.filter(|next| seen.insert(*next)).collect::<Vec<_>>());
        }
    }

    fn mentioned(&self, value: &Value, references: &BTreeSet<&'t str>, found: &mut BTreeSet<usize>) {
        texts(value, &mut |text| self.names.find(text, found));
        for reference in references {
            found.extend(self.known_as.get(reference).into_iter().flatten());
            found.extend(reference.strip_suffix("Role").and_then(|owner| self.owners.get(owner)));
            if let Some(given) = self.template.parameters.get(*reference) {
                self.names.find(given, found);
            } else if let Some(default) = self.template.default(reference) {
                self.names.find(&default, found);
            }
        }
    }

    /// Whether a property has a value that the template does not show: it can be the name of a role.
    fn has_open_values(&self, resource: &'t Resource<'t>) -> bool {
        let properties = resource.value.get("Properties").and_then(Value::as_object);
        properties.into_iter().flatten().filter(|(name, _)| !SERVICE.contains(&name.as_str())).any(
            |(_, value)| {
                let mut open = false;
                texts(value, &mut |text| {
                    open = open
                        || text == "Fn::ImportValue"
                        || text == "Fn::Transform"
                        || text.contains("{{resolve:");
                });
                open || references(value).iter().any(|reference| {
                    let is_parameter =
                        self.template.tree.get("Parameters").is_some_and(|all| all.get(*reference).is_some());
                    is_parameter
                        && !self.template.parameters.contains_key(*reference)
                        && self.template.default(reference).is_none()
                })
            },
        )
    }
}

/// The texts of a value that are not what a function refers to.
fn literals<'v>(value: &'v Value, see: &mut impl FnMut(&'v str)) {
    match value {
        Value::String(text) => see(text),
        Value::Array(items) => items.iter().for_each(|item| literals(item, see)),
        Value::Object(members) => {
            let arguments = members.iter().filter(|(name, _)| *name != "Ref" && *name != "Fn::GetAtt");
            arguments.for_each(|(_, value)| literals(value, see));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a value refers to, by logical ID or parameter.
fn references(value: &Value) -> BTreeSet<&str> {
    fn collect<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            Value::Object(members) => {
                for (key, value) in members {
                    match (key.as_str(), value) {
                        ("Ref", Value::String(name)) => _ = found.insert(name),
                        ("Fn::GetAtt", Value::String(name)) => {
                            found.insert(name.split('.').next().unwrap_or(name));
                        }
                        ("Fn::GetAtt", Value::Array(parts)) => {
                            found.extend(parts.first().and_then(Value::as_str));
                            collect(value, found);
                        }
                        ("Fn::Sub", _) => {
                            texts(value, &mut |text| {
                                for part in text.split("${").skip(1) {
                                    let name = part.split('}').next().unwrap_or_default();
                                    found.insert(name.split('.').next().unwrap_or(name).trim());
                                }
                            });
                            collect(value, found);
                        }
                        _ => collect(value, found),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}
