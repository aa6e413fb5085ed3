//! Which resources put their policies on which role, and what the plan takes off it.
//!
//! A role is named by its name, which is unique in one account only. Whether two resources work in the same account is
//! known where one provider configuration makes both.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::super::reach::Breaks;
use super::references::{ATTACHMENT, ATTACHMENTS, INLINE, ROLE, actions, items, member, text};
use super::{Attribute, File};

/// What the plan takes off roles, or forgets.
#[derive(Default)]
pub(super) struct Removed<'t> {
    /// By the role's name, whether it is an inline policy, and the policy's name or ARN.
    policies: HashSet<(String, bool, &'t str)>,
    by_role: HashMap<String, Vec<Removal<'t>>>,
    /// Whether all of AWS's resources are made by one provider configuration.
    one_provider: bool,
}

struct Removal<'t> {
    address: &'t str,
    inline: bool,
    policy: &'t str,
    /// It stays on the role, and Terraform forgets it.
    forgotten: bool,
    /// Its replacement is made first.
    last: bool,
}

impl<'t> Removed<'t> {
    pub(super) fn read(tree: &'t Value) -> Self {
        let providers = member(tree, "/configuration/provider_config").as_object();
        let of_aws = providers.into_iter().flatten().filter(|(_, provider)| text(provider, "name") == "aws");
        let mut removed = Self { one_provider: of_aws.count() <= 1, ..Self::default() };
        for change in items(tree, "resource_changes") {
            let kind = text(change, "type");
            if ![INLINE, ATTACHMENT, ATTACHMENTS].contains(&kind) {
                continue;
            }
            let actions = actions(change);
            let (before, after) = (member(change, "/change/before"), member(change, "/change/after"));
            let roles = |values: &'t Value| -> Vec<&'t str> {
                match kind {
                    ATTACHMENTS => items(values, "roles").filter_map(Value::as_str).collect(),
                    _ => values.get("role").and_then(Value::as_str).into_iter().collect(),
                }
            };
            let (deleted, forgotten) = (actions.contains(&"delete"), actions.contains(&"forget"));
            if !deleted && !forgotten && !actions.contains(&"update") {
                continue;
            }
            let kept: BTreeSet<&str> = match deleted || forgotten {
                true => BTreeSet::new(),
                false => roles(after).into_iter().collect(),
            };
            let inline = kind == INLINE;
            let policy = text(before, if inline { "name" } else { "policy_arn" });
            for role in roles(before).into_iter().filter(|role| !kept.contains(role)) {
                let role = role.to_ascii_lowercase();
                if !forgotten {
                    removed.policies.insert((role.clone(), inline, policy));
                }
                let last = matches!(actions.as_slice(), ["create", ..]) || change.get("deposed").is_some();
                let address = text(change, "address");
                let removal = Removal { address, inline, policy, forgotten, last };
                removed.by_role.entry(role).or_default().push(removal);
            }
        }
        removed
    }

    fn takes(&self, role: &str, inline: bool, policy: &str) -> bool {
        self.one_provider && self.policies.contains(&(role.to_ascii_lowercase(), inline, policy))
    }

    pub(super) fn takes_policy(&self, role: &str, arn: &str) -> bool {
        self.takes(role, false, arn)
    }

    pub(super) fn takes_inline(&self, role: &str, name: &str) -> bool {
        self.takes(role, true, name)
    }
}

/// A managed policy: a resource, or an ARN that no resource has.
#[derive(PartialEq, Eq, Hash, Clone, Copy)]
enum Policy<'t> {
    Resource(usize),
    Arn(&'t str),
}

/// The names of the roles, and what goes to roles that the file does not have.
struct Roles<'t> {
    named: HashMap<String, Vec<usize>>,
    unmatched: BTreeMap<String, &'t str>,
    one_account: bool,
}

