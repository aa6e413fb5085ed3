//! The audit query: who changed what in the integrations of the organization.
//!
//! The query is asynchronous: it is begun, asked for its state until it has succeeded, and read page by page. One query
//! spans at most 30 days, so a longer time is asked for in parts. Which types of entities the service `Integrations`
//! keeps audits of is not documented (the SDKs of 2022 list Action, ActionDraft, Integration and Credential), so nothing
//! is filtered by type unless that is asked for.

use std::time::Duration;

use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use rolecall_model::patience::{Attempt, Interrupt, Pace, Patience};
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::operation as op;
use super::wire::or_default;
use rolecall_model::ports::WriteOutcome;
use rolecall_model::ports::genesys::{GenesysError, GenesysErrorKind, GenesysResult};

const SERVICE: &str = "Integrations";
/// The longest time that one query may span, by experience of users of the API.
const WINDOW: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The largest page of results.
const PAGE: u32 = 500;
/// The pauses between questions for the state.
const PACE: Pace = Pace::doubling(250, 5_000);

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditQuery {
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub to: Timestamp,
    /// Only this entity, by ID.
    pub entity: Option<String>,
    /// Only entities of this type.
    pub entity_type: Option<String>,
}

/// One entry of the audit trail, as the API has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AuditEntry {
    /// The ID of the entry.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// When it happened.
    #[serde(deserialize_with = "or_default")]
    pub event_date: String,
    /// What was done, such as `Update`.
    #[serde(deserialize_with = "or_default")]
    pub action: String,
    /// To what type of entity.
    #[serde(deserialize_with = "or_default")]
    pub entity_type: String,
    /// To which entity.
    #[serde(deserialize_with = "or_default")]
    pub entity: Party,
    /// The user who did it.
    pub user: Option<Party>,
    /// The OAuth client with which it was done.
    pub client: Option<Party>,
    /// The addresses from which it was done.
    #[serde(deserialize_with = "or_default")]
    pub remote_ip: Vec<String>,
    /// `USER`, `SYSTEM` or `GENESYS_INTERNAL`.
    pub level: Option<String>,
    /// `SUCCESS`, `FAILURE` or `WARNING`.
    pub status: Option<String>,
    /// The application with which it was done.
    pub application: Option<String>,
    /// What changed.
    #[serde(deserialize_with = "or_default")]
    pub property_changes: Vec<PropertyChange>,
}

/// A user, a client or an entity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Party {
    pub id: Option<String>,
    pub name: Option<String>,
}

/// A property that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PropertyChange {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub property: String,
    /// What it was.
    #[serde(deserialize_with = "or_default")]
    pub old_values: Vec<String>,
    /// What it is.
    #[serde(deserialize_with = "or_default")]
    pub new_values: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QueryBody<'a> {
    interval: String,
    service_name: &'a str,
    filters: Vec<Filter<'a>>,
    sort: [Sort; 1],
}

#[derive(Serialize)]
struct Filter<'a> {
    property: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sort {
    name: &'static str,
    sort_order: &'static str,
}

#[derive(Deserialize)]
struct Execution {
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    state: String,
}

/// Asks for the entries, newest first, each once. `deadline` is how long one query may take.
pub async fn audit(
    client: &Client,
    query: &AuditQuery,
    deadline: Duration,
) -> GenesysResult<Vec<AuditEntry>> {
    let mut entries: Vec<AuditEntry> = Vec::new();
    for (from, to) in windows(query.from, query.to) {
        let execution = succeeded(client, begin(client, query, from, to).await?, deadline).await?;
        let results = client.call(&op::AUDIT_RESULTS).at(&execution.id).query("expand", &"user");
        entries.extend(results.cursor_pages::<AuditEntry>("cursor", PAGE).try_collect::<Vec<_>>().await?);
    }
    // An entry at the border of two parts is in both.
    entries.sort_by(|one, other| (&other.event_date, &one.id).cmp(&(&one.event_date, &other.id)));
    entries.dedup_by(|one, other| one.id == other.id && !one.id.is_empty());
    Ok(entries)
}

async fn begin(
    client: &Client,
    query: &AuditQuery,
    from: Timestamp,
    to: Timestamp,
) -> GenesysResult<Execution> {
    let AuditQuery { entity, entity_type, .. } = query;
    let filters = [("EntityId", entity), ("EntityType", entity_type)].into_iter();
    let filters = filters.filter_map(|(property, value)| Some(Filter { property, value: value.as_deref()? }));
    let body = QueryBody {
        interval: format!("{from}/{to}"),
        service_name: SERVICE,
        filters: filters.collect(),
        sort: [Sort { name: "Timestamp", sort_order: "descending" }],
    };
    client.call(&op::QUERY_AUDITS).body(&body).json().await
}

/// Waits until the query has succeeded.
async fn succeeded(client: &Client, execution: Execution, deadline: Duration) -> GenesysResult<Execution> {
    let id = execution.id.clone();
    let failed = |kind, message: String| GenesysError {
        operation: op::AUDIT_STATE.name,
        kind,
        status: None,
        code: None,
        message,
        context_id: None,
        outcome: WriteOutcome::Refused,
    };
    let mut begun = Some(execution);
    let look = async || {
        let now = match begun.take() {
            Some(begun) => begun,
            None => client.call(&op::AUDIT_STATE).at(&id).json::<Execution>().await?,
        };
        match now.state.as_str() {
            "Succeeded" => Ok(Attempt::Done(now)),
            state @ ("Failed" | "Cancelled") => {
                let message = format!("the audit query `{id}` ended as `{state}`");
                Err(failed(GenesysErrorKind::ServiceFailure, message))
            }
            // `Queued`, `Running`, and what may be added to them.
            _ => Ok(Attempt::NotYet("the audit query", now.state)),
        }
    };
    let patience = Patience { deadline, interrupt: Interrupt::never(), told: &|_, _| {} };
    patience.until(PACE, look).await?.map_err(|stopped| {
        let (state, seconds) = (stopped.last(), deadline.as_secs());
        let message = format!("the audit query `{id}` is still `{state}` after {seconds} s");
        failed(GenesysErrorKind::TimedOut, message)
    })
}

/// The time in parts that one query may span, the newest first.
fn windows(from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
    let mut parts = Vec::new();
    let mut end = to;
    while end > from {
        let start = end.checked_sub(WINDOW).unwrap_or(from).max(from);
        parts.push((start, end));
        end = start;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_time_is_asked_for_in_parts() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let of = |from: &str, to: &str| {
            let parts = windows(at(from), at(to));
            parts.iter().map(|(from, to)| format!("{from}/{to}")).collect::<Vec<_>>()
        };
        assert_eq!(
            of("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
            ["2026-11-20T00:00:00Z/2026-11-21T00:00:00Z"]
        );
        assert_eq!(
            of("2026-09-01T00:00:00Z", "2026-11-01T00:00:00Z"),
            [
                "2026-10-02T00:00:00Z/2026-11-01T00:00:00Z",
                "2026-09-02T00:00:00Z/2026-10-02T00:00:00Z",
                "2026-09-01T00:00:00Z/2026-09-02T00:00:00Z",
            ]
        );
        assert!(of("2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z").is_empty());
    }
}
