//! The account as a whole: counts and quotas, and everything at once.

use super::{date, encoded, end_of_page, policies, roles, show_tags, versions};
use crate::aws_managed;
use crate::call::{Call, Params};
use crate::evaluator::Context;
use crate::state::{ManagedPolicy, Permissions, Role, State, User};
use crate::wire::ApiError;
use crate::xml::Xml;

pub(super) fn summary(call: &Call<'_>, _: &Params, state: &State) -> Result<Xml, ApiError> {
    call.authorize("iam:GetAccountSummary", "*", "*", Context::new())?;
    let account = state.accounts.get(call.account()).cloned().unwrap_or_default();
    let versions: usize = account.policies.values().map(|policy| policy.versions.len()).sum();
    let entries = [
        ("AssumeRolePolicySizeQuota", account.quotas.trust_policy_size),
        ("AttachedPoliciesPerRoleQuota", account.quotas.policies_per_role),
        ("Policies", account.policies.len()),
        ("PoliciesQuota", account.quotas.policies),
        ("PolicySizeQuota", super::policy::POLICY_SIZE),
        ("PolicyVersionsInUse", versions),
        ("PolicyVersionsInUseQuota", 10_000),
        ("RolePolicySizeQuota", 10_240),
        ("Roles", account.roles.len()),
        ("RolesQuota", account.quotas.roles),
        ("Users", account.users.len()),
        ("UsersQuota", 5000),
        ("VersionsPerPolicyQuota", versions::MOST),
    ];
    let mut xml = Xml::new();
    xml.node("SummaryMap", |map| {
        for (key, value) in entries {
            map.node("entry", |entry| {
                entry.text("key", key).text("value", value);
            });
        }
    });
    Ok(xml)
}

/// One entry of the combined list.
enum Entry<'a> {
    User(&'a String, &'a User),
    Role(&'a Role),
    Policy(String, ManagedPolicy),
}

pub(super) fn authorization_details(
    call: &Call<'_>,
    params: &Params,
    state: &State,
) -> Result<Xml, ApiError> {
    call.authorize("iam:GetAccountAuthorizationDetails", "*", "*", Context::new())?;
    let filter = params.members("Filter");
    let wanted = |kind: &str| filter.is_empty() || filter.contains(&kind);
    let kinds = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];
    if let Some(unknown) = filter.iter().find(|kind| !kinds.contains(*kind)) {
        return Err(ApiError::validation(format!("unknown Filter {unknown}")));
    }
    let mut entries = Vec::new();
    if let Some(account) = state.accounts.get(call.account()) {
        if wanted("User") {
            entries.extend(account.users.iter().map(|(name, user)| Entry::User(name, user)));
        }
        if wanted("Role") {
            entries.extend(account.roles.values().map(Entry::Role));
        }
        if wanted("LocalManagedPolicy") {
            entries.extend(
                account.policies.iter().map(|(arn, policy)| Entry::Policy(arn.clone(), policy.clone())),
            );
        }
    }
    if wanted("AWSManagedPolicy") {
        entries.extend(aws_managed::all().map(|(arn, policy)| Entry::Policy(arn, policy)));
    }
    let (page, marker) = params.page(entries)?;
    let mut xml = Xml::new();
    let account = call.account();
    let users = page
        .iter()
        .filter_map(|entry| if let Entry::User(name, user) = entry { Some((name, user)) } else { None });
    xml.list("UserDetailList", users, |node, (name, user)| show_user(node, account, name, user));
    xml.list("GroupDetailList", [(); 0], |_, ()| {});
    let found = page.iter().filter_map(|entry| if let Entry::Role(role) = entry { Some(role) } else { None });
    xml.list("RoleDetailList", found, |node, role| show_role(node, account, role, state));
    let found = page
        .iter()
        .filter_map(|entry| if let Entry::Policy(arn, it) = entry { Some((arn, it)) } else { None });
    xml.list("Policies", found, |node, (arn, policy)| {
        policies::show_whole(node, state, account, arn, policy)
    });
    end_of_page(&mut xml, marker);
    Ok(xml)
}

fn show_user(xml: &mut Xml, account: &str, name: &str, user: &User) {
    xml.text("Path", "/")
        .text("UserName", name)
        .text("UserId", &user.id)
        .text("Arn", format!("arn:aws:iam::{account}:user/{name}"));
    xml.list("GroupList", [(); 0], |_, ()| {});
    show_permissions(xml, "UserPolicyList", &user.permissions);
    show_tags(xml, &user.tags);
}

fn show_role(xml: &mut Xml, account: &str, role: &Role, state: &State) {
    xml.text("Path", &role.path)
        .text("RoleName", &role.name)
        .text("RoleId", &role.id)
        .text("Arn", role.arn(account))
        .text("CreateDate", date(role.created))
        .text("AssumeRolePolicyDocument", encoded(&roles::shown_trust(role, state)));
    xml.list("InstanceProfileList", [(); 0], |_, ()| {});
    show_permissions(xml, "RolePolicyList", &role.permissions);
    show_tags(xml, &role.tags);
    xml.node("RoleLastUsed", |_| {});
}

fn show_permissions(xml: &mut Xml, inline: &str, permissions: &Permissions) {
    xml.list(inline, &permissions.inline, |node, (name, document)| {
        node.text("PolicyName", name).text("PolicyDocument", encoded(document));
    });
    xml.list("AttachedManagedPolicies", &permissions.attached, super::attachments::show);
    roles::show_boundary(xml, permissions.boundary.as_deref());
}
