//! The audit trail as a compliance report: text, JSON, Markdown and CSV of the same entries.
//!
//! Values that may be somebody's secret are not shown: the trail keeps old and new values, and a header or a field of a
//! credential may be among them.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::Text;
use super::human::{BOLD, DIMMED, GREEN, RED, YELLOW};
use super::markdown::cell;
use super::text::join;
use super::{CallsView, FindingView, count, last_line};
use crate::exit::ExitCode;
use crate::iam::arn::RoleArn;
use crate::ports::trail::TrailEvent;
use crate::verify::foreign_change::{Described, ForeignChange};
use rolecall_genesys::audit::{AuditEntry, Party, PropertyChange};

/// What stands in the place of a value that may be a secret.
const HIDDEN: &str = "[not shown]";
/// Words in the names of properties whose values may be secrets; compared without regard to case.
const SECRET_NAMES: [&str; 7] =
    ["secret", "password", "token", "credentialfields", "apikey", "privatekey", "header"];
/// Words in values that may hold a secret.
const SECRET_VALUES: [&str; 8] =
    ["authorization", "bearer ", "client_secret", "clientsecret", "password", "header", "api-key", "apikey"];
/// Actions that look or run and change nothing.
const NO_CHANGE: [&str; 5] = ["view", "read", "execute", "download", "export"];

/// The result of `genesys audit`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "rolecall genesys audit")]
pub struct AuditView {
    /// From then on.
    pub from: String,
    /// Until then.
    pub to: String,
    /// The ID of rolecall's own OAuth client.
    pub oauth_client: Text,
    /// Further OAuth clients whose changes count as rolecall's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub own_clients: Vec<Text>,
    /// The entries, newest first.
    pub entries: Vec<EntryView>,
    /// With `--fail-on foreign`: the changes by others to what the manifest describes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<FindingView>>,
    /// The exit code.
    #[schemars(with = "u8")]
    pub exit_code: ExitCode,
    /// The requests to Genesys Cloud, and to CloudTrail where it was asked.
    pub calls: Vec<CallsView>,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EntryView {
    /// When.
    pub at: String,
    /// Where it was recorded.
    pub source: Source,
    /// What was done, such as `Update`.
    pub action: Text,
    /// Whether that changes something.
    pub is_change: bool,
    /// To what type of entity.
    pub entity_type: Text,
    /// Its ID.
    pub entity_id: Option<Text>,
    /// Its name.
    pub entity_name: Option<Text>,
    /// The user who did it.
    pub user: Option<Text>,
    /// The OAuth client with which it was done.
    pub oauth_client: Option<Text>,
    /// Whether that is rolecall's own.
    pub by_rolecall: bool,
    /// Whether it is about something that the manifest describes; where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_manifest: Option<bool>,
    /// The addresses from which it was done.
    pub remote_ip: Vec<Text>,
    /// The application with which it was done.
    pub application: Option<Text>,
    /// The outcome, such as `SUCCESS`.
    pub outcome: Option<Text>,
    /// Old and new values.
    pub changes: Vec<PropertyView>,
}

/// How the AWS SDK names rolecall in the user agent.
const USER_AGENT: &str = "app/rolecall";

/// Where something was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The audit trail of Genesys Cloud.
    Genesys,
    /// AWS CloudTrail.
    CloudTrail,
}

/// A property that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PropertyView {
    /// Its name.
    pub property: Text,
    /// What it was.
    pub old: Vec<Text>,
    /// What it is.
    pub new: Vec<Text>,
}

