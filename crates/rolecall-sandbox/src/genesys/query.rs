//! Queries of the audit log.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::catalogue;
use super::refusal::Refusal;
use super::state::{AuditEntry, Genesys};
use crate::wire::Reply;

/// The longest interval of one query.
const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A query that was asked, with what it found.
pub(super) struct Query {
    pub(super) wanted: Wanted,
    pub(super) asked_at: String,
    pub(super) looked_at: u32,
    pub(super) found: Vec<Value>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wanted {
    interval: String,
    pub(super) service_name: Option<String>,
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    sort: Vec<Sort>,
}

#[derive(Clone, Deserialize)]
struct Filter {
    property: String,
    value: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sort {
    name: String,
    sort_order: String,
}

impl Query {
    pub(super) fn reply(&self, id: &str, state: &str) -> Reply {
        let filter = |filter: &Filter| json!({"property": filter.property, "value": filter.value});
        let sort = |sort: &Sort| json!({"name": sort.name, "sortOrder": sort.sort_order});
        Reply::json(
            200,
            &json!({
                "id": id,
                "state": state,
                "startDate": self.asked_at,
                "interval": self.wanted.interval,
                "serviceName": self.wanted.service_name,
                "filters": self.wanted.filters.iter().map(filter).collect::<Vec<_>>(),
                "sort": self.wanted.sort.iter().map(sort).collect::<Vec<_>>(),
            }),
        )
    }
}

impl Wanted {
    /// What the query finds.
    pub(super) fn entries<'g>(&self, genesys: &'g Genesys) -> Result<Vec<&'g AuditEntry>, Refusal> {
        let (start, end) = interval(&self.interval)?;
        // The schema does not require a service; in practice a query without one is refused.
        match self.service_name.as_deref() {
            Some(catalogue::AUDIT_SERVICE) => {}
            other => {
                let text = format!("Service '{}' is not valid.", other.unwrap_or("null"));
                return Err(Refusal::bad_request(text));
            }
        }
        for filter in &self.filters {
            let known = ["UserId", "TrusteeOrganizationId", "ClientId", "Action", "EntityType", "EntityId"];
            if !known.contains(&filter.property.as_str()) {
                return Err(Refusal::invalid_value(format!(
                    "Filter property '{}' is not valid.",
                    filter.property
                )));
            }
        }
        let within = |entry: &&AuditEntry| {
            let at: Option<Timestamp> = entry.at.parse().ok();
            at.is_some_and(|at| start <= at && at < end)
                && self.filters.iter().all(|filter| filter.keeps(entry))
        };
        let mut found: Vec<&AuditEntry> = genesys.audits.iter().filter(within).collect();
        if self.sort.first().is_none_or(|sort| sort.sort_order == "descending") {
            found.reverse();
        }
        Ok(found)
    }
}

impl Filter {
    fn keeps(&self, entry: &AuditEntry) -> bool {
        let found = match self.property.as_str() {
            "UserId" => entry.user.as_deref(),
            "ClientId" => entry.client.as_deref(),
            "Action" => Some(entry.action.as_str()),
            "EntityType" => Some(entry.entity_type.as_str()),
            "EntityId" => Some(entry.entity_id.as_str()),
            _ => None,
        };
        found == Some(self.value.as_str())
    }
}

fn interval(text: &str) -> Result<(Timestamp, Timestamp), Refusal> {
    let parse = |text: &str| text.parse::<Timestamp>().ok();
    let ends = text.split_once('/').and_then(|(start, end)| Some((parse(start)?, parse(end)?)));
    let Some((start, end)) = ends.filter(|(start, end)| start < end) else {
        let text = "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ";
        return Err(Refusal::invalid_date(text));
    };
    if end.duration_since(start) > LONGEST {
        return Err(Refusal::bad_request("The interval is longer than 30 days."));
    }
    Ok((start, end))
}