impl<'t> File<'t> {
    /// Finds out what each role receives.
    pub(super) fn attach(&mut self) {
        let mut roles =
            Roles { named: HashMap::new(), unmatched: BTreeMap::new(), one_account: self.has_one_account() };
        for role in self.resources.of_kind(ROLE) {
            if let Some(name) = self.text(role, "name") {
                roles.named.entry(name.to_ascii_lowercase()).or_default().push(role);
            }
        }
        for (kind, attribute) in [(INLINE, "role"), (ATTACHMENT, "role"), (ATTACHMENTS, "roles")] {
            for resource in self.resources.of_kind(kind).collect::<Vec<_>>() {
                self.address_of(resource, attribute, &mut roles);
            }
        }
        self.doubt_same(&roles);
        self.doubt_names(&roles);
        self.doubt_removals();
        self.doubt_exclusive();
    }

    /// Whether everything in the file is in one account, as far as it shows.
    fn has_one_account(&self) -> bool {
        if self.tree.get("configuration").is_some() {
            return self.removed.one_provider;
        }
        let arns = self.resources.all().filter_map(|(_, resource)| {
            resource.values.get("arn")?.as_str()?.strip_prefix("arn:")?.split(':').nth(3)
        });
        arns.filter(|account| !account.is_empty() && *account != "aws").collect::<BTreeSet<_>>().len() <= 1
    }

    fn is_same_account(&self, resource: usize, role: usize, roles: &Roles<'t>) -> bool {
        match (self.resources.provider_key(resource), self.resources.provider_key(role)) {
            (Some(one), Some(other)) => one == other,
            (Some(_) | None, Some(_) | None) => roles.one_account,
        }
    }

    fn address_of(&mut self, resource: usize, attribute: &str, roles: &mut Roles<'t>) {
        let address = self.address(resource);
        let unclear = match self.attribute(resource, attribute) {
            Attribute::Known(Value::Array(names)) => {
                for name in names {
                    match name.as_str() {
                        Some(name) => self.offer(resource, name, roles),
                        None => self.doubts.of_all(
                            Breaks::Permissions,
                            &format!("{address}: which roles it goes to is not clear"),
                        ),
                    }
                }
                return;
            }
            Attribute::Known(Value::String(name)) => return self.offer(resource, name, roles),
            Attribute::Known(_) => format!("{address}: which role it goes to is not clear"),
            Attribute::Missing if attribute == "roles" => return,
            Attribute::Missing => format!("{address}: `{attribute}` is missing"),
            Attribute::AfterApply => {
                let referred = self.resources.referred(resource, attribute, ROLE, &["name", "id"]);
                if let Some(role) = referred.filter(|_| attribute == "role") {
                    // Another role could be meant, which then has the policy that this one lacks.
                    self.assume_of_all(resource, attribute, Breaks::Permissions);
                    return self.give(resource, role, roles);
                }
                let made_of = self.made_of(resource, attribute);
                format!("{address}: which role it goes to is known only after apply{made_of}")
            }
        };
        self.doubts.of_all(Breaks::Permissions, &unclear);
    }

    fn offer(&mut self, resource: usize, name: &'t str, roles: &mut Roles<'t>) {
        let address = self.address(resource);
        let own = name.rsplit(['/', ':']).next().unwrap_or(name).to_ascii_lowercase();
        let Some(meant) = roles.named.get(&own).cloned() else {
            roles.unmatched.entry(own).or_insert(address);
            return;
        };
        for role in meant {
            if self.text(role, "name") == Some(name) {
                self.give(resource, role, roles);
            } else {
                self.doubt_permissions(role, &format!("{address}: `{name}` can mean this role"));
            }
        }
    }

    fn give(&mut self, resource: usize, role: usize, roles: &Roles<'t>) {
        if self.is_same_account(resource, role, roles) {
            let received = self.received.entry(role).or_default();
            if received.last() != Some(&resource) {
                received.push(resource);
            }
            return;
        }
        let address = self.address(resource);
        self.doubt_permissions(
            role,
            &format!("{address}: it names this role, but another provider configuration makes it, perhaps in another account"),
        );
    }