impl EntryView {
    /// The view of an entry; `own` are the IDs of rolecall's OAuth clients, and `described` is what the manifest describes.
    pub fn new(entry: AuditEntry, own: &[String], described: Option<&Described>) -> Self {
        let oauth_client = entry.client.and_then(|client| client.id);
        let Party { id, name } = &entry.entity;
        let in_manifest = described.map(|described| described.includes(id.as_deref(), name.as_deref()));
        // A field of a credential may have any name, and its value is a secret unless it names a role.
        let is_credential = entry.entity_type.eq_ignore_ascii_case("credential");
        let change = |change: PropertyChange| PropertyView::new(change, is_credential);
        Self {
            at: entry.event_date,
            source: Source::Genesys,
            is_change: !NO_CHANGE.iter().any(|word| entry.action.eq_ignore_ascii_case(word)),
            action: entry.action.into(),
            entity_type: entry.entity_type.into(),
            entity_id: entry.entity.id.map(Text::from),
            entity_name: entry.entity.name.map(Text::from),
            user: entry
                .user
                .and_then(|Party { id, name }| match (name, id) {
                    (Some(name), Some(id)) => Some(format!("{name} ({id})")),
                    (name, id) => name.or(id),
                })
                .map(Text::from),
            by_rolecall: oauth_client.as_ref().is_some_and(|client| own.contains(client)),
            in_manifest,
            oauth_client: oauth_client.map(Text::from),
            remote_ip: entry.remote_ip.into_iter().map(Text::from).collect(),
            application: entry.application.map(Text::from),
            outcome: entry.status.map(Text::from),
            changes: entry.property_changes.into_iter().map(change).collect(),
        }
    }

