//! `[[genesys.organization]]`: further organizations of the same customer that assume the role, each with its own ID: for good, such
//! as one for tests, or until a time, when a customer moves from one organization to another.
//!
//! Deliberately absent: a clock. Whether a time has passed, AWS decides at each request.

use std::collections::HashSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::fmt::Hyphenated;

use super::form::{Form, Label, Text};
use super::note::{Notes, Span};
use super::take::{place, take, take_optional};
use crate::iam::arn::ExternalId;

/// A further organization that assumes the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FurtherOrganization {
    /// Its ID, which is the external ID.
    pub id: ExternalId,
    /// What people call it.
    pub name: Option<String>,
    /// From then on it cannot assume the role any more.
    pub until: Option<Timestamp>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOrganization {
    /// The organization's ID, which is another external ID of the trust policy.
    #[schemars(required)]
    pub(super) id: Option<Text<ExternalId>>,
    /// What you call it; rolecall shows it in reports.
    #[schemars(extend("examples" = ["test"]))]
    pub(super) name: Option<Text<Label>>,
    /// From then on the organization cannot assume the role any more: AWS compares this with the time of each request. For good
    /// when left out.
    pub(super) until: Option<Text<EndTime>>,
}

/// The organizations, or `None` where one of them was wrong and was reported.
pub(super) fn check_all(
    raws: Vec<RawOrganization>,
    first: Option<&ExternalId>,
    notes: &mut Notes<'_>,
) -> Option<Vec<FurtherOrganization>> {
    let mut seen: HashSet<ExternalId> = first.cloned().into_iter().collect();
    let mut organizations = Vec::new();
    let mut all_right = true;
    for RawOrganization { id, name, until } in raws {
        let id_place = place(id.as_ref());
        let (id, name, until) = (take(id, notes), take_optional(name, notes), take_optional(until, notes));
        let (Some(id), Some(name), Some(until)) = (id, name, until) else {
            all_right = false;
            continue;
        };
        if !seen.insert(id.clone()) {
            notes.fault(id_place, format!("the organization `{id}` is named twice; remove one"));
            all_right = false;
            continue;
        }
        check_organization(&id, id_place, notes);
        organizations.push(FurtherOrganization { id, name, until });
    }
    all_right.then_some(organizations)
}

/// A point in time, to the second.
pub(super) enum EndTime {}

impl Form for EndTime {
    type Value = Timestamp;
    const EXAMPLE: &'static str = "2027-01-31T18:00:00Z";
    const PATTERN: &'static str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$";
    const LENGTH: (usize, usize) = (20, 20);

    fn read(text: &str) -> Result<Timestamp, String> {
        let is_whole = |time: &Timestamp| {
            time.to_string() == text && text.len() == Self::LENGTH.1 && *time >= Timestamp::UNIX_EPOCH
        };
        let time = text.parse::<Timestamp>().ok().filter(is_whole);
        time.ok_or_else(|| {
            format!(
                "`{}` is not a time in UTC since 1970, to the second; for example `{}`",
                text.escape_debug(),
                Self::EXAMPLE
            )
        })
    }
}

/// An external ID that is not the organization's ID is legal, and almost surely a mistake.
pub(super) fn check_organization(id: &ExternalId, place: Span, notes: &mut Notes<'_>) {
    let text = id.as_str();
    if text.parse::<Hyphenated>().is_err() {
        let message = format!(
            "`{id}` is not a UUID, but every Genesys Cloud organization ID is; Genesys Cloud can assume the role only \
             with its organization's ID"
        );
        notes.warn(place, message);
    } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        let message = format!(
            "external IDs are case-sensitive; make sure that Genesys Cloud shows `{id}` and not `{}`",
            text.to_ascii_lowercase()
        );
        notes.warn(place, message);
    }
}
