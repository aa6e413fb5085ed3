//! `terraform show -json` of a plan or a state: the roles as they will be, or are.
//!
//! What is known only after apply is unknown here, with one exception: a policy or role that the configuration merely
//! *refers to* ([`super::references`]) is the one that is meant, although its ARN or name is not known yet.
//! Format: developer.hashicorp.com/terraform/internals/json-format.
//! Deliberately absent: `aws_iam_role_policies_exclusive` and its kin, which take off what others put on (it counts as
//! staying), and roles of the `awscc` provider.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::references::{ATTACHMENT, ATTACHMENTS, INLINE, POLICY, ROLE, Resources, leaves};
use super::role::{PermissionReader, RoleDocuments, Side, document, seconds};
use super::{ExtractError, Extracted, Kind};
use rolecall_iam::document::Document;

pub(super) fn extract(tree: &Value) -> Result<Extracted, ExtractError> {
    let version = tree.get("format_version").and_then(Value::as_str).unwrap_or_default();
    // "Reject any input which reports an unsupported major version."
    if !matches!(version.split('.').next(), Some("0" | "1")) {
        return Err(ExtractError::TerraformVersion { version: version.to_owned() });
    }
    if tree.get("errored").and_then(Value::as_bool) == Some(true) {
        return Err(ExtractError::FailedPlan);
    }
    let (kind, values) = match tree.get("planned_values") {
        Some(planned) => (Kind::TerraformPlan, planned),
        None => (Kind::TerraformState, tree.get("values").unwrap_or(&Value::Null)),
    };
    let file = File::read(tree, values);
    let roles = file.resources.of_kind(ROLE).map(|role| file.role(role)).collect();
    Ok(Extracted { kind, roles })
}

/// An attribute of a resource.
enum Attribute<'t> {
    Known(&'t Value),
    /// It is known only after apply, wholly or in part.
    AfterApply,
    /// It has none.
    Missing,
}

struct File<'t> {
    resources: Resources<'t>,
    /// Managed policies whose ARNs are known.
    by_arn: HashMap<&'t str, usize>,
    /// What resources of their own put on each role.
    received: HashMap<usize, Vec<usize>>,
    /// Those of which it is not known what role they go to.
    unaddressed: Vec<usize>,
    /// What the plan deletes: kind, role, and the policy's ARN or name.
    deleted: HashSet<(&'t str, &'t str, &'t str)>,
}

impl<'t> File<'t> {
    fn read(tree: &'t Value, values: &'t Value) -> Self {
        let mut file = Self {
            resources: Resources::read(tree, values),
            by_arn: HashMap::new(),
            received: HashMap::new(),
            unaddressed: Vec::new(),
            deleted: deletions(tree),
        };
        let policies = file.resources.of_kind(POLICY);
        file.by_arn = policies.filter_map(|policy| Some((file.text(policy, "arn")?, policy))).collect();
        let mut named: HashMap<&str, Vec<usize>> = HashMap::new();
        for role in file.resources.of_kind(ROLE) {
            if let Some(name) = file.text(role, "name") {
                named.entry(name).or_default().push(role);
            }
        }
        for (kind, attribute) in [(INLINE, "role"), (ATTACHMENT, "role"), (ATTACHMENTS, "roles")] {
            for resource in file.resources.of_kind(kind).collect::<Vec<_>>() {
                let names = match file.attribute(resource, attribute) {
                    Attribute::Known(Value::Array(names)) => names.as_slice(),
                    Attribute::Known(name) => std::slice::from_ref(name),
                    Attribute::Missing => &[],
                    Attribute::AfterApply => {
                        let referred = file.resources.referred(resource, attribute, ROLE);
                        match referred.filter(|_| attribute == "role") {
                            Some(role) => file.received.entry(role).or_default().push(resource),
                            None => file.unaddressed.push(resource),
                        }
                        continue;
                    }
                };
                for role in
                    names.iter().filter_map(Value::as_str).filter_map(|name| named.get(name)).flatten()
                {
                    file.received.entry(*role).or_default().push(resource);
                }
            }
        }
        file
    }