    /// The view of a call that CloudTrail recorded. That it was rolecall's is what its user agent says.
    pub fn of_trail(event: TrailEvent) -> Self {
        let service = event.service.strip_suffix(".amazonaws.com").unwrap_or(&event.service);
        let named = |name: &str| {
            event.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        let policy = named("policyArn").or_else(|| named("policyName"));
        let (entity_type, entity_id) = match (named("roleName").or_else(|| named("roleArn")), policy) {
            (Some(role), _) => ("Role", Some(role)),
            (None, Some(policy)) => ("Policy", Some(policy)),
            (None, None) => ("Resource", None),
        };
        let change = |(property, value): &(String, String)| PropertyChange {
            property: property.clone(),
            old_values: Vec::new(),
            new_values: vec![value.clone()],
        };
        // To assume a role changes nothing, though the record does not call it a read.
        let is_change = event.is_read != Some(true) && service != "sts";
        Self {
            source: Source::CloudTrail,
            action: format!("{service}:{}", event.operation).into(),
            is_change,
            entity_type: entity_type.to_owned().into(),
            entity_id: entity_id.map(Text::from),
            entity_name: None,
            user: event.caller.map(Text::from),
            oauth_client: None,
            in_manifest: None,
            by_rolecall: event.user_agent.as_deref().is_some_and(|agent| agent.contains(USER_AGENT)),
            remote_ip: event.address.into_iter().map(Text::from).collect(),
            application: event.user_agent.map(Text::from),
            outcome: Some(event.error.unwrap_or_else(|| "SUCCESS".to_owned()).into()),
            changes: event.parameters.iter().map(change).map(|it| PropertyView::new(it, false)).collect(),
            at: event.at,
        }
    }

    /// A change by somebody else to what the manifest describes; what has failed changed nothing.
    pub fn foreign_change(&self) -> Option<ForeignChange> {
        let is_one =
            self.in_manifest == Some(true) && self.is_foreign() && self.outcome.as_deref() != Some("FAILURE");
        is_one.then(|| ForeignChange {
            at: self.at.clone(),
            action: self.action.shown(),
            entity: self.entity(),
            author: self.author(),
        })
    }

    /// A change by somebody else.
    fn is_foreign(&self) -> bool {
        self.is_change && !self.by_rolecall
    }

    /// `WARNING` is an outcome of Genesys Cloud's that is not a failure; CloudTrail has error codes.
    fn has_failed(&self) -> bool {
        self.outcome.as_deref().is_some_and(|outcome| !["SUCCESS", "WARNING"].contains(&outcome))
    }

    fn entity(&self) -> String {
        plain(&match (&self.entity_name, &self.entity_id) {
            (Some(name), Some(id)) => format!("{} {name} ({id})", self.entity_type),
            (Some(one), None) | (None, Some(one)) => format!("{} {one}", self.entity_type),
            (None, None) => self.entity_type.shown(),
        })
    }

    fn author(&self) -> String {
        let client = self.oauth_client.as_ref().map(|client| match self.by_rolecall {
            true => format!("rolecall's OAuth client {client}"),
            false => format!("OAuth client {client}"),
        });
        let parts: Vec<String> = self.user.iter().map(Text::shown).chain(client).collect();
        match parts.as_slice() {
            [] => "an unknown caller".to_owned(),
            parts => plain(&parts.join(" with ")),
        }
    }

    fn origin(&self) -> String {
        let from = join(&self.remote_ip, ", ");
        plain(&match (&self.application, from.is_empty()) {
            (Some(application), true) => application.shown(),
            (Some(application), false) => format!("{from} ({application})"),
            (None, _) => from,
        })
    }

    fn to_text(&self) -> String {
        let outcome = match self.outcome.as_deref() {
            Some("SUCCESS") => format!("{GREEN}SUCCESS{GREEN:#}"),
            Some(other) => format!("{RED}{other}{RED:#}"),
            None => "outcome unknown".to_owned(),
        };
        let mark = if self.is_foreign() { format!("{YELLOW}!{YELLOW:#}") } else { " ".to_owned() };
        let mut text =
            format!("{mark} {BOLD}{} {}{BOLD:#} {}  {outcome}\n", self.at, self.action, self.entity());
        // Writing to a String cannot fail.
        let origin =
            Some(self.origin()).filter(|origin| !origin.is_empty()).map(|origin| format!(" from {origin}"));
        let _ = writeln!(text, "    {DIMMED}by {}{}{DIMMED:#}", self.author(), origin.unwrap_or_default());
        for PropertyView { property, old, new } in &self.changes {
            let _ = writeln!(text, "    {}: {} -> {}", plain(property), values(old), values(new));
        }
        text
    }
}

impl PropertyView {
    /// The view of a property; `is_secret_unless_role` where every value may be a secret, whatever the property is called.
    fn new(
        PropertyChange { property, old_values, new_values }: PropertyChange,
        is_secret_unless_role: bool,
    ) -> Self {
        let has = |text: &str, words: &[&str]| {
            let text = text.to_ascii_lowercase();
            words.iter().any(|word| text.contains(word))
        };
        // `client_secret`, `clientSecret` and `client-secret` are one name.
        let name: String = property.chars().filter(char::is_ascii_alphanumeric).collect();
        let is_secret = has(&name, &SECRET_NAMES);
        let is_plain = |value: &str| name.eq_ignore_ascii_case("name") || value.parse::<RoleArn>().is_ok();
        let show = |value: String| {
            let may_be_secret = is_secret_unless_role && !is_plain(&value);
            match is_secret || may_be_secret || has(&value, &SECRET_VALUES) {
                true => HIDDEN.to_owned(),
                false => value,
            }
        };
        Self {
            property: property.into(),
            old: old_values.into_iter().map(show).map(Text::from).collect(),
            new: new_values.into_iter().map(show).map(Text::from).collect(),
        }
    }
}

fn values(values: &[Text]) -> String {
    match values {
        [] => "nothing".to_owned(),
        values => plain(&join(values, ", ")),
    }
}

/// Names and values come from whoever made them, and go to a terminal.
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

impl AuditView {
    /// One JSON document.
    pub fn to_json(&self) -> String {
        // Every part is a plain value with string keys, which serde_json cannot fail on.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Text for people: the newest first, changes by others marked.
    pub fn to_text(&self) -> String {
        let mut text: String = self.entries.iter().map(EntryView::to_text).collect();
        let _ = writeln!(text, "{}", self.summary());
        if self.foreign() > 0 {
            let _ = writeln!(
                text,
                "{YELLOW}!{YELLOW:#} not made by rolecall (OAuth client {})",
                self.oauth_client
            );
        }
        if let Some(findings) = &self.findings {
            for FindingView { id, severity, message, .. } in findings {
                let _ = writeln!(text, "{severity} {RED}{id}{RED:#}  {message}");
            }
            text += &last_line(self.exit_code, false, &self.verdict(findings.len()));
        }
        text
    }

    /// Markdown for people who check.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("## Genesys Cloud: audit of integrations\n\n{}\n", cell(&self.summary()));
        if let Some(findings) = &self.findings {
            let _ = writeln!(text, "\n**{}**", cell(&self.verdict(findings.len())));
        }
        if self.entries.is_empty() {
            return text;
        }
        text +=
            "\n| | when | what | which | by | from | outcome | values |\n|---|---|---|---|---|---|---|---|\n";
        for entry in &self.entries {
            let mark = if entry.is_foreign() { "⚠️ not by rolecall" } else { "" };
            let changes: Vec<String> = entry
                .changes
                .iter()
                .map(|PropertyView { property, old, new }| {
                    format!("{}: {} → {}", cell(property), cell(&values(old)), cell(&values(new)))
                })
                .collect();
            let _ = writeln!(
                text,
                "| {mark} | {} | {} | {} | {} | {} | {} | {} |",
                cell(&entry.at),
                cell(&entry.action),
                cell(&entry.entity()),
                cell(&entry.author()),
                cell(&entry.origin()),
                cell(entry.outcome.as_deref().unwrap_or("unknown")),
                changes.join("<br>")
            );
        }
        text
    }

