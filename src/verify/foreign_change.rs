//! Changes in Genesys Cloud that somebody else made to what a manifest describes. Pure.
//!
//! What the manifest describes is known by ID: its integrations, what they hold and their credentials. Of what is deleted by now,
//! only the name is left: an entry with the name of something in the manifest counts, unless its ID is known to be something else.
//! So a change may be counted that was made to a namesake that is gone; none is left out for its name.
//!
//! Deliberately absent: whether a change was right. Whoever made it, `drift` compares what is there now.

use std::collections::BTreeSet;

use crate::desired::genesys::{Sign, own_names, web_services_credential};
use crate::iam::arn::RoleArn;
use crate::manifest::Manifest;
use crate::observe::genesys::Observed;
use crate::ports::genesys::ActionRecord;

/// What in Genesys Cloud a manifest describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    ids: BTreeSet<String>,
    /// What is there, and something else.
    others: BTreeSet<String>,
    names: BTreeSet<String>,
    sign: Sign,
}

/// A change that somebody else made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignChange {
    /// When.
    pub at: String,
    /// What was done, such as `Update`.
    pub action: String,
    pub entity: String,
    /// By whom.
    pub author: String,
}

/// What an audit shows of changes by others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignChanges {
    /// The changes, newest first.
    pub found: Vec<ForeignChange>,
    /// Whether the trail may have lost a part of the time that was asked about.
    pub is_cut: bool,
}

impl Described {
    /// What the manifest describes; `actions` are all of the organization.
    pub fn new(manifest: &Manifest, role: &RoleArn, observed: &Observed, actions: &[ActionRecord]) -> Self {
        let sign = Sign::of(role, None);
        let (integration, credential) = own_names(manifest);
        let named = role.to_string();
        let is_own = |mark: &Option<crate::desired::genesys::Mark>| match mark {
            Some(mark) => mark.is_of(&named, None),
            // Somebody may have taken the mark away.
            None => true,
        };
        let mut described = Self {
            ids: BTreeSet::new(),
            others: BTreeSet::new(),
            names: manifest.actions.iter().map(|action| action.name.clone()).collect(),
            sign,
        };
        let for_addresses = web_services_credential(manifest).map(|it| described.sign.on(&it.name));
        let own = [integration, described.sign.on(&credential)];
        described.names.extend(own.into_iter().chain(for_addresses));
        for known in observed.integrations.iter().filter(|known| is_own(&known.mark)) {
            described.ids.insert(known.record.id.clone());
            described.ids.extend(known.config.credentials.values().cloned());
            let written = known.mark.iter().filter_map(|mark| mark.credential.as_ref());
            described.ids.extend(written.map(|(id, _)| id.clone()));
            described.ids.extend(known.drafts.iter().map(|draft| draft.id.clone()));
        }
        described.ids.extend(observed.orphans.iter().map(|credential| credential.id.clone()));
        let (own, others): (Vec<_>, Vec<_>) =
            actions.iter().partition(|action| described.ids.contains(&action.integration_id));
        described.ids.extend(own.into_iter().map(|action| action.id.clone()));
        described.others.extend(others.into_iter().map(|action| action.id.clone()));
        let foreign = observed.integrations.iter().filter(|known| !is_own(&known.mark));
        described.others.extend(foreign.map(|known| known.record.id.clone()));
        let rest = observed.credentials.iter().filter(|credential| !described.ids.contains(&credential.id));
        let rest: Vec<String> = rest.map(|credential| credential.id.clone()).collect();
        described.others.extend(rest);
        described
    }

    /// Whether an entry with this entity is about something that the manifest describes.
    pub fn includes(&self, id: Option<&str>, name: Option<&str>) -> bool {
        if id.is_some_and(|id| self.ids.contains(id)) {
            return true;
        }
        let is_other = id.is_some_and(|id| self.others.contains(id));
        !is_other && name.is_some_and(|name| self.names.contains(name) || self.sign.is_on(name))
    }
}