    fn attribute(&self, resource: usize, name: &str) -> Attribute<'t> {
        let Some(found) = self.resources.get(resource) else { return Attribute::Missing };
        if found.unknown.get(name).is_some_and(is_unknown) {
            return Attribute::AfterApply;
        }
        match found.values.get(name) {
            None | Some(Value::Null) => Attribute::Missing,
            Some(value) => Attribute::Known(value),
        }
    }

    /// An attribute that is known and is text with something in it.
    fn text(&self, resource: usize, name: &str) -> Option<&'t str> {
        match self.attribute(resource, name) {
            Attribute::Known(value) => value.as_str().filter(|text| !text.is_empty()),
            Attribute::AfterApply | Attribute::Missing => None,
        }
    }

    fn address(&self, resource: usize) -> &'t str {
        self.resources.get(resource).map_or("", |resource| resource.address)
    }

    fn role(&self, role: usize) -> RoleDocuments {
        let address = self.address(role);
        let mut permissions = PermissionReader::default();
        for resource in self.received.get(&role).into_iter().flatten().copied() {
            match self.resources.get(resource).map(|resource| resource.kind) {
                Some(INLINE) => {
                    permissions.identity(self.address(resource), self.policy_text(resource, "policy"));
                }
                _ => {
                    let (name, document) = self.managed_policy(resource, "policy_arn");
                    permissions.identity(name, document);
                }
            }
        }
        for resource in self.unaddressed.iter().copied() {
            let made_of = self.made_of(resource, "role");
            let address = self.address(resource);
            permissions
                .unknown([format!("{address}: which role it goes to is known only after apply{made_of}")]);
        }
        self.listed_policies(role, &mut permissions);
        self.inline_policies(role, &mut permissions);
        let bounded = match self.attribute(role, "permissions_boundary") {
            Attribute::Known(arn) => arn != "",
            Attribute::AfterApply => true,
            Attribute::Missing => false,
        };
        if bounded {
            let (name, document) = self.managed_policy(role, "permissions_boundary");
            permissions.boundary(name, document);
        }
        RoleDocuments {
            name: address.to_owned(),
            role_name: self.text(role, "name").map(str::to_owned),
            arn: self.text(role, "arn").and_then(|arn| arn.parse().ok()),
            max_session_duration: match self.attribute(role, "max_session_duration") {
                Attribute::Known(value) => seconds(value),
                Attribute::AfterApply | Attribute::Missing => None,
            },
            trust: match self.policy_text(role, "assume_role_policy") {
                Ok(trust) => Side::Known(trust),
                Err(reason) => Side::Unknown(vec![format!("{address}: {reason}")]),
            },
            permissions: permissions.finish(),
            notes: Vec::new(),
        }
    }

    /// `managed_policy_arns` of the role. Where the configuration does not have it, Terraform shows what was attached at
    /// the last refresh, also by others: that counts, unless the plan takes it away.
    fn listed_policies(&self, role: usize, permissions: &mut PermissionReader) {
        let configured = self.resources.expression(role, "managed_policy_arns").is_some();
        let name = self.text(role, "name").unwrap_or_default();
        match self.attribute(role, "managed_policy_arns") {
            Attribute::Known(arns) => {
                for arn in arns.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if configured || !self.deleted.contains(&(ATTACHMENT, name, arn)) {
                        let (name, document) = self.policy_of(arn);
                        permissions.identity(name, document);
                    }
                }
            }
            Attribute::AfterApply if configured => {
                permissions.unknown([format!(
                    "{}: {}",
                    self.address(role),
                    self.later(role, "managed_policy_arns")
                )]);
            }
            Attribute::AfterApply | Attribute::Missing => {}
        }
    }

    /// `inline_policy` of the role, by the same rule. A policy that has a resource of its own is as that says.
    fn inline_policies(&self, role: usize, permissions: &mut PermissionReader) {
        let configured = self.resources.expression(role, "inline_policy").is_some();
        let (address, name) = (self.address(role), self.text(role, "name").unwrap_or_default());
        let received = || self.received.get(&role).into_iter().flatten();
        match self.attribute(role, "inline_policy") {
            Attribute::Known(policies) => {
                for policy in policies.as_array().into_iter().flatten() {
                    let Some(policy_name) = policy.get("name").and_then(Value::as_str) else { continue };
                    let has_resource =
                        received().any(|inline| self.text(*inline, "name") == Some(policy_name));
                    let goes = !configured && self.deleted.contains(&(INLINE, name, policy_name));
                    if !has_resource && !goes {
                        let text = policy.get("policy").unwrap_or(&Value::Null);
                        permissions
                            .identity(&format!("inline policy {policy_name} of {address}"), document(text));
                    }
                }
            }
            Attribute::AfterApply if configured => {
                permissions.unknown([format!("{address}: {}", self.later(role, "inline_policy"))]);
            }
            Attribute::AfterApply | Attribute::Missing => {}
        }
    }

    /// The managed policy whose ARN an attribute is, known or not, with its name for people.
    fn managed_policy(&self, resource: usize, attribute: &str) -> (&'t str, Result<Document, String>) {
        match self.attribute(resource, attribute) {
            Attribute::Known(arn) => self.policy_of(arn.as_str().unwrap_or_default()),
            Attribute::AfterApply => match self.resources.referred(resource, attribute, POLICY) {
                Some(policy) => (self.address(policy), self.policy_text(policy, "policy")),
                None => (self.address(resource), Err(self.later(resource, attribute))),
            },
            Attribute::Missing => (self.address(resource), Err(format!("`{attribute}` is missing"))),
        }
    }

    fn policy_of(&self, arn: &'t str) -> (&'t str, Result<Document, String>) {
        match self.by_arn.get(arn) {
            Some(policy) => (self.address(*policy), self.policy_text(*policy, "policy")),
            None => (arn, Err("its document is not in the file".to_owned())),
        }
    }

    fn policy_text(&self, resource: usize, attribute: &str) -> Result<Document, String> {
        match self.attribute(resource, attribute) {
            Attribute::Known(text) => document(text).map_err(|reason| format!("`{attribute}` is {reason}")),
            Attribute::AfterApply => Err(self.later(resource, attribute)),
            Attribute::Missing => Err(format!("`{attribute}` is missing")),
        }
    }

    fn later(&self, resource: usize, attribute: &str) -> String {
        format!("`{attribute}` is known only after apply{}", self.made_of(resource, attribute))
    }

    /// What the configuration makes an attribute of.
    fn made_of(&self, resource: usize, attribute: &str) -> String {
        let expression = self.resources.expression(resource, attribute);
        let references: Vec<String> = expression
            .map(leaves)
            .unwrap_or_default()
            .iter()
            .map(|reference| format!("`{reference}`"))
            .collect();
        if references.is_empty() { String::new() } else { format!(", from {}", references.join(" and ")) }
    }
}

fn deletions(tree: &Value) -> HashSet<(&str, &str, &str)> {
    let changes = tree.get("resource_changes").and_then(Value::as_array);
    let deletes = |change: &&Value| {
        let actions = change.pointer("/change/actions").and_then(Value::as_array);
        actions.is_some_and(|actions| actions.iter().any(|action| action == "delete"))
    };
    let deletion = |change| {
        let member = |name: &str| Value::pointer(change, name).and_then(Value::as_str);
        let kind = member("/type")?;
        let policy = if kind == INLINE { "/change/before/name" } else { "/change/before/policy_arn" };
        Some((kind, member("/change/before/role")?, member(policy)?))
    };
    changes.into_iter().flatten().filter(deletes).filter_map(deletion).collect()
}

/// `after_unknown` has `true` for what is not known, and has the value's own shape around it.
fn is_unknown(unknown: &Value) -> bool {
    match unknown {
        Value::Bool(unknown) => *unknown,
        Value::Array(items) => items.iter().any(is_unknown),
        Value::Object(members) => members.values().any(is_unknown),
        Value::Null | Value::Number(_) | Value::String(_) => false,
    }
}
