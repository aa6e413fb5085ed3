//! `terraform show -json` of a plan or a state: the roles as they will be, or are.
//!
//! What is known only after apply is unknown here, with one exception: a policy or role that the configuration merely
//! *refers to* ([`references`]) is taken to be the one that is meant, although its ARN or name is not known yet. A plan
//! does not show the function or the condition around a reference, so each such reading is an assumption of the role.
//! What every other resource could do to a role is in [`table`]; [`others`] looks for it.
//! Format: developer.hashicorp.com/terraform/internals/json-format.

mod attached;
mod others;
mod references;
pub(super) mod table;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::reach::{Breaks, Doubts, MAX_REASONS};
use super::role::{PermissionReader, RoleDocuments, Side, document, seconds};
use super::{ExtractError, Extracted, Kind, cloudformation};
use attached::Removed;
use references::{INLINE, POLICY, ROLE, Resources, leaves};
use rolecall_iam::document::Document;

/// Roles of another provider. They are named, and nothing is read of them.
const OTHER_ROLE: &str = "awscc_iam_role";

/// The types of which AWS makes roles with trust policies that nobody can write.
const SERVICE_LINKED: [&str; 2] = ["aws_iam_service_linked_role", "awscc_iam_service_linked_role"];

/// The types of which IAM Identity Center makes roles.
const PERMISSION_SETS: [&str; 2] = ["aws_ssoadmin_permission_set", "awscc_sso_permission_set"];

/// What to do about what a plan does not show.
const STATE_IT: &str =
    "prove the state after the apply, or give --plain-references if the configuration has no such thing";

pub(super) fn extract(tree: &Value) -> Result<Extracted, ExtractError> {
    let version = tree.get("format_version").and_then(Value::as_str).unwrap_or_default();
    // "Reject any input which reports an unsupported major version."
    if !matches!(version.split('.').next(), Some("0" | "1")) {
        return Err(ExtractError::TerraformVersion { version: version.to_owned() });
    }
    if tree.get("errored").is_some_and(|errored| *errored != Value::Bool(false)) {
        return Err(ExtractError::FailedPlan);
    }
    let (kind, values) = match tree.get("planned_values") {
        Some(planned) => (Kind::TerraformPlan, planned),
        None if tree.get("resource_changes").is_some() => (Kind::TerraformPlan, &Value::Null),
        None => (Kind::TerraformState, tree.get("values").unwrap_or(&Value::Null)),
    };
    let mut file = File::read(tree, values);
    file.attach();
    others::look(&mut file, kind);
    let mut roles: Vec<RoleDocuments> = file.resources.of_kind(ROLE).map(|role| file.role(role)).collect();
    roles.extend(file.roles_of_others());
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
    tree: &'t Value,
    resources: Resources<'t>,
    /// Managed policies whose ARNs are known.
    by_arn: HashMap<&'t str, Vec<usize>>,
    /// Managed policies that the plan creates, by path and name, which are the end of their ARNs.
    created: HashMap<String, Vec<usize>>,
    /// What resources of their own put on each role.
    received: HashMap<usize, Vec<usize>>,
    /// What the plan takes off roles.
    removed: Removed<'t>,
    /// What could be otherwise.
    doubts: Doubts,
    /// What is so only if references are plain.
    assumed: Doubts,
    /// The same for the permissions of the role that is being read.
    assumed_here: RefCell<Vec<String>>,
    notes: RefCell<BTreeSet<String>>,
}

impl<'t> File<'t> {
    fn read(tree: &'t Value, values: &'t Value) -> Self {
        let mut file = Self {
            tree,
            resources: Resources::read(tree, values),
            by_arn: HashMap::new(),
            created: HashMap::new(),
            received: HashMap::new(),
            removed: Removed::read(tree),
            doubts: Doubts::default(),
            assumed: Doubts::default(),
            assumed_here: RefCell::default(),
            notes: RefCell::default(),
        };
        for policy in file.resources.of_kind(POLICY).collect::<Vec<_>>() {
            if let Some(arn) = file.text(policy, "arn") {
                file.by_arn.entry(arn).or_default().push(policy);
            } else if let Some(ending) = file.created_policy(policy) {
                file.created.entry(ending).or_default().push(policy);
            }
        }
        file
    }

