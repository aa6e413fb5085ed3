//! External IDs that several roles accept (T21): found once for all roles that were read together, told once for each ID.

use std::collections::HashMap;

use super::external_id::{is_external_id, literals};
use crate::condition::Condition;
use crate::document::Document;

/// Roles that are named; the others are counted.
const MOST_NAMED: usize = 5;

/// A role whose trust policy is known.
#[derive(Debug, Clone, Copy)]
pub struct KnownRole<'d> {
    /// Its place among the roles that were read together.
    pub place: usize,
    /// Its name.
    pub name: &'d str,
    /// Its trust policy.
    pub trust: &'d Document,
}

/// The external IDs that roles accept, with the roles of each, in their order.
#[derive(Debug, Clone, Default)]
pub struct SharedIds<'d> {
    roles: HashMap<&'d str, Vec<(usize, &'d str)>>,
}

impl<'d> SharedIds<'d> {
    /// The external IDs that these roles name. One pass: an account can have ten thousand roles.
    #[must_use]
    pub fn of(known: impl IntoIterator<Item = KnownRole<'d>>) -> Self {
        let mut roles: HashMap<&str, Vec<(usize, &str)>> = HashMap::new();
        for KnownRole { place, name, trust } in known {
            for condition in trust.statements().iter().flat_map(|statement| &statement.conditions) {
                let conditions: [&'d Condition; 1] = [condition];
                if !is_external_id(&condition) {
                    continue;
                }
                for id in literals(&conditions) {
                    let same = roles.entry(id).or_default();
                    if same.last().is_none_or(|(last, _)| *last != place) {
                        same.push((place, name));
                    }
                }
            }
        }
        Self { roles }
    }

    /// The other roles that accept the ID, in words. Only the first role of them all is told, so that a group is one finding.
    pub(super) fn beside(&self, place: usize, id: &str) -> Option<String> {
        let ((first, _), others) = self.roles.get(id)?.split_first()?;
        if *first != place || others.is_empty() {
            return None;
        }
        let named: Vec<String> =
            others.iter().take(MOST_NAMED).map(|(_, name)| format!("`{name}`")).collect();
        let more = match others.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let roles = if others.len() == 1 { "the role" } else { "the roles" };
        let accept = if others.len() == 1 { "accepts" } else { "accept" };
        Some(format!("{roles} {}{more} {accept} the external ID `{id}` too", named.join(", ")))
    }
}