    /// Two resources that manage one role: which of them wins is not clear.
    fn doubt_same(&mut self, roles: &Roles<'t>) {
        let shared: Vec<Vec<usize>> = roles.named.values().filter(|same| same.len() > 1).cloned().collect();
        for same in shared {
            let mut arns: HashMap<Option<&str>, Vec<usize>> = HashMap::new();
            for role in same {
                // Where the ARNs are not known, the provider configuration tells the accounts apart.
                let key = self.text(role, "arn").or_else(|| self.resources.provider_key(role));
                arns.entry(key).or_default().push(role);
            }
            for same in arns.values().filter(|same| same.len() > 1) {
                for (index, role) in same.iter().enumerate() {
                    let other = same.get(usize::from(index == 0)).map_or("", |other| self.address(*other));
                    let reason = format!("{other}: it manages the same role");
                    self.doubts.of_role(*role, Breaks::Everything, &reason);
                }
            }
        }
    }

    /// A role whose name is not known yet can be what a name means that no other role has.
    fn doubt_names(&mut self, roles: &Roles<'t>) {
        for role in self.resources.of_kind(ROLE).collect::<Vec<_>>() {
            if self.text(role, "name").is_some() {
                continue;
            }
            let meant = match self.name_prefix(role) {
                Some(prefix) => roles
                    .unmatched
                    .range(prefix.clone()..)
                    .next()
                    .filter(|(name, _)| name.starts_with(&prefix)),
                None => roles.unmatched.iter().next(),
            };
            if let Some((name, address)) = meant {
                let reason =
                    format!("{address}: `{name}` can mean this role, whose name is known only after apply");
                self.doubts.of_role(role, Breaks::Permissions, &reason);
            }
        }
    }

    /// How the name of a role will begin that Terraform makes up.
    fn name_prefix(&self, role: usize) -> Option<String> {
        self.resources.configured(role)?;
        if self.resources.expression(role, "name").is_some() {
            return None;
        }
        match self.resources.expression(role, "name_prefix") {
            Some(_) => self.text(role, "name_prefix").map(str::to_ascii_lowercase),
            None => Some("terraform-".to_owned()),
        }
    }

    /// Whether a policy stays on a role can depend on the order in which the plan works.
    fn doubt_removals(&mut self) {
        for role in self.resources.of_kind(ROLE).collect::<Vec<_>>() {
            let received = self.received.get(&role).cloned().unwrap_or_default();
            let actions_of =
                |resource: usize| self.resources.get(resource).map(|resource| resource.actions.clone());
            let has = |resource: usize, action: &str| {
                actions_of(resource).is_some_and(|actions| actions.contains(&action))
            };
            let mut reasons = Vec::new();
            if has(role, "delete") && has(role, "create") {
                reasons.extend(received.iter().filter(|resource| !has(**resource, "create")).map(|resource| {
                    let address = self.address(*resource);
                    format!("{address}: the role is replaced, and the plan does not put this policy on the new role")
                }));
            }
            let name = self.text(role, "name").unwrap_or_default().to_ascii_lowercase();
            {
                let removals = self.removed.by_role.get(&name).map(Vec::as_slice).unwrap_or_default();
                let mut stays: HashMap<(bool, &str), &str> = HashMap::new();
                for resource in &received {
                    let inline =
                        self.resources.get(*resource).is_some_and(|resource| resource.kind == INLINE);
                    let policy = self.text(*resource, if inline { "name" } else { "policy_arn" });
                    let address = self.address(*resource);
                    let other = stays.insert((inline, policy.unwrap_or_default()), address);
                    // The same policy may be attached twice; of two inline policies one overwrites the other.
                    if let Some(other) = other.filter(|_| inline && policy.is_some()) {
                        reasons.push(format!(
                            "{address}: it has the same name as {other}, and one overwrites the other"
                        ));
                    }
                }
                for Removal { address, inline, policy, forgotten, last } in removals {
                    if *forgotten {
                        reasons.push(format!(
                            "{address}: the plan forgets it, and what it put on the role stays"
                        ));
                    } else if !self.removed.one_provider {
                        reasons.push(format!(
                            "{address}: the plan deletes it, perhaps from a role of the same name in another account"
                        ));
                    } else if let Some(other) = stays.get(&(*inline, *policy))
                        && (other != address || *last)
                    {
                        reasons.push(format!(
                            "{address}: the plan deletes it, which can take off what {other} puts on the role"
                        ));
                    }
                }
            }
            for reason in reasons.iter().take(20) {
                self.doubts.of_role(role, Breaks::Permissions, reason);
            }
        }
    }