    fn attribute(&self, resource: usize, name: &str) -> Attribute<'t> {
        let Some(found) = self.resources.get(resource) else { return Attribute::Missing };
        let whole = *found.unknown == Value::Bool(true);
        if whole || found.unknown.get(name).is_some_and(is_unknown) {
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
        self.notes.take();
        self.assumed_here.take();
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
        let trust = match self.policy_text(role, "assume_role_policy") {
            Ok(trust) => Side::Known(trust),
            Err(reason) => Side::Unknown(vec![format!("{address}: {reason}")]),
        };
        let (trust, permissions) = self.doubts.judge(role, trust, permissions.finish());
        let (trust_assumes, assumed) = self.assumed.reasons(role);
        let mut permissions_assume = self.assumed_here.take();
        permissions_assume.extend(assumed);
        permissions_assume.truncate(MAX_REASONS);
        RoleDocuments {
            name: address.to_owned(),
            role_name: self.text(role, "name").map(str::to_owned),
            arn: self.text(role, "arn").and_then(|arn| arn.parse().ok()),
            max_session_duration: match self.attribute(role, "max_session_duration") {
                Attribute::Known(value) => seconds(value),
                Attribute::AfterApply | Attribute::Missing => None,
            },
            trust,
            permissions,
            trust_assumes,
            permissions_assume,
            notes: self.notes.take().into_iter().collect(),
        }
    }

    /// The roles that the file makes in other ways than by `aws_iam_role`.
    fn roles_of_others(&self) -> Vec<RoleDocuments> {
        let managed = self.resources.all().filter(|(_, resource)| !resource.is_data);
        managed.filter_map(|(index, resource)| self.role_of_another(index, resource.kind)).collect()
    }

    fn role_of_another(&self, index: usize, kind: &str) -> Option<RoleDocuments> {
        let address = self.address(index);
        let unread = |why: &str| RoleDocuments::unread(address, &format!("{address}: {why}"));
        let found = match kind {
            OTHER_ROLE => RoleDocuments {
                role_name: self.text(index, "role_name").map(str::to_owned),
                arn: self.text(index, "arn").and_then(|arn| arn.parse().ok()),
                ..unread("rolecall does not read roles of the type `awscc_iam_role`")
            },
            "aws_cloudcontrolapi_resource" => match self.text(index, "type_name") {
                Some(made) if made != cloudformation::table::ROLE && !cloudformation::makes_roles(made) => {
                    return None;
                }
                Some(_) | None => unread("rolecall does not read what Cloud Control API makes of it"),
            },
            kind if PERMISSION_SETS.contains(&kind) => {
                unread("IAM Identity Center makes roles of it, which rolecall does not examine")
            }
            kind if SERVICE_LINKED.contains(&kind) => match self.text(index, "aws_service_name") {
                Some(service) => cloudformation::service_linked(address, service, &self.doubts),
                None => unread("which service the role is for is known only after apply"),
            },
            _ => return None,
        };
        Some(found)
    }

    /// Whether the configuration has an attribute; where there is no configuration it may have.
    fn may_be_configured(&self, role: usize, attribute: &str) -> bool {
        self.resources.configured(role).is_none() || self.resources.expression(role, attribute).is_some()
    }

    /// Whether nothing of an attribute is known before apply.
    fn is_wholly_unknown(&self, role: usize, attribute: &str) -> bool {
        let unknown = self.resources.get(role).map(|role| role.unknown);
        unknown.is_some_and(|unknown| {
            *unknown == Value::Bool(true) || unknown.get(attribute) == Some(&Value::Bool(true))
        })
    }