    /// Comma-separated values: a line for each property that changed, and one for an entry without.
    pub fn to_csv(&self) -> Result<String, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record([
            "at",
            "source",
            "action",
            "entity_type",
            "entity_id",
            "entity_name",
            "user",
            "oauth_client",
            "by_rolecall",
            "remote_ip",
            "application",
            "outcome",
            "property",
            "old",
            "new",
        ])?;
        let none = PropertyView { property: Text::default(), old: Vec::new(), new: Vec::new() };
        for entry in &self.entries {
            let changes = if entry.changes.is_empty() { std::slice::from_ref(&none) } else { &entry.changes };
            for PropertyView { property, old, new } in changes {
                let or_empty = |value: &Option<Text>| value.as_ref().map(Text::shown).unwrap_or_default();
                let source = match entry.source {
                    Source::Genesys => "genesys",
                    Source::CloudTrail => "cloud_trail",
                };
                let record = [
                    entry.at.clone(),
                    source.to_owned(),
                    entry.action.shown(),
                    entry.entity_type.shown(),
                    or_empty(&entry.entity_id),
                    or_empty(&entry.entity_name),
                    or_empty(&entry.user),
                    or_empty(&entry.oauth_client),
                    entry.by_rolecall.to_string(),
                    join(&entry.remote_ip, " "),
                    or_empty(&entry.application),
                    or_empty(&entry.outcome),
                    property.shown(),
                    join(old, "; "),
                    join(new, "; "),
                ];
                writer.write_record(record.map(inert))?;
            }
        }
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Changes that others made.
    fn foreign(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_foreign()).count()
    }

    fn verdict(&self, found: usize) -> String {
        match self.exit_code {
            ExitCode::Refuted => {
                let changes = count(found, "change", "changes");
                format!("refuted: others made {changes} to what the manifest describes")
            }
            ExitCode::Inconclusive => "undecided: the audit trail may not reach back so far".to_owned(),
            ExitCode::Success | ExitCode::Failed | ExitCode::Usage | ExitCode::Pending => {
                "the audit trail has no change by others to what the manifest describes".to_owned()
            }
        }
    }

    fn summary(&self) -> String {
        let changes = self.entries.iter().filter(|entry| entry.is_change).count();
        let failed = self.entries.iter().filter(|entry| entry.has_failed()).count();
        format!(
            "{} from {} to {}; {}, {} not by rolecall, {failed} failed.",
            count(self.entries.len(), "entry", "entries"),
            self.from,
            self.to,
            count(changes, "change", "changes"),
            self.foreign()
        )
    }
}

/// A cell that a spreadsheet takes for text: names come from whoever made the entity, and a formula would run.
pub(super) fn inert(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}
