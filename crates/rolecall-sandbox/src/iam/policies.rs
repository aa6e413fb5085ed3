//! Managed policies: creation, lists, deletion.

use std::collections::BTreeMap;

use super::policy::{change, check_document, find};
use super::{check_path, date, delete_conflict, end_of_page, limit_exceeded, show_tags, tagging};
use crate::aws_managed;
use crate::call::{Call, Params, invalid, is_name_character};
use crate::evaluator::Context;
use crate::state::{ManagedPolicy, Permissions, PolicyVersion, State};
use crate::tags::Tags;
use crate::wire::ApiError;
use crate::xml::Xml;

pub(super) fn create(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let name = params.required("PolicyName")?;
    params.check("PolicyName", 1..=128, r"[\w+=,.@-]+", is_name_character)?;
    let path = check_path(params, |letter| letter.is_ascii_alphanumeric() || ".,+@=_-".contains(letter))?;
    params.check("Description", 0..=1000, ".*", |_| true)?;
    let document = params.required("PolicyDocument")?;
    let tags = tagging::requested(params)?;

    let arn = format!("arn:aws:iam::{}:policy{path}{name}", call.account());
    let shown = format!("policy {name}");
    let context = tagging::context(Context::new(), &tags);
    call.authorize("iam:CreatePolicy", &arn, &shown, context.clone())?;
    if !tags.is_empty() {
        call.authorize("iam:TagPolicy", &arn, &shown, context)?;
    }
    check_document(document, call)?;
    let id = state.new_id("ANPA");
    let account = state.accounts.entry(call.account().to_owned()).or_default();
    // Names are unique in the account whatever the path, and without regard to case.
    if account.policies.values().any(|policy| policy.name.eq_ignore_ascii_case(name)) {
        let text = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(ApiError::new(409, "EntityAlreadyExists", text));
    }
    if account.policies.len() >= account.quotas.policies {
        return Err(limit_exceeded(format!(
            "Cannot exceed quota for PoliciesPerAccount: {}",
            account.quotas.policies
        )));
    }
    let version = PolicyVersion { document: document.to_owned(), created: call.now };
    let policy = ManagedPolicy {
        name: name.to_owned(),
        path,
        id,
        description: params.get("Description").map(str::to_owned),
        created: call.now,
        updated: call.now,
        versions: BTreeMap::from([(1, version)]),
        default: 1,
        versions_made: 1,
        tags,
    };
    account.policies.insert(arn.clone(), policy.clone());
    let mut xml = Xml::new();
    xml.node("Policy", |node| show(node, &arn, &policy, &Uses::default(), Some(&policy.tags)));
    Ok(xml)
}

pub(super) fn get(call: &Call<'_>, params: &Params, state: &State) -> Result<Xml, ApiError> {
    let policy = find(call, params, state, "GetPolicy")?;
    let arn = params.required("PolicyArn")?;
    let mut xml = Xml::new();
    xml.node("Policy", |node| {
        show(node, arn, &policy, &uses(state, call.account(), arn), Some(&policy.tags));
        node.optional("Description", policy.description.as_ref());
    });
    Ok(xml)
}

pub(super) fn list(call: &Call<'_>, params: &Params, state: &State) -> Result<Xml, ApiError> {
    let resource = format!("arn:aws:iam::{}:policy/", call.account());
    call.authorize("iam:ListPolicies", &resource, "policy path /", Context::new())?;
    let scope = params.get("Scope").unwrap_or("All");
    if !["All", "AWS", "Local"].contains(&scope) {
        let limit = "Member must satisfy enum value set: [All, AWS, Local]";
        return Err(invalid(&format!("'{scope}'"), "Scope", limit));
    }
    let usage = params.get("PolicyUsageFilter");
    let prefix = params.get("PathPrefix").unwrap_or("/");
    let own = state.accounts.get(call.account()).map(|account| account.policies.clone()).unwrap_or_default();
    let own = own.into_iter().filter(|_| scope != "AWS");
    let policies = own.chain(aws_managed::all().filter(|_| scope != "Local"));
    let wanted = policies
        .filter(|(_, policy)| policy.path.starts_with(prefix))
        .map(|(arn, policy)| (uses(state, call.account(), &arn), arn, policy))
        .filter(|(uses, ..)| params.get("OnlyAttached") != Some("true") || uses.attached > 0)
        .filter(|(uses, ..)| match usage {
            Some("PermissionsPolicy") => uses.attached > 0,
            Some("PermissionsBoundary") => uses.boundary > 0,
            _ => true,
        });
    let (page, marker) = params.page(wanted.collect())?;
    let mut xml = Xml::new();
    // "This operation does not return tags", nor the description.
    xml.list("Policies", page, |node, (uses, arn, policy)| show(node, &arn, &policy, &uses, None));
    end_of_page(&mut xml, marker);
    Ok(xml)
}

pub(super) fn delete(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let arn = params.required("PolicyArn")?;
    let uses = uses(state, call.account(), arn);
    let policy = change(call, params, state, "DeletePolicy", Context::new())?;
    if uses.attached + uses.boundary > 0 {
        return Err(delete_conflict("Cannot delete a policy attached to entities."));
    }
    if policy.versions.len() > 1 {
        let text = "This policy has more than one version. Before you delete a policy, you must delete the \
                    policy's versions. The default version is deleted with the policy.";
        return Err(delete_conflict(text));
    }
    if let Some(account) = state.accounts.get_mut(call.account()) {
        account.policies.remove(arn);
    }
    Ok(Xml::new())
}

/// How many users and roles have a policy attached, and how many as boundary.
#[derive(Debug, Default)]
pub(super) struct Uses {
    attached: usize,
    boundary: usize,
}

fn uses(state: &State, account: &str, arn: &str) -> Uses {
    let account = state.accounts.get(account);
    let users = account.into_iter().flat_map(|account| account.users.values()).map(|user| &user.permissions);
    let roles = account.into_iter().flat_map(|account| account.roles.values()).map(|role| &role.permissions);
    let all: Vec<&Permissions> = users.chain(roles).collect();
    Uses {
        attached: all.iter().filter(|it| it.attached.iter().any(|attached| attached == arn)).count(),
        boundary: all.iter().filter(|it| it.boundary.as_deref() == Some(arn)).count(),
    }
}

fn show(xml: &mut Xml, arn: &str, policy: &ManagedPolicy, uses: &Uses, tags: Option<&Tags>) {
    xml.text("PolicyName", &policy.name)
        .text("PolicyId", &policy.id)
        .text("Arn", arn)
        .text("Path", &policy.path)
        .text("DefaultVersionId", format!("v{}", policy.default))
        .text("AttachmentCount", uses.attached)
        .text("PermissionsBoundaryUsageCount", uses.boundary)
        .text("IsAttachable", true)
        .text("CreateDate", date(policy.created))
        .text("UpdateDate", date(policy.updated));
    if let Some(tags) = tags {
        show_tags(xml, tags);
    }
}

/// The customer's policy as GetAccountAuthorizationDetails shows it, with its versions.
pub(super) fn show_whole(xml: &mut Xml, state: &State, account: &str, arn: &str, policy: &ManagedPolicy) {
    show(xml, arn, policy, &uses(state, account, arn), None);
    xml.list("PolicyVersionList", policy.versions.iter().rev(), |node, (number, version)| {
        super::versions::show(node, policy, *number, version, true);
    });
}