    /// `managed_policy_arns` of the role. Where the configuration does not have it, Terraform shows what was attached at
    /// the last refresh, also by others: that counts, unless the plan takes it away.
    fn listed_policies(&self, role: usize, permissions: &mut PermissionReader) {
        let configured = self.resources.expression(role, "managed_policy_arns").is_some();
        let name = self.text(role, "name").unwrap_or_default();
        match self.attribute(role, "managed_policy_arns") {
            Attribute::Known(arns) => {
                let Some(arns) = arns.as_array() else {
                    permissions
                        .unknown([format!("{}: `managed_policy_arns` is not a list", self.address(role))]);
                    return;
                };
                for arn in arns {
                    let arn = arn.as_str().unwrap_or_default();
                    if configured || !self.removed.takes_policy(name, arn) {
                        let (name, document) = self.policy_of(arn, role);
                        permissions.identity(name, document);
                    }
                }
            }
            // The provider makes up the whole list where the configuration has none.
            Attribute::AfterApply
                if self.may_be_configured(role, "managed_policy_arns")
                    || !self.is_wholly_unknown(role, "managed_policy_arns") =>
            {
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
        let received: BTreeSet<&str> = self
            .received
            .get(&role)
            .into_iter()
            .flatten()
            .filter(|resource| self.resources.get(**resource).is_some_and(|resource| resource.kind == INLINE))
            .filter_map(|inline| self.text(*inline, "name"))
            .collect();
        match self.attribute(role, "inline_policy") {
            Attribute::Known(policies) => {
                for policy in policies.as_array().into_iter().flatten() {
                    let text = policy.get("policy").unwrap_or(&Value::Null);
                    let policy_name = policy.get("name").and_then(Value::as_str).unwrap_or_default();
                    // An empty block stands for no policy at all.
                    let is_empty = policy_name.is_empty() && (text.is_null() || text == "");
                    let has_resource = !configured && received.contains(policy_name);
                    let goes = !configured && self.removed.takes_inline(name, policy_name);
                    if !is_empty && !has_resource && !goes {
                        permissions
                            .identity(&format!("inline policy {policy_name} of {address}"), document(text));
                    }
                }
            }
            Attribute::AfterApply => {
                let later = self.later(role, "inline_policy");
                // The configuration of a plan leaves out what `dynamic` makes (hashicorp/terraform issue 28346), so that a
                // block of an unknown number of policies looks like no block. A block of which a part is known is there.
                if self.is_wholly_unknown(role, "inline_policy")
                    && !self.may_be_configured(role, "inline_policy")
                {
                    self.assume_here(format!(
                        "{address}: {later}; the plan does not show whether a `dynamic` block makes it: {STATE_IT}"
                    ));
                } else {
                    permissions.unknown([format!("{address}: {later}")]);
                }
            }
            Attribute::Missing => {}
        }
    }

    /// The managed policy whose ARN an attribute is, known or not, with its name for people.
    fn managed_policy(&self, resource: usize, attribute: &str) -> (&'t str, Result<Document, String>) {
        match self.attribute(resource, attribute) {
            Attribute::Known(arn) => self.policy_of(arn.as_str().unwrap_or_default(), resource),
            Attribute::AfterApply => match self.referred_policy(resource, attribute) {
                Some(policy) => {
                    let (address, policy_address) = (self.address(resource), self.address(policy));
                    self.notes.borrow_mut().insert(format!(
                        "{address}: `{attribute}` is taken to be the ARN of {policy_address}, because it refers to \
                         nothing else; a plan does not show functions around a reference"
                    ));
                    self.assume_here(self.assumption(resource, attribute));
                    (policy_address, self.policy_text(policy, "policy"))
                }
                None => (self.address(resource), Err(self.later(resource, attribute))),
            },
            Attribute::Missing => (self.address(resource), Err(format!("`{attribute}` is missing"))),
        }
    }

    /// The policy that an attribute refers to, which is not known yet.
    fn referred_policy(&self, resource: usize, attribute: &str) -> Option<usize> {
        self.resources.referred(resource, attribute, POLICY, &["arn", "id"])
    }

    /// The managed policy of an ARN that a resource names.
    fn policy_of(&self, arn: &'t str, resource: usize) -> (&'t str, Result<Document, String>) {
        let Some((first, more)) = self.by_arn.get(arn).and_then(|policies| policies.split_first()) else {
            return match self.created_by_arn(arn) {
                Some(policy) if self.is_one_provider(policy, resource) => {
                    (self.address(policy), self.policy_text(policy, "policy"))
                }
                Some(_) | None => (arn, Err("its document is not in the file".to_owned())),
            };
        };
        let document = self.policy_text(*first, "policy");
        let same = |policy: &usize| self.policy_text(*policy, "policy") == document;
        match more.iter().all(same) {
            true => (self.address(*first), document),
            false => (arn, Err("the file has more than one document for it".to_owned())),
        }
    }

    /// The path and the name of a policy that does not exist yet. A policy that is replaced can be off the role after it.
    fn created_policy(&self, policy: usize) -> Option<String> {
        let actions = &self.resources.get(policy)?.actions;
        let (path, name) = (self.text(policy, "path")?, self.text(policy, "name")?);
        matches!(actions.as_slice(), ["create"]).then(|| format!("{path}{name}"))
    }

    /// The only policy that the plan creates and that can get this ARN. A role takes policies of its own account only (IAM
    /// User Guide, "Managed policies and inline policies"), so the account in the ARN decides nothing.
    fn created_by_arn(&self, arn: &str) -> Option<usize> {
        let (account, ending) = arn.strip_prefix("arn:")?.split_once(":policy")?;
        if account.ends_with(":aws") {
            return None;
        }
        match self.created.get(ending)?.as_slice() {
            [policy] => Some(*policy),
            _ => None,
        }
    }

    fn is_one_provider(&self, one: usize, other: usize) -> bool {
        match (self.resources.provider_key(one), self.resources.provider_key(other)) {
            (Some(one), Some(other)) => one == other,
            (Some(_) | None, Some(_) | None) => false,
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

    /// Why a value is perhaps not what its reference says, and what to do.
    fn assumption(&self, resource: usize, attribute: &str) -> String {
        format!(
            "{}: {}; the plan does not show whether a function or a condition is around the reference: {STATE_IT}",
            self.address(resource),
            self.later(resource, attribute)
        )
    }

    fn assume_here(&self, assumption: String) {
        let mut assumed = self.assumed_here.borrow_mut();
        if assumed.len() < MAX_REASONS {
            assumed.push(assumption);
        }
    }

    fn assume_of_all(&mut self, resource: usize, attribute: &str, breaks: Breaks) {
        let reason = self.assumption(resource, attribute);
        self.assumed.of_all(breaks, &reason);
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

    fn doubt_permissions(&mut self, role: usize, reason: &str) {
        self.doubts.of_role(role, Breaks::Permissions, reason);
    }
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
