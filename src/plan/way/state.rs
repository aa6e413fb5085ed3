//! The state of a role between two writes: what decides who can do what.

use std::collections::{BTreeMap, BTreeSet};

use crate::iam::arn::{PolicyArn, RoleArn};
use crate::iam::prove::{NamedDocument, Permissions, proves_permissions_within};
use crate::observe::aws::{Observed, ObservedBoundary};
use crate::plan::aws::{Change, new_values};
use crate::ports::Tags;
use rolecall_model::stored::StoredDocument;

/// A role, with everything that decides who can assume it and what it can do.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// The trust policy; `None` where there is no role.
    pub(super) trust: Option<StoredDocument>,
    attached: BTreeSet<PolicyArn>,
    inline: BTreeMap<String, StoredDocument>,
    boundary: Option<PolicyArn>,
    /// In seconds.
    longest_session: u32,
    tags: Tags,
    /// Managed policies that were read or are written, whether they are on the role or not.
    stored: BTreeMap<PolicyArn, StoredDocument>,
}

impl State {
    pub(super) fn of(observed: &Observed, wanted_boundary: Option<&ObservedBoundary>) -> Self {
        let Observed { role, policies, inline, boundary, caller: _, functions: _ } = observed;
        let attached = policies.iter().filter(|policy| policy.attached).map(|policy| policy.arn.clone());
        let of_policies = policies.iter().map(|policy| (&policy.arn, &policy.document));
        let boundaries = boundary.iter().chain(wanted_boundary);
        let of_boundaries = boundaries.map(|boundary| (&boundary.arn, &boundary.document));
        let stored = of_policies.chain(of_boundaries);
        Self {
            trust: role.as_ref().map(|role| role.trust.clone()),
            attached: attached.collect(),
            inline: inline.iter().map(|policy| (policy.name.clone(), policy.document.clone())).collect(),
            boundary: role.as_ref().and_then(|role| role.permissions_boundary.clone()),
            longest_session: role.as_ref().map(|role| role.max_session_duration).unwrap_or_default(),
            tags: role.as_ref().map(|role| role.tags.clone()).unwrap_or_default(),
            stored: stored.filter_map(|(arn, document)| Some((arn.clone(), document.clone()?))).collect(),
        }
    }

    /// How many managed policies are on the role.
    pub(super) fn attached(&self) -> usize {
        self.attached.len()
    }

    pub(super) fn document(&self, arn: &PolicyArn) -> Option<&StoredDocument> {
        self.stored.get(arn)
    }

    pub(super) fn inline_policy(&self, name: &str) -> Option<&StoredDocument> {
        self.inline.get(name)
    }

    pub(super) fn is_attached(&self, arn: &PolicyArn) -> bool {
        self.attached.contains(arn)
    }

    pub(super) fn make(&mut self, change: &Change) {
        match change {
            Change::CreateRole { role } => {
                self.trust = Some(role.trust.clone());
                self.boundary.clone_from(&role.permissions_boundary);
                self.longest_session = role.max_session_duration;
                self.tags.clone_from(&role.tags);
            }
            Change::UpdateTrust { after, .. } => self.trust = Some(after.clone()),
            Change::PutBoundary { after, .. } => self.boundary = Some(after.clone()),
            Change::DeleteBoundary { .. } => self.boundary = None,
            Change::CreatePolicy { arn, policy } => {
                self.stored.insert(arn.clone(), policy.document.clone());
            }
            Change::CreatePolicyVersion { arn, after, .. } => {
                self.stored.insert(arn.clone(), after.clone());
            }
            Change::AttachPolicy { arn, .. } => {
                self.attached.insert(arn.clone());
            }
            Change::DetachPolicy { arn, .. } => {
                self.attached.remove(arn);
            }
            Change::DeletePolicy { arn, .. } => {
                self.stored.remove(arn);
            }
            Change::PutInlinePolicy { name, document, .. } => {
                self.inline.insert(name.clone(), document.clone());
            }
            Change::DeleteInlinePolicy { name, .. } => {
                self.inline.remove(name);
            }
            Change::DeleteRole { .. } => self.trust = None,
            Change::UpdateRole { after, .. } => self.longest_session = after.1,
            Change::TagRole { tags, .. } => self.tags.extend(new_values(tags)),
            Change::TagPolicy { .. } | Change::DeletePolicyVersion { .. } => {}
        }
    }

    pub(super) fn powers(&self) -> Powers {
        let stored =
            |arn: &PolicyArn| Held { name: arn.to_string(), document: self.stored.get(arn).cloned() };
        let inline = |(name, document): (&String, &StoredDocument)| Held {
            name: name.clone(),
            document: Some(document.clone()),
        };
        let identity: Vec<Held> =
            self.attached.iter().map(stored).chain(self.inline.iter().map(inline)).collect();
        let boundary = self.boundary.as_ref().map(stored);
        let tags_matter = identity.iter().chain(&boundary).any(Held::may_ask_for_tags);
        Powers {
            tags: tags_matter.then(|| self.tags.clone()),
            longest_session: self.longest_session,
            identity,
            boundary,
        }
    }
}

/// What a session of the role can do, by its policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Powers {
    pub(super) identity: Vec<Held>,
    pub(super) boundary: Option<Held>,
    longest_session: u32,
    /// The role's tags, where its policies may ask for them.
    tags: Option<Tags>,
}

/// A policy that the role has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// Its ARN, or the name of an inline policy: one that could not be read is the same as itself alone.
    name: String,
    /// What it says; `None` where that could not be read.
    pub(super) document: Option<StoredDocument>,
}

impl Held {
    fn named(&self) -> Option<NamedDocument<'_>> {
        Some(NamedDocument { name: &self.name, document: self.document.as_ref()?.document()? })
    }

    /// Whether `aws:PrincipalTag` may stand in it, as a key or as a variable.
    fn may_ask_for_tags(&self) -> bool {
        let text = self.document.as_ref().map(|document| document.text().to_ascii_lowercase());
        // JSON can write a letter as an escape.
        text.is_none_or(|text| text.contains("principaltag") || text.contains("\\u"))
    }
}

impl Powers {
    /// Whether all that a session can do under all of `these`, it can do under one of `others`: proved, not guessed.
    pub(super) fn are_within(these: &[&Self], others: &[&Self], role: &RoleArn) -> bool {
        if these.iter().any(|one| one.identity.is_empty() || others.contains(one)) {
            return true;
        }
        // The prover takes the tags for the same everywhere.
        let mut tags = these.iter().chain(others).filter_map(|one| one.tags.as_ref());
        if let Some(first) = tags.next()
            && tags.any(|other| other != first)
        {
            return false;
        }
        let session = these.iter().map(|one| one.longest_session).min().unwrap_or_default();
        let others = others.iter().filter(|one| one.longest_session >= session);
        let these: Option<Vec<Permissions<'_>>> = these.iter().map(|one| one.permissions()).collect();
        let others: Option<Vec<Permissions<'_>>> = others.map(|one| one.permissions()).collect();
        let (Some(these), Some(others)) = (these, others) else { return false };
        let (these, others): (Vec<&Permissions<'_>>, Vec<&Permissions<'_>>) =
            (these.iter().collect(), others.iter().collect());
        proves_permissions_within(&these, &others, role)
    }

    fn permissions(&self) -> Option<Permissions<'_>> {
        let identity = self.identity.iter().map(Held::named).collect::<Option<_>>()?;
        let boundary = match &self.boundary {
            Some(boundary) => Some(boundary.named()?),
            None => None,
        };
        Some(Permissions { identity, boundary })
    }
}