    /// `aws_iam_policy_attachment` takes its policy off every role that it does not name.
    fn doubt_exclusive(&mut self) {
        let mut exclusive: HashMap<Policy<'t>, usize> = HashMap::new();
        for resource in self.resources.of_kind(ATTACHMENTS).collect::<Vec<_>>() {
            let is_later = matches!(self.attribute(resource, "policy_arn"), Attribute::AfterApply);
            match self.policy_on(resource) {
                Some(policy) => {
                    exclusive.insert(policy, resource);
                    if is_later {
                        self.assume_of_all(resource, "policy_arn", Breaks::Permissions);
                    }
                }
                None if is_later => {
                    let reason = format!(
                        "{}: it takes its policy off every role that it does not name; {}",
                        self.address(resource),
                        self.later(resource, "policy_arn")
                    );
                    self.doubts.of_all(Breaks::Permissions, &reason);
                }
                None => {}
            }
        }
        if exclusive.is_empty() {
            return;
        }
        for role in self.resources.of_kind(ROLE).collect::<Vec<_>>() {
            let received = self.received.get(&role).cloned().unwrap_or_default();
            let given: BTreeSet<usize> = received.iter().copied().collect();
            let listed = match self.attribute(role, "managed_policy_arns") {
                Attribute::Known(arns) => arns.as_array().map(Vec::as_slice).unwrap_or_default(),
                Attribute::AfterApply | Attribute::Missing => &[],
            };
            let listed = listed.iter().filter_map(Value::as_str).map(|arn| self.policy(arn));
            let policies: Vec<Policy<'t>> =
                received.iter().filter_map(|resource| self.policy_on(*resource)).chain(listed).collect();
            for resource in policies.iter().filter_map(|policy| exclusive.get(policy)) {
                if !given.contains(resource) {
                    let address = self.address(*resource);
                    let reason =
                        format!("{address}: it takes its policy off every role that it does not name");
                    self.doubts.of_role(role, Breaks::Permissions, &reason);
                }
            }
        }
    }

    fn policy(&self, arn: &'t str) -> Policy<'t> {
        let known = self.by_arn.get(arn).and_then(|resources| resources.first()).copied();
        known.or_else(|| self.created_by_arn(arn)).map_or(Policy::Arn(arn), Policy::Resource)
    }

    /// The managed policy that an attachment is about.
    fn policy_on(&self, resource: usize) -> Option<Policy<'t>> {
        match self.attribute(resource, "policy_arn") {
            Attribute::Known(arn) => Some(self.policy(arn.as_str()?)),
            Attribute::AfterApply => self.referred_policy(resource, "policy_arn").map(Policy::Resource),
            Attribute::Missing => None,
        }
    }

    /// The managed policies of the file that are on a role, and the ARNs of others.
    pub(super) fn policy_names(&self, role: usize) -> (Vec<usize>, Vec<&'t str>) {
        let (mut resources, mut names) = (Vec::new(), Vec::new());
        let received = self.received.get(&role).into_iter().flatten();
        let listed = match self.attribute(role, "managed_policy_arns") {
            Attribute::Known(arns) => arns.as_array().map(Vec::as_slice).unwrap_or_default(),
            Attribute::AfterApply | Attribute::Missing => &[],
        };
        let boundary = match self.attribute(role, "permissions_boundary") {
            Attribute::Known(arn) => arn.as_str().map(|arn| self.policy(arn)),
            Attribute::AfterApply => self.referred_policy(role, "permissions_boundary").map(Policy::Resource),
            Attribute::Missing => None,
        };
        let policies = received.filter_map(|resource| self.policy_on(*resource));
        let listed = listed.iter().filter_map(Value::as_str).map(|arn| self.policy(arn));
        for policy in policies.chain(listed).chain(boundary) {
            match policy {
                Policy::Resource(policy) => {
                    resources.push(policy);
                    names.extend(self.text(policy, "name"));
                }
                Policy::Arn(arn) if !arn.contains(":iam::aws:") => names.push(arn),
                Policy::Arn(_) => {}
            }
        }
        (resources, names)
    }
}
