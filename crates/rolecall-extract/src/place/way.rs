//! Which of several places that read alike is meant: the way to it tells.
//!
//! Invariant: in a file whose form is known, only what extraction reads is a place. A copy in the metadata of a template, or in
//! the state before a change, is none; and a trust policy stands in the role's own attribute.

use std::cmp::Reverse;

use super::{Node, Shape};

/// To whom a document belongs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Owner<'n> {
    /// What the file calls the role: its address, logical ID or ARN.
    pub role: &'n str,
    /// What it calls the policy; none for the trust policy of the role.
    pub policy: Option<&'n str>,
    /// Further names that stand around the document.
    pub names: &'n [&'n str],
}

/// What kind of file has the documents.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// A template of CloudFormation.
    Template,
    /// A plan or a state of Terraform.
    Terraform,
    /// What the AWS CLI prints of roles.
    Roles,
    /// A document by itself, or anything else.
    Other,
}

/// How well a place fits, the best last: the part of the file, the address of the resource, how many names are around it,
/// and how near to the top it is (an instance profile repeats its role).
pub(super) type Rank = (usize, usize, usize, Reverse<usize>);

const TRUST_ATTRIBUTES: [&str; 2] = ["AssumeRolePolicyDocument", "assume_role_policy"];
const ROLE_LISTS: [&str; 3] = ["RoleDetailList", "Roles", "Role"];

impl Form {
    pub(super) fn of(root: &Node) -> Self {
        let has = |name: &str| root.member(name).is_some();
        if has("Resources") {
            Self::Template
        } else if ["planned_values", "resource_changes", "values"].into_iter().any(has) {
            Self::Terraform
        } else if ROLE_LISTS.into_iter().any(has) {
            Self::Roles
        } else {
            Self::Other
        }
    }

    /// How well the place at the end of a way fits; none where the document is not read from there.
    pub(super) fn rank(self, way: &[(&str, &Node)], owner: &Owner<'_>) -> Option<Rank> {
        let keys: Vec<&str> = way.iter().map(|(key, _)| *key).collect();
        let (part, address) = match self {
            Self::Template => match keys.as_slice() {
                ["Resources", id, "Properties", ..] => (0, Some(*id)),
                _ => return None,
            },
            Self::Terraform => (part_of_plan(&keys)?, last_text(way, &["address"])),
            Self::Roles => {
                let list = keys.first()?;
                (ROLE_LISTS.contains(list) || *list == "Policies").then_some(())?;
                (0, last_text(way, &["Arn", "RoleName"]))
            }
            Self::Other => return Some((0, 0, named(way, owner), Reverse(0))),
        };
        let is_trust = keys.last().is_some_and(|key| TRUST_ATTRIBUTES.contains(key));
        let fits = match (owner.policy, address) {
            (Some(policy), Some(address)) if policy == address => 2,
            (_, Some(address)) if owner.role == address => 1,
            (_, Some(_) | None) => 0,
        };
        // The trust policy stands on its role, whatever else reads alike.
        (is_trust == owner.policy.is_none() && (!is_trust || fits > 0)).then_some(())?;
        Some((part, fits, named(way, owner), Reverse(way.len())))
    }
}

/// What counts most in a plan: the planned values, then the changes, then what was there before.
fn part_of_plan(keys: &[&str]) -> Option<usize> {
    match keys {
        ["planned_values" | "values", ..] => Some(2),
        ["resource_changes", _, "change", "after", ..] => Some(1),
        ["prior_state", ..] => Some(0),
        _ => None,
    }
}

/// The member with one of these names of the nearest thing on the way that has one.
fn last_text<'p>(way: &[(&str, &'p Node)], names: &[&str]) -> Option<&'p str> {
    way.iter().rev().find_map(|(_, node)| {
        names.iter().find_map(|name| match &node.member(name)?.shape {
            Shape::Text(text) => Some(text.as_str()),
            Shape::Members(_) | Shape::Items(_) | Shape::Other | Shape::Computed => None,
        })
    })
}

/// How many of the names stand on the way.
fn named(way: &[(&str, &Node)], owner: &Owner<'_>) -> usize {
    let names = owner.names.iter().copied().chain(owner.policy).chain([owner.role]);
    names.filter(|name| way.iter().any(|(key, node)| key == name || node.has_member_text(name))).count()
}
